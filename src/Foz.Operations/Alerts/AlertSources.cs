using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Operations.Firings;
using Foz.Operations.Incidents;
using Foz.Operations.Tasks;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Operations.Alerts;

/// <summary>
/// Gathers evidence: of runs, of firings and of rules. What it read stays until it is written. For one thread.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
/// <param name="hooks">What the program gives.</param>
/// <param name="host">What is measured of the host.</param>
sealed class AlertSources(Lakehouse lake, ProjectFile file, AlertHooks hooks, IHostFacts host)
{
    static readonly TimeSpan firingsInterval = TimeSpan.FromSeconds(30);

    readonly JournalFeed feed = new(lake);
    readonly FiringEvidence firings = new(new(lake.Store, file.Name, file.Environment));
    readonly RecordEvidence ofRecords = new(file.Name, file.Environment);
    readonly RuleWatch rules = new(host, hooks, lake.Clock);
    readonly List<Evidence> pending = [];
    readonly Dictionary<string, DateTimeOffset> finished = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<string, DateTimeOffset> held = new(StringComparer.OrdinalIgnoreCase);
    Project? project;
    bool hasFinished;
    int firingsEnded = 1;
    long firingsReadAt;

    /// <summary>The state of the incidents.</summary>
    public IncidentStateStore States { get; } = new(lake.Store, file.Name, file.Environment);

    /// <summary>What the project says of its tables.</summary>
    public TableFacts Facts { get; private set; } = TableFacts.Unknown;

    /// <summary>Says that a firing has ended, so that it is read now. Safe for use by any thread.</summary>
    public void Ended() => Interlocked.Exchange(ref firingsEnded, 1);

    /// <summary>Looks at what is new.</summary>
    public async Task<SeenEvidence> LookAsync(AlertSettings settings, CancellationToken cancellationToken)
    {
        var state = await States.ReadAsync(cancellationToken);
        var segments = await feed.ReadSegmentsAsync(cancellationToken);
        var (rows, versions) = await feed.ReadTablesAsync(state.Versions, cancellationToken);
        IReadOnlyList<JournalRecord> records = [.. segments, .. rows];
        // A step that the project does not have is of another project, or of a model that was just written.
        await ReadProjectAsync(
            state, isStale: records.OfType<StepRecord>().Any(step => step.IsOfTable && !Facts.Has(step.Step)),
            cancellationToken);
        Add(records);
        var (ended, from) = ((IReadOnlyList<Firing>)[], state.FiringsFrom);
        if (Interlocked.Exchange(ref firingsEnded, 0) == 1 || from is null
            || lake.Clock.GetElapsedTime(firingsReadAt) > firingsInterval)
        {
            firingsReadAt = lake.Clock.GetTimestamp();
            (ended, from) = await firings.ReadAsync(from, lake.Clock.GetUtcNow(), cancellationToken);
        }
        await ReadFinishedAsync(settings, cancellationToken);
        pending.AddRange(hooks.TakeEvidence());
        pending.AddRange(await rules.LookAsync(settings, Facts, finished, state.Open, cancellationToken));
        return new([.. pending], ended, versions, from);
    }

    /// <summary>Forgets what was seen, once it is written.</summary>
    public void Forget() => pending.Clear();

    /// <summary>The steps whose end is of interest even where nothing was new.</summary>
    public IEnumerable<string> Watched(IncidentState state, AlertSettings settings)
    {
        var patterns = settings.Rules.SelectMany(rule => rule switch
        {
            AlertRule.Freshness freshness => freshness.Tables,
            AlertRule.FinishedBy by => by.Tables,
            _ => [],
        }).Distinct(StringComparer.Ordinal).ToList();
        return state.Open.SelectMany(incident => incident.Members)
            .Where(member => member.Kind is IncidentKind.Step).Select(member => member.Subject)
            .Concat(patterns.Count == 0 ? [] : Facts.Names.Where(name => Facts.IsMeant(name, patterns)));
    }

    async Task ReadProjectAsync(IncidentState state, bool isStale, CancellationToken cancellationToken)
    {
        var current = await hooks.FindProjectAsync(isStale, cancellationToken);
        if (current is null || ReferenceEquals(current, project)) return;
        project = current;
        Facts = TableFacts.Of(current);
        pending.AddRange(FindGone(state));
    }

    /// <summary>What was broken of tables that the project has no more: no run will ever see it hold.</summary>
    IEnumerable<Evidence> FindGone(IncidentState state)
    {
        var now = lake.Clock.GetUtcNow();
        foreach (var member in state.Open.SelectMany(incident => incident.Members))
            if (member.Kind is IncidentKind.Step && !Facts.Has(member.Subject))
                yield return new(IncidentKind.Step, member.Subject, now, IsBroken: false);
            else if (member.Kind is IncidentKind.Check && member.Subject.Split(' ')[0] is var table
                && !Facts.Has(table))
                yield return new(IncidentKind.Check, table + " ", now, IsBroken: false) { IsOfAll = true };
    }

    void Add(IReadOnlyList<JournalRecord> records)
    {
        foreach (var record in records)
        {
            if (record is StepRecord
                { IsOfTable: true, Outcome: Outcome.Succeeded or Outcome.Warned or Outcome.Skipped } step
                && step.FinishedAt > finished.GetValueOrDefault(step.Step))
                finished[step.Step] = step.FinishedAt;
            foreach (var evidence in ofRecords.Of(record, Facts))
                if (IsNews(evidence)) pending.Add(evidence);
        }
    }

    /// <summary>Whether nothing later was seen to hold: records of several runs come in no order.</summary>
    bool IsNews(Evidence evidence)
    {
        if (evidence.IsBroken) return evidence.At > held.GetValueOrDefault(evidence.Key);
        if (!evidence.IsOfAll && evidence.At > held.GetValueOrDefault(evidence.Key)) held[evidence.Key] = evidence.At;
        return true;
    }

    /// <summary>Reads once when tables were made last, where a rule asks for it.</summary>
    async Task ReadFinishedAsync(AlertSettings settings, CancellationToken cancellationToken)
    {
        if (hasFinished || !settings.Rules.Any(rule => rule is AlertRule.Freshness or AlertRule.FinishedBy)) return;
        hasFinished = true;
        if (await lake.Catalog.FindAsync(new("foz", StepRecord.Table), cancellationToken) is null) return;
        using var session = lake.Engines.Open(Workload.Models);
        using var bound = await new StatementBinder(session, new LakeNameResolver(lake, lake.Tables, static _ => null))
            .BindAsync(
                "SELECT step, epoch_us(max(finished_at)) FROM foz.steps "
                    + $"WHERE kind NOT IN ('{TableMaintenance.Kind}', '{TaskHistory.Kind}') "
                    + "AND outcome IN ('Succeeded', 'Warned', 'Skipped') GROUP BY 1",
                cancellationToken);
        using var rows = session.Query(bound.Sql, cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
        {
            var at = DateTimeOffset.UnixEpoch.AddTicks((long)row[1]! * TimeSpan.TicksPerMicrosecond);
            if (at > finished.GetValueOrDefault((string)row[0]!)) finished[(string)row[0]!] = at;
        }
    }
}

/// <summary>What was seen in one look.</summary>
/// <param name="Evidence">What was seen of runs and rules.</param>
/// <param name="Firings">The firings that ended.</param>
/// <param name="Versions">The versions of tables that are read then.</param>
/// <param name="FiringsFrom">From where firings are read the next time.</param>
sealed record SeenEvidence(
    IReadOnlyList<Evidence> Evidence, IReadOnlyList<Firing> Firings, IReadOnlyDictionary<string, long> Versions,
    string? FiringsFrom);
