using System.Diagnostics;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Settings;
using Foz.Serving.Sql;
using Foz.Serving.Transactions;

namespace Foz.Serving.Statements;

/// <summary>A statement that the session answers itself.</summary>
sealed class SessionCommand : ServedStatement
{
    readonly SessionStatement statement;
    readonly QueryStatement? query;

    SessionCommand(SqlSession session, string text, SessionStatement statement, QueryStatement? query)
        : base(session, text) => (this.statement, this.query) = (statement, query);

    public override IReadOnlyList<ServedColumn>? Columns => statement switch
    {
        SessionStatement.Show { Name: { } name } => [new(Session.Settings.CanonicalName(name), LogicalType.Varchar)],
        SessionStatement.Show =>
        [
            new("name", LogicalType.Varchar), new("setting", LogicalType.Varchar),
            new("description", LogicalType.Varchar),
        ],
        SessionStatement.Fetch { IsMove: false } fetch => Session.Cursors.Get(fetch.Cursor).Columns,
        _ => null,
    };

    public override IReadOnlyList<PgType> ParameterTypes => query?.ParameterTypes ?? [];

    private protected override bool EndsTransaction =>
        statement is SessionStatement.Commit or SessionStatement.Rollback or SessionStatement.RollbackTo;

    public static async Task<SessionCommand> PrepareAsync(
        ServedContext context, string sql, SessionStatement statement, IReadOnlyList<uint> parameterTypes,
        CancellationToken cancellationToken)
    {
        if (statement is not SessionStatement.Declare declare) return new(context.Session, sql, statement, query: null);
        try
        {
            var declared = await QueryStatement.PrepareAsync(context, declare.Query, parameterTypes, cancellationToken);
            return new(context.Session, sql, statement, declared);
        }
        catch (FozException e)
        {
            throw SqlPosition.Shift(e, declare.Query, sql, declare.QueryStart);
        }
    }

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        statement switch
        {
            SessionStatement.Show show => await ShowAsync(show.Name, cancellationToken),
            SessionStatement.Fetch { IsMove: false } fetch =>
                new FetchCursor(Session.Cursors.Get(fetch.Cursor), fetch.RowsMax),
            SessionStatement.Fetch move => await MoveAsync(move, cancellationToken),
            SessionStatement.Declare declare =>
                new DoneCursor(await DeclareAsync(declare, parameters, cancellationToken)),
            _ => new DoneCursor(await DoAsync(context, cancellationToken)),
        };

    /// <returns>The answer for the client.</returns>
    async Task<string> DoAsync(ServedContext context, CancellationToken cancellationToken)
    {
        switch (statement)
        {
            case SessionStatement.Set set:
                Set(set);
                return "SET";
            case SessionStatement.Characteristics characteristics:
                SetCharacteristics(characteristics);
                return "SET";
            case SessionStatement.Reset reset:
                if (reset.Name is { } name) Session.Settings.Set(name, null);
                else Session.Settings.ResetAll();
                return "RESET";
            case SessionStatement.Discard discard:
                return await DiscardAsync(discard.What);
            case SessionStatement.Notification notification:
                return notification.Tag;
            case SessionStatement.Prepare prepare:
                await PrepareAsync(context, prepare, cancellationToken);
                return "PREPARE";
            case SessionStatement.Deallocate { Name: null }:
                Session.Statements.Clear();
                return "DEALLOCATE ALL";
            case SessionStatement.Deallocate { Name: { } deallocated }:
                return Session.Statements.Remove(deallocated)
                    ? "DEALLOCATE"
                    : throw PreparedStatements.Missing(deallocated);
            case SessionStatement.CreateSchema create:
                await new SessionSchemas(Session).CreateAsync(create, cancellationToken);
                return "CREATE SCHEMA";
            case SessionStatement.DropSchema drop:
                await new SessionSchemas(Session).DropAsync(drop, cancellationToken);
                return "DROP SCHEMA";
            default:
                return await DoInTransactionAsync(cancellationToken);
        }
    }

    async Task<string> DoInTransactionAsync(CancellationToken cancellationToken)
    {
        switch (statement)
        {
            case SessionStatement.Begin begin:
                Session.Transactions.Begin(begin.Modes);
                return begin.Tag;
            case SessionStatement.Commit:
                return await Session.Transactions.EndAsync(isCommitted: true, cancellationToken)
                    ? "COMMIT"
                    : "ROLLBACK";
            case SessionStatement.Rollback:
                await Session.Transactions.EndAsync(isCommitted: false, cancellationToken);
                return "ROLLBACK";
            case SessionStatement.Savepoint savepoint:
                Session.Transactions.Begun.Save(savepoint.Name);
                return "SAVEPOINT";
            case SessionStatement.Release release:
                Session.Transactions.Begun.Release(release.Name);
                return "RELEASE";
            case SessionStatement.RollbackTo back:
                await Session.Transactions.Begun.RollBackToAsync(back.Name);
                return "ROLLBACK";
            case SessionStatement.Close { Cursor: null }:
                await Session.Cursors.CloseAllAsync();
                return "CLOSE CURSOR ALL";
            case SessionStatement.Close { Cursor: { } cursor }:
                await Session.Cursors.CloseAsync(cursor);
                return "CLOSE CURSOR";
            default:
                throw new UnreachableException($"a statement {statement}");
        }
    }

    void SetCharacteristics(SessionStatement.Characteristics characteristics)
    {
        if (characteristics.Modes.ReadsOnly is { } readsOnly)
            Characterize("transaction_read_only", readsOnly ? "on" : "off");
        if (characteristics.Modes.Isolation is { } isolation) Characterize("transaction_isolation", isolation);

        void Characterize(string setting, string value)
        {
            if (characteristics.IsOfSession) Session.Settings.Set($"default_{setting}", value);
            else if (Session.State != TransactionState.Idle) Session.Settings.Set(setting, value, isLocal: true);
        }
    }

    void Set(SessionStatement.Set set)
    {
        if (set.IsLocal) Session.Transactions.BeginImplicit();
        if (!set.IsLocal || Session.State != TransactionState.Idle)
        {
            Session.Settings.Set(set.Name, set.Value, set.IsLocal);
            return;
        }
        Session.Settings.Check(set.Name, set.Value);
        Session.Noticed?.Invoke(new("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks"));
    }

    async Task PrepareAsync(
        ServedContext context, SessionStatement.Prepare prepare, CancellationToken cancellationToken)
    {
        SqlStatement prepared;
        try
        {
            prepared = await StatementPreparation.ReadAsync(
                context, prepare.Sql, ExecuteStatement.TypesOf(prepare), cancellationToken);
        }
        catch (FozException e)
        {
            throw SqlPosition.Shift(e, prepare.Sql, Text, prepare.SqlStart);
        }
        if (prepared is not ServedStatement { IsOfRows: true })
            throw new FozException(ErrorKind.Sql, "PREPARE takes SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE")
            {
                SqlState = "42601",
            };
        Session.Statements.Add(prepare.Name, prepared);
    }

    async Task<string> DeclareAsync(
        SessionStatement.Declare declare, IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        if (!declare.IsHeld) Session.Transactions.BeginImplicit();
        if (Session.State == TransactionState.Idle && !declare.IsHeld)
            throw new FozException(ErrorKind.Sql, "DECLARE CURSOR can only be used in transaction blocks")
            {
                SqlState = "25P01",
            };
        Session.Cursors.CheckNew(declare.Name);
        Session.Cursors.Add(declare.Name, await query!.ExecuteAsync(parameters, cancellationToken), declare.IsHeld);
        return "DECLARE CURSOR";
    }

    async Task<SqlCursor> MoveAsync(SessionStatement.Fetch move, CancellationToken cancellationToken)
    {
        var passed = new FetchCursor(Session.Cursors.Get(move.Cursor), move.RowsMax);
        while (await passed.FetchAsync(int.MaxValue, cancellationToken) is not null)
        {
        }
        return new DoneCursor($"MOVE {passed.RowCount}");
    }

    async Task<string> DiscardAsync(string what)
    {
        if (what != "ALL") return $"DISCARD {what}";
        if (Session.State != TransactionState.Idle)
            throw new FozException(ErrorKind.Sql, "DISCARD ALL cannot run inside a transaction block")
            {
                SqlState = "25001",
            };
        Session.Settings.ResetAll();
        Session.Statements.Clear();
        await Session.Cursors.CloseAllAsync();
        return "DISCARD ALL";
    }

    Task<SqlCursor> ShowAsync(string? name, CancellationToken cancellationToken)
    {
        var settings = name is null ? SessionSetting.All.Values : [];
        var rows = name is { } one
            ? [$"({SqlText.Literal(Session.Settings[one])})"]
            : settings.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase).Select(s =>
                $"({SqlText.Literal(s.Name)}, {SqlText.Literal(Session.Settings[s.Name])}, "
                    + $"{SqlText.Literal(s.Description)})");
        return ConstantRows.OpenAsync(Session, Columns!, rows, "SHOW", cancellationToken);
    }
}
