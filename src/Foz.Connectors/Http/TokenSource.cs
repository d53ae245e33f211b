using System.Globalization;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>
/// Tokens of OAuth 2 (RFC 6749): fetched when needed, kept until shortly before they end. Safe for use by many threads.
/// </summary>
/// <param name="auth">The client, and the server that grants tokens.</param>
/// <param name="caller">Sends the requests for them.</param>
/// <param name="secrets">Granted tokens are added to it.</param>
/// <param name="clock">Decides when they expire.</param>
sealed class TokenSource(Authentication.OAuth2 auth, HttpCaller caller, Secrets secrets, TimeProvider clock)
    : IDisposable
{
    static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);
    readonly SemaphoreSlim gate = new(1);
    string? refreshToken = auth.RefreshToken;
    string? token;
    DateTimeOffset endsAt;

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>The token of now.</summary>
    /// <exception cref="FozException">None is granted.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (token is null || clock.GetUtcNow() >= endsAt) await FetchAsync(cancellationToken);
            return token!;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Records that the server refuses a token.</summary>
    public async Task ForgetAsync(string? refused, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        if (token == refused) token = null;
        gate.Release();
    }

    async Task FetchAsync(CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>(auth.Extra, StringComparer.Ordinal)
        {
            ["grant_type"] = refreshToken is null ? "client_credentials" : "refresh_token",
        };
        if (refreshToken is not null) form["refresh_token"] = refreshToken;
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Accept"] = "application/json" };
        if (auth.SendsBasic)
            headers["Authorization"] = Authentication.Basic(
                Uri.EscapeDataString(auth.ClientId), Uri.EscapeDataString(auth.ClientSecret ?? ""));
        else
        {
            form["client_id"] = auth.ClientId;
            if (auth.ClientSecret is { } secret) form["client_secret"] = secret;
        }
        using var content = new FormUrlEncodedContent(form);
        var call = new HttpCall(auth.TokenUrl)
        {
            Body = await content.ReadAsStringAsync(cancellationToken), BodyType = "application/x-www-form-urlencoded",
            Headers = headers, IsTrusted = false,
        };
        Take((await caller.SendAsync(call, cancellationToken)).Body);
    }

    void Take(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            token = root.GetProperty("access_token").GetString();
            secrets.Add(token ?? "");
            var seconds = root.TryGetProperty("expires_in", out var length)
                ? length.ValueKind is JsonValueKind.String
                    ? double.Parse(length.GetString()!, CultureInfo.InvariantCulture)
                    : length.GetDouble()
                : TimeSpan.FromHours(1).TotalSeconds;
            var life = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e8));
            endsAt = clock.GetUtcNow() + (life > 2 * Margin ? life - Margin : life / 2);
            if (refreshToken is not null && root.TryGetProperty("refresh_token", out var next)
                && next.GetString() is { Length: > 0 } renewed)
                secrets.Add(refreshToken = renewed);
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FozException(
                ErrorKind.Source,
                $"{auth.TokenUrl.GetLeftPart(UriPartial.Path)} answers with no token (RFC 6749, 5.1)");
        }
    }
}
