using Foz.Cli.Documentation;
using Foz.Operations;
using Foz.Operations.Hosting;
using Foz.Operations.Tasks;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// The page of a task that waits for a person: who has the link decides as the person to whom it was sent.
/// </summary>
/// <param name="tasks">The tasks of firings.</param>
sealed class ApprovalPage(TaskService tasks)
{
    const int CommentCharsMax = 1000;

    /// <summary>Shows the task, or decides by a form; null where the link is about none.</summary>
    /// <exception cref="Foz.Lake.FozException">The task is gone, or does not wait any more.</exception>
    public async Task<LinkAnswer?> AnswerAsync(
        SignedLink link, IFormCollection? form, LinkWords words, CancellationToken cancellationToken)
    {
        if (link.About is not [var firing, var name]) return null;
        return form is null
            ? await ShowAsync(words, (firing, name), link.To, cancellationToken)
            : await DecideAsync(words, form, (firing, name), link.To, cancellationToken);
    }

    async Task<LinkAnswer> ShowAsync(
        LinkWords words, (string Firing, string Name) what, string to, CancellationToken cancellationToken)
    {
        var task = await tasks.GetAsync(what.Firing, what.Name, cancellationToken);
        var rows = new List<(string Name, string Value)>
        {
            (words.Run, what.Firing), (words.Task, what.Name), (words.You, to),
        };
        foreach (var other in (await tasks.FindAsync(what.Firing, cancellationToken))!.Tasks)
            rows.AddRange(other.Outputs.Select(output => ($"{other.Name}.{output.Key}", output.Value)));
        var table = rows.Select(row => Html.Of($"<tr><th>{row.Name}</th><td>{row.Value}</td></tr>"));
        var rest = task.State is not TaskState.Approval
            ? Html.Of($"<p>{words.Decided} {task.Reason}</p>")
            : Html.Of(
                $"""
                <form method="post"><label for="c">{words.Comment}</label>
                <input id="c" name="comment" maxlength="{CommentCharsMax}" autocomplete="off">
                <p><button name="verdict" value="approved">{words.Approve}</button>
                <button name="verdict" value="rejected" class="no">{words.Reject}</button></p></form>
                """);
        return LinkAnswer.Of(words.Approval, Html.Of($"<table>{table}</table>{rest}"));
    }

    async Task<LinkAnswer> DecideAsync(
        LinkWords words, IFormCollection form, (string Firing, string Name) what, string to,
        CancellationToken cancellationToken)
    {
        TaskVerdict? verdict = form["verdict"].ToString() switch
        {
            "approved" => TaskVerdict.Approved,
            "rejected" => TaskVerdict.Rejected,
            _ => null,
        };
        if (verdict is not { } decided) return LinkAnswer.Bad(words.Approval, words.Incomplete);
        await tasks.DecideAsync(
            what, decided, (to, []), LinkWords.Line(form["comment"], CommentCharsMax), cancellationToken);
        return LinkAnswer.Of(
            words.Approval,
            Html.Of($"<p>{(decided is TaskVerdict.Approved ? words.Approved : words.Rejected)}</p>"));
    }
}
