using Foz.Delta.Log;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Keys;
using Foz.Lake.Tables.Merging;

namespace Foz.Lake.Tables;

/// <summary>
/// Changes tables through one session. Every method writes data files and gives the change as it would be; nothing of
/// it is in the table before <see cref="TableChange.CommitAsync"/>.
/// </summary>
/// <param name="session">The session; its temporary tables <c>foz_source</c> and <c>foz_changed</c> are replaced.</param>
public sealed class TableWriter(EngineSession session)
{
    const string Source = "foz_source";
    const string Changed = "foz_changed";

    /// <summary>Adds rows; makes the table if there is none.</summary>
    /// <param name="table">The table.</param>
    /// <param name="select">
    /// The rows; columns are matched by name whatever the case, and those that the table lacks are added to it.
    /// </param>
    /// <param name="options">How they are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The statement failed, or its rows do not fit the table.</exception>
    public async Task<TableChange> AppendAsync(
        LakeTable table, string select, WriteOptions options, CancellationToken cancellationToken)
    {
        table.ReachedBy(session);
        var (change, rows) = await BeginAsync(table, select, options, TableOperation.Append, cancellationToken);
        return await change.FillAsync(() =>
            change.AddAsync(session, new ChangedRows(rows, RowChange.Insert), cancellationToken));
    }

    /// <summary>
    /// Puts rows in the place of all that the table has, with their own columns; makes the table if there is none.
    /// </summary>
    /// <inheritdoc cref="AppendAsync"/>
    public async Task<TableChange> OverwriteAsync(
        LakeTable table, string select, WriteOptions options, CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        var columns = Describe(select, present, cancellationToken);
        var target = TargetSchema.Replace(present, columns, options, table.Name);
        var change = new TableChange(table, present, target, options, TableOperation.Overwrite);
        var rows = new ChangedRows(Project(target, columns, select), RowChange.Insert);
        return await change.FillAsync(async () =>
        {
            await change.AddAsync(session, rows, cancellationToken);
            await change.RemoveAllAsync(session, cancellationToken);
        });
    }

    /// <summary>
    /// Puts the newest row of each key in the place of all that the table has, with their own columns; makes the table if there is none.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows; of those of a key no two that are the newest.</param>
    /// <param name="options">The keys, by what rows are newer where several of a key may come, and how they are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement failed, its rows do not fit the table, or two of the newest have equal keys.
    /// </exception>
    public async Task<TableChange> OverwriteByKeysAsync(
        LakeTable table, string select, MergeOptions options, CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        var columns = Describe(select, present, cancellationToken);
        var target = TargetSchema.Replace(present, columns, options.Write, table.Name);
        var change = new TableChange(table, present, target, options.Write, TableOperation.Overwrite);
        var merge = new MergeStatement(session, target.Schema, Source, options);
        var rows = Project(target, columns, select);
        return await change.FillAsync(async () =>
        {
            if (options.SequenceBy is not null)
            {
                session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {rows}", cancellationToken);
                rows = merge.Newest();
            }
            await AddKeyedAsync(table, change, merge, rows, cancellationToken);
            await change.RemoveAllAsync(session, cancellationToken);
        });
    }

    /// <summary>
    /// Adds rows in the place of the ones that have equal keys; makes the table if there is none.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows; no two with equal keys.</param>
    /// <param name="options">The keys, and how rows are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement failed, its rows do not fit the table, or two of them have equal keys.
    /// </exception>
    public async Task<TableChange> MergeAsync(
        LakeTable table, string select, MergeOptions options, CancellationToken cancellationToken)
    {
        var operation = TableOperation.Merge(options.Keys);
        var (change, source) = await BeginAsync(table, select, options.Write, operation, cancellationToken);
        var merge = new MergeStatement(session, change.Target.Schema, Source, options);
        if (change.Present is null && options.SequenceBy is null)
            return await change.FillAsync(() => AddKeyedAsync(table, change, merge, source, cancellationToken));
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {source}", cancellationToken);
        if (options.SequenceBy is not null) session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {merge.Newest()}", cancellationToken);
        (var sourceRows, change.RowsWithoutKey) = merge.Count(Source, cancellationToken);
        change.Counted.SourceRows = sourceRows;
        var files = merge.Candidates(change, cancellationToken);
        var lookup = files.Count > 0 && merge.ReplacesAll
            ? KeyLookup.Find(session, table, change.Present!, merge.Keys, sourceRows, files)
            : null;
        // Rows that were there before the column came are older than all that have it.
        if (options.SequenceBy is { } sequence && files.Count > 0 && change.Present!.Schema.Columns.Find(sequence) is not null)
            await TakeOlderOutAsync(change, merge, lookup, files, cancellationToken);
        var replaced = lookup is null
            ? null
            : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
        if (lookup is not { MayRepeat: false }) merge.CheckKeys(Source, static _ => null, table.Name, cancellationToken);
        change.MergedBy = options.Keys;
        return await change.FillAsync(() => replaced is null
            ? ReplaceByJoinAsync(change, merge, files, cancellationToken)
            : ReplaceAsync(change, merge, replaced, merge.NewRows(), cancellationToken));
    }

    /// <summary>Rows that meet no others are written as they come, and their keys are looked at in the files.</summary>
    async Task AddKeyedAsync(
        LakeTable table, TableChange change, MergeStatement merge, string rows, CancellationToken cancellationToken)
    {
        await change.AddAsync(session, new ChangedRows(rows, RowChange.Insert), cancellationToken);
        change.Counted.SourceRows = change.RowsAdded;
        change.MergedBy = [.. merge.Keys.Select(key => key.Name)];
        var hasNulls = merge.Keys.Any(key => change.NullsWritten(key.Name) is not 0);
        if (change.RowsAdded < 2 && !hasNulls) return;
        using var written = await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken);
        var keys = $"(SELECT {merge.KeysOf("w")} FROM {written.Sql} AS w)";
        if (hasNulls) change.RowsWithoutKey = merge.Count(keys, cancellationToken).WithoutKey;
        merge.CheckKeys(keys, change.RangeWritten, table.Name, cancellationToken);
    }

    /// <summary>Takes those rows out of the source that are older than the table's of the same keys.</summary>
    async Task TakeOlderOutAsync(
        TableChange change, MergeStatement merge, KeyLookup? lookup, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        var found = lookup is null ? null : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
        if (found is { Count: 0 }) return;
        using var old = found is null
            ? await TableScan.OpenAsync(session, change.Present!, files, withAddresses: true, cancellationToken)
            : await found.OpenAsync(session, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {merge.NotOlder(old)}", cancellationToken);
    }

    /// <summary>
    /// Adds rows, and takes all rows away that have equal keys; makes the table if there is none. Of one key there may be
    /// any number of rows.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows.</param>
    /// <param name="options">The keys, and how rows are written; columns to update have no meaning here.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The statement failed, or its rows do not fit the table.</exception>
    public async Task<TableChange> ReplaceByKeysAsync(
        LakeTable table, string select, MergeOptions options, CancellationToken cancellationToken)
    {
        var operation = TableOperation.ReplaceByKeys(options.Keys);
        var (change, source) = await BeginAsync(table, select, options.Write, operation, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {source}", cancellationToken);
        var merge = new MergeStatement(session, change.Target.Schema, Source, options);
        change.Counted.SourceRows = session.QueryScalar<long>($"SELECT count(*) FROM {Source}", cancellationToken);
        var rows = new ChangedRows(merge.NewRows(), RowChange.Insert);
        return await change.FillAsync(async () =>
        {
            var files = merge.Candidates(change, cancellationToken);
            if (files.Count == 0)
            {
                await change.AddAsync(session, rows, cancellationToken);
                return;
            }
            var lookup = merge.ReplacesAll && !options.IsByPartition
                ? KeyLookup.Find(session, table, change.Present!, merge.Keys, change.Counted.SourceRows, files)
                : null;
            var deleted = lookup is null
                ? null
                : await lookup.FindAsync(files, Source, merge.NameInSource, cancellationToken);
            await change.ApplyAsync(
                session, new(deleted ?? await FindByJoinAsync(change, merge, files, cancellationToken), Replaced: null, rows),
                cancellationToken);
        });
    }

    async Task<RowAddresses> FindByJoinAsync(
        TableChange change, MergeStatement merge, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        using var candidates = await TableScan.OpenAsync(
            session, change.Present!, files, withAddresses: true, cancellationToken);
        var found = new RowAddresses(change.Present!, files);
        found.Add(session, merge.FindRows(candidates), cancellationToken);
        return found;
    }

    /// <summary>Merges rows into a table, in full: MERGE as Spark has it.</summary>
    /// <param name="table">The table; it must exist.</param>
    /// <param name="merge">What is merged, and how.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A text does not bind, a clause does not fit, or several rows of the source change one row of the table.
    /// </exception>
    public Task<TableChange> MergeAsync(
        LakeTable table, MergeDefinition merge, CancellationToken cancellationToken) =>
        new TableMerge(session, table, merge).RunAsync(cancellationToken);

    /// <summary>Puts rows in the place of those for which a condition holds: replace-where.</summary>
    /// <param name="table">The table; it must exist.</param>
    /// <param name="select">The rows; the condition must hold for each.</param>
    /// <param name="condition">A SQL condition over the table's columns.</param>
    /// <param name="options">How the rows are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Something does not bind, or the condition does not hold for a row.</exception>
    public async Task<TableChange> ReplaceWhereAsync(
        LakeTable table, string select, string condition, WriteOptions options, CancellationToken cancellationToken)
    {
        _ = await table.LatestAsync(cancellationToken);
        var operation = TableOperation.ReplaceWhere(condition);
        var (change, source) = await BeginAsync(table, select, options, operation, cancellationToken);
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Source} AS {source}", cancellationToken);
        CheckFulfilled(change, condition, cancellationToken);
        return await change.FillAsync(async () =>
        {
            var rows = new ChangedRows($"SELECT * FROM {Source}", RowChange.Insert);
            if (new RowCondition(condition).IsAll)
            {
                await change.AddAsync(session, rows, cancellationToken);
                await change.RemoveAllAsync(session, cancellationToken);
                return;
            }
            var deleted = await FindAsync(change, condition, cancellationToken);
            await change.ApplyAsync(session, new(deleted, Replaced: null, rows), cancellationToken);
        });
    }

    /// <summary>Deletes the rows for which a condition holds.</summary>
    /// <param name="table">The table.</param>
    /// <param name="condition">A SQL condition over the table's columns.</param>
    /// <param name="options">How the commit is made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The condition does not bind.</exception>
    public async Task<TableChange> DeleteAsync(
        LakeTable table, RowCondition condition, WriteOptions options, CancellationToken cancellationToken)
    {
        var present = await table.LatestAsync(cancellationToken);
        var target = TargetSchema.Keep(present);
        var change = new TableChange(
            table, present, target, options, TableOperation.Delete(condition.Sql, options.Retention));
        return await change.FillAsync(async () =>
        {
            if (condition.IsAll && !options.FindsRows)
            {
                await change.RemoveAllAsync(session, cancellationToken);
                return;
            }
            var deleted = await FindAsync(change, condition, cancellationToken);
            await change.ApplyAsync(session, new(deleted, Replaced: null), cancellationToken);
        });
    }

    /// <summary>Changes columns of the rows for which a condition holds.</summary>
    /// <param name="table">The table.</param>
    /// <param name="assignments">
    /// What columns become: SQL expressions over the row as it was, by column; a field of a struct is written with dots.
    /// </param>
    /// <param name="condition">A SQL condition over the table's columns.</param>
    /// <param name="options">How the rows are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A column is unknown, or something does not bind.</exception>
    public async Task<TableChange> UpdateAsync(
        LakeTable table, IReadOnlyDictionary<string, string> assignments, RowCondition condition, WriteOptions options,
        CancellationToken cancellationToken)
    {
        var present = await table.LatestAsync(cancellationToken);
        var target = TargetSchema.Keep(present);
        var columns = target.Schema.Columns;
        var assigned = new ColumnAssignments(
            table.Name, columns, ColumnAssignments.WithoutAlias(assignments, condition.Alias, columns));
        var change = new TableChange(table, present, target, options, TableOperation.Update(condition.Sql));
        var files = change.Read(ConditionPruning.Of(session, present, condition, cancellationToken));
        using var rows = await TableScan.OpenAsync(
            session, present, files, withAddresses: true, cancellationToken, new() { Tracked = change.Tracked });
        var id = change.Tracked is null ? "" : $", {TrackedRows.RowId}";
        var alias = SqlText.Identifier(condition.Alias);
        // The new values are kept before the rows are deleted, so that a volatile expression is evaluated once.
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Changed} AS
            SELECT {target.Projection(alias, present.Schema, assigned)}, {TableScan.FileColumn}, {TableScan.RowColumn}{id}
            FROM {DeclaredColumns.Shown(present.Fields, rows.Sql)} AS {alias} WHERE ({condition}
            )
            """, cancellationToken);
        var updated = new RowAddresses(present, files);
        updated.Add(session, $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {Changed}", cancellationToken);
        var select = $"SELECT * EXCLUDE ({TableScan.FileColumn}, {TableScan.RowColumn}) FROM {Changed}";
        return await change.FillAsync(() => change.ApplyAsync(
            session, new(updated, updated, new ChangedRows(select, RowChange.Update)), cancellationToken));
    }

    async Task ReplaceByJoinAsync(
        TableChange change, MergeStatement merge, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
        {
            await change.AddAsync(session, new ChangedRows(merge.NewRows(), RowChange.Insert), cancellationToken);
            return;
        }
        using var candidates = await TableScan.OpenAsync(
            session, change.Present!, files, withAddresses: true, cancellationToken);
        var replaced = new RowAddresses(change.Present!, files);
        replaced.Add(session, merge.FindRows(candidates), cancellationToken);
        await ReplaceAsync(change, merge, replaced, merge.NewRows(candidates, change.Present!.Schema), cancellationToken);
    }

    async Task ReplaceAsync(
        TableChange change, MergeStatement merge, RowAddresses replaced, string rows, CancellationToken cancellationToken)
    {
        change.Counted.MatchedUpdated = replaced.Count;
        if (replaced.Count == 0 || (!change.TellsChanges && change.Tracked is null))
        {
            var all = new ChangedRows(rows, replaced.Count == 0 ? RowChange.Insert : RowChange.Update);
            await change.ApplyAsync(session, new(replaced, replaced, all), cancellationToken);
            return;
        }
        // The key alone does not say which of the rows are new.
        using var old = await replaced.OpenAsync(session, cancellationToken, change.Tracked);
        await change.ApplyAsync(
            session,
            new(
                replaced, replaced, new ChangedRows(merge.Matched(rows, old, change.Tracked is not null), RowChange.Update),
                new ChangedRows(merge.Unmatched(rows, old), RowChange.Insert)),
            cancellationToken);
    }

    /// <summary>The rows for which a condition holds.</summary>
    async Task<RowAddresses> FindAsync(TableChange change, RowCondition condition, CancellationToken cancellationToken)
    {
        var present = change.Present!;
        var files = change.Read(ConditionPruning.Of(session, present, condition, cancellationToken));
        using var rows = await TableScan.OpenAsync(session, present, files, withAddresses: true, cancellationToken);
        var found = new RowAddresses(present, files);
        found.Add(
            session,
            $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {DeclaredColumns.Shown(present.Fields, rows.Sql)} "
            + $"AS {SqlText.Identifier(condition.Alias)} WHERE ({condition}\n)",
            cancellationToken);
        return found;
    }

    void CheckFulfilled(TableChange change, string condition, CancellationToken cancellationToken)
    {
        var target = change.Target.Schema;
        var columns = target.Columns.Fields.Where(PhysicalColumns.IsInFiles).Select(field =>
            $"{SqlText.Identifier(field.PhysicalName(target.Mapping))} AS {SqlText.Identifier(field.Name)}");
        var strays = session.QueryScalar<long>(
            $"SELECT count(*) FROM (SELECT {string.Join(", ", columns)} FROM {Source}) AS t WHERE (({condition}\n)) IS NOT TRUE",
            cancellationToken);
        if (strays > 0)
            throw new FozException(
                ErrorKind.Data,
                $"{strays} rows cannot be written to {change.Present!.State.Table}: only rows with {condition} are replaced");
    }

    async Task<(TableChange Change, string Rows)> BeginAsync(
        LakeTable table, string select, WriteOptions options, TableOperation operation,
        CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        var columns = Describe(select, present, cancellationToken);
        var target = present is null
            ? TargetSchema.Replace(null, columns, options, table.Name)
            : TargetSchema.Evolve(present, columns, options);
        return (new(table, present, target, options, operation), Project(target, columns, select));
    }

    IReadOnlyList<EngineColumn> Describe(string select, TableSnapshot? present, CancellationToken cancellationToken)
    {
        var columns = session.Describe(select, cancellationToken);
        return UntypedColumns.MayMatter(columns, present?.Schema.Columns)
            ? UntypedNulls.Find(session, select, columns, cancellationToken)
            : columns;
    }

    static string Project(TargetSchema target, IReadOnlyList<EngineColumn> columns, string select) =>
        $"SELECT {target.Projection(columns, "s")} FROM ({select}\n) AS s";
}
