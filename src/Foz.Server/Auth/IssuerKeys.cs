using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Foz.Serving.Governance;
using Microsoft.IdentityModel.Tokens;

namespace Foz.Server.Auth;

/// <summary>
/// The keys of token issuers, fetched when they are first needed, once an hour, and when a token names one that is not
/// known, but not more often than twice a minute. Safe for use by many threads.
/// </summary>
/// <param name="http">Fetches them.</param>
/// <param name="clock">The time.</param>
sealed class IssuerKeys(HttpClient http, TimeProvider clock) : IDisposable
{
    const int BytesMax = 1 << 20;
    const int RsaBitsMin = 2048;

    static readonly TimeSpan ageMax = TimeSpan.FromHours(1);
    static readonly TimeSpan restMin = TimeSpan.FromSeconds(30);
    static readonly TimeSpan timeout = TimeSpan.FromSeconds(10);

    // An issuer that does not answer delays only requests that need its keys.
    readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, (IReadOnlyList<IssuerKey> Keys, DateTimeOffset At)> known = new(
        StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var gate in gates.Values) gate.Dispose();
        http.Dispose();
    }

    /// <summary>
    /// The keys of an issuer; those of before where it cannot be reached, and none where it never was.
    /// </summary>
    /// <param name="issuer">The issuer.</param>
    /// <param name="isFresh">Whether one is looked for that was not among them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<IssuerKey>> FindAsync(
        TokenIssuer issuer, bool isFresh, CancellationToken cancellationToken)
    {
        var name = $"{issuer.Issuer} {issuer.Keys}";
        if (Known(name, isFresh) is { } fresh) return fresh;
        var gate = gates.GetOrAdd(name, static _ => new(1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (Known(name, isFresh) is { } fetched) return fetched;
            IReadOnlyList<IssuerKey> keys = known.TryGetValue(name, out var before) ? before.Keys : [];
            try
            {
                keys = await FetchAsync(issuer, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or JsonException or IOException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Tokens by keys that are known are taken, and others are not.
            }
            known[name] = (keys, clock.GetUtcNow());
            return keys;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Returns the keys of an issuer, if they were fetched lately; otherwise null.</summary>
    IReadOnlyList<IssuerKey>? Known(string name, bool isFresh) =>
        known.TryGetValue(name, out var found) && clock.GetUtcNow() - found.At < (isFresh ? restMin : ageMax)
            ? found.Keys
            : null;

    async Task<IReadOnlyList<IssuerKey>> FetchAsync(TokenIssuer issuer, CancellationToken cancellationToken)
    {
        var address = issuer.Keys;
        if (address is null)
        {
            using var discovery = await GetAsync(
                new($"{issuer.Issuer.TrimEnd('/')}/.well-known/openid-configuration"), cancellationToken);
            if (Text(discovery.RootElement, "issuer") != issuer.Issuer
                || Text(discovery.RootElement, "jwks_uri") is not { } text
                || !TokenIssuer.IsAddress(text)) return [];
            address = new(text);
        }
        using var set = await GetAsync(address, cancellationToken);
        return set.RootElement.TryGetProperty("keys", out var keys) && keys.ValueKind is JsonValueKind.Array
            ? [.. keys.EnumerateArray().Select(Read).OfType<IssuerKey>()]
            : [];
    }

    async Task<JsonDocument> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
        var bytes = new byte[BytesMax];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit.Token);
        if (length == bytes.Length) throw new IOException("what an issuer answers is too long");
        var document = JsonDocument.Parse(bytes.AsMemory(0, length));
        return document.RootElement.ValueKind is JsonValueKind.Object ? document : throw new JsonException("no object");
    }

    /// <summary>Reads a key; null for one that signs otherwise, is too short, or is none.</summary>
    static IssuerKey? Read(JsonElement element)
    {
        try
        {
            var key = JsonWebKey.Create(element.GetRawText());
            if (key.Use is not (null or "" or "sig")) return null;
            string[] algorithms = (key.Kty, key.Crv) switch
            {
                ("RSA", _) => [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256],
                ("EC", "P-256") => [SecurityAlgorithms.EcdsaSha256],
                ("EC", "P-384") => [SecurityAlgorithms.EcdsaSha384],
                _ => [],
            };
            if (key.Alg is { Length: > 0 } stated) algorithms = [.. algorithms.Where(one => one == stated)];
            // The key itself counts, and no certificate of it.
            key.X5c.Clear();
            if (algorithms.Length == 0 || !JsonWebKeyConverter.TryConvertToSecurityKey(key, out var read)
                || (key.Kty == "RSA" && read.KeySize < RsaBitsMin))
                return null;
            // A key of before may have had the same name.
            read.CryptoProviderFactory = new() { CacheSignatureProviders = false };
            return new(key.Kid, algorithms, read);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or CryptographicException)
        {
            return null;
        }
    }

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}

/// <summary>A key of an issuer (RFC 7517).</summary>
/// <param name="Id">Its <c>kid</c>; null where it has none.</param>
/// <param name="Algorithms">What it may sign with.</param>
/// <param name="Key">The key.</param>
sealed record IssuerKey(string? Id, IReadOnlyList<string> Algorithms, SecurityKey Key)
{
    /// <summary>Whether it may have signed a token that says this of its key.</summary>
    public bool Fits(string algorithm, string? id) => Algorithms.Contains(algorithm) && (id is null || Id == id);
}
