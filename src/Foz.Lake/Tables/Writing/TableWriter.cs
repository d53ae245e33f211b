using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// Changes tables through one session. Every method writes data files and returns the future change; nothing of
/// it is in the table before <see cref="TableChange.CommitAsync"/>.
/// </summary>
/// <param name="session">
/// The session; its temporary tables <c>foz_source</c> and <c>foz_changed</c> are replaced.
/// </param>
public sealed class TableWriter(EngineSession session)
{
    internal const string Source = "foz_source";
    const string Changed = "foz_changed";

    /// <summary>The session.</summary>
    internal EngineSession Session => session;

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

    /// <summary>Adds more rows to a change that <see cref="AppendAsync"/> has begun.</summary>
    /// <param name="change">The change.</param>
    /// <param name="select">The rows, with the columns that the first ones had.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement failed, or its rows do not fit; the change is as it was.
    /// </exception>
    public async Task AppendMoreAsync(TableChange change, string select, CancellationToken cancellationToken)
    {
        var rows = Project(change.Target, session.Describe(select, cancellationToken), select);
        await change.AddAsync(session, new ChangedRows(rows, RowChange.Insert), cancellationToken);
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
    /// What columns become: SQL expressions over the row as it was, by column; a field of a struct is written with
    /// dots.
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

    /// <summary>The rows for which a condition holds.</summary>
    async Task<RowAddresses> FindAsync(TableChange change, RowCondition condition, CancellationToken cancellationToken)
    {
        var present = change.Present!;
        var files = change.Read(ConditionPruning.Of(session, present, condition, cancellationToken));
        using var rows = await TableScan.OpenAsync(session, present, files, withAddresses: true, cancellationToken);
        var found = new RowAddresses(present, files);
        found.Add(
            session,
            $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM "
                + $"{DeclaredColumns.Shown(present.Fields, rows.Sql)} "
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
            $"SELECT count(*) FROM (SELECT {string.Join(", ", columns)} FROM {Source}) AS t WHERE "
                + $"(({condition}\n)) IS NOT TRUE",
            cancellationToken);
        if (strays > 0)
            throw new FozException(
                ErrorKind.Data,
                $"{strays} rows cannot be written to {change.Present!.State.Table}: only rows "
                    + $"with {condition} are replaced");
    }

    /// <summary>
    /// A change of a table whose columns take those of rows in, and the rows as the table will have them.
    /// </summary>
    internal async Task<(TableChange Change, string Rows)> BeginAsync(
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

    /// <summary>The columns of rows that a table, where it is there, takes.</summary>
    internal IReadOnlyList<EngineColumn> Describe(
        string select, TableSnapshot? present, CancellationToken cancellationToken)
    {
        var columns = session.Describe(select, cancellationToken);
        return UntypedColumns.MayMatter(columns, present?.Schema.Columns)
            ? UntypedNulls.Find(session, select, columns, cancellationToken)
            : columns;
    }

    /// <summary>The SELECT of rows with a table's columns.</summary>
    internal static string Project(TargetSchema target, IReadOnlyList<EngineColumn> columns, string select) =>
        $"SELECT {target.Projection(columns, "s")} FROM ({select}\n) AS s";
}
