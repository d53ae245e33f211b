using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Foz.Serving.Governance;

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
    const int CurveBytes = 32;

    static readonly TimeSpan ageMax = TimeSpan.FromHours(1);
    static readonly TimeSpan restMin = TimeSpan.FromSeconds(30);
    static readonly TimeSpan timeout = TimeSpan.FromSeconds(10);

    // One that does not answer keeps nobody waiting but who needs its keys.
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

    /// <summary>The keys of an issuer, where they were fetched lately; else null.</summary>
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

    /// <summary>Reads a key; null for one that signs otherwise, or is too short.</summary>
    static IssuerKey? Read(JsonElement key)
    {
        if (key.ValueKind is not JsonValueKind.Object || Text(key, "use") is not (null or "sig")) return null;
        var (id, stated) = (Text(key, "kid"), Text(key, "alg"));
        switch (Text(key, "kty"))
        {
            case "RSA" when stated is null or "RS256" && Bytes(key, "n") is { } modulus
                && Bytes(key, "e") is { } exponent
                && modulus.Length * 8 >= RsaBitsMin:
                return new(id, "RS256", new RSAParameters { Modulus = modulus, Exponent = exponent }, Curve: null);
            case "EC" when stated is null or "ES256" && Text(key, "crv") == "P-256"
                && Bytes(key, "x") is { Length: CurveBytes } x
                && Bytes(key, "y") is { Length: CurveBytes } y:
                return new(
                    id, "ES256", Rsa: null,
                    new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = x, Y = y } });
            default:
                return null;
        }
    }

    static byte[]? Bytes(JsonElement key, string name) =>
        Text(key, name) is { } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
