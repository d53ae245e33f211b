using Microsoft.AspNetCore.Http;

namespace Foz.Server.Pages;

/// <summary>Something that the HTTP port answers besides its health.</summary>
/// <param name="Method">The method of requests: GET or POST.</param>
/// <param name="Pattern">The path, as ASP.NET Core's routing writes it, such as <c>/hooks/{name}</c>.</param>
/// <param name="Answer">Answers a request.</param>
public sealed record HttpPage(string Method, string Pattern, RequestDelegate Answer)
{
    /// <summary>The largest body of a request, in bytes; a longer one is answered by 413.</summary>
    public long BodyBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Whether a request must bring the password or token of a user. Without, the page checks by itself who asks, as
    /// by a signature.
    /// </summary>
    public required bool NeedsLogIn { get; init; }

    /// <summary>Whether a request is answered without the log-in that others need.</summary>
    public Func<HttpContext, bool> Admits { get; init; } = static _ => false;
}
