using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Operations.Hosting;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Operations.Telemetry;

/// <summary>The age of a table.</summary>
/// <param name="Table">Its label.</param>
/// <param name="Seconds">Seconds since its step last committed.</param>
public readonly record struct TableAge(string Table, double Seconds);

/// <summary>
/// When the step of each table last committed: from the events of runs of this process, and of others from
/// <c>foz.steps</c>, which is read again when it has a new version. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="labels">The tables that have series of their own.</param>
public sealed class TableFreshness(Lakehouse lake, TableLabels labels) : IHostJob
{
    static readonly TableName steps = new(TableName.SystemSchema, StepRecord.Table);

    readonly Lock gate = new();
    readonly Dictionary<string, DateTimeOffset> committed = new(StringComparer.Ordinal);
    long version = -1;

    /// <inheritdoc/>
    public string Name => "ages of tables";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMinutes(1);

    /// <summary>Notes the event of a run of this process.</summary>
    public void Watch(RunEvent what)
    {
        if (what is RunEvent.StepFinished { Result: { TableVersion: not null } result })
            Note(result.Step.ToString(), lake.Clock.GetUtcNow());
    }

    /// <summary>Returns the ages now; of tables that share a label, that of the oldest.</summary>
    public IReadOnlyList<TableAge> Ages()
    {
        var now = lake.Clock.GetUtcNow();
        lock (gate)
            return
            [
                .. committed.GroupBy(entry => labels.Of(entry.Key), StringComparer.Ordinal)
                    .Select(own => new TableAge(
                        own.Key, Math.Max(0, (now - own.Min(entry => entry.Value)).TotalSeconds))),
            ];
    }

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        if (await (await lake.OpenTableAsync(steps, cancellationToken)).FindLatestAsync(cancellationToken)
            is not { } table || table.Version == version)
            return;
        using var session = lake.Engines.Open(Workload.Query);
        using var relation = await TableScan.OpenAsync(table, session, cancellationToken);
        using var rows = session.Query(
            $"""
            SELECT step, epoch_ms(max(finished_at)) FROM {relation.Sql}
            WHERE table_version IS NOT NULL AND kind <> '{TableMaintenance.Kind}' GROUP BY step
            """,
            cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
            Note((string)row[0]!, DateTimeOffset.FromUnixTimeMilliseconds((long)row[1]!));
        version = table.Version;
    }

    void Note(string table, DateTimeOffset at)
    {
        lock (gate)
            if (!committed.TryGetValue(table, out var known) || known < at) committed[table] = at;
    }
}
