using System.Text.Json;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// Grants tokens as https://www.rfc-editor.org/rfc/rfc6749 (5, 6) describes; each refresh token is of use once, as with
/// some services.
/// </summary>
sealed class TokenServer : ServiceServer
{
    int granted;

    public string RefreshToken { get; set; } = ChannelKit.Secret;

    public string Granted => $"access-token-{granted:0000}";

    public int LifeSeconds { get; set; } = 3600;

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        Require(request.Method == "POST" && request.Path == "/token", "POST /token");
        Require(
            request.Headers["Content-Type"] == "application/x-www-form-urlencoded", "a form");
        var form = body.Split('&').Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
        Require(form["client_id"] == "client-1", "invalid_client");
        if (form["grant_type"] == "refresh_token")
        {
            Require(form["refresh_token"] == RefreshToken, "invalid_grant");
            Require(form["scope"] == "https://outlook.office.com/SMTP.Send offline_access", "invalid_scope");
            RefreshToken = $"refresh-token-{granted:0000}";
        }
        else
        {
            Require(form["grant_type"] == "client_credentials", "unsupported_grant_type");
            Require(form["client_secret"] == ChannelKit.Secret, "invalid_client");
        }
        granted++;
        return Json(200, JsonSerializer.Serialize(new
        {
            access_token = Granted, token_type = "Bearer", expires_in = LifeSeconds, refresh_token = RefreshToken,
        }));
    }

    protected override LoopbackAnswer Refuse(string rule) => Json(
        400, JsonSerializer.Serialize(new { error = rule, error_description = "It expired or was withdrawn." }));
}
