using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// Access tokens of OAuth 2 (RFC 6749), by a refresh token, or by the client's own credentials where there is none:
/// fetched when needed, and kept until shortly before they end. Safe for use by many threads.
/// </summary>
sealed class OAuthTokens : IDisposable
{
    /// <summary>The setting, a mapping.</summary>
    public const string Key = "oauth";

    const string AddressKey = "token_url", ClientKey = "client_id", ClientSecretKey = "client_secret";
    const string RefreshKey = "refresh_token", ScopeKey = "scope";

    static readonly TimeSpan margin = TimeSpan.FromMinutes(1);
    static readonly TimeSpan lifeDefault = TimeSpan.FromHours(1);

    readonly ChannelHttp http;
    readonly Secrets secrets;
    readonly TimeProvider clock;
    readonly Uri address;
    readonly string client;
    readonly string? clientSecret, scope;
    readonly SemaphoreSlim gate = new(1);
    string? refreshToken;
    string? token;
    DateTimeOffset endsAt;

    /// <summary>Creates the tokens of a channel.</summary>
    /// <param name="settings">The channel's settings.</param>
    /// <param name="section">The values of <c>oauth</c>.</param>
    public OAuthTokens(ChannelSettings settings, Settings section)
    {
        (secrets, clock) = (settings.Secrets, settings.Clock);
        address = (settings with { Values = section }).Address(AddressKey, fallback: null, holdsSecrets: true);
        (client, clientSecret) = (section.RequiredText(ClientKey), section.Text(ClientSecretKey));
        (refreshToken, scope) = (section.Text(RefreshKey), section.Text(ScopeKey));
        if (refreshToken is null && clientSecret is null)
            throw section.Wrong(RefreshKey, $"set, or '{ClientSecretKey}'");
        http = new(settings);
    }

    /// <summary>Gets the keys of the setting.</summary>
    public static SettingSpec Setting { get; } = new(
        Key, "instead of `password`: access tokens by OAuth 2, with which XOAUTH2 logs in")
    {
        Keys =
        [
            new(AddressKey, "the address that grants tokens") { IsRequired = true },
            new(ClientKey, "the client's id") { IsRequired = true },
            new(ClientSecretKey, "the client's secret") { IsSecret = true },
            new(RefreshKey, "the token by which others are granted")
            {
                IsSecret = true, Default = "the client's own rights",
            },
            new(ScopeKey, "the rights that are asked for"),
        ],
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        gate.Dispose();
    }

    /// <summary>Returns a token, or why there is none.</summary>
    public async Task<(string? Token, Delivery? Failure)> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (token is not null && clock.GetUtcNow() < endsAt) return (token, null);
            token = null;
            using var request = Request();
            var delivery = await http.SendAsync(request, Read, cancellationToken);
            return token is null ? (null, delivery) : (token, null);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Forgets a token that a server does not take.</summary>
    public async Task ForgetAsync(string refused, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        if (token == refused) token = null;
        gate.Release();
    }

    HttpRequestMessage Request()
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = refreshToken is null ? "client_credentials" : "refresh_token", ["client_id"] = client,
        };
        if (clientSecret is not null) form["client_secret"] = clientSecret;
        if (refreshToken is not null) form["refresh_token"] = refreshToken;
        if (scope is not null) form["scope"] = scope;
        return new(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
    }

    Delivery Read(HttpAnswer answer)
    {
        var json = answer.Json();
        var error = json.Text("error");
        var word = error is null ? null : $"{error} {json.Text("error_description")}".TrimEnd();
        if (answer.Failure(word) is { } failure) return failure;
        if (json.Text("access_token") is not { Length: > 0 } granted) return answer.NotUnderstood();
        secrets.Add(granted);
        var life = double.TryParse(json.Text("expires_in"), CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.SecondsPerDay))
            : lifeDefault;
        endsAt = clock.GetUtcNow() + (life > 2 * margin ? life - margin : life / 2);
        // Some services grant another refresh token each time, and end the one before.
        if (refreshToken is not null && json.Text("refresh_token") is { Length: > 0 } next)
            secrets.Add(refreshToken = next);
        token = granted;
        return new Delivery.Sent(Thread: null);
    }
}
