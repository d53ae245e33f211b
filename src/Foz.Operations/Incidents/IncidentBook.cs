using Foz.Lake.Journal;
using Foz.Operations.Channels;

namespace Foz.Operations.Incidents;

/// <summary>
/// Opens, extends and closes incidents by evidence: a function of the state, the evidence and the time, so that it can
/// be repeated where another process changed the state first.
/// </summary>
/// <param name="records">Makes the rows of the history.</param>
/// <param name="facts">What the project says of its tables.</param>
sealed class IncidentBook(IncidentRecords records, TableFacts facts)
{
    /// <summary>How many incidents are open at most; what breaks besides is counted in one more.</summary>
    public const int OpenMax = 1000;

    /// <summary>How many things that broke are kept by name in an incident.</summary>
    public const int MembersMax = 1000;

    /// <summary>How many of the tables that an incident blocks are kept by name.</summary>
    public const int BlocksMax = 20;

    const int TextMax = 500;

    /// <summary>Applies evidence.</summary>
    /// <returns>The state then; the same object where nothing changed.</returns>
    public IncidentState Apply(IncidentState state, IReadOnlyList<Evidence> evidence, DateTimeOffset now)
    {
        if (evidence.Count == 0) return state;
        var work = new Work(state, records, facts, now);
        // What broke at a moment was seen before what holds then: a step that failed and was repeated.
        foreach (var item in evidence.OrderBy(item => item.At).ThenBy(item => !item.IsBroken)) work.Add(item);
        return work.End();
    }

    /// <summary>The text of an error in one line, of bounded length.</summary>
    public static string Line(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= TextMax ? line : $"{line[..TextMax]}…";
    }

    /// <summary>One pass over evidence.</summary>
    sealed class Work
    {
        readonly IncidentState state;
        readonly IncidentRecords records;
        readonly TableFacts facts;
        readonly DateTimeOffset now;
        readonly Dictionary<string, Incident> incidents = new(StringComparer.Ordinal);
        readonly List<string> order = [];
        readonly Dictionary<string, string> byMember = new(StringComparer.OrdinalIgnoreCase);
        readonly Dictionary<string, string> byRoot = new(StringComparer.OrdinalIgnoreCase);
        readonly Dictionary<string, Dictionary<string, IncidentMember>> members = new(StringComparer.Ordinal);
        readonly Dictionary<string, DateTimeOffset> settled;
        readonly HashSet<string> opened = new(StringComparer.Ordinal);
        readonly HashSet<string> grown = new(StringComparer.Ordinal);
        readonly HashSet<string> touched = new(StringComparer.Ordinal);
        readonly List<IncidentRecord> history = [];

        public Work(IncidentState state, IncidentRecords records, TableFacts facts, DateTimeOffset now)
        {
            (this.state, this.records, this.facts, this.now) = (state, records, facts, now);
            settled = new(state.Settled, StringComparer.OrdinalIgnoreCase);
            foreach (var incident in state.Incidents)
            {
                incidents[incident.Id] = incident;
                order.Add(incident.Id);
                if (incident.IsOpen) Index(incident);
            }
        }

        void Index(Incident incident)
        {
            byRoot[incident.Root] = incident.Id;
            members[incident.Id] = incident.Members.ToDictionary(
                member => member.Key, StringComparer.OrdinalIgnoreCase);
            foreach (var member in incident.Members) byMember[member.Key] = incident.Id;
        }

        public void Add(Evidence item)
        {
            if (item.IsOfAll) HoldAll(item);
            else if (!item.IsBroken) Hold(item.Key, item.At);
            else if (byMember.TryGetValue(item.Key, out var id)) See(id, item);
            else if (!settled.TryGetValue(item.Key, out var until) || item.At > until) Break(item);
        }

        void See(string id, Evidence item)
        {
            var member = members[id][item.Key];
            if (item.At <= member.LastSeen) return;
            members[id][item.Key] = member with { LastSeen = item.At, Text = Line(item.Text) };
            var incident = incidents[id];
            incidents[id] = incident with
            {
                LastSeen = Later(incident.LastSeen, item.At),
                Severity = Worse(incident.Severity, item.Severity),
                BadRows = incident.BadRows ?? item.BadRows,
            };
            touched.Add(id);
        }

        void Break(Evidence item)
        {
            var root = RootOf(item);
            if (!byRoot.TryGetValue(root, out var id))
            {
                if (members.Count >= OpenMax)
                {
                    Overflow(item);
                    return;
                }
                id = Open(root, item);
            }
            else if (!opened.Contains(id)) grown.Add(id);
            Join(id, item);
        }

        /// <summary>What the incident is known by that evidence belongs to.</summary>
        string RootOf(Evidence item)
        {
            if (item.Table is not { } table || item.Kind is not (IncidentKind.Step or IncidentKind.Late))
                return item.Key;
            // A table above that is broken already is the cause; the nearest is looked at first.
            foreach (var above in facts.Ancestors(table).Prepend(table))
                if (byMember.TryGetValue(Evidence.KeyOf(IncidentKind.Step, above), out var id)
                    || byMember.TryGetValue(Evidence.KeyOf(IncidentKind.Late, above), out id))
                    return incidents[id].Root;
            return facts.Find(table)?.Source is { } source ? $"source:{source}" : item.Key;
        }

        string Open(string root, Evidence item)
        {
            var id = NewId();
            var incident = new Incident
            {
                Id = id, Root = root, Kind = item.Kind, Subject = item.Subject, Text = Line(item.Text),
                Severity = item.Severity, Since = item.At, OpenedAt = now, LastSeen = item.At, RunId = item.RunId,
                Command = item.Command, BadRows = item.BadRows,
            };
            incidents[id] = incident;
            order.Add(id);
            opened.Add(id);
            Index(incident);
            return id;
        }

        void Join(string id, Evidence item)
        {
            var incident = incidents[id];
            var fact = item.Table is { } table ? facts.Find(table) : null;
            incident = incident with
            {
                MembersCount = incident.MembersCount + 1,
                Severity = Worse(incident.Severity, item.Severity),
                LastSeen = Later(incident.LastSeen, item.At),
                Since = item.At < incident.Since ? item.At : incident.Since,
                BadRows = incident.BadRows ?? item.BadRows,
                Owners = With(incident.Owners, fact?.Owner is { } owner ? [owner] : []),
                Tags = With(incident.Tags, fact?.Tags ?? []),
                Schemas = With(incident.Schemas, fact is null ? [] : [fact.Schema]),
            };
            if (members[id].Count < MembersMax)
            {
                members[id][item.Key] = new(item.Kind, item.Subject, Line(item.Text), item.At, item.At);
                byMember[item.Key] = id;
            }
            incidents[id] = incident;
            touched.Add(id);
        }

        /// <summary>Counts what breaks while as many incidents are open as may be.</summary>
        void Overflow(Evidence item)
        {
            var key = Evidence.KeyOf(IncidentKind.Overflow, "incidents");
            if (!byRoot.TryGetValue(key, out var id))
            {
                id = Open(key, new(IncidentKind.Overflow, "incidents", item.At, IsBroken: true)
                {
                    Text = $"more is broken than the {OpenMax} incidents that are kept: foz incidents lists those",
                });
                Join(
                    id, new(IncidentKind.Overflow, "incidents", item.At, IsBroken: true) { Text = incidents[id].Text });
            }
            incidents[id] = incidents[id] with { MembersCount = incidents[id].MembersCount + 1 };
            touched.Add(id);
        }

        void Hold(string key, DateTimeOffset at)
        {
            if (!byMember.TryGetValue(key, out var id) || members[id][key].LastSeen > at) return;
            members[id].Remove(key);
            byMember.Remove(key);
            settled[key] = at;
            touched.Add(id);
            if (members[id].Count == 0) Resolve(id);
        }

        void HoldAll(Evidence item)
        {
            var prefix = item.Key;
            foreach (var (key, id) in byMember.Where(entry =>
                entry.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList())
                if (members[id][key].LastSeen < item.At) Hold(key, item.At);
        }

        void Resolve(string id)
        {
            var incident = incidents[id];
            incidents[id] = incident with { ResolvedAt = now, Members = [], Changes = incident.Changes + 1 };
            byRoot.Remove(incident.Root);
            members.Remove(id);
            if (opened.Remove(id)) Note(id, IncidentEvent.Opened);
            grown.Remove(id);
            touched.Add(id);
            Note(id, IncidentEvent.Resolved);
            // Where there is room again, what was only counted opens an incident when it is seen next.
            var overflow = Evidence.KeyOf(IncidentKind.Overflow, "incidents");
            if (incident.Root != overflow && members.Count < OpenMax / 2) Hold(overflow, now);
        }

        void Note(string id, IncidentEvent what) => history.Add(records.Of(incidents[id], what, now));

        public IncidentState End()
        {
            if (touched.Count == 0) return state;
            foreach (var id in touched.Where(members.ContainsKey)) Finish(id);
            foreach (var id in order.Where(opened.Contains)) Note(id, IncidentEvent.Opened);
            foreach (var id in order.Where(grown.Contains)) Note(id, IncidentEvent.Grew);
            return state with
            {
                Incidents = Kept([.. order.Select(id => incidents[id])]),
                Settled = settled.Count <= IncidentState.SettledMax
                    ? settled
                    : settled.OrderByDescending(entry => entry.Value).Take(IncidentState.SettledMax)
                        .ToDictionary(StringComparer.OrdinalIgnoreCase),
                History = [.. state.History, .. history],
            };
        }

        void Finish(string id)
        {
            var incident = incidents[id] with { Members = [.. members[id].Values] };
            if (opened.Contains(id) || grown.Contains(id))
            {
                var tables = incident.Members.Select(TableOf).OfType<string>()
                    .ToHashSet(StringComparer.OrdinalIgnoreCase);
                var blocked = tables.Take(BlocksMax * 2).SelectMany(facts.BlockedBy)
                    .Where(name => !tables.Contains(name)).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
                incident = incident with
                {
                    Blocks = [.. blocked.Take(BlocksMax)],
                    BlocksCount = blocked.Count,
                    Changes = incident.Changes + 1,
                };
            }
            incidents[id] = incident;
        }

        string? TableOf(IncidentMember member) => member.Kind switch
        {
            IncidentKind.Step or IncidentKind.Late => member.Subject,
            IncidentKind.Check => member.Subject.Split(' ')[0],
            _ => null,
        };

        string NewId()
        {
            while (true)
            {
                var id = $"{now.UtcDateTime:yyMMdd}-{Guid.NewGuid().ToString("N")[..5]}";
                if (!incidents.ContainsKey(id)) return id;
            }
        }

        /// <summary>The open incidents, those with messages on their way, and the newest of the others.</summary>
        List<Incident> Kept(List<Incident> all)
        {
            var excess = all.Count(incident => !incident.IsOpen) - IncidentState.ResolvedMax;
            if (excess <= 0) return all;
            var due = state.Outbox.SelectMany(notice => notice.Incidents).ToHashSet(StringComparer.Ordinal);
            var gone = all.Where(incident => !incident.IsOpen && !due.Contains(incident.Id)
                    && !touched.Contains(incident.Id) && incident.Notes.Values.All(note => note.IsResolved))
                .OrderBy(incident => incident.ResolvedAt).Take(excess).Select(incident => incident.Id)
                .ToHashSet(StringComparer.Ordinal);
            return [.. all.Where(incident => !gone.Contains(incident.Id))];
        }

        static IReadOnlyList<string> With(IReadOnlyList<string> known, IReadOnlyList<string> more)
        {
            if (more.Count == 0 || known.Count >= BlocksMax) return known;
            return [.. known.Union(more, StringComparer.OrdinalIgnoreCase).Take(BlocksMax)];
        }

        static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

        static AlertSeverity Worse(AlertSeverity one, AlertSeverity other) => one > other ? one : other;
    }
}
