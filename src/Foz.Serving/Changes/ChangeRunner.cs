using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Transactions;

namespace Foz.Serving.Changes;

/// <summary>Carries out statements that change tables, in the session's transaction where there is one.</summary>
/// <param name="context">The statement of a session.</param>
sealed class ChangeRunner(ServedContext context)
{
    readonly SqlSession session = context.Session;

    /// <summary>Makes sure that a statement may change what it does, where the session is.</summary>
    /// <exception cref="FozException">The transaction only reads, or cannot take the statement back.</exception>
    public async Task CheckAsync(Statement statement, CancellationToken cancellationToken)
    {
        var what = statement switch
        {
            Statement.Insert => "INSERT",
            Statement.Update => "UPDATE",
            Statement.Delete => "DELETE",
            Statement.Merge => "MERGE",
            Statement.CreateTable { Replaces: false, Table.Name: not null } => "CREATE TABLE",
            Statement.CreateView { Replaces: false, View.Name: not null } => "CREATE VIEW",
            Statement.DropTable => "DROP TABLE",
            Statement.DropView => "DROP VIEW",
            // A feature that records a table's changes from then on would miss changes of the same commit.
            Statement.Alter { ChangesFeatures: false } or Statement.Rename => "ALTER TABLE",
            _ => null,
        };
        CheckMayWrite(what ?? "a statement that changes tables");
        if (what is null || MakesDropped(statement)) await session.Transactions.CommitImplicitAsync(cancellationToken);
        if (what is not null) session.Transactions.BeginImplicit(OnlyAdds(statement));
        if (MakesDropped(statement))
            throw Refused(
                $"the transaction drops {Made(statement)}, which is gone from its COMMIT on", "COMMIT after the DROP");
        if (what is null && session.State != TransactionState.Idle)
            throw Refused(
                "a transaction takes INSERT, UPDATE, DELETE, MERGE, COPY, and what creates, "
                    + "alters or drops tables and views, "
                + "but no CREATE OR REPLACE, no properties and no upkeep: others are committed by themselves",
                "switch the client to autocommit, or COMMIT first");
    }

    /// <summary>Whether a statement only adds rows, whatever the table has.</summary>
    public static bool OnlyAdds(Statement statement) =>
        statement is Statement.Insert { Overwrites: false, ReplacedWhere: null, OnConflict: null };

    /// <summary>Makes sure that the transaction does not only read.</summary>
    /// <param name="what">What is to be done.</param>
    /// <exception cref="FozException">It does.</exception>
    public void CheckMayWrite(string what)
    {
        var setting = session.State == TransactionState.Idle
            ? "default_transaction_read_only"
            : "transaction_read_only";
        if (session.Settings[setting] == "on")
            throw new FozException(ErrorKind.Sql, $"cannot execute {what} in a read-only transaction")
            {
                SqlState = "25006",
            };
    }

    /// <summary>Carries out a statement.</summary>
    public async Task<StatementResult> RunAsync(
        EngineSession engine, Statement statement, CancellationToken cancellationToken)
    {
        await NoticeAsync(statement, cancellationToken);
        var made = session.Changes is null ? null : await MadeByAsync(statement, cancellationToken);
        if (statement is Statement.CreateTable { Table.Name: { } written })
        {
            var table = await session.Host.Lake.OpenTableAsync(session.Host.Names.Prefixed(written), cancellationToken);
            await session.Host.Commits.BeginChangeAsync(table, cancellationToken);
        }
        var result = await RunAsync(Of(context, engine).RunAsync(statement, cancellationToken), cancellationToken);
        if (made is not { } name) return result;
        if (statement is Statement.Rename { Table.Name: { } before })
            session.Changes!.NoteRenamed(session.Host.Names.Prefixed(before), name);
        // A table that another session made meanwhile is not one that the statement made.
        else if (statement is Statement.CreateView || result.Committed is not null)
            session.Changes!.NoteCreated(name, result.Committed);
        return result;
    }

    /// <summary>Adds rows that the engine's session has.</summary>
    public Task<StatementResult> InsertAsync(
        EngineSession engine, Statement.Insert insert, string select, CancellationToken cancellationToken) =>
        RunAsync(Of(context, engine).InsertAsync(insert, select, cancellationToken), cancellationToken);

    async Task<StatementResult> RunAsync(Task<StatementResult> work, CancellationToken cancellationToken)
    {
        var result = await work;
        if (result.Warning is { } warning) session.Noticed?.Invoke(new("NOTICE", "00000", warning.Describe()));
        if (session.Changes is { } changes) await changes.CheckAsync(cancellationToken);
        else if (result.Committed is { } version) session.Host.Commits.Note(version);
        return result;
    }

    /// <summary>Tells of what a statement is about to leave as it is.</summary>
    async Task NoticeAsync(Statement statement, CancellationToken cancellationToken)
    {
        var (target, what) = statement switch
        {
            Statement.DropTable { IfExists: true } drop => (drop.Table, "table"),
            Statement.DropView { IfExists: true } drop => (drop.View, "view"),
            Statement.Rename { IfExists: true } rename => (rename.Table, "relation"),
            Statement.CreateTable { IfNotExists: true } create => (create.Table, ""),
            _ => default,
        };
        if (what is null || target.Name is not { } written || session.Noticed is null) return;
        var name = session.Host.Names.Prefixed(written);
        var isThere = session.Changes?.Dropped.Contains(name) != true
            && await session.Host.Lake.Catalog.FindAsync(name, cancellationToken) is not null;
        if (isThere && what.Length == 0)
            session.Noticed(new("NOTICE", "42P07", $"relation \"{written.Name}\" already exists, skipping"));
        else if (!isThere && what.Length > 0)
            session.Noticed(new("NOTICE", "00000", $"{what} \"{written.Name}\" does not exist, skipping"));
    }

    /// <summary>
    /// The name in the lake of the table or view that a statement makes, if there is none yet; null where it makes
    /// none.
    /// </summary>
    async Task<TableName?> MadeByAsync(Statement statement, CancellationToken cancellationToken) =>
        Made(statement) is { } name && await session.Host.Lake.Catalog.FindAsync(name, cancellationToken) is null
            ? name
            : null;

    bool MakesDropped(Statement statement) =>
        Made(statement) is { } name && session.Changes?.Dropped.Contains(name) == true;

    /// <summary>
    /// The name in the lake of the table or view that a statement is to make; null where it makes none.
    /// </summary>
    TableName? Made(Statement statement)
    {
        var target = statement switch
        {
            Statement.CreateTable create => create.Table,
            Statement.CreateView create => create.View,
            Statement.Rename rename => rename.To,
            _ => default,
        };
        return target.Name is { } written ? session.Host.Names.Prefixed(written) : null;
    }

    static FozException Refused(string message, string hint) =>
        new(ErrorKind.Sql, message) { SqlState = "0A000", Hint = hint };

    /// <summary>Carries out statements that change tables.</summary>
    /// <param name="context">The statement of a session.</param>
    /// <param name="engine">The engine's session that reads and writes rows.</param>
    public static StatementRunner Of(ServedContext context, EngineSession engine) =>
        new(new(engine, context.Session.Host.Names, context.Session.Host.Lake.Tables)
        {
            QueryNames = new SessionNameResolver(context, engine.Instance),
            Changed = context.Session.Transactions.OpenAsync,
            Dropped = context.Session.Changes?.Dropped,
        });
}
