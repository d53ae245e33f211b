using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;

namespace Foz.Operations.Hosting;

/// <summary>
/// Creates and checks the tokens of links that Foz sends to people, <c>/links/{token}</c>: what the link is for, to
/// whom it was sent, and until when it holds, signed with HMAC-SHA256. Safe for use by many threads.
/// </summary>
public sealed class SignedLinks
{
    /// <summary>
    /// The environment variable that holds the key, where it is not the lake's.
    /// </summary>
    public const string Variable = "FOZ_LINK_KEY";

    /// <summary>The path of links, as ASP.NET Core's routing writes it.</summary>
    public const string Pattern = "/links/{token}";

    /// <summary>Where the lake keeps the key where none is configured.</summary>
    const string KeyPath = "_foz/links.key";
    const int KeyBytes = 32;
    const int TokenCharsMax = 4096;

    readonly byte[] key;
    readonly TimeProvider clock;

    /// <summary>Signs with a key.</summary>
    /// <param name="key">The key, of at least 32 bytes.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="FozException">The key is shorter.</exception>
    public SignedLinks(ReadOnlySpan<byte> key, TimeProvider clock)
    {
        if (key.Length < KeyBytes)
            throw new FozException(ErrorKind.Configuration, $"{Variable} must have at least {KeyBytes} characters")
            {
                Hint = "openssl rand -hex 32",
            };
        // Other uses of the same key give other signatures.
        this.key = HMACSHA256.HashData(key, "foz signed links"u8);
        this.clock = clock;
    }

    /// <summary>
    /// Opens the links of a lake: with the key that is configured, else with the lake's, which is made once. On a local
    /// disk only its owner may read it.
    /// </summary>
    /// <param name="lake">The lake.</param>
    /// <param name="configured">The value of <see cref="Variable"/>; null where it is not set.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The key cannot be read or written, or is too short.</exception>
    public static async Task<SignedLinks> OpenAsync(
        Lakehouse lake, string? configured, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindAsync(lake, configured, cancellationToken) is { } links) return links;
            // Of two processes that make one, the first wins.
            var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));
            if (!lake.IsLocal)
            {
                await lake.Store.TryCreateAsync(KeyPath, Encoding.ASCII.GetBytes(made), cancellationToken);
                continue;
            }
            await lake.Format.ReadForWritingAsync(cancellationToken);
            Make(Path.Combine(lake.Folder, KeyPath), made);
        }
    }

    /// <summary>
    /// Opens the links of a lake without making a key; null where there is none, and so no link was ever signed.
    /// </summary>
    /// <inheritdoc cref="OpenAsync"/>
    public static async Task<SignedLinks?> FindAsync(
        Lakehouse lake, string? configured, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(configured)) return new(Encoding.UTF8.GetBytes(configured), lake.Clock);
        if (await lake.Store.GetAsync(KeyPath, cancellationToken) is not { } stored) return null;
        try
        {
            return new(Convert.FromHexString(Encoding.ASCII.GetString(stored.Content.Span).Trim()), lake.Clock);
        }
        catch (Exception e) when (e is FormatException or FozException)
        {
            throw new FozException(ErrorKind.Configuration, $"the key of links {KeyPath} of the lake is damaged", e)
            {
                Hint = $"delete it, or set {Variable}: links that were sent hold no more then",
            };
        }
    }

    /// <summary>Returns the address of a link.</summary>
    /// <param name="host">Where people reach the HTTP port of the hosts.</param>
    /// <param name="link">The link.</param>
    public Uri AddressOf(Uri host, SignedLink link) =>
        new($"{host.GetLeftPart(UriPartial.Path).TrimEnd('/')}/links/{Create(link)}");

    /// <summary>Returns the token of a link.</summary>
    public string Create(SignedLink link)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(link, SignedLinkJson.Default.SignedLink);
        return $"{Base64Url.EncodeToString(content)}.{Base64Url.EncodeToString(Sign(content))}";
    }

    /// <summary>Reads a token.</summary>
    /// <returns>The link, or why there is none.</returns>
    public LinkResult Read(string token)
    {
        if (token.Length > TokenCharsMax || token.Split('.') is not [var text, var signature])
            return new LinkResult.Forged();
        try
        {
            var content = Base64Url.DecodeFromChars(text);
            if (!CryptographicOperations.FixedTimeEquals(Sign(content), Base64Url.DecodeFromChars(signature)))
                return new LinkResult.Forged();
            var link = JsonSerializer.Deserialize(content, SignedLinkJson.Default.SignedLink);
            return link is null ? new LinkResult.Forged()
                : link.Expires <= clock.GetUtcNow() ? new LinkResult.Expired(link)
                : new LinkResult.Valid(link);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return new LinkResult.Forged();
        }
    }

    byte[] Sign(ReadOnlySpan<byte> content) => HMACSHA256.HashData(key, content);

    static void Make(string path, string made)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var own = $"{path}.{Guid.NewGuid():N}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new StreamWriter(own, options)) file.Write(made);
            try
            {
                File.Move(own, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(own);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"the key of links {path} cannot be written: {e.Message}", e)
            {
                Hint = $"set {Variable}",
            };
        }
    }
}

/// <summary>The purposes of links.</summary>
public static class LinkPurposes
{
    /// <summary>Approves or rejects a task: about its firing and its name.</summary>
    public const string Approval = "approval";

    /// <summary>Shows an incident and changes it: about its id; sent to a channel.</summary>
    public const string Incident = "incident";
}

/// <summary>What a link is for.</summary>
public sealed record SignedLink
{
    /// <summary>Gets its purpose, such as <c>approval</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>Gets what it is about, such as a firing and its task.</summary>
    public required IReadOnlyList<string> About { get; init; }

    /// <summary>
    /// Gets the person to whom it was sent, as whom a user with the link acts; of an incident, the channel.
    /// </summary>
    public required string To { get; init; }

    /// <summary>Gets until when it holds.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>What the token of a link is.</summary>
public abstract record LinkResult
{
    LinkResult() { }

    /// <summary>A link that holds.</summary>
    /// <param name="Link">The link.</param>
    public sealed record Valid(SignedLink Link) : LinkResult;

    /// <summary>A link that held until a while ago.</summary>
    /// <param name="Link">The link.</param>
    public sealed record Expired(SignedLink Link) : LinkResult;

    /// <summary>No token that this key signed.</summary>
    public sealed record Forged : LinkResult;
}

[JsonSerializable(typeof(SignedLink))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
sealed partial class SignedLinkJson : JsonSerializerContext;
