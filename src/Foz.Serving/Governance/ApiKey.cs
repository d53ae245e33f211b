using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Configuration;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Governance;

/// <summary>
/// A key with which a program logs in for a user (<c>keys:</c> in <c>policies/*.yml</c>), by a name of its own, such as
/// <c>ana/superset</c>. The key itself is nowhere, only what it is checked with.
/// </summary>
/// <param name="Name">Its name: the user, a slash, and what the key is for.</param>
/// <param name="Verifier">What the key is checked with.</param>
public sealed record ApiKey(string Name, ScramVerifier Verifier)
{
    /// <summary>The key of files of <c>policies/</c>.</summary>
    public const string Key = "keys";

    /// <summary>The file of it to which <c>foz user add-key</c> writes.</summary>
    public const string FileName = "keys.yml";

    const string Prefix = "foz_";
    const int SecretBytes = 32;

    /// <summary>From when on it is not taken; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The roles to which it is limited, of those that the user has; null for all that the user may.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>Whose it is.</summary>
    public string User => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Returns a new random token, which contains the key's name.</summary>
    public static string NewToken(string name) =>
        $"{Prefix}{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(name))}"
            + $".{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";

    /// <summary>The name of the key that a token is; null where it is none.</summary>
    public static string? NameOf(string token)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal)
            || token.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot))
            return null;
        var text = token.AsSpan(Prefix.Length, dot - Prefix.Length);
        return Base64Url.IsValid(text) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)) : null;
    }

    /// <summary>Whether a text can be the name of a key.</summary>
    public static bool IsName(string name) => name.Split('/') is [{ Length: > 0 } user, { Length: > 0 } purpose]
        && (user + purpose).All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '@');

    /// <summary>Reads a key.</summary>
    internal static ApiKey? Read(YamlNode node, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "a key", errors);
        var (name, hash, expires) = (reader.RequiredText("name"), reader.RequiredText("hash"), reader.Text("expires"));
        var roles = reader.Has("roles") ? reader.Texts("roles") : null;
        reader.Finish();
        if (name.Length > 0 && !IsName(name))
            errors.Add(
                reader.PlaceOf("name"), $"'{name}' cannot be a key",
                "a user, a slash, and what it is for: ana/superset");
        DateTimeOffset? expiresAt = null;
        if (expires is not null)
        {
            if (DateTimeOffset.TryParse(
                expires, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                expiresAt = parsed;
            else errors.Add(reader.PlaceOf("expires"), $"'{expires}' is no day or instant", "write 2027-01-31");
        }
        try
        {
            return IsName(name) && hash.Length > 0
                ? new(name, ScramVerifier.Parse(hash)) { ExpiresAt = expiresAt, Roles = roles }
                : null;
        }
        catch (WireException)
        {
            errors.Add(
                reader.PlaceOf("hash"), "'hash' is not what a key is checked with",
                "write it with foz user add-key, never by hand");
            return null;
        }
    }
}
