using Foz.Server.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Foz.Server.Pages;

/// <summary>Answers the pages of the HTTP port.</summary>
/// <param name="logIn">Logs the users of requests in.</param>
sealed class PageMap(HttpLogIn logIn)
{
    /// <summary>Adds pages to the server.</summary>
    public void Map(WebApplication app, IEnumerable<HttpPage> pages)
    {
        foreach (var page in pages)
            app.MapMethods(page.Pattern, [page.Method], context => AnswerAsync(context, page));
    }

    async Task AnswerAsync(HttpContext context, HttpPage page)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = page.BodyBytesMax;
        context.Response.Headers.CacheControl = "no-store";
        if (page.NeedsLogIn && !logIn.IsOpen && !page.Admits(context)
            && await logIn.FindAsync(context, named: null, context.RequestAborted) is { User: null } refused)
        {
            context.Response.StatusCode = refused.Status;
            if (refused.Status == StatusCodes.Status401Unauthorized)
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"Foz\", charset=\"UTF-8\"";
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(refused.Message + "\n", context.RequestAborted);
            return;
        }
        await page.Answer(context);
    }
}
