using System.Net;
using System.Text;
using Foz.Core.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Auth;

/// <summary>Who a request is of, or why it is refused.</summary>
/// <param name="User">The user; null where it is refused.</param>
/// <param name="Status">The status of the refusal.</param>
/// <param name="Message">Why.</param>
readonly record struct HttpIdentity(SessionUser? User, int Status = 0, string Message = "");

/// <summary>Log-ins of HTTP: a password (RFC 7617) or a token (RFC 6750) with each request.</summary>
/// <param name="logIns">Who may log in by a password.</param>
/// <param name="throttle">Slows down who guesses.</param>
/// <param name="bearer">Finds whose a token is; null where there are none.</param>
/// <param name="clock">The time.</param>
/// <param name="log">Where it is told who was refused.</param>
sealed class HttpLogIn(
    LogIns logIns, LogInThrottle throttle, BearerAuthentication? bearer, TimeProvider clock, ILogger log)
{
    const string Basic = "Basic ", Bearer = "Bearer ";

    readonly PasswordCheck passwords = new();

    /// <summary>Finds who a request is of.</summary>
    /// <param name="context">The request.</param>
    /// <param name="named">Who the client says that it is, beside its log-in; null where it does not say.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<HttpIdentity> FindAsync(HttpContext context, string? named, CancellationToken cancellationToken)
    {
        var authorization = $"{context.Request.Headers.Authorization}";
        if (logIns.IsOpen)
        {
            var name = named ?? (BasicOf(authorization) is var (user, _) ? user : null);
            return name is null
                ? new(null, StatusCodes.Status401Unauthorized, "User must be set")
                : new(logIns.Find(name));
        }

        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (authorization.Length == 0) return Refused("Authentication is required");
        if (!context.Request.IsHttps && !IPAddress.IsLoopback(address))
            return new(null, StatusCodes.Status403Forbidden, "Passwords and tokens of other machines are taken over TLS only");
        // Whoever guesses waits for each answer; more connections wait just as long.
        await Task.Delay(throttle.DelayOf(address), clock, cancellationToken);
        var found = await CheckAsync(authorization, cancellationToken);
        if (found is null)
        {
            throttle.Failed(address);
            log.LogInRefused(BasicOf(authorization)?.Name ?? "of a token", address.ToString());
            return Refused("Access Denied: Invalid credentials");
        }

        throttle.Succeeded(address);
        return named is null || named == found.Name
            ? new(found)
            : new(null, StatusCodes.Status403Forbidden, $"Access Denied: User {found.Name} cannot impersonate user {named}");
    }

    async ValueTask<SessionUser?> CheckAsync(string authorization, CancellationToken cancellationToken)
    {
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return bearer is null ? null : await bearer(authorization[Bearer.Length..].Trim(), cancellationToken);
        return BasicOf(authorization) is var (name, password) && passwords.Fits(logIns.VerifierOf(name), password)
            ? logIns.Find(name)
            : null;
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
