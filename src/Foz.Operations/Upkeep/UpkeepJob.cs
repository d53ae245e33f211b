using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Operations.Upkeep;

/// <summary>
/// Maintains the tables of the lake, also those that no run writes, in quiet moments: with one thread and a small part
/// of the memory, a piece at a time. Two hosts that do it at once are safe: the commit of one gives way.
/// </summary>
public sealed class UpkeepJob : IHostJob, IDisposable
{
    const int MemoryShare = 8;
    const long MemoryBytesMin = 64L << 20;
    const long MemoryBytesMax = 1L << 30;
    const long MovedBytes = 64L << 20;

    static readonly TimeSpan localRound = TimeSpan.FromMinutes(5);
    static readonly TimeSpan remoteRound = TimeSpan.FromMinutes(15);
    static readonly TimeSpan retryInterval = TimeSpan.FromHours(1);
    static readonly TimeSpan agingInterval = TimeSpan.FromDays(1);

    readonly Lakehouse lake;
    readonly ProjectFile file;
    readonly UpkeepHooks hooks;
    readonly HostJournal journal;
    readonly UpkeepPace pace;
    readonly Dictionary<TableName, Look> looks = [];
    readonly HashSet<string> closed = new(StringComparer.Ordinal);
    readonly Lazy<EngineInstance> engine;
    long roundAt;

    /// <summary>Maintains the tables of a lake.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="file">What <c>foz.yml</c> says.</param>
    /// <param name="hooks">What it takes from the host.</param>
    public UpkeepJob(Lakehouse lake, ProjectFile file, UpkeepHooks hooks)
    {
        (this.lake, this.file, this.hooks) = (lake, file, hooks);
        engine = new(() => lake.Engines.Add(new()
        {
            Name = "Maintenance", Threads = 1,
            MemoryBytes = Math.Clamp(lake.Engines.MemoryBytes / MemoryShare, MemoryBytesMin, MemoryBytesMax),
        }));
        journal = new(lake, Open);
        pace = new(hooks.IsQuiet, lake.Clock);
    }

    /// <inheritdoc/>
    public string Name => "maintenance jobs";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        await journal.MoveAsync(cancellationToken);
        var round = lake.Store.IsLocal ? localRound : remoteRound;
        if (roundAt != 0 && lake.Clock.GetElapsedTime(roundAt) < round) return;
        if (!MayWork() || await hooks.HasOther(cancellationToken)) return;
        roundAt = lake.Clock.GetTimestamp();
        var due = new Queue<TableName>(await FindDueAsync(cancellationToken));
        while (due.TryDequeue(out var table))
        {
            await pace.WaitAsync(cancellationToken);
            if (!MayWork()) return;
            // What is left of a table waits until the others had their turn.
            if (await MaintainAsync(table, cancellationToken)) due.Enqueue(table);
            await journal.MoveAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => journal.Dispose();

    EngineSession Open() => engine.Value.Open();

    bool MayWork()
    {
        var policies = hooks.Policies();
        return policies.IsOnInServers
            && (policies.QuietHours is not { } hours || hours.DayOf(lake.Clock.GetUtcNow()) is not null);
    }

    /// <summary>The tables with new versions since the last look, rows that may be too old, or a failure.</summary>
    async Task<List<TableName>> FindDueAsync(CancellationToken cancellationToken)
    {
        var failed = (await new IncidentService(lake, file).ListAsync(cancellationToken))
            .Where(incident => incident.IsOpen).SelectMany(incident => incident.Members)
            .Where(member => member.Kind is IncidentKind.Maintenance).Select(member => member.Subject)
            .ToHashSet(StringComparer.Ordinal);
        var due = new List<TableName>();
        var present = new HashSet<TableName>();
        foreach (var definition in await LakeListing.ReadAsync(lake, cancellationToken))
        {
            var table = definition.TableName;
            if (definition.Kind is not DefinitionKind.Table || !IsOwn(table)) continue;
            present.Add(table);
            var look = looks.GetValueOrDefault(table)
                ?? new(Version: -1, At: 0, HasFailed: failed.Contains($"{table}"));
            looks[table] = look;
            var age = look.At == 0 ? TimeSpan.MaxValue : lake.Clock.GetElapsedTime(look.At);
            if (age < (look.HasFailed ? retryInterval : TimeSpan.Zero)) continue;
            if (age >= agingInterval || look.HasFailed
                || await FindVersionAsync(table, cancellationToken) != look.Version)
                due.Add(table);
        }
        foreach (var gone in looks.Keys.Where(table => !present.Contains(table)).ToList()) looks.Remove(gone);
        var now = lake.Clock.GetUtcNow();
        // A table that was dropped needs no maintenance any more, which is recorded once.
        var dropped = failed.Except(present.Select(table => $"{table}"), StringComparer.Ordinal).Where(closed.Add)
            .Select(table => TableMaintenance.Holds(journal.RunId, table, now, now)).ToList();
        if (dropped.Count > 0) await journal.AddAsync(dropped, cancellationToken);
        return due;
    }

    /// <summary>An environment with a prefix has the tables of its schemas only.</summary>
    bool IsOwn(TableName table) =>
        file.SchemaPrefix.Length == 0
        || table.Schema.StartsWith(file.SchemaPrefix, StringComparison.OrdinalIgnoreCase);

    async Task<long?> FindVersionAsync(TableName table, CancellationToken cancellationToken)
    {
        try
        {
            return (await (await lake.OpenTableAsync(table, cancellationToken)).FindLatestAsync(cancellationToken))
                ?.Version;
        }
        catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not (ErrorKind.Canceled or ErrorKind.Storage) })
        {
            // It is due then, and what is wrong with it is recorded.
            return null;
        }
    }

    /// <summary>Does a piece of work for a table.</summary>
    /// <returns>Whether there may be more to do.</returns>
    async Task<bool> MaintainAsync(TableName table, CancellationToken cancellationToken)
    {
        var since = lake.Clock.GetTimestamp();
        var startedAt = lake.Clock.GetUtcNow();
        var name = table with { Schema = table.Schema[file.SchemaPrefix.Length..] };
        var record = await new TableMaintenance(lake, hooks.Policies(), Open) { MovedBytesMax = MovedBytes }
            .RunAsync(journal.RunId, name, table, hooks.ColumnsOf(table), cancellationToken);
        pace.Worked(lake.Clock.GetElapsedTime(since));
        var hasFailed = record is { Error: not null };
        // What failed before must be seen to hold again.
        if (record is null && looks[table].HasFailed)
            record = TableMaintenance.Holds(journal.RunId, $"{table}", startedAt, lake.Clock.GetUtcNow());
        if (record is not null && !(hasFailed && looks[table].HasFailed))
            await journal.AddAsync([record], cancellationToken);
        var version = hasFailed ? -1 : await FindVersionAsync(table, cancellationToken) ?? -1;
        looks[table] = new(version, lake.Clock.GetTimestamp(), hasFailed);
        return record is { Error: null, TableVersion: not null };
    }

    /// <summary>What was seen of a table.</summary>
    /// <param name="Version">Its version then.</param>
    /// <param name="At">When, by the clock's timestamp; 0 for never.</param>
    /// <param name="HasFailed">Whether it could not be maintained.</param>
    sealed record Look(long Version, long At, bool HasFailed);
}
