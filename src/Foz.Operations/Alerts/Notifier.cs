using Foz.Operations.Channels;
using Foz.Operations.Incidents;

namespace Foz.Operations.Alerts;

/// <summary>
/// Decides which messages are to be sent, by the incidents, the routes and the time: a function, so that it can be
/// repeated where another process changed the state first.
/// </summary>
/// <param name="settings">The routes and channels.</param>
sealed class Notifier(AlertSettings settings)
{
    /// <summary>How many incidents of one moment have messages of their own in a channel; more share one.</summary>
    public const int BurstMax = 10;

    /// <summary>Adds the messages that are due.</summary>
    /// <returns>The state with them; the same object where none are.</returns>
    public IncidentState Plan(IncidentState state, DateTimeOffset now)
    {
        var notices = new List<(Notice Notice, Incident Incident)>();
        var changed = new Dictionary<string, Incident>(StringComparer.Ordinal);
        var silences = state.Silences.Where(silence => now < silence.Until).ToList();
        foreach (var incident in state.Incidents)
        {
            var notes = new Dictionary<string, ChannelNote>(incident.Notes);
            if (!incident.IsOpen) notices.AddRange(Resolve(incident, notes, now));
            else if (!silences.Exists(silence => silence.Covers(incident, now)))
                notices.AddRange(Ask(incident, notes, now));
            if (notes.Any(note => incident.Notes.GetValueOrDefault(note.Key) != note.Value))
                changed[incident.Id] = incident with { Notes = notes };
        }
        return changed.Count == 0 ? state : Write(state, notices, changed);
    }

    /// <summary>Routes that take an incident, whatever the hour.</summary>
    public IReadOnlyList<AlertRoute> RoutesOf(Incident incident)
    {
        var found = new List<AlertRoute>();
        foreach (var route in settings.Routes.Where(route => route.Takes(incident)))
        {
            // A channel that fails is not asked to say so.
            var to = route.To.Where(channel => !IsOwnFailure(incident, channel)).ToList();
            if (to.Count == 0) continue;
            found.Add(route with { To = to });
            if (!route.Continues) break;
        }
        if (found.Count == 0 && incident.Severity >= AlertSeverity.Warning)
            found.Add(new() { To = [AlertSettings.HostChannel] });
        return found;
    }

    static bool IsOwnFailure(Incident incident, string channel) =>
        incident.Kind is IncidentKind.Channel && incident.Subject == channel;

    IEnumerable<(Notice, Incident)> Ask(
        Incident incident, Dictionary<string, ChannelNote> notes, DateTimeOffset now)
    {
        if (now < incident.OpenedAt + settings.GroupWait) yield break;
        foreach (var route in RoutesOf(incident))
        {
            if (route.Hours is { } hours && !hours.Contains(now)) continue;
            foreach (var channel in route.To)
                if (!notes.TryGetValue(channel, out var note))
                {
                    // Who takes care of it before the first message needs none.
                    if (incident.AcknowledgedAt is not null) continue;
                    notes[channel] = new(now, now, Repeats: 0);
                    yield return (Of(incident, MessageKind.Opened, channel, 0, now), incident);
                }
                else if (incident.AcknowledgedAt is null && route.Repeat is { } repeat && now >= note.LastAt + repeat)
                {
                    notes[channel] = note with { LastAt = now, Repeats = note.Repeats + 1 };
                    yield return (Of(incident, MessageKind.Repeated, channel, note.Repeats + 1, now), incident);
                }
            foreach (var notice in Escalate(incident, route, notes, now)) yield return (notice, incident);
        }
        foreach (var (channel, note) in notes.Where(entry => !entry.Value.IsAcknowledged).ToList())
            if (incident.AcknowledgedAt is { } at && at >= note.FirstAt)
            {
                notes[channel] = note with { IsAcknowledged = true };
                yield return (Of(incident, MessageKind.Acknowledged, channel, 0, now), incident);
            }
    }

    static IEnumerable<Notice> Escalate(
        Incident incident, AlertRoute route, Dictionary<string, ChannelNote> notes, DateTimeOffset now)
    {
        if (incident.AcknowledgedAt is not null) yield break;
        var first = route.To.Select(channel => notes.GetValueOrDefault(channel)?.FirstAt).OfType<DateTimeOffset>()
            .Order().Cast<DateTimeOffset?>().FirstOrDefault();
        foreach (var escalation in route.Escalations.Where(escalation => now >= first + escalation.After))
            foreach (var channel in escalation.To.Where(channel => !IsOwnFailure(incident, channel)))
                if (!notes.ContainsKey(channel))
                {
                    notes[channel] = new(now, now, Repeats: 0);
                    yield return Of(incident, MessageKind.Escalated, channel, 0, now);
                }
    }

    IEnumerable<(Notice, Incident)> Resolve(
        Incident incident, Dictionary<string, ChannelNote> notes, DateTimeOffset now)
    {
        if (notes.Values.All(note => note.IsResolved)) yield break;
        var quiet = settings.Routes.Where(route => !route.SendsResolved && route.Takes(incident))
            .SelectMany(route => route.To).ToHashSet(StringComparer.Ordinal);
        foreach (var (channel, note) in notes.Where(entry => !entry.Value.IsResolved).ToList())
        {
            notes[channel] = note with { IsResolved = true };
            if (!quiet.Contains(channel))
                yield return (Of(incident, MessageKind.Resolved, channel, 0, now), incident);
        }
    }

    static Notice Of(Incident incident, MessageKind kind, string channel, int number, DateTimeOffset now) => new()
    {
        Key = $"{incident.Id}.{kind.ToString().ToLowerInvariant()}.{number}", Channel = channel,
        Incidents = [incident.Id], Kind = kind, CreatedAt = now,
    };

    /// <summary>Puts messages of the same moment together where they are many.</summary>
    static IncidentState Write(
        IncidentState state, List<(Notice Notice, Incident Incident)> notices, Dictionary<string, Incident> changed)
    {
        var written = new List<Notice>();
        foreach (var group in notices.GroupBy(item => (item.Notice.Channel, item.Notice.Kind)))
        {
            var items = group.ToList();
            if (group.Key.Kind is MessageKind.Resolved)
            {
                written.AddRange(items.Where(item =>
                    item.Incident.Notes[group.Key.Channel].Digest is null).Select(item => item.Notice));
                continue;
            }
            if (items.Count <= BurstMax || group.Key.Kind is MessageKind.Acknowledged)
            {
                written.AddRange(items.Select(item => item.Notice));
                continue;
            }
            var digest = items[0].Notice with
            {
                Key = $"many-{items[0].Notice.Key}",
                Incidents = [.. items.Select(item => item.Incident.Id)],
            };
            written.Add(digest);
            foreach (var (notice, incident) in items)
            {
                var notes = new Dictionary<string, ChannelNote>(changed[incident.Id].Notes);
                notes[notice.Channel] = notes[notice.Channel] with { Digest = digest.Key };
                changed[incident.Id] = changed[incident.Id] with { Notes = notes };
            }
        }
        var incidents = state.Incidents.Select(incident => changed.GetValueOrDefault(incident.Id, incident)).ToList();
        written.AddRange(EndedDigests(notices, incidents));
        return state with { Incidents = incidents, Outbox = [.. state.Outbox, .. written] };
    }

    /// <summary>A message about many incidents is followed by one when all of them are over.</summary>
    static IEnumerable<Notice> EndedDigests(
        List<(Notice Notice, Incident Incident)> notices, List<Incident> incidents)
    {
        foreach (var (notice, incident) in notices.Where(item => item.Notice.Kind is MessageKind.Resolved)
            .DistinctBy(item => (item.Notice.Channel, item.Incident.Notes[item.Notice.Channel].Digest)))
        {
            if (incident.Notes[notice.Channel].Digest is not { } digest) continue;
            var all = incidents.Where(other =>
                other.Notes.TryGetValue(notice.Channel, out var note) && note.Digest == digest).ToList();
            if (all.TrueForAll(other => !other.IsOpen))
                yield return notice with
                {
                    Key = $"{digest}.resolved",
                    Incidents = [.. all.Select(other => other.Id)],
                };
        }
    }
}
