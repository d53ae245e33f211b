using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Catalog;

namespace Foz.Operations.Alerts;

/// <summary>Signs the links of messages, and knows its own again.</summary>
/// <param name="settings">How links are made.</param>
/// <param name="key">The key.</param>
public sealed class IncidentLinks(LinkSettings settings, ReadOnlyMemory<byte> key)
{
    /// <summary>The path of the pages, before the incident's id.</summary>
    public const string Path = "/incidents/";

    const string KeyPath = "_foz/incidents/links.key";
    const int KeyBytes = 32;

    /// <summary>Opens it with the key that is stated, or with that of the lake, which is made once.</summary>
    public static async Task<IncidentLinks> OpenAsync(
        Lakehouse lake, LinkSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Key is { } stated) return new(settings, Encoding.UTF8.GetBytes(stated));
        while (true)
        {
            if (await lake.Store.GetAsync(KeyPath, cancellationToken) is { } stored)
                return new(settings, stored.Content);
            await lake.Store.PutIfAbsentAsync(
                KeyPath, RandomNumberGenerator.GetBytes(KeyBytes), cancellationToken);
            if (lake.IsLocal && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    System.IO.Path.Combine(lake.Folder, KeyPath), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>The link to an incident.</summary>
    public Uri Of(string incident, DateTimeOffset now)
    {
        var until = (now + settings.Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new Uri(
            $"{settings.Url.AbsoluteUri.TrimEnd('/')}{Path}{Uri.EscapeDataString(incident)}?until={until}"
                + $"&sign={Sign(incident, until)}");
    }

    /// <summary>Whether a link is one of these, and holds still.</summary>
    public bool Holds(string incident, string? until, string? sign, DateTimeOffset now) =>
        until is not null && sign is not null
        && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Sign(incident, until)), Encoding.UTF8.GetBytes(sign))
        && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && now.ToUnixTimeSeconds() < seconds;

    string Sign(string incident, string until) => Convert.ToHexStringLower(
        HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes($"acknowledge\n{incident}\n{until}")));
}
