using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Foz.Server.Auth;

/// <summary>
/// Keeps web pages away from a server that lets every client of this machine in, as a browser of this machine sends
/// their requests too. <c>Host</c> reveals a page whose host name resolves to this machine, <c>Origin</c> any other.
/// </summary>
static class LoopbackGuard
{
    /// <summary>Refuses requests of web pages where clients need not log in.</summary>
    public static void Use(WebApplication app, LogIns logIns)
    {
        if (logIns.IsOpen) app.Use(CheckAsync);
    }

    static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (IsOfThisMachine(context.Request)) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            "Without log-ins only programs of this machine are answered, by the name localhost or its address",
            context.RequestAborted);
    }

    static bool IsOfThisMachine(HttpRequest request)
    {
        var name = request.Host.Host.Trim('[', ']');
        var isLocal = name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
        return isLocal && request.Headers.Origin.All(origin =>
            $"{request.Scheme}://{request.Host.ToUriComponent()}".Equals(origin, StringComparison.OrdinalIgnoreCase));
    }
}
