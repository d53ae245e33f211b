using System.Globalization;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// The batches of a step. A batch number never gets other inputs: a run that was thought to be dead may wake and commit
/// what it opened. So a batch of which a table was committed is finished with its own inputs, and another one is given
/// up: its number is committed to each table, where a late commit then conflicts.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The step.</param>
/// <param name="log">Its manifests.</param>
sealed class StepBatches(StepContext context, GraphNode node, StepLog log)
{
    const string Operation = "GIVE UP BATCH";
    const string TakeOverOperation = "TAKE OVER STEP";

    /// <summary>Gets the step's manifests.</summary>
    public StepLog Log => log;

    bool IsView => node is GraphNode.OfModel { Model.Materialization: Materialization.View };

    /// <summary>The tables that are committed before the main one.</summary>
    TableName[] SideTables =>
        node is GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc }
            ? [node.Table.Rejected, node.Table.Quarantine, node.Table.ChangeState]
            : [node.Table.Rejected, node.Table.Quarantine];

    /// <summary>Takes the step's lease, if this run does not have it yet.</summary>
    /// <returns>Whether it was taken now: what was seen of the step before may have changed.</returns>
    /// <exception cref="FozException">Another run works on the step.</exception>
    public Task<bool> TakeAsync(CancellationToken cancellationToken) =>
        context.Lease?.TakeAsync(RaiseAsync, cancellationToken) ?? Task.FromResult(false);

    /// <summary>Reads how far the step has come.</summary>
    public async Task<StepProgress> ReadAsync(CancellationToken cancellationToken)
    {
        // In an object store both take several round trips.
        var reading = log.ReadLastAsync(cancellationToken).AsTask();
        var carried = await LastCommittedBatch.ReadAsync(context.Lake, node.Table, IsView, cancellationToken);
        var last = await reading;
        if (last is null || carried.Has(last)) return new(carried, last, last, Open: null);
        var all = await log.ReadEachAsync(cancellationToken);
        if (all.FirstOrDefault(carried.HasLate) is { } late)
        {
            await log.ReopenAsync(late, late with { GivenUpBy = null }, cancellationToken);
            return await ReadAsync(cancellationToken);
        }
        var done = all.LastOrDefault(manifest => manifest.GivenUpBy is null && manifest.Batch < last.Batch);
        if (last.GivenUpBy is null) return new(carried, last, done, last);
        // The run that gave it up may have died before it wrote its number into the tables.
        if (last.GivenUpBy != last.RunId && await CarryAsync(last, cancellationToken) == node.Table)
            return await ReadAsync(cancellationToken);
        return new(carried, last, done, Open: null);
    }

    /// <summary>Whether a table of a batch was committed, of which the main one was not.</summary>
    public async Task<bool> IsBegunAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        foreach (var (_, side) in await TablesAsync(SideTables, cancellationToken))
            if (IsIn(side, manifest)) return true;
        return false;
    }

    /// <summary>Gives a batch of another run up, of which no table was committed.</summary>
    /// <returns>
    /// Whether it is given up; false where its run woke and committed it: what the step does is to be planned again.
    /// </returns>
    public async Task<bool> GiveUpAsync(StepManifest open, CancellationToken cancellationToken)
    {
        var given = open with { GivenUpBy = context.RunId };
        await log.ReopenAsync(open, given, cancellationToken);
        if (await CarryAsync(given, cancellationToken) is null) return true;
        await log.ReopenAsync(given, open, cancellationToken);
        return false;
    }

    /// <summary>
    /// Gives the run's own batch up, which ended before anything of it was committed. As it knows that itself, no table
    /// has to say so.
    /// </summary>
    public async Task EndAsync(StepManifest own, CancellationToken cancellationToken)
    {
        try
        {
            if (await log.ReadLastAsync(cancellationToken) is { GivenUpBy: null } last
                && (last.Batch, last.RunId) == (own.Batch, own.RunId)
                && !await IsBegunAsync(last, cancellationToken))
                await log.ReopenAsync(last, last with { GivenUpBy = last.RunId }, cancellationToken);
        }
        catch (Exception e) when (e is FozException or DeltaException or StorageException)
        {
            // The failure of the batch is reported; the next run gives the batch up.
        }
    }

    /// <summary>
    /// Lets all tables of a batch carry its number, the main one last: a run whose other tables can take no rows of it
    /// any more commits none of them.
    /// </summary>
    /// <returns>The table that has rows of the batch, where its run committed them meanwhile; else null.</returns>
    async Task<TableName?> CarryAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        var batches = new Dictionary<string, long>
        {
            [manifest.Step] = manifest.Batch, [manifest.Step + StepLog.GivenUpSuffix] = manifest.Batch,
        };
        var number = manifest.Batch.ToString(CultureInfo.InvariantCulture);
        TableName[] names = IsView ? [] : [.. SideTables, node.Table];
        foreach (var (table, _) in await TablesAsync(names, cancellationToken))
        {
            var isCarried = await table.CarryAsync(
                batches, Operation, [("step", manifest.Step), ("batch", number)], cancellationToken,
                latest => !IsIn(latest, manifest));
            if (!isCarried) return TableName.Parse(table.Name);
        }
        return null;
    }

    /// <summary>
    /// Lets all tables of the step carry an epoch, beside the batch that they carry: what a host that was thought to be
    /// dead still commits conflicts with that.
    /// </summary>
    async Task RaiseAsync(long epoch, CancellationToken cancellationToken)
    {
        if (IsView) return;
        var (step, raised) = ($"{node.Table}", node.Table + StepLog.EpochSuffix);
        foreach (var name in (TableName[])[.. SideTables, node.Table])
        {
            while (await TablesAsync([name], cancellationToken) is [var (table, latest)])
            {
                // A table whose lake lost its leases may carry a later one.
                var next = Math.Max(epoch, (latest.BatchOf(raised) ?? 0) + 1);
                var batch = latest.BatchOf(step);
                var carried = new Dictionary<string, long> { [raised] = next };
                if (batch is { } number) carried[step] = number;
                (string, string)[] parameters =
                [
                    ("step", step), ("epoch", next.ToString(CultureInfo.InvariantCulture)),
                ];
                if (await table.CarryAsync(
                    carried, TakeOverOperation, parameters, cancellationToken,
                    present => (present.BatchOf(step), present.BatchOf(raised)) == (batch, latest.BatchOf(raised))))
                    break;
            }
        }
    }

    /// <summary>Whether a table has what a batch committed to it.</summary>
    static bool IsIn(TableSnapshot table, StepManifest manifest) =>
        table.BatchOf(manifest.Step) >= manifest.Batch
            && !(table.BatchOf(manifest.Step + StepLog.GivenUpSuffix) >= manifest.Batch);

    /// <summary>Those tables that are there.</summary>
    async Task<IReadOnlyList<(LakeTable Table, TableSnapshot Latest)>> TablesAsync(
        TableName[] names, CancellationToken cancellationToken)
    {
        var tables = new List<(LakeTable, TableSnapshot)>();
        foreach (var name in names)
        {
            if (await context.Lake.Catalog.FindAsync(
                name, cancellationToken) is not { Kind: Foz.Lake.Catalog.DefinitionKind.Table })
                continue;
            var table = await context.Lake.OpenTableAsync(name, cancellationToken);
            if (await table.FindLatestAsync(cancellationToken) is { } latest) tables.Add((table, latest));
        }
        return tables;
    }
}

/// <summary>How far a step has come.</summary>
/// <param name="Carried">The batch that its table carries.</param>
/// <param name="Last">The manifest of the last batch; null where there is none.</param>
/// <param name="Done">That of the last batch that is done; null where none is.</param>
/// <param name="Open">That of a batch which is neither done nor given up; null where there is none.</param>
readonly record struct StepProgress(LastCommittedBatch Carried, StepManifest? Last, StepManifest? Done,
    StepManifest? Open)
{
    /// <summary>Whether the last batch is done.</summary>
    public bool IsDone => Last is not null && ReferenceEquals(Last, Done);

    /// <summary>Whether nothing was done between two looks.</summary>
    public bool IsAs(StepProgress other) =>
        Carried == other.Carried && (Last?.Batch, Last?.RunId, Last?.GivenUpBy, Last?.Stream is null)
            == (other.Last?.Batch, other.Last?.RunId, other.Last?.GivenUpBy, other.Last?.Stream is null);

    /// <summary>The number of the next batch.</summary>
    public long Next => Math.Max(Last?.Batch ?? 0, Carried.Number ?? 0) + 1;

    /// <summary>Whether batches were done, and what they made is gone: all is to be read again.</summary>
    public bool IsGone => !Carried.IsThere && Done is not null;

    /// <summary>
    /// Checks that a step can continue after its completed batches, which a step that keeps its table's rows must.
    /// </summary>
    /// <param name="model">The step's name in the project.</param>
    /// <exception cref="FozException">The table does not match its manifests.</exception>
    public void CheckGoesOn(TableName model)
    {
        var (table, isThere, number, givenUp, _) = Carried;
        if (!isThere || Last is { Batch: 1 }
            || (Done is null ? number is null || number == givenUp : number >= Done.Batch))
            return;
        var carried = number is not null ? string.Create(CultureInfo.InvariantCulture, $"batch {number}") : "no batch";
        throw new FozException(
            ErrorKind.Table, Last is null
                ? $"the table {table} carries {carried} of its step, and nothing is known of what that read"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"the table {table} carries {carried} of its step, whose last one was {Last.Batch}: it is "
                        + $"another table, or an old copy"))
        {
            Hint = $"foz run {model} --full-refresh rebuilds it",
        };
    }
}
