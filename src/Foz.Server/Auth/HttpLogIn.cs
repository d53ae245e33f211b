using System.Net;
using System.Text;
using Foz.Serving.Governance;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Foz.Server.Auth;

/// <summary>The user of a request, or why it is refused.</summary>
/// <param name="User">The user; null where it is refused.</param>
/// <param name="Status">The status of the refusal.</param>
/// <param name="Message">The reason.</param>
readonly record struct HttpIdentity(SessionUser? User, int Status = 0, string Message = "");

/// <summary>Log-ins of HTTP: a password (RFC 7617) or a token (RFC 6750) with each request.</summary>
/// <param name="desk">Logs users in.</param>
/// <param name="protocol">What the audit calls the protocol.</param>
sealed class HttpLogIn(Authenticator desk, string protocol)
{
    /// <summary>What the audit calls Trino's protocol.</summary>
    public const string TrinoProtocol = "trino";

    /// <summary>What the audit calls requests of the HTTP port's pages.</summary>
    public const string HttpProtocol = "http";

    const string Basic = "Basic ", Bearer = "Bearer ";

    /// <summary>Whether clients need not log in.</summary>
    public bool IsOpen => desk.LogIns.IsOpen;

    /// <summary>Keeps web pages away where clients need not log in.</summary>
    public void Guard(WebApplication app) => LoopbackGuard.Use(app, desk.LogIns);

    /// <summary>Finds the user of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="named">The user that the client names in addition to its log-in; null where it names none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<HttpIdentity> FindAsync(HttpContext context, string? named, CancellationToken cancellationToken)
    {
        var authorization = $"{context.Request.Headers.Authorization}";
        var basic = BasicOf(authorization);
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var attempt = new LogInAttempt(
            basic?.Name ?? named ?? "", address, protocol, basic is null ? "bearer" : "password");
        if (desk.LogIns.IsOpen)
            return named is null && basic is null
                ? new(null, StatusCodes.Status401Unauthorized, "User must be set")
                : new(await desk.EnterAsync(attempt with { Name = named ?? basic!.Value.Name }, "", cancellationToken));

        if (authorization.Length == 0) return Refused("Authentication is required");
        if (!context.Request.IsHttps && !IPAddress.IsLoopback(address))
        {
            await desk.RefuseAsync(attempt, "a request without TLS");
            return new(
                null, StatusCodes.Status403Forbidden, "Passwords and tokens of other machines are taken over TLS only");
        }

        try
        {
            var found = basic is var (_, password)
                ? await desk.EnterAsync(attempt, password, cancellationToken)
                : authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                    ? await desk.EnterByTokenAsync(attempt, authorization[Bearer.Length..].Trim(), cancellationToken)
                    : await desk.EnterAsync(
                        attempt, static (_, _) => Task.FromResult<SessionUser?>(null), cancellationToken);
            if (named is null || named == found.Name) return new(found);
            await desk.DenyAsync(attempt with { Name = found.Name }, $"would act for {named}");
            return new(
                null, StatusCodes.Status403Forbidden,
                $"Access Denied: User {found.Name} cannot impersonate user {named}");
        }
        catch (LogInRefusedException e) when (e.IsBusy)
        {
            return new(null, StatusCodes.Status429TooManyRequests, "Too many log-ins of this address wait already");
        }
        catch (LogInRefusedException)
        {
            return Refused("Access Denied: Invalid credentials");
        }
    }

    static (string Name, string Password)? BasicOf(string authorization)
    {
        if (!authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[authorization.Length];
        return Convert.TryFromBase64String(authorization[Basic.Length..].Trim(), bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var name, var password]
            ? (name, password)
            : null;
    }

    static HttpIdentity Refused(string message) => new(null, StatusCodes.Status401Unauthorized, message);
}
