using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>How requests prove the identity of their sender.</summary>
abstract record Authentication
{
    static readonly string[] ExtraKeys = ["scope", "audience"];

    Authentication() { }

    /// <summary>Not at all.</summary>
    public sealed record None : Authentication;

    /// <summary>By a header.</summary>
    public sealed record Header(string Name, string Value) : Authentication;

    /// <summary>By a parameter of the query.</summary>
    public sealed record Query(string Name, string Value) : Authentication;

    /// <summary>By a token that another address grants (RFC 6749, sections 4.4 and 6).</summary>
    public sealed record OAuth2 : Authentication
    {
        /// <summary>Where tokens are fetched.</summary>
        public required Uri TokenUrl { get; init; }

        /// <summary>The client's id.</summary>
        public required string ClientId { get; init; }

        /// <summary>Its secret; null for a client without one.</summary>
        public string? ClientSecret { get; init; }

        /// <summary>The token by which others are granted; null for the client's own credentials.</summary>
        public string? RefreshToken { get; init; }

        /// <summary>Whether the client's credentials go into a header.</summary>
        public bool SendsBasic { get; init; }

        /// <summary>Additional parameters of the request.</summary>
        public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();
    }

    /// <summary>Reads <c>auth</c> of a connection.</summary>
    /// <exception cref="FozException">It is wrong.</exception>
    public static Authentication Read(Settings? auth)
    {
        if (auth is null) return new None();
        return auth.RequiredText("type") switch
        {
            "bearer" => new Header("Authorization", $"Bearer {Of("token")}"),
            "basic" => new Header("Authorization", Basic(Of("user"), auth.Text("password") ?? "")),
            "header" => new Header(Of("name"), Of("value")),
            "query" => new Query(Of("name"), Of("value")),
            "oauth2" => ReadOAuth2(auth),
            var type => throw auth.Wrong("type", $"bearer, basic, header, query or oauth2, not '{type}'"),
        };

        string Of(string key) => Required(auth, key);
    }

    /// <summary>The value of a header that carries a user and password (RFC 7617).</summary>
    public static string Basic(string user, string password) =>
        $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";

    static OAuth2 ReadOAuth2(Settings auth)
    {
        var refreshes = auth.Text("grant") switch
        {
            null => auth.Text("refresh_token") is not null,
            "client_credentials" => false,
            "refresh_token" => true,
            var grant => throw auth.Wrong("grant", $"client_credentials or refresh_token, not '{grant}'"),
        };
        return new()
        {
            TokenUrl = HttpOptions.ReadUrl(auth, "token_url", Required(auth, "token_url")),
            ClientId = Required(auth, "client_id"),
            ClientSecret = refreshes ? auth.Text("client_secret") : Required(auth, "client_secret"),
            RefreshToken = refreshes ? Required(auth, "refresh_token") : null,
            SendsBasic = auth.Text("client_auth") == "basic",
            Extra = ExtraKeys.Where(key => auth.Text(key) is not null)
                .ToDictionary(key => key, key => auth.Text(key)!, StringComparer.Ordinal),
        };
    }

    static string Required(Settings auth, string key) => auth.Text(key)
        ?? throw new FozException(ErrorKind.Configuration, $"'auth' of type {auth.Text("type")} needs '{key}'")
        {
            Place = auth.PlaceOf(key),
        };
}
