using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Querying;

/// <summary>Runs statements on the lake of a project, or without one on files and any Delta table.</summary>
sealed class LocalStatements : IDisposable
{
    readonly CommandContext context;
    readonly FozException? fault;
    readonly EnginePool engines;
    readonly TableStore tables;

    LocalStatements(CommandContext context, Workspace? workspace, FozException? fault)
    {
        (this.context, Workspace, this.fault) = (context, workspace, fault);
        engines = workspace?.Engines ?? new EnginePool(new());
        tables = workspace?.Lake.Tables
            ?? new Lakehouse(context.Shell.Folder, engines, context.Shell.Clock).Tables;
    }

    /// <summary>Gets the project; null where there is none, or none that can be read.</summary>
    public Workspace? Workspace { get; }

    /// <summary>Gets the engines.</summary>
    public EnginePool Engines => engines;

    /// <summary>
    /// Finds the project, if there is one. Unless the user named the project, an error in it only keeps statements that
    /// name its tables from running.
    /// </summary>
    public static LocalStatements Open(CommandContext context, ParseResult arguments)
    {
        try
        {
            return new(context, Workspace.Find(context, arguments, Workload.Query), fault: null);
        }
        catch (FozException e)
            when (arguments.GetValue(context.Project) is null && arguments.GetValue(context.Target) is null)
        {
            return new(context, workspace: null, e);
        }
    }

    /// <summary>Runs a statement and writes its result.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="writer">Where the result goes.</param>
    /// <param name="isForPeople">Whether missing values of lists are left empty.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(string sql, ResultWriter writer, bool isForPeople, CancellationToken cancellationToken)
    {
        var statement = StatementReader.Read(sql);
        if (statement is null) await QueryAsync(sql, writer, cancellationToken);
        else if (Workspace is null && fault is not null) throw fault;
        else await ChangeAsync(statement, writer, isForPeople, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Workspace is null) engines.Dispose();
        else Workspace.Dispose();
    }

    async Task QueryAsync(string sql, ResultWriter writer, CancellationToken cancellationToken)
    {
        INameResolver names = Workspace is { } workspace
            ? workspace.Names
            : new LakeNameResolver(lake: null, tables, static _ => null) { Fault = fault };
        using var session = engines.Open(Workload.Query);
        using var bound = NamesNothing(sql, hasLake: names is not LakeNameResolver { HasLake: false })
            ? null
            : await new StatementBinder(session, names).BindAsync(sql, cancellationToken);
        if (names is LakeNameResolver { Fault: { } broken })
            context.Warn(
                new(broken.Describe(), "the statement names nothing of the lake, and runs without the project"));
        try
        {
            using var rows = session.Query(bound?.Sql ?? sql, cancellationToken);
            writer.Write(
                ResultColumn.Of(rows.Columns), rows.Rows(cancellationToken), () => rows.CountRest(cancellationToken));
        }
        catch (FozException e) when (bound is not null && TextColumns.IsCauseOf(e))
        {
            throw await TextColumns.ExplainAsync(e, sql, names, session, cancellationToken);
        }
    }

    /// <summary>Runs a statement that changes a table or shows information about it.</summary>
    async Task ChangeAsync(
        Statement statement, ResultWriter writer, bool isForPeople, CancellationToken cancellationToken)
    {
        using var session = engines.Open(Workload.Query);
        var result = await new StatementRunner(new(session, Workspace?.Names, tables))
            .RunAsync(statement, cancellationToken);
        if (result.Warning is { } warning) context.Warn(warning);
        writer.Write(
            ResultColumn.Of(result.Columns), isForPeople ? result.Rows.Select(CommandContext.Blank) : result.Rows);
    }

    /// <summary>
    /// Whether a statement is one SELECT in which no name can mean anything in a lake: it need not be bound, as binding
    /// takes longer than running a short statement.
    /// </summary>
    static bool NamesNothing(string sql, bool hasLake) =>
        sql.StartsWith("select ", StringComparison.OrdinalIgnoreCase)
        && !sql.Contains(';', StringComparison.Ordinal)
        && !sql.Contains(LakeNameResolver.DeltaScan, StringComparison.OrdinalIgnoreCase)
        && !sql.Contains(LakeNameResolver.TableChangesFunction, StringComparison.OrdinalIgnoreCase)
        && (!hasLake || !sql.Contains('.', StringComparison.Ordinal));
}
