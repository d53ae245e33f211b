using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Foz.Serving.Governance;

namespace Foz.Server.Auth;

/// <summary>
/// Tokens of OpenID Connect providers (RFC 7519, RFC 7515): signed with RS256 or ES256 by a key that the issuer shows
/// now, for this audience, and valid now. Safe for use by many threads.
/// </summary>
/// <param name="issuers">Whose tokens are taken; asked anew at each log-in.</param>
/// <param name="keys">The issuers' keys.</param>
/// <param name="clock">The time.</param>
sealed class OidcTokens(Func<IReadOnlyList<TokenIssuer>> issuers, IssuerKeys keys, TimeProvider clock)
{
    const int LengthMax = 16 * 1024;
    const int Es256Bytes = 64;

    /// <summary>The last day of the year 9999 is no time any more: what is added would not be one.</summary>
    const double SecondsMax = 253_402_214_400;

    static readonly TimeSpan skew = TimeSpan.FromMinutes(1);

    /// <summary>Whose a token is.</summary>
    /// <exception cref="LogInRefusedException">It is not valid; why is for the audit alone.</exception>
    public async Task<SessionUser> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > LengthMax || token.Split('.') is not [var header, var payload, var signature])
            throw Refused("a token is no JWT");
        using var head = Json(header);
        using var claims = Json(payload);
        var name = Text(claims.RootElement, "sub") ?? "";
        var algorithm = Text(head.RootElement, "alg");
        if (algorithm is not ("RS256" or "ES256"))
            throw Refused($"the algorithm of a token is {algorithm ?? "missing"}", name);
        if (head.RootElement.TryGetProperty("crit", out _))
            throw Refused("a token has extensions that are not known", name);
        var known = issuers().Where(known => known.Issuer == Text(claims.RootElement, "iss")).ToList();
        if (known.Count == 0) throw Refused("the issuer of a token is not one of policies/", name);
        // Of an issuer that stands there for several audiences.
        var issuer = known.Find(one => IsFor(one, claims.RootElement)) ?? known[0];
        var signed = Encoding.ASCII.GetBytes($"{header}.{payload}");
        var proof = Bytes(signature);
        if (!await IsSignedAsync(issuer, algorithm, Text(head.RootElement, "kid"), signed, proof, cancellationToken))
            throw Refused("the signature of a token is wrong, or its key unknown", name);
        if (!IsFor(issuer, claims.RootElement)) throw Refused("a token is for another audience", name);
        CheckTime(claims.RootElement, name);
        var user = Find(claims.RootElement, issuer.UserClaim) is { ValueKind: JsonValueKind.String } claim
            ? claim.GetString()!
            : "";
        if (user.Length == 0) throw Refused($"a token has no claim {issuer.UserClaim}", name);
        if (issuer.UserClaim == "email" && !IsVerified(Find(claims.RootElement, "email_verified")))
            throw Refused("the e-mail address of a token is not verified", user);
        return new(issuer.Prefix + user, IsOwner: false)
        {
            Roles = [.. RolesOf(claims.RootElement, issuer.RolesClaim).Select(role => issuer.Prefix + role)],
        };
    }

    async Task<bool> IsSignedAsync(
        TokenIssuer issuer, string algorithm, string? id, byte[] signed, byte[] signature,
        CancellationToken cancellationToken)
    {
        // A key that is not known may be a new one.
        foreach (var isFresh in new[] { false, true })
            if ((await keys.FindAsync(issuer, isFresh, cancellationToken)).Where(key => key.Fits(algorithm, id))
                .ToList() is { Count: > 0 } found)
                return found.Any(key => key.Verifies(signed, signature, Es256Bytes));
        return false;
    }

    /// <summary>Some providers write it as a text.</summary>
    static bool IsVerified(JsonElement? claim) => claim is { ValueKind: JsonValueKind.True }
        || (claim is { ValueKind: JsonValueKind.String } text && text.ValueEquals("true"));

    static bool IsFor(TokenIssuer issuer, JsonElement claims)
    {
        var audiences = claims.TryGetProperty("aud", out var aud) ? aud.ValueKind switch
        {
            JsonValueKind.String => [aud.GetString()],
            JsonValueKind.Array =>
                aud.EnumerateArray().Where(a => a.ValueKind is JsonValueKind.String).Select(a => a.GetString()),
            _ => [],
        } : [];
        return audiences.Contains(issuer.Audience);
    }

    void CheckTime(JsonElement claims, string name)
    {
        var now = clock.GetUtcNow();
        if (Instant(claims, "exp") is not { } expires) throw Refused("a token never expires", name);
        if (now >= expires + skew) throw Refused("a token has expired", name);
        if (Instant(claims, "nbf") is { } begins && now < begins - skew)
            throw Refused("a token is not valid yet", name);
    }

    static DateTimeOffset? Instant(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out var value) && value.ValueKind is JsonValueKind.Number
            && value.TryGetDouble(out var seconds)
            && seconds is >= 0 and < SecondsMax
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    static List<string> RolesOf(JsonElement claims, string claim) => Find(claims, claim) switch
    {
        { ValueKind: JsonValueKind.String } text =>
            [.. text.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        { ValueKind: JsonValueKind.Array } list =>
            [
                .. list.EnumerateArray().Where(role => role.ValueKind is JsonValueKind.String)
                    .Select(role => role.GetString()!),
            ],
        _ => [],
    };

    /// <summary>A claim by its name, or by those of nested ones with dots between.</summary>
    static JsonElement? Find(JsonElement claims, string path)
    {
        if (claims.TryGetProperty(path, out var whole)) return whole;
        var at = claims;
        foreach (var part in path.Split('.'))
            if (at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(part, out at)) return null;
        return at;
    }

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    static JsonDocument Json(string part)
    {
        try
        {
            var document = JsonDocument.Parse(Bytes(part), new() { MaxDepth = 16, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind is JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // As any other text that is no object.
        }
        throw Refused("a part of a token is no JSON object");
    }

    static byte[] Bytes(string part) =>
        Base64Url.IsValid(part)
            ? Base64Url.DecodeFromChars(part)
            : throw Refused("a part of a token is not in base64url");

    static LogInRefusedException Refused(string reason, string name = "") => new(name, reason);
}

/// <summary>A key of an issuer (RFC 7517).</summary>
/// <param name="Id">Its <c>kid</c>; null where it has none.</param>
/// <param name="Algorithm">What it signs with.</param>
/// <param name="Rsa">The key, of RS256.</param>
/// <param name="Curve">The key, of ES256.</param>
sealed record IssuerKey(string? Id, string Algorithm, RSAParameters? Rsa, ECParameters? Curve)
{
    /// <summary>Whether it may have signed a token that says this of its key.</summary>
    public bool Fits(string algorithm, string? id) => Algorithm == algorithm && (id is null || Id == id);

    /// <summary>Whether a signature is its.</summary>
    public bool Verifies(byte[] signed, byte[] signature, int curveBytes)
    {
        if (Rsa is { } parameters)
        {
            using var rsa = RSA.Create(parameters);
            return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        using var curve = ECDsa.Create(Curve!.Value);
        return signature.Length == curveBytes
            && curve.VerifyData(
                signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
