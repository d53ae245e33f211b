using Foz.Lake.Configuration;

namespace Foz.Serving.Governance;

/// <summary>
/// Who issues tokens that log in: an OpenID Connect provider (<c>issuers:</c> in <c>policies/*.yml</c>).
/// </summary>
public sealed record TokenIssuer
{
    /// <summary>The key of files of <c>policies/</c>.</summary>
    public const string Key = "issuers";

    /// <summary>Its address, exactly as tokens have it in <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>For whom tokens must be: one of <c>aud</c>.</summary>
    public required string Audience { get; init; }

    /// <summary>Where its keys are; null where its discovery document says it.</summary>
    public Uri? Keys { get; init; }

    /// <summary>The claim that is the user's name.</summary>
    public string UserClaim { get; init; } = "sub";

    /// <summary>The claim that lists roles, with dots between the names of nested ones.</summary>
    public string RolesClaim { get; init; } = "roles";

    /// <summary>
    /// The prefix of its users and roles here, so that no others have the same names; empty for none.
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>Reads an issuer.</summary>
    internal static TokenIssuer? Read(YamlNode node, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "an issuer", errors);
        var (issuer, audience, keys) =
            (reader.RequiredText("issuer"), reader.RequiredText("audience"), reader.Text("keys"));
        var (user, roles, prefix) = (reader.Text("user"), reader.Text("roles"), reader.Text("prefix"));
        reader.Finish();
        foreach (var (key, text) in new[] { ("issuer", issuer), ("keys", keys) })
            if (text is { Length: > 0 } && !IsAddress(text))
                errors.Add(
                    reader.PlaceOf(key), $"'{key}' must be an https address, not '{text}'",
                    "http is for this machine alone");
        return issuer.Length == 0 || audience.Length == 0 || !IsAddress(issuer)
            || (keys is not null && !IsAddress(keys)) ? null : new()
            {
                Issuer = issuer, Audience = audience, Keys = keys is null ? null : new(keys), UserClaim = user ?? "sub",
                RolesClaim = roles ?? "roles",
                Prefix = prefix ?? "",
            };
    }

    /// <summary>What others could change on the way is not trusted.</summary>
    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
