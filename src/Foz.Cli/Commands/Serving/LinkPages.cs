using System.Net;
using Foz.Lake;
using Foz.Operations;
using Foz.Operations.Hosting;
using Foz.Operations.Tasks;
using Foz.Server.Pages;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// The pages of links that Foz sends: a GET shows what a link is about, and changes nothing; a POST decides. Who has
/// the link acts as the person to whom it was sent.
/// </summary>
/// <param name="links">Checks the tokens.</param>
/// <param name="tasks">The tasks of firings.</param>
sealed class LinkPages(SignedLinks links, TaskService tasks)
{
    const int CommentCharsMax = 1000;
    const int FormBytesMax = 16 << 10;

    /// <summary>Creates the pages.</summary>
    public IReadOnlyList<HttpPage> Create() =>
    [
        new("GET", SignedLinks.Pattern, context => AnswerAsync(context, isDecision: false)) { NeedsLogIn = false },
        new("POST", SignedLinks.Pattern, context => AnswerAsync(context, isDecision: true))
        {
            NeedsLogIn = false, BodyBytesMax = FormBytesMax,
        },
    ];

    async Task AnswerAsync(HttpContext context, bool isDecision)
    {
        var words = LinkWords.Of(context.Request.Headers.AcceptLanguage.ToString());
        if (links.Read((string?)context.Request.RouteValues["token"] ?? "") is not LinkResult.Valid
            { Link: { Purpose: LinkPurposes.Approval, About: [var firing, var name] } link })
        {
            await WriteAsync(context, StatusCodes.Status404NotFound, words, $"<p>{words.NotValid}</p>");
            return;
        }
        try
        {
            if (isDecision) await DecideAsync(context, (firing, name), link.To);
            else await ShowAsync(context, words, firing, name, link.To);
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Conflict or ErrorKind.Denied)
        {
            await WriteAsync(
                context, StatusCodes.Status409Conflict, words, $"<p>{WebUtility.HtmlEncode(e.Message)}</p>");
        }
    }

    async Task ShowAsync(HttpContext context, LinkWords words, string firing, string name, string to)
    {
        var task = await tasks.GetAsync(firing, name, context.RequestAborted);
        var rows = new List<(string, string)> { (words.Run, firing), (words.Task, name), (words.You, to) };
        foreach (var other in (await tasks.FindAsync(firing, context.RequestAborted))!.Tasks)
            rows.AddRange(other.Outputs.Select(output => ($"{other.Name}.{output.Key}", output.Value)));
        var table = string.Concat(rows.Select(
            row => $"<tr><th>{WebUtility.HtmlEncode(row.Item1)}</th><td>{WebUtility.HtmlEncode(row.Item2)}</td></tr>"));
        var rest = task.State is not TaskState.Approval
            ? $"<p>{words.Decided} {WebUtility.HtmlEncode(task.Reason ?? "")}</p>"
            : $"""
               <form method="post"><label for="c">{words.Comment}</label>
               <input id="c" name="comment" maxlength="{CommentCharsMax}" autocomplete="off">
               <p><button name="verdict" value="approved">{words.Approve}</button>
               <button name="verdict" value="rejected" class="no">{words.Reject}</button></p></form>
               """;
        await WriteAsync(context, StatusCodes.Status200OK, words, $"<table>{table}</table>{rest}");
    }

    async Task DecideAsync(HttpContext context, (string Firing, string Task) what, string to)
    {
        var words = LinkWords.Of(context.Request.Headers.AcceptLanguage.ToString());
        if (!context.Request.HasFormContentType)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, words, $"<p>{words.NotValid}</p>");
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        TaskVerdict? verdict = form["verdict"].ToString() switch
        {
            "approved" => TaskVerdict.Approved,
            "rejected" => TaskVerdict.Rejected,
            _ => null,
        };
        if (verdict is not { } decided)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, words, $"<p>{words.NotValid}</p>");
            return;
        }
        var comment = form["comment"].ToString().Trim();
        await tasks.DecideAsync(
            what, decided, (to, []), comment.Length <= CommentCharsMax ? comment : comment[..CommentCharsMax],
            context.RequestAborted);
        await WriteAsync(
            context, StatusCodes.Status200OK, words,
            $"<p>{(decided is TaskVerdict.Approved ? words.Approved : words.Rejected)}</p>");
    }

    static async Task WriteAsync(HttpContext context, int status, LinkWords words, string content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
                + "base-uri 'none'";
        // The address is the key: no other site is to see it.
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(
            $$"""
            <!doctype html>
            <html lang="{{words.Language}}"><meta charset="utf-8"><title>{{words.Title}}</title>
            <meta name="viewport" content="width=device-width">
            <style>
            body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color:#1b2733}
            th{text-align:left;padding-right:1.5rem;font-weight:600;color:#52616f}td{overflow-wrap:anywhere}
            input{width:100%;padding:.5rem;margin:.25rem 0;box-sizing:border-box}form{margin-top:1.5rem}
            button{padding:.6rem 1.4rem;border:0;border-radius:.3rem;background:#0a6b5d;color:#fff;font-size:1rem}
            .no{background:#8f2d2d;margin-left:.5rem}
            </style>
            <h1>{{words.Title}}</h1>{{content}}</html>
            """,
            context.RequestAborted);
    }
}

/// <summary>The words of the pages of links, in a language.</summary>
sealed record LinkWords(string Language, string Title, string Run, string Task, string You)
{
    static readonly LinkWords english = new("en", "Approval", "Run", "Task", "You decide as")
    {
        Comment = "Comment", Approve = "Approve", Reject = "Reject", Approved = "Approved. The run goes on.",
        Rejected = "Rejected. The task fails.", Decided = "This task does not wait for a decision any more:",
        NotValid = "This link is not valid, or not any more.",
    };

    static readonly LinkWords portuguese = new("pt-BR", "Aprovação", "Execução", "Tarefa", "Você decide como")
    {
        Comment = "Comentário", Approve = "Aprovar", Reject = "Rejeitar", Approved = "Aprovado. A execução continua.",
        Rejected = "Rejeitado. A tarefa falha.", Decided = "Esta tarefa não espera mais por uma decisão:",
        NotValid = "Este link não é válido, ou não é mais.",
    };

    public required string Comment { get; init; }

    public required string Approve { get; init; }

    public required string Reject { get; init; }

    public required string Approved { get; init; }

    public required string Rejected { get; init; }

    public required string Decided { get; init; }

    public required string NotValid { get; init; }

    /// <summary>Returns the words for what a browser prefers.</summary>
    /// <param name="accepted">The header <c>Accept-Language</c>.</param>
    public static LinkWords Of(string accepted)
    {
        foreach (var language in accepted.Split(',', StringSplitOptions.TrimEntries))
            if (language.StartsWith("pt", StringComparison.OrdinalIgnoreCase)) return portuguese;
            else if (language.StartsWith("en", StringComparison.OrdinalIgnoreCase)) return english;
        return english;
    }
}
