using System.Diagnostics;
using Foz.Delta;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Storage;

namespace Foz.Lake.Statements;

/// <summary>Carries out statements that change tables.</summary>
/// <param name="context">What they work on.</param>
public sealed class StatementRunner(StatementContext context)
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
        if (statement.Returning is not null && context.QueryNames is null)
            throw new FozException(
                ErrorKind.Sql,
                "RETURNING works in foz serve only: read the rows with a SELECT")
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
        Statement.CreateTable create => new TableCreator(context).CreateAsync(create, cancellationToken),
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

    RowStatements Rows => new(context);

    DefinitionStatements Definitions => new(context);

    MaintenanceStatements Maintenance => new(context);

    async Task<StatementResult> AlterAsync(Statement.Alter alter, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(alter.Table, cancellationToken);
        var committed = await new TableAlterer(context.Session).AlterAsync(table, alter.Alteration, cancellationToken);
        return committed is null
            ? StatementResult.Of(("version", (await table.LatestAsync(cancellationToken)).Version))
            : StatementResult.Of(committed);
    }

    async Task<StatementResult> RestoreAsync(Statement.Restore restore, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(restore.Table, cancellationToken);
        var version = restore.Version is { } number
            ? await table.VersionAsync(number, cancellationToken)
            : await table.VersionAtAsync(restore.Instant!.Value, cancellationToken);
        return StatementResult.Of(
            await table.RestoreAsync(version, cancellationToken), ("restored_version", version.Version));
    }

    async Task<StatementResult> DescribeAsync(
        TableTarget target, Func<LakeTable, Task<StatementResult>> describe, CancellationToken cancellationToken) =>
        await describe(await context.OpenAsync(target, cancellationToken));
}
