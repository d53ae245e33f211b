using System.Globalization;
using Foz.Cli.Documentation;
using Foz.Lake;
using Foz.Operations.Alerts;
using Foz.Operations.Incidents;
using Foz.Server.Pages;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// The pages that links in messages lead to. A GET changes nothing, as chats open links to show them; the button
/// acknowledges the incident.
/// </summary>
/// <param name="service">The incidents.</param>
/// <param name="openLinks">Gives what knows links; null where messages have none.</param>
/// <param name="clock">The time.</param>
sealed class IncidentPages(
    IncidentService service, Func<CancellationToken, Task<IncidentLinks?>> openLinks, TimeProvider clock)
{
    const int NameMax = 100;
    const int MembersShown = 20;

    /// <summary>The pages.</summary>
    public IReadOnlyList<HttpPage> All =>
    [
        new("GET", IncidentLinks.Path + "{id}", ShowAsync) { NeedsLogIn = false },
        new("POST", IncidentLinks.Path + "{id}", AcknowledgeAsync) { NeedsLogIn = false, BodyBytesMax = 4096 },
    ];

    async Task ShowAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } incident) await WriteAsync(context, incident);
    }

    async Task AcknowledgeAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } incident) return;
        if (!context.Request.HasFormContentType)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var name = form["name"].ToString().Trim().ReplaceLineEndings(" ");
        if (name.Length > NameMax) name = name[..NameMax];
        if (incident.IsOpen)
            incident = await service.AcknowledgeAsync(
                incident.Id, name.Length == 0 ? "a link" : $"{name} (by a link)", context.RequestAborted);
        await WriteAsync(context, incident);
    }

    /// <summary>The incident of a link that holds; null, with an answer, for another.</summary>
    async Task<Incident?> FindAsync(HttpContext context)
    {
        var id = context.Request.RouteValues["id"] as string ?? "";
        var query = context.Request.Query;
        if (await openLinks(context.RequestAborted) is { } links
            && links.Holds(id, query["until"], query["sign"], clock.GetUtcNow()))
            try
            {
                return await service.FindAsync(id, context.RequestAborted);
            }
            catch (FozException e) when (e.Kind is ErrorKind.Usage)
            {
                // It was resolved so long ago that only the history has it.
            }
        var words = WordsOf(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await WriteAsync(context, words, Html.Of($"<h1>{words.Gone}</h1>"));
        return null;
    }

    static async Task WriteAsync(HttpContext context, Incident incident)
    {
        var words = WordsOf(context);
        var form = !incident.IsOpen || incident.AcknowledgedBy is not null
            ? Html.None
            : Html.Of(
                $"<form method=\"post\"><label>{words.Name} <input name=\"name\" maxlength=\"100\"></label> "
                    + $"<button>{words.Acknowledge}</button></form>");
        var members = incident.Members.Take(MembersShown)
            .Select(member => Html.Of($"<li>{member.Subject}: {member.Text}</li>"));
        var since = incident.Since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        await WriteAsync(context, words, Html.Of(
            $"""
            <p class="{incident.Severity.ToString().ToLowerInvariant()}">{StateOf(incident, words)}</p>
            <h1>{incident.Subject}</h1>
            <p>{incident.Text}</p>
            <dl>
            <dt>{words.Since}</dt><dd>{since}</dd>
            <dt>{words.Owners}</dt><dd>{string.Join(", ", incident.Owners)}</dd>
            <dt>{words.Blocks}</dt><dd>{string.Join(", ", incident.Blocks)} ({incident.BlocksCount})</dd>
            <dt>{words.Command}</dt><dd><code>{incident.Command}</code></dd>
            </dl>
            <ul>{members}</ul>
            {form}
            """));
    }

    static string StateOf(Incident incident, PageWords words) =>
        !incident.IsOpen ? words.Resolved
        : incident.AcknowledgedBy is { } user ? $"{words.TakenBy} {user}"
        : words.Open;

    static async Task WriteAsync(HttpContext context, PageWords words, Html body)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        await context.Response.WriteAsync(
            Html.Of(
                $$"""
                <!doctype html>
                <html lang="{{words.Language}}"><head><meta charset="utf-8"><title>Foz</title>
                <meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
                <style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}
                dt{font-weight:600}dd{margin:0 0 .5rem}.critical{color:#b00}.warning{color:#960}
                button,input{font:inherit;padding:.4rem .8rem}</style></head>
                <body>{{body}}</body></html>
                """).Text,
            context.RequestAborted);
    }

    static PageWords WordsOf(HttpContext context) =>
        context.Request.Headers.AcceptLanguage.ToString().TrimStart()
            .StartsWith("pt", StringComparison.OrdinalIgnoreCase)
            ? PageWords.Portuguese
            : PageWords.English;

    /// <summary>The words of the pages in a language.</summary>
    sealed record PageWords(string Language)
    {
        public static readonly PageWords English = new("en")
        {
            Gone = "This link does not hold, or no longer.", Name = "Your name", Acknowledge = "I take care of it",
            Since = "Since", Owners = "Owners", Blocks = "Blocks", Command = "Command", Open = "Open",
            Resolved = "Resolved", TakenBy = "Taken care of by",
        };

        public static readonly PageWords Portuguese = new("pt-BR")
        {
            Gone = "Este link não vale, ou não vale mais.", Name = "Seu nome", Acknowledge = "Eu cuido disso",
            Since = "Desde", Owners = "Responsáveis", Blocks = "Bloqueia", Command = "Comando", Open = "Aberto",
            Resolved = "Resolvido", TakenBy = "Em atendimento por",
        };

        public required string Gone { get; init; }

        public required string Name { get; init; }

        public required string Acknowledge { get; init; }

        public required string Since { get; init; }

        public required string Owners { get; init; }

        public required string Blocks { get; init; }

        public required string Command { get; init; }

        public required string Open { get; init; }

        public required string Resolved { get; init; }

        public required string TakenBy { get; init; }
    }
}
