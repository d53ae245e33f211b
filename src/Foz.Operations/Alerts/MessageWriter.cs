using System.Globalization;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;

namespace Foz.Operations.Alerts;

/// <summary>Writes messages about incidents, of bounded size, in the language of their channel.</summary>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
/// <param name="channel">The channel and how it wants them.</param>
sealed class MessageWriter(string project, string environment, RoutedChannel channel)
{
    /// <summary>How many broken things, tables or incidents a message lists.</summary>
    public const int ListedMax = 10;

    const int TitleMax = 200;
    const int TextMax = 4000;

    readonly MessageWords words = channel.Channel.Words;

    /// <summary>Writes the message of a notice.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="incidents">Its incidents, at least one.</param>
    /// <param name="now">The moment.</param>
    /// <param name="rows">The first bad rows, masked for the channel; null for none.</param>
    /// <param name="link">The link to acknowledge it; null for none.</param>
    public AlertMessage Write(
        Notice notice, IReadOnlyList<Incident> incidents, DateTimeOffset now, MessageRows? rows, Uri? link)
    {
        var incident = incidents[0];
        var values = Values(notice.Kind, incident, now, link);
        var isMany = incidents.Count > 1;
        return new()
        {
            IncidentId = isMany ? notice.Key.Replace(".resolved", "", StringComparison.Ordinal) : incident.Id,
            Kind = notice.Kind,
            Severity = incidents.Max(one => one.Severity),
            Key = notice.Key,
            Title = Cut(
                isMany ? Many(notice.Kind, incidents) : channel.Texts?.Title(values, words) ?? values["title"],
                TitleMax),
            Text = Cut(
                isMany ? List(incidents.Select(Line))
                    : channel.Texts?.Text(values, words) ?? TextOf(notice.Kind, incident), TextMax),
            Values = isMany ? [] : Shown(notice.Kind, incident, now),
            Rows = notice.Kind is MessageKind.Resolved or MessageKind.Acknowledged ? null : rows,
            Command = notice.Kind is MessageKind.Resolved ? null : isMany ? "foz incidents" : incident.Command,
            Links = link is null || isMany || incident.AcknowledgedAt is not null || !incident.IsOpen
                ? []
                : [new(words.Acknowledge, link)],
            Thread = notice.Kind is MessageKind.Opened
                ? null
                : incident.Notes.GetValueOrDefault(notice.Channel)?.Thread,
            Since = incident.Since,
        };
    }

    /// <summary>Writes a message to try the channel.</summary>
    public AlertMessage WriteTest(DateTimeOffset now) => new()
    {
        IncidentId = "test", Kind = MessageKind.Test, Severity = AlertSeverity.Info,
        Key = string.Create(CultureInfo.InvariantCulture, $"test.{now.ToUnixTimeMilliseconds()}"),
        Title = $"{project} ({environment})", Text = words.TestText, Since = now,
        Command = "foz incidents",
    };

    string Many(MessageKind kind, IReadOnlyList<Incident> incidents) =>
        (kind is MessageKind.Resolved ? words.Ended(incidents.Count) : words.Began(incidents.Count))
            + $" ({project}, {environment})";

    string TitleOf(Incident incident) =>
        incident.Root.StartsWith("source:", StringComparison.Ordinal) && incident.MembersCount > 1
            ? $"{incident.Root["source:".Length..]}: {incident.MembersCount} × {incident.Text}"
            : $"{incident.Subject}: {incident.Text}"
                + (incident.MembersCount > 1 ? $" ({words.More(incident.MembersCount - 1)})" : "");

    string TextOf(MessageKind kind, Incident incident) => kind is MessageKind.Resolved
        ? incident.ResolvedBy is { } user ? words.ClosedBy(user) : ""
        : incident.Members.Count > 1
            ? List(incident.Members.Select(member => $"{member.Subject}: {member.Text}"), incident.MembersCount)
            : "";

    List<MessageValue> Shown(MessageKind kind, Incident incident, DateTimeOffset now)
    {
        var shown = new List<MessageValue> { new(words.Since, Time(incident.Since)) };
        if (kind is MessageKind.Resolved)
            shown.Add(new(words.Lasted, words.Length((incident.ResolvedAt ?? now) - incident.Since)));
        if (incident.Owners.Count > 0) shown.Add(new(words.Owners, string.Join(", ", incident.Owners)));
        if (incident.RunId is { } run) shown.Add(new(words.Run, run));
        if (incident.BlocksCount > 0 && kind is not MessageKind.Resolved)
            shown.Add(new(words.Blocks, Blocks(incident)));
        if (incident.AcknowledgedBy is { } user) shown.Add(new(words.AcknowledgedBy, user));
        return shown;
    }

    string Blocks(Incident incident)
    {
        var names = string.Join(", ", incident.Blocks.Take(ListedMax));
        var more = incident.BlocksCount - Math.Min(incident.Blocks.Count, ListedMax);
        return more > 0 ? $"{names} {words.More(more)}" : names;
    }

    Dictionary<string, string> Values(MessageKind kind, Incident incident, DateTimeOffset now, Uri? link) =>
        new(StringComparer.Ordinal)
        {
            ["title"] = TitleOf(incident), ["text"] = incident.Text,
            ["event"] = IncidentRecords.Name(kind), ["kind"] = IncidentRecords.Name(incident.Kind),
            ["subject"] = incident.Subject, ["severity"] = IncidentRecords.Name(incident.Severity),
            ["since"] = Time(incident.Since),
            ["duration"] = words.Length((incident.ResolvedAt ?? now) - incident.Since),
            ["owners"] = string.Join(", ", incident.Owners), ["tags"] = string.Join(", ", incident.Tags),
            ["blocks"] = Blocks(incident),
            ["blocks_count"] = incident.BlocksCount.ToString(CultureInfo.InvariantCulture),
            ["members"] = List(
                incident.Members.Select(member => $"{member.Subject}: {member.Text}"), incident.MembersCount),
            ["members_count"] = incident.MembersCount.ToString(CultureInfo.InvariantCulture),
            ["run"] = incident.RunId ?? "", ["command"] = incident.Command ?? "", ["project"] = project,
            ["environment"] = environment, ["incident"] = incident.Id,
            ["acknowledged_by"] = incident.AcknowledgedBy ?? "", ["link"] = link?.ToString() ?? "",
        };

    string Line(Incident incident) => $"{incident.Subject}: {incident.Text}";

    string List(IEnumerable<string> lines, int? count = null)
    {
        var all = lines.ToList();
        var more = (count ?? all.Count) - Math.Min(all.Count, ListedMax);
        var shown = string.Join('\n', all.Take(ListedMax));
        return more > 0 ? $"{shown}\n{words.More(more)}" : shown;
    }

    static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    static string Cut(string text, int max) => text.Length <= max ? text : $"{text[..(max - 1)]}…";
}
