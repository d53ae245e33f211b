using System.Globalization;
using Foz.Cli.Documentation;
using Foz.Lake;
using Foz.Operations.Channels;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// The page of an incident: users with the link acknowledge, assign, comment on or silence it, by a name that they
/// type.
/// </summary>
/// <param name="service">The incidents.</param>
/// <param name="clock">The time.</param>
sealed class IncidentPage(IncidentService service, TimeProvider clock)
{
    const int NameMax = 100;
    const int CommentMax = 1000;
    const int MembersShown = 20;

    static readonly int[] silenceHours = [1, 8, 24];

    /// <summary>Shows the incident, or changes it by a form; null where the link is about none that is kept.</summary>
    /// <exception cref="FozException">The incident was resolved meanwhile, or there are too many silences.</exception>
    public async Task<LinkAnswer?> AnswerAsync(
        SignedLink link, IFormCollection? form, LinkWords words, CancellationToken cancellationToken)
    {
        if (link.About is not [var id] || await FindAsync(id, cancellationToken) is not { } incident) return null;
        if (form is null) return LinkAnswer.Of(incident.Subject, Show(incident, words));
        if (!incident.IsOpen)
            return new(StatusCodes.Status409Conflict, incident.Subject, Html.Of($"<p>{words.IsResolved}</p>"));
        return await ChangeAsync(incident, form, link.To, cancellationToken)
            ? LinkAnswer.Again
            : LinkAnswer.Bad(incident.Subject, words.Incomplete);
    }

    async Task<Incident?> FindAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await service.FindAsync(id, cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Usage)
        {
            // It was resolved so long ago that only the history has it.
            return null;
        }
    }

    /// <summary>Does what a form asks; false where it asks for nothing, or lacks what that needs.</summary>
    async Task<bool> ChangeAsync(
        Incident incident, IFormCollection form, string channel, CancellationToken cancellationToken)
    {
        var name = LinkWords.Line(form["name"], NameMax);
        var user = $"{(name.Length == 0 ? "a user" : name)} (by a link in {channel})";
        var (comment, to) = (LinkWords.Line(form["comment"], CommentMax), LinkWords.Line(form["to"], NameMax));
        switch (form["action"].ToString())
        {
            case "acknowledge":
                await service.AcknowledgeAsync(incident.Id, user, cancellationToken);
                return true;
            case "assign" when to.Length > 0:
                await service.AssignAsync(incident.Id, user, to, cancellationToken);
                return true;
            case "comment" when comment.Length > 0:
                await service.CommentAsync(incident.Id, user, comment, cancellationToken);
                return true;
            case "silence" when int.TryParse(form["hours"], NumberStyles.None, CultureInfo.InvariantCulture,
                out var hours) && silenceHours.Contains(hours):
                await service.SilenceAsync(
                    new()
                    {
                        Number = 0, Subject = incident.Subject, Until = clock.GetUtcNow().AddHours(hours), By = user,
                        Reason = comment.Length > 0 ? comment : "no reason given",
                    },
                    cancellationToken);
                return true;
            default:
                return false;
        }
    }

    static Html Show(Incident incident, LinkWords words)
    {
        var messages = words.Messages;
        (string Name, string? Value)[] rows =
        [
            (messages.Since, Time(incident.Since)), (messages.Owners, string.Join(", ", incident.Owners)),
            (messages.Blocks, Blocks(incident, messages)), (messages.AcknowledgedBy, incident.AcknowledgedBy),
            (words.AssignedTo, incident.AssignedTo),
        ];
        var table = rows.Where(row => !string.IsNullOrEmpty(row.Value))
            .Select(row => Html.Of($"<tr><th>{row.Name}</th><td>{row.Value}</td></tr>"))
            .Append(Html.If(
                incident.Command is not null,
                $"<tr><th>{messages.Fix}</th><td><code>{incident.Command}</code></td></tr>"));
        // One alone has the incident's own text.
        var members = incident.Members.Take(incident.Members.Count > 1 ? MembersShown : 0)
            .Select(member => Html.Of($"<li>{member.Subject}: {member.Text}</li>"));
        var comments = incident.Comments.Select(
            comment => Html.Of($"<li>{comment.By}, {Time(comment.At)}: {comment.Text}</li>"));
        var state = !incident.IsOpen ? messages.Resolved
            : incident.AcknowledgedBy is null ? words.Open : messages.Acknowledged;
        var severity = incident.Severity.ToString().ToLowerInvariant();
        return Html.Of(
            $"""
            <p class="state {severity}">{messages.Of(incident.Severity)}, {state}</p>
            <p>{incident.Text}</p><table>{table}</table><ul>{members}</ul><ul>{comments}</ul>
            {(incident.IsOpen ? Form(incident, words) : Html.None)}
            """);
    }

    static Html Form(Incident incident, LinkWords words)
    {
        var acknowledge = Html.If(
            incident.AcknowledgedBy is null,
            $"<button name=\"action\" value=\"acknowledge\">{words.Acknowledge}</button>");
        var hours = silenceHours.Select(count => Html.Of($"<option value=\"{count}\">{count} {words.Hours}</option>"));
        return Html.Of(
            $"""
            <form method="post">
            <label for="n">{words.Name}</label><input id="n" name="name" maxlength="{NameMax}">
            <p>{acknowledge}</p>
            <label for="c">{words.Comment}</label>
            <input id="c" name="comment" maxlength="{CommentMax}" autocomplete="off">
            <p><button name="action" value="comment">{words.AddComment}</button></p>
            <label for="t">{words.AssignedTo}</label><input id="t" name="to" maxlength="{NameMax}">
            <p><button name="action" value="assign">{words.Assign}</button></p>
            <label for="h">{words.SilenceFor}</label><select id="h" name="hours">{hours}</select>
            <p><button name="action" value="silence">{words.Silence}</button></p></form>
            """);
    }

    static string Blocks(Incident incident, MessageWords words)
    {
        var names = string.Join(", ", incident.Blocks);
        var more = incident.BlocksCount - incident.Blocks.Count;
        return more > 0 ? $"{names} {words.More(more)}" : names;
    }

    static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
