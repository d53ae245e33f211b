using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// Brings the rows of a model into its table, as its materialization says: one commit, which is not made here.
/// </summary>
/// <param name="session">The session that reads the rows.</param>
/// <param name="model">The model.</param>
/// <param name="table">Its table.</param>
sealed class ModelWriter(EngineSession session, Model model, LakeTable table)
{
    readonly TableWriter writer = new(session);
    readonly SchemaPolicy schema = new(model);

    /// <inheritdoc cref="HistoryRows.ArrivedTable"/>
    public string? ArrivedTable { get; init; }

    /// <summary>Gets the table of what is known of events; null where the strategy has none.</summary>
    public LakeTable? State { get; init; }

    /// <inheritdoc cref="CdcInput.Derived"/>
    public IReadOnlyDictionary<string, CdcOrigin>? Derived { get; init; }

    /// <inheritdoc cref="CdcWriter.HasKeys"/>
    public bool HasKeys { get; init; }

    /// <summary>Gets the change of that table, which is committed first; null where there is none.</summary>
    public TableChange? StateChange { get; private set; }

    /// <inheritdoc cref="CdcWriter.Tied"/>
    public long Tied { get; private set; }

    /// <summary>Writes the files of a batch.</summary>
    /// <param name="rows">The rows that the model gives.</param>
    /// <param name="manifest">The batch.</param>
    /// <param name="isFullRefresh">Whether the table is rebuilt.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Reading the rows fails, or they do not fit table or strategy.</exception>
    public async Task<TableChange> StageAsync(
        Relation rows, StepManifest manifest, bool isFullRefresh, CancellationToken cancellationToken)
    {
        NamedColumns.Check(model, rows, cancellationToken);
        TableChange change;
        try
        {
            change = await StageRowsAsync(rows, manifest, isFullRefresh, cancellationToken);
        }
        catch (FozException e) when (e.InnerException is DeltaException
        { Kind: DeltaErrorKind.TypeMismatch or DeltaErrorKind.TypeWideningDisabled } misfit)
        {
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = model.Place, Hint = HintOf(model, table.Name, misfit.Kind),
            };
        }
        try
        {
            CheckKeys(change);
            if (model.Materialization.ClusterBy is { Count: > 0 } columns) change.ClusterBy(columns);
            return change;
        }
        catch
        {
            await change.DisposeAsync();
            throw;
        }
    }

    /// <summary>A merge whose rows must have a key takes none without one.</summary>
    void CheckKeys(TableChange change)
    {
        if (change.RowsWithoutKey == 0
            || model.Materialization.Strategy is not IncrementalStrategy.Merge { NullKeys: NullKeys.Fail } merge)
            return;
        var rows = change.RowsWithoutKey == 1
            ? "1 row has"
            : string.Create(CultureInfo.InvariantCulture, $"{change.RowsWithoutKey} rows have");
        throw new FozException(
            ErrorKind.Data,
            $"{table.Name} was not changed: {rows} NULL in the unique_key {string.Join(", ", merge.UniqueKey)}")
        {
            Place = model.Place,
            Hint = $"leave such rows out: WHERE "
                + string.Join(" AND ", merge.UniqueKey.Select(column => $"{SqlText.Identifier(column)} IS NOT NULL"))
                + "; or set 'null_keys: quarantine'",
        };
    }

    /// <summary>What to do where the table cannot hold the type of a column.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Its table.</param>
    /// <param name="misfit">Why it cannot.</param>
    public static string HintOf(Model model, string table, DeltaErrorKind misfit)
    {
        var ways = new List<string>();
        var keeps = model.Materialization is Materialization.Snapshot || model.Materialization.IsFullRefreshRestricted;
        if (misfit is DeltaErrorKind.TypeWideningDisabled)
            ways.Add($"foz alter {table} set delta.enableTypeWidening=true lets its columns take wider types"
                + (model.Materialization.OnSchemaChange is OnSchemaChange.Sync
                    ? ""
                    : ", as 'on_schema_change: sync' does"));
        else ways.Add("cast the column to the table's type in the SELECT");
        if (!keeps) ways.Add($"foz run {model.Name} --full-refresh rebuilds the table");
        return string.Join("; ", ways);
    }

    async Task<TableChange> StageRowsAsync(
        Relation rows, StepManifest manifest, bool isFullRefresh, CancellationToken cancellationToken)
    {
        var present = isFullRefresh ? null : await table.FindLatestAsync(cancellationToken);
        var options = new WriteOptions
        {
            Batch = new(manifest.Step, manifest.Batch),
            PartitionBy = model.Materialization.PartitionBy,
            Description = model.Description,
            Readers = model.Readers,
            Fields = [.. Fields()],
            // Its columns are those of a stream, whose table takes wider types by the stream's drift policy.
            WidensTypes = model.IsImplicit,
            RacesMax = 0,
        };
        if (model.Materialization.Strategy is not { } strategy)
            return await writer.OverwriteAsync(table, rows.Sql, options, cancellationToken);
        options = schema.Apply(options, isNew: present is null);
        if (strategy is IncrementalStrategy.Cdc cdc)
        {
            var events = new CdcWriter(session, model, cdc)
            {
                State = State, Now = manifest.CreatedAt, HasKeys = HasKeys, Derived = Derived,
            };
            var change = await events.StageAsync(table, rows, options, isFullRefresh, cancellationToken);
            (StateChange, Tied) = (events.StateChange, events.Tied);
            return change;
        }
        if (strategy is IncrementalStrategy.Scd2 history)
        {
            var versions = new HistoryRows(session, model, history, table.Name) { ArrivedTable = ArrivedTable };
            return await versions.StageAsync(table, present, rows, options, manifest.CreatedAt, cancellationToken);
        }
        var select = schema.Fit(rows, present, own: [], cancellationToken).Sql;
        if (present is null) return await MakeAsync(strategy, select, options, isFullRefresh, cancellationToken);
        return strategy switch
        {
            IncrementalStrategy.Append => await writer.AppendAsync(table, select, options, cancellationToken),
            IncrementalStrategy.Merge merge =>
                await writer.MergeAsync(table, select, Merge(merge, options), cancellationToken),
            IncrementalStrategy.DeleteInsert replace => await writer.ReplaceByKeysAsync(
                table, select,
                new() { Keys = replace.UniqueKey, Target = Target(replace.Predicates), Write = options },
                cancellationToken),
            IncrementalStrategy.InsertOverwrite => await writer.ReplaceByKeysAsync(
                table, select, new() { Keys = PartitionsOf(present), IsByPartition = true, Write = options },
                cancellationToken),
            IncrementalStrategy.Microbatch microbatch => await writer.ReplaceWhereAsync(
                table, select, ConditionOf(microbatch, present, manifest.Interval!.Value), options, cancellationToken),
            IncrementalStrategy.TruncateInsert =>
                await writer.ReplaceWhereAsync(table, select, "true", options, cancellationToken),
            _ => throw new UnreachableException(strategy.Name),
        };
    }

    /// <summary>Writes the first rows, or rebuilds the table with all of them.</summary>
    async Task<TableChange> MakeAsync(
        IncrementalStrategy strategy, string select, WriteOptions options, bool isFullRefresh,
        CancellationToken cancellationToken)
    {
        if (strategy is not IncrementalStrategy.Merge merge)
            return isFullRefresh
                ? await writer.OverwriteAsync(table, select, options, cancellationToken)
                : await writer.AppendAsync(table, select, options, cancellationToken);
        return isFullRefresh
            ? await writer.OverwriteByKeysAsync(table, select, Merge(merge, options), cancellationToken)
            : await writer.MergeAsync(table, select, Merge(merge, options), cancellationToken);
    }

    static MergeOptions Merge(IncrementalStrategy.Merge merge, WriteOptions options) => new()
    {
        Keys = merge.UniqueKey, UpdateColumns = merge.UpdateColumns, KeptColumns = merge.ExcludeColumns,
        SequenceBy = merge.SequenceBy,
        Target = Target(merge.Predicates), Write = options,
    };

    static RowCondition Target(IReadOnlyList<string> predicates) => new(
        predicates.Count == 0 ? "true" : string.Join(" AND ", predicates.Select(predicate => $"({predicate}\n)")),
        "target");

    /// <summary>Which rows of the table are of an interval.</summary>
    string ConditionOf(IncrementalStrategy.Microbatch strategy, TableSnapshot present, Interval interval) =>
        present.Schema.Columns.Find(strategy.EventTime) is { } field
            ? new IntervalSql(model, strategy, interval).Condition(PhysicalColumns.LogicalTypeName(field.Type))
            : throw new FozException(ErrorKind.Data, $"the table of {model.Name} has no column '{strategy.EventTime}'")
            {
                Place = model.Place,
                Hint = $"foz run {model.Name} --full-refresh rebuilds it",
            };

    IReadOnlyList<string> PartitionsOf(TableSnapshot present)
    {
        var wanted = model.Materialization.PartitionBy;
        if (present.PartitionColumns.SequenceEqual(wanted, StringComparer.OrdinalIgnoreCase)) return wanted;
        throw new FozException(
            ErrorKind.Data,
            $"{model.Name} is to be partitioned by {string.Join(", ", wanted)}, and its table is "
            + (present.PartitionColumns.Count == 0
                ? "not partitioned"
                : $"by {string.Join(", ", present.PartitionColumns)}"))
        {
            Place = model.Place,
            Hint = $"foz run {model.Name} --full-refresh rebuilds it",
        };
    }

    /// <summary>What is known of columns: their descriptions.</summary>
    IEnumerable<Field> Fields() =>
        from column in model.Columns
        where column.Description is not null
        select new Field(column.Name, DataType.String)
        {
            Metadata = ImmutableSortedDictionary<string, string>.Empty.Add(Field.CommentKey, column.Description!),
        };
}
