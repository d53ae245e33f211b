using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>A type of channel: what <c>type</c> names.</summary>
/// <param name="Name">The value of <c>type</c>.</param>
/// <param name="Keys">Its settings besides those that all channels have.</param>
/// <param name="Create">Creates a channel, or throws a <see cref="FozException"/> that names the wrong setting.</param>
sealed record ChannelType(
    string Name, IReadOnlyList<SettingSpec> Keys, Func<ChannelSettings, IAlertChannel> Create);

/// <summary>What a channel is created from.</summary>
/// <param name="Name">The channel's name.</param>
/// <param name="Folder">The project's folder, from which paths of files are taken.</param>
/// <param name="Values">The settings, variables filled in.</param>
/// <param name="Secrets">The values that no reason may hold.</param>
/// <param name="Clock">The clock.</param>
sealed record ChannelSettings(string Name, string Folder, Settings Values, Secrets Secrets, TimeProvider Clock)
{
    const string CaKey = "ca";

    /// <summary>Shorter parts of an address are words such as <c>services</c>.</summary>
    const int SecretPartMin = 16;

    static readonly TimeSpan timeoutDefault = TimeSpan.FromSeconds(10);
    static readonly TimeSpan timeoutMin = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan timeoutMax = TimeSpan.FromMinutes(2);

    /// <summary>Gets the settings that all channels have.</summary>
    public static IReadOnlyList<SettingSpec> Common { get; } =
    [
        new("language", "the language of messages") { Values = [.. MessageWords.All.Keys], Default = "`en`" },
        new("timeout", "how long the service may take to answer: `100ms` to `2m`") { Default = "`10s`" },
    ];

    /// <summary>Gets the setting of channels that may be a server with a certificate of the company's own.</summary>
    public static SettingSpec Ca { get; } = new(
        CaKey, "a file of PEM certificates of authorities, of which one must have signed the server's certificate")
    {
        Default = "those of the machine",
    };

    /// <summary>Gets what takes the messages that the host itself reports to its operator.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>Gets the labels of the channel's language.</summary>
    public MessageWords Words => MessageWords.All.GetValueOrDefault(Values.Text("language") ?? "en")
        ?? MessageWords.English;

    /// <summary>Gets how long the service may take to answer.</summary>
    /// <exception cref="FozException">It is not a length of time within limits.</exception>
    public TimeSpan Timeout => Values.Duration("timeout", timeoutDefault) is var timeout
        && timeout >= timeoutMin && timeout <= timeoutMax
            ? timeout
            : throw Values.Wrong("timeout", "a length of time from 100ms to 2m");

    /// <summary>Returns an address of HTTP.</summary>
    /// <param name="key">The setting.</param>
    /// <param name="fallback">The address where the setting is not set; null where it must be.</param>
    /// <param name="holdsSecrets">
    /// Whether requests hold secrets: they are encrypted then, except to this machine.
    /// </param>
    /// <exception cref="FozException">It is no such address. The error does not repeat it: it may be a
    /// secret.</exception>
    public Uri Address(string key, string? fallback, bool holdsSecrets) =>
        Parse(key, fallback is null ? Values.RequiredText(key) : Values.Text(key) ?? fallback, holdsSecrets);

    /// <summary>Returns the address of HTTP in a text.</summary>
    /// <inheritdoc cref="Address"/>
    public Uri Parse(string key, string text, bool holdsSecrets)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.Host.Length == 0)
            throw Values.Wrong(key, "an address that begins with https://");
        if (address.UserInfo.Length > 0)
            throw Values.Wrong(key, "an address without a user and a password before the host");
        return !holdsSecrets || address.Scheme == Uri.UriSchemeHttps || address.IsLoopback
            ? address
            : throw Values.Wrong(key, "an address of https, as secrets are sent to it");
    }

    /// <summary>
    /// Makes secrets of the parts of an address that is one as a whole: a service may quote its path or a parameter.
    /// </summary>
    public void NoteParts(Uri address)
    {
        Secrets.Add(address.PathAndQuery);
        foreach (var part in address.PathAndQuery.Split('/', '?', '&', '='))
            if (part.Length >= SecretPartMin) Secrets.Add(Uri.UnescapeDataString(part));
    }

    /// <summary>Returns the address of a method below the address of a service.</summary>
    public static Uri Below(Uri service, string path) =>
        new($"{service.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}", UriKind.Absolute);

    /// <summary>
    /// Reads the certificates of <c>ca</c>; null where it is not set, and the machine's authorities are trusted.
    /// </summary>
    /// <exception cref="FozException">The file cannot be read, or has no certificate.</exception>
    public X509Certificate2Collection? Authorities()
    {
        if (Values.Text(CaKey) is not { } file) return null;
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(Path.GetFullPath(file, Folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FozException(
                ErrorKind.Configuration, $"cannot read the certificates of '{CaKey}': {e.Message}", e)
            { Place = Values.PlaceOf(CaKey) };
        }
        return certificates.Count > 0 ? certificates : throw Values.Wrong(CaKey, "a file with PEM certificates");
    }

    /// <summary>Returns how a chain of certificates is verified.</summary>
    /// <param name="authorities">The authorities that are trusted; null for those of the machine.</param>
    public static X509ChainPolicy Policy(X509Certificate2Collection? authorities)
    {
        // As HttpClient does: many authorities of companies publish no list of revoked certificates.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
