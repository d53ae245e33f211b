using System.Text;
using MimeKit;

namespace Foz.Operations.Channels;

/// <summary>
/// A message as an e-mail: text and HTML, with the headers by which mailboxes put an incident in one thread.
/// </summary>
static class EmailMessage
{
    const int SubjectLengthMax = 200, RowsMax = 20, ColumnsMax = 12, CellLengthMax = 200, IdLengthMax = 250;

    /// <summary>
    /// Legible on white and on black: no color of text or background is set, so that clients choose both.
    /// </summary>
    const string Gray = "#767676";

    static readonly MessageLimits limits = new(Title: 300, Text: 20_000, Value: 2000, Values: 40, Table: 8000)
    {
        Rows = RowsMax,
    };

    /// <summary>Returns the e-mail of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="words">The words of its language.</param>
    /// <param name="from">The sender.</param>
    /// <param name="to">The recipients.</param>
    /// <param name="now">Its date.</param>
    public static MimeMessage Of(
        AlertMessage message, MessageWords words, MailboxAddress from, IReadOnlyList<MailboxAddress> to,
        DateTimeOffset now)
    {
        var mail = new MimeMessage { Date = now, Subject = SubjectOf(message, words) };
        mail.From.Add(from);
        mail.To.AddRange(to);
        mail.MessageId = $"foz.{MessageIds.Of(message)}@{MailboxAddress.EncodeAddrspec(from.Address).Split('@')[^1]}";
        if (FirstOf(message) is { } first)
        {
            mail.InReplyTo = first;
            mail.References.Add(first);
        }
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        // What Exchange goes by: no notes of absence.
        mail.Headers.Add("X-Auto-Response-Suppress", "All");
        if (message.Severity is AlertSeverity.Critical && message.Kind is not MessageKind.Resolved)
            mail.Importance = MessageImportance.High;
        var fitted = FittedMessage.Of(message, words, limits);
        mail.Body = new MultipartAlternative(
            Part("plain", fitted.ToText(words)), Part("html", Html(message, fitted, words)));
        return mail;
    }

    /// <summary>
    /// Returns the id of the incident's first e-mail, without its brackets; null where the message is the first.
    /// </summary>
    public static string? FirstOf(AlertMessage message) =>
        message.Thread?.Trim('<', '>') is { Length: > 0 and <= IdLengthMax } id && id.Count(c => c == '@') == 1
            && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '-' or '_' or '+')
                ? id : null;

    /// <summary>The same for all messages of an incident: some clients need it to see one thread.</summary>
    static string SubjectOf(AlertMessage message, MessageWords words)
    {
        var label = message.Kind is MessageKind.Test ? words.Test : words.Of(message.Severity);
        var title = MessageText.Cut(MessageText.OneLine(message.Title), SubjectLengthMax, words);
        return $"{(FirstOf(message) is null ? "" : "Re: ")}[{label}] {title}";
    }

    static TextPart Part(string subtype, string text)
    {
        var part = new TextPart(subtype) { ContentTransferEncoding = ContentEncoding.QuotedPrintable };
        part.SetText(Encoding.UTF8, text);
        return part;
    }

    static string Html(AlertMessage message, FittedMessage fitted, MessageWords words)
    {
        var html = new StringBuilder(
            $"""
            <!DOCTYPE html>
            <html lang="{words.Language}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark">
            <meta name="supported-color-schemes" content="light dark">
            <title>{Escape(fitted.Heading)}</title>
            </head>
            <body style="margin:0;padding:16px;font-family:sans-serif;font-size:14px;line-height:1.5">
            <div style="border-left:4px solid {ColorOf(message)};padding-left:12px">
            <p style="margin:0 0 12px;font-size:17px;font-weight:bold">{Escape(fitted.Heading)}</p>

            """);
        if (fitted.Text.Length > 0)
            html.Append("<p style=\"margin:0 0 12px\">")
                .Append(Escape(fitted.Text).Replace("\n", "<br>\n", StringComparison.Ordinal)).Append("</p>\n");
        if (fitted.Values.Count > 0) AddValues(html, fitted.Values);
        if (message.Rows is { Columns.Count: > 0, Rows.Count: > 0 } rows) AddRows(html, rows, words);
        if (fitted.Command.Length > 0)
            html.Append($"<p style=\"margin:0 0 4px\">{Label(words.Fix)}</p>\n")
                .Append($"<pre style=\"margin:0 0 12px;padding:8px;border:1px solid {Gray};white-space:pre-wrap\">")
                .Append($"{Escape(fitted.Command)}</pre>\n");
        if (fitted.Links.Count > 0)
            html.Append("<p style=\"margin:0\">").AppendJoin(
                " &middot; ",
                fitted.Links.Select(link => $"<a href=\"{Escape(link.Address.AbsoluteUri)}\">{Escape(link.Text)}</a>"))
                .Append("</p>\n");
        return html.Append("</div>\n</body>\n</html>\n").ToString();
    }

    static void AddValues(StringBuilder html, IReadOnlyList<MessageValue> values)
    {
        html.Append("<table role=\"presentation\" style=\"margin:0 0 12px;border-collapse:collapse\">\n");
        foreach (var value in values)
            html.Append($"<tr><td style=\"padding:0 16px 0 0;vertical-align:top\">{Label(value.Name)}</td>")
                .Append($"<td>{Escape(value.Value)}</td></tr>\n");
        html.Append("</table>\n");
    }

    static void AddRows(StringBuilder html, MessageRows rows, MessageWords words)
    {
        const string Cell = $"style=\"border:1px solid {Gray};padding:2px 8px;text-align:left\"";
        var columns = Math.Min(rows.Columns.Count, ColumnsMax);
        html.Append($"<p style=\"margin:0 0 4px\">{Label(words.FirstRows)}</p>\n")
            .Append("<table style=\"margin:0 0 12px;border-collapse:collapse;font-size:13px\">\n<tr>");
        foreach (var name in rows.Columns.Take(columns)) html.Append($"<th {Cell}>{Show(name)}</th>");
        html.Append("</tr>\n");
        foreach (var row in rows.Rows.Take(RowsMax))
        {
            html.Append("<tr>");
            for (var i = 0; i < columns; i++) html.Append($"<td {Cell}>{(i < row.Count ? Show(row[i]) : "")}</td>");
            html.Append("</tr>\n");
        }
        html.Append("</table>\n");
        List<string> more = [];
        if (rows.Columns.Count > columns) more.Add(words.MoreColumns(rows.Columns.Count - columns));
        if (rows.Rows.Count > RowsMax) more.Add(words.MoreRows(rows.Rows.Count - RowsMax));
        if (more.Count > 0) html.Append($"<p style=\"margin:0 0 12px\">… {Escape(string.Join(", ", more))}</p>\n");
    }

    static string Show(string? value) => value is null ? $"<i style=\"color:{Gray}\">NULL</i>"
        : Escape(MessageText.Cell(value, CellLengthMax));

    static string Label(string text) => $"<span style=\"color:{Gray}\">{Escape(text)}</span>";

    static string Escape(string text) => MessageText.EscapeHtml(text);

    static string ColorOf(AlertMessage message) => message switch
    {
        { Kind: MessageKind.Resolved } => "#2e9e5b",
        { Severity: AlertSeverity.Critical } => "#d93025",
        { Severity: AlertSeverity.Warning } => "#e8710a",
        _ => "#1a73e8",
    };
}
