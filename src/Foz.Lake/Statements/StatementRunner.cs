using System.Diagnostics;
using Foz.Delta;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Storage;

namespace Foz.Lake.Statements;

/// <summary>Carries out statements that change tables.</summary>
/// <param name="session">The session that reads and writes rows.</param>
/// <param name="names">Resolves names; null where there is no lake, only tables by their folders.</param>
/// <param name="tables">Opens tables by their folders.</param>
public sealed class StatementRunner(EngineSession session, EnvironmentNames? names, TableStore tables)
{
    // Who loses as often as this meets writers that never rest.
    const int RacesMax = 5;

    /// <summary>
    /// Carries out a statement. One that changes rows and lost to a commit that it conflicts with, such as an OPTIMIZE
    /// that moved the rows which it read, is carried out again on what is there then.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It does not fit its table, or names what does not exist.</exception>
    /// <exception cref="DeltaException">Other commits came first each time.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<StatementResult> RunAsync(Statement statement, CancellationToken cancellationToken)
    {
        if (statement.Returning is not null && QueryNames is null)
            throw new FozException(
                ErrorKind.Sql,
                "RETURNING is told to clients of foz serve alone: read the rows with a SELECT")
            { SqlState = "0A000" };
        for (var race = 1; ; race++)
        {
            try
            {
                return await RunOnceAsync(statement, cancellationToken);
            }
            catch (DeltaException e) when (
                e.Kind is DeltaErrorKind.Conflict && race < RacesMax
                && statement is (Statement.Insert or Statement.Update or Statement.Delete or Statement.Merge))
            {
                // Nothing of it is in the table.
            }
        }
    }

    /// <summary>
    /// Adds rows that the session has, in the order of the columns that <see cref="GivenColumnsAsync"/> returns.
    /// </summary>
    /// <param name="insert">The table and columns; its query is ignored.</param>
    /// <param name="select">The rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<StatementResult> InsertAsync(
        Statement.Insert insert, string select, CancellationToken cancellationToken) =>
        Rows.InsertAsync(insert, select, cancellationToken);

    /// <summary>The columns that rows have which are added.</summary>
    /// <exception cref="FozException">
    /// One that is named is not there, is named twice, or is computed by the table.
    /// </exception>
    public Task<IReadOnlyList<Field>> GivenColumnsAsync(Statement.Insert insert, CancellationToken cancellationToken) =>
        Rows.GivenColumnsAsync(insert, cancellationToken);

    Task<StatementResult> RunOnceAsync(Statement statement, CancellationToken cancellationToken) => statement switch
    {
        Statement.Insert insert => Rows.InsertAsync(insert, cancellationToken),
        Statement.Update update => Rows.UpdateAsync(update, cancellationToken),
        Statement.Delete delete => Rows.DeleteAsync(delete, cancellationToken),
        Statement.Merge merge => Rows.MergeAsync(merge, cancellationToken),
        Statement.Alter alter => AlterAsync(alter, cancellationToken),
        Statement.CreateTable create => new TableCreator(session, this).CreateAsync(create, cancellationToken),
        Statement.DropTable drop => Definitions.DropTableAsync(drop, cancellationToken),
        Statement.Rename rename => Definitions.RenameAsync(rename, cancellationToken),
        Statement.CreateView create => Definitions.CreateViewAsync(create, cancellationToken),
        Statement.DropView drop => Definitions.DropViewAsync(drop, cancellationToken),
        Statement.Restore restore => RestoreAsync(restore, cancellationToken),
        Statement.DescribeHistory history => DescribeAsync(
            history.Table, t => TableDescription.HistoryAsync(t, history.CommitsMax, cancellationToken),
            cancellationToken),
        Statement.DescribeDetail detail => DescribeAsync(
            detail.Table, t => TableDescription.DetailAsync(t, cancellationToken), cancellationToken),
        Statement.ShowProperties show => DescribeAsync(
            show.Table, t => TableDescription.PropertiesAsync(t, cancellationToken), cancellationToken),
        Statement.Optimize optimize => Maintenance.OptimizeAsync(optimize, cancellationToken),
        Statement.Vacuum vacuum => Maintenance.VacuumAsync(vacuum, cancellationToken),
        Statement.Repair repair => Maintenance.RepairAsync(repair, cancellationToken),
        Statement.GenerateManifests generate => Maintenance.GenerateAsync(generate, cancellationToken),
        Statement.Analyze analyze => Maintenance.AnalyzeAsync(analyze, cancellationToken),
        Statement.CloneTable clone => Maintenance.CloneAsync(clone, cancellationToken),
        Statement.ConvertToDelta convert => Maintenance.ConvertAsync(convert, cancellationToken),
        _ => throw new UnreachableException($"a statement {statement}"),
    };

    /// <summary>Resolves names in queries, where they do not refer to what they do in the lake.</summary>
    public IRelationNames? QueryNames { get; init; }

    /// <summary>Gives the table that is changed, by its name in the lake; null where it is the table itself.</summary>
    public Func<TableName, LakeTable, CancellationToken, ValueTask<LakeTable>>? Changed { get; init; }

    /// <summary>
    /// Takes the names in the lake of tables and views that are dropped later; null where they are at once.
    /// </summary>
    public ICollection<TableName>? Dropped { get; init; }

    RowStatements Rows => new(session, this);

    DefinitionStatements Definitions => new(session, this, names);

    MaintenanceStatements Maintenance => new(session, this, tables);

    /// <summary>Binds a query of the statement.</summary>
    internal Task<BoundStatement> BindAsync(string query, CancellationToken cancellationToken) =>
        new StatementBinder(session, Relations).BindAsync(query, cancellationToken);

    /// <summary>The tags of what a query of the statement reads.</summary>
    internal QueryTags Tags => new(session, Relations);

    /// <summary>Resolves names in queries.</summary>
    internal IRelationNames Relations =>
        QueryNames is not null
            ? QueryNames
            : names is not null ? names : new LakeNames(lake: null, tables, static _ => null);

    /// <summary>The table that a statement reads, which must be there.</summary>
    public async Task<LakeTable> OpenAsync(TableTarget target, CancellationToken cancellationToken)
    {
        if (target.Folder is { } folder) return tables.OpenFolder(folder);
        var lake = LakeOf(target);
        return await lake.OpenTableAsync(await names!.ResolveAsync(target.Name!, cancellationToken), cancellationToken);
    }

    /// <summary>The table that a statement changes, which must be there and the environment's own.</summary>
    internal async Task<LakeTable> OpenOwnAsync(TableTarget target, CancellationToken cancellationToken)
    {
        if (target.Folder is { } folder) return tables.OpenFolder(folder).ReachedBy(session);
        var lake = LakeOf(target);
        var name = await names!.ResolveOwnAsync(target.Name!, cancellationToken);
        var table = (await lake.OpenTableAsync(name, cancellationToken)).ReachedBy(session);
        return Changed is null ? table : await Changed(name, table, cancellationToken);
    }

    /// <summary>Returns the table that a statement makes, or that has its name already.</summary>
    /// <exception cref="FozException">The name refers to a view, or there is no lake.</exception>
    internal async Task<LakeTable> OpenNewAsync(TableTarget target, CancellationToken cancellationToken) =>
        (target.Folder is { } folder
            ? tables.OpenFolder(folder)
            : await LakeOf(target).OpenTableAsync(names!.Prefixed(target.Name!), cancellationToken)).ReachedBy(session);

    /// <summary>
    /// Puts a table that was made into the catalog; one that is named by its folder has no name there.
    /// </summary>
    internal async Task DefineAsync(TableTarget target, string? description, CancellationToken cancellationToken)
    {
        if (target.Name is { } name)
            await LakeOf(target).DefineTableAsync(names!.Prefixed(name), description, owner: null, cancellationToken);
    }

    Lakehouse LakeOf(TableTarget target) => names?.Lake ?? throw new FozException(
        ErrorKind.NotFound, $"there is no lake that could have a table {target}")
    {
        Hint = "run it inside a project, or name the table by its folder: delta.`/data/orders`",
    };

    async Task<StatementResult> AlterAsync(Statement.Alter alter, CancellationToken cancellationToken)
    {
        var table = await OpenOwnAsync(alter.Table, cancellationToken);
        var committed = await new TableAlterer(session).AlterAsync(table, alter.Alteration, cancellationToken);
        return committed is null
            ? StatementResult.Of(("version", (await table.LatestAsync(cancellationToken)).Version))
            : StatementResult.Of(committed);
    }

    async Task<StatementResult> RestoreAsync(Statement.Restore restore, CancellationToken cancellationToken)
    {
        var table = await OpenOwnAsync(restore.Table, cancellationToken);
        var version = restore.Version is { } number
            ? await table.VersionAsync(number, cancellationToken)
            : await table.VersionAtAsync(restore.Instant!.Value, cancellationToken);
        return StatementResult.Of(
            await table.RestoreAsync(version, cancellationToken), ("restored_version", version.Version));
    }

    async Task<StatementResult> DescribeAsync(
        TableTarget target, Func<LakeTable, Task<StatementResult>> describe, CancellationToken cancellationToken) =>
        await describe(await OpenAsync(target, cancellationToken));
}
