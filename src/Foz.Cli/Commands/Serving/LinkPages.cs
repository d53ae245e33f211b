using Foz.Cli.Documentation;
using Foz.Lake;
using Foz.Operations.Hosting;
using Foz.Server.Pages;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// The pages of links that Foz sends: a GET shows what a link is about, and changes nothing, as chats open links to
/// show them; a POST changes it. Each purpose of links has its page.
/// </summary>
/// <param name="openLinks">Gives what reads tokens; null where none was ever signed.</param>
/// <param name="approvals">The page of tasks that wait for a person.</param>
/// <param name="incidents">The page of incidents.</param>
sealed class LinkPages(
    Func<CancellationToken, Task<SignedLinks?>> openLinks, ApprovalPage approvals, IncidentPage incidents)
{
    const int FormBytesMax = 16 << 10;

    /// <summary>Creates the pages.</summary>
    public IReadOnlyList<HttpPage> Create() =>
    [
        new("GET", SignedLinks.Pattern, context => AnswerAsync(context, isChange: false)) { NeedsLogIn = false },
        new("POST", SignedLinks.Pattern, context => AnswerAsync(context, isChange: true))
        {
            NeedsLogIn = false, BodyBytesMax = FormBytesMax,
        },
    ];

    async Task AnswerAsync(HttpContext context, bool isChange)
    {
        var words = LinkWords.Of(context.Request.Headers.AcceptLanguage.ToString());
        var token = (string?)context.Request.RouteValues["token"] ?? "";
        var notValid = new LinkAnswer(StatusCodes.Status404NotFound, "Foz", Html.Of($"<p>{words.NotValid}</p>"));
        if (await openLinks(context.RequestAborted) is not { } links
            || links.Read(token) is not LinkResult.Valid { Link: var link })
        {
            await WriteAsync(context, words, notValid);
            return;
        }
        IFormCollection? form = null;
        if (isChange)
        {
            if (!context.Request.HasFormContentType)
            {
                context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
                return;
            }
            form = await context.Request.ReadFormAsync(context.RequestAborted);
        }
        var answer = await AnswerAsync(link, form, words, context.RequestAborted) ?? notValid;
        // Relative, as the host may be below a path of a proxy: reloading the page does not send the form again.
        if (answer.Status == StatusCodes.Status303SeeOther) context.Response.Headers.Location = token;
        await WriteAsync(context, words, answer);
    }

    /// <summary>
    /// Answers a request; null where the link's purpose is of a later Foz, or what it is about is gone.
    /// </summary>
    async Task<LinkAnswer?> AnswerAsync(
        SignedLink link, IFormCollection? form, LinkWords words, CancellationToken cancellationToken)
    {
        try
        {
            return link.Purpose switch
            {
                LinkPurposes.Approval => await approvals.AnswerAsync(link, form, words, cancellationToken),
                LinkPurposes.Incident => await incidents.AnswerAsync(link, form, words, cancellationToken),
                _ => null,
            };
        }
        catch (FozException e) when (
            e.Kind is ErrorKind.NotFound or ErrorKind.Conflict or ErrorKind.Denied or ErrorKind.Usage)
        {
            return new(StatusCodes.Status409Conflict, "Foz", Html.Of($"<p>{e.Message}</p>"));
        }
    }

    static async Task WriteAsync(HttpContext context, LinkWords words, LinkAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
                + "base-uri 'none'";
        // The address is the key: no other site is to see it.
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(
            Html.Of(
                $$"""
                <!doctype html>
                <html lang="{{words.Language}}"><meta charset="utf-8"><title>{{answer.Title}}</title>
                <meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
                <style>
                body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1b2733}
                th{text-align:left;vertical-align:top;padding-right:1.5rem;font-weight:600;color:#52616f}
                td{overflow-wrap:anywhere}form{margin-top:1.5rem}
                input,select{width:100%;padding:.5rem;margin:.25rem 0;box-sizing:border-box;font:inherit}
                button{padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#0a6b5d;color:#fff;font-size:1rem}
                .no,.critical{background:#8f2d2d}.warning{background:#8a5a00}.info{background:#52616f}
                .state{display:inline-block;padding:.1rem .7rem;border-radius:.3rem;color:#fff}
                </style>
                <h1>{{answer.Title}}</h1>{{answer.Body}}</html>
                """).Text,
            context.RequestAborted);
    }
}

/// <summary>What the page of a link answers.</summary>
/// <param name="Status">The status of HTTP; 303 leads to the same page again.</param>
/// <param name="Title">The heading.</param>
/// <param name="Body">What is below it.</param>
readonly record struct LinkAnswer(int Status, string Title, Html Body)
{
    /// <summary>A page that is shown.</summary>
    public static LinkAnswer Of(string title, Html body) => new(StatusCodes.Status200OK, title, body);

    /// <summary>A form that lacks what it must have.</summary>
    public static LinkAnswer Bad(string title, string text) =>
        new(StatusCodes.Status400BadRequest, title, Html.Of($"<p>{text}</p>"));

    /// <summary>Shows the page again after a change.</summary>
    public static LinkAnswer Again { get; } = new(StatusCodes.Status303SeeOther, "Foz", Html.None);
}
