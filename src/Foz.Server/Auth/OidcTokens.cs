using System.Buffers.Text;
using System.Text.Json;
using Foz.Serving.Governance;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Foz.Server.Auth;

/// <summary>
/// Tokens of OpenID Connect providers (RFC 7519, RFC 7515): signed by a key that the issuer publishes now, with an
/// algorithm of that key, for this audience, and valid now. Safe for use by many threads.
/// </summary>
/// <param name="issuers">The issuers whose tokens are accepted; read again at each log-in.</param>
/// <param name="keys">The issuers' keys.</param>
/// <param name="clock">The time.</param>
sealed class OidcTokens(Func<IReadOnlyList<TokenIssuer>> issuers, IssuerKeys keys, TimeProvider clock)
{
    const int LengthMax = 16 * 1024;

    /// <summary>
    /// The start of the last day of the year 9999: later times are refused, as adding to them could exceed the last
    /// possible time.
    /// </summary>
    const double SecondsMax = 253_402_214_400;

    static readonly TimeSpan skew = TimeSpan.FromMinutes(1);

    // Each needs a key pair: neither "none" nor a shared secret is among them.
    static readonly string[] algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.EcdsaSha384,
    ];

    static readonly JsonWebTokenHandler handler = new() { MaximumTokenSizeInBytes = LengthMax };

    /// <summary>Validates a token and returns its user.</summary>
    /// <exception cref="LogInRefusedException">
    /// Thrown when it is not valid; the reason is for the audit only.
    /// </exception>
    public async Task<SessionUser> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > LengthMax || token.Split('.') is not [var header, var payload, var signature])
            throw Refused("a token is no JWT");
        using var head = Json(header);
        using var claims = Json(payload);
        var name = Text(claims.RootElement, "sub") ?? "";
        var algorithm = Text(head.RootElement, "alg");
        if (algorithm is null || !algorithms.Contains(algorithm))
            throw Refused($"the algorithm of a token is {algorithm ?? "missing"}", name);
        if (head.RootElement.TryGetProperty("crit", out _))
            throw Refused("a token has extensions that are not known", name);
        var known = issuers().Where(known => known.Issuer == Text(claims.RootElement, "iss")).ToList();
        if (known.Count == 0) throw Refused("the issuer of a token is not one of policies/", name);
        // Of an issuer that stands there for several audiences.
        var issuer = known.Find(one => IsFor(one, claims.RootElement)) ?? known[0];
        CheckTime(claims.RootElement, name);
        _ = Bytes(signature);
        var signers = await FindKeysAsync(issuer, algorithm, Text(head.RootElement, "kid"), cancellationToken);
        if (await FaultAsync(token, issuer, algorithm, signers) is { } fault) throw Refused(fault, name);
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

    /// <summary>The keys that may have signed a token.</summary>
    async Task<IEnumerable<SecurityKey>> FindKeysAsync(
        TokenIssuer issuer, string algorithm, string? id, CancellationToken cancellationToken)
    {
        // A key that is not known may be a new one.
        foreach (var isFresh in new[] { false, true })
            if ((await keys.FindAsync(issuer, isFresh, cancellationToken)).Where(key => key.Fits(algorithm, id))
                .ToList() is { Count: > 0 } found)
                return found.Select(key => key.Key);
        return [];
    }

    /// <summary>Returns the fault of a token's signature, issuer or audience; null for none.</summary>
    static async Task<string?> FaultAsync(
        string token, TokenIssuer issuer, string algorithm, IEnumerable<SecurityKey> signers)
    {
        var result = await handler.ValidateTokenAsync(token, new()
        {
            IssuerSigningKeys = signers, TryAllIssuerSigningKeys = true, ValidAlgorithms = [algorithm],
            ValidIssuer = issuer.Issuer, ValidAudience = issuer.Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            // By the clock that is given, as the rest of the server.
            ValidateLifetime = false,
        });
        return result switch
        {
            { IsValid: true } => null,
            { Exception: SecurityTokenInvalidAudienceException } => "a token is for another audience",
            { Exception: SecurityTokenMalformedException } => "a token is no JWT",
            _ => "the signature of a token is wrong, or its key unknown",
        };
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
