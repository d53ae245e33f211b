using System.Diagnostics;
using Foz.Lake;
using Foz.Serving;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Statements;
using Foz.Serving.Transactions;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>A client's statements: the simple protocol here, the extended one in <see cref="ExtendedQuery"/>.</summary>
sealed class PgSession : IAsyncDisposable
{
    readonly SqlSession session;
    readonly PgInput input;
    readonly PgOutput output;
    readonly PgConnection connection;
    readonly RowSender rows;
    readonly CopyReceiver copies;
    readonly ExtendedQuery extended;

    /// <summary>Creates the session of a client that has logged in.</summary>
    public PgSession(SqlSession session, PgInput input, PgOutput output, PgConnection connection, TimeProvider clock)
    {
        (this.session, this.input, this.output, this.connection) = (session, input, output, connection);
        rows = new(session, output, clock);
        copies = new(input, output, connection);
        extended = new(session, output, rows, copies);
        session.Settings.Changed += Report;
        session.Noticed = Notice;
        session.Transactions.Ended = extended.EndTransaction;
    }

    /// <summary>Serves the client until it goes, or is made to.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ServeAsync();
        }
        catch (Exception e) when (e is PgEndException or WireException)
        {
            Report(e);
        }
    }

    async Task ServeAsync()
    {
        Ready();
        var skips = false;
        while (await NextAsync())
        {
            var type = input.Type;
            if (type is MessageType.Terminate) return;
            if (type is MessageType.Sync)
            {
                skips = false;
                if (await EndImplicitAsync()) return;
                await extended.SyncAsync();
                Ready();
                continue;
            }

            if (skips) continue;
            try
            {
                await connection.WorkAsync(token => HandleAsync(type, token), session.Settings.StatementTimeout);
            }
            catch (Exception e) when (e is not (PgLostException or UnreachableException))
            {
                session.Transactions.Fail();
                if (Report(connection.Explain(e))) return;
                // The simple protocol continues at once, the extended one after the next Sync.
                skips = type is not (MessageType.Query or MessageType.FunctionCall);
                if (skips) continue;
                if (await EndImplicitAsync()) return;
                Ready();
            }
        }
    }

    /// <summary>Ends what statements began that belong together without BEGIN.</summary>
    /// <returns>Whether the session ends with it.</returns>
    async Task<bool> EndImplicitAsync()
    {
        if (!session.Transactions.IsImplicit) return false;
        try
        {
            await connection.WorkAsync(session.Work.EndImplicitAsync, session.Settings.StatementTimeout);
            return false;
        }
        catch (Exception e) when (e is not (PgLostException or UnreachableException))
        {
            return Report(connection.Explain(e));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        session.Settings.Changed -= Report;
        session.Noticed = null;
        await extended.DisposeAsync();
        await session.DisposeAsync();
    }

    /// <summary>
    /// Sends the output so far, unless more input has arrived already, and waits for the next message.
    /// </summary>
    async ValueTask<bool> NextAsync()
    {
        if (connection.IsReading || !input.HasNext(ClientMessageLimits.Session) || output.IsFull)
            await output.FlushAsync();
        return await connection.ReadAsync(
            input, session.State is TransactionState.Idle ? PgPhase.Idle : PgPhase.IdleInTransaction,
            session.State is TransactionState.Idle
                ? session.Settings.IdleTimeout
                : session.Settings.IdleInTransactionTimeout);
    }

    Task HandleAsync(byte type, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case MessageType.Query:
                return QueryAsync(ReadSql(), cancellationToken);
            case MessageType.Parse:
                return extended.ParseAsync(ParseMessage.Read(input.Payload), cancellationToken);
            case MessageType.Bind:
                return extended.BindAsync(BindMessage.Read(input.Payload));
            case MessageType.Describe:
                extended.Describe(NamedMessage.Read(input.Payload));
                return Task.CompletedTask;
            case MessageType.Execute:
                // What is alone before its Sync needs no transaction.
                session.Transactions.IsFollowed = !input.IsNext(MessageType.Sync);
                return extended.ExecuteAsync(ExecuteMessage.Read(input.Payload), cancellationToken);
            case MessageType.Close:
                return extended.CloseAsync(NamedMessage.Read(input.Payload));
            case MessageType.Flush:
                return output.FlushAsync().AsTask();
            case MessageType.CopyData or MessageType.CopyDone or MessageType.CopyFail:
                // As in PostgreSQL, data after a failed COPY is ignored.
                return Task.CompletedTask;
            case MessageType.FunctionCall:
                throw new WireException(WireErrorKind.Unsupported, "functions are called with SELECT only");
            default:
                throw new WireException(
                    WireErrorKind.Malformed, $"a message of type {(char)type} does not belong here");
        }
    }

    string ReadSql()
    {
        var reader = new PayloadReader(input.Payload);
        var sql = reader.ReadUtf8();
        reader.End();
        return sql;
    }

    /// <summary>Runs the statements of a text up to the first that fails.</summary>
    async Task QueryAsync(string sql, CancellationToken cancellationToken)
    {
        await extended.ForgetUnnamedAsync();
        var statements = SqlScript.Split(sql);
        if (statements.Count == 0) output.Writer.WriteAnswer(MessageType.EmptyQueryResponse);
        foreach (var statement in statements)
        {
            try
            {
                session.Transactions.IsFollowed = statement != statements[^1];
                await RunAsync(statement.Text, cancellationToken);
            }
            catch (Exception e) when (e is not (PgLostException or UnreachableException))
            {
                var error = connection.Explain(e);
                if (PgErrors.IsFatal(error)) throw error;
                session.Transactions.Fail();
                Report(error, statement.Text, sql[..statement.Start]);
                break;
            }
        }

        await session.Work.EndImplicitAsync(cancellationToken);
        await extended.SyncAsync();
        Ready();
    }

    async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        var statement = await session.PrepareAsync(sql, [], cancellationToken);
        if (statement.ParameterTypes.Count > 0)
            throw new FozException(ErrorKind.Sql, "there is no parameter $1") { SqlState = "42P02" };
        if (statement.TakesRows)
        {
            var tag = await copies.ReceiveAsync(statement, cancellationToken);
            StatementEnd.WriteCommandComplete(output.Writer, tag);
            return;
        }

        await using var cursor = await statement.ExecuteAsync([], cancellationToken);
        if (statement.Copy is { } copy)
        {
            await rows.CopyAsync(cursor, copy, cancellationToken);
        }
        else if (cursor.Columns is { } columns)
        {
            rows.Describe(columns, []);
            await rows.SendAsync(cursor, rows.EncoderOf(columns, []), long.MaxValue, cancellationToken);
        }

        StatementEnd.WriteCommandComplete(output.Writer, cursor.Tag);
    }

    void Ready() => StatementEnd.WriteReadyForQuery(output.Writer, session.State switch
    {
        TransactionState.Idle => TransactionStatus.Idle,
        TransactionState.InTransaction => TransactionStatus.InTransaction,
        _ => TransactionStatus.Failed,
    });

    void Report(string name, string value) => new ParameterStatus(name, value).Write(output.Writer);

    void Notice(SessionNotice notice)
    {
        var isWanted = session.Settings["client_min_messages"].ToLowerInvariant() switch
        {
            "error" => false,
            "warning" => notice.Severity == "WARNING",
            _ => true,
        };
        if (isWanted)
            new ServerMessage(notice.Severity, notice.SqlState, ServedText.WithoutPaths(notice.Text, sql: null)).Write(
                output.Writer, MessageType.NoticeResponse);
    }

    /// <summary>Reports an error to the client.</summary>
    /// <returns>Whether the session ends with it.</returns>
    bool Report(Exception error, string? sql = null, string before = "")
    {
        connection.Log(error);
        var message = PgErrors.Of(error, sql, before);
        message.Write(output.Writer, MessageType.ErrorResponse);
        return message.Severity == PgErrors.Fatal;
    }
}
