using System.Runtime.CompilerServices;
using System.Text;
using Foz.Connectors.PostgreSql;
using Foz.Lake;
using Foz.Serving.Sql;
using Foz.Wire.PostgreSql;
using TextReader = System.IO.TextReader;

namespace Foz.Cli.Remote;

/// <summary>
/// A session with a running server over PostgreSQL's protocol. One caller at a time. Disposing of it while a statement
/// runs cancels the statement at the server.
/// </summary>
sealed class RemoteSession : IAsyncDisposable
{
    const int CopyPieceChars = 1 << 16;

    readonly PgConnection connection;
    readonly MessageWriter writer = new();

    RemoteSession(PgConnection connection) => this.connection = connection;

    /// <summary>Connects and logs in.</summary>
    /// <param name="server">The server and the user.</param>
    /// <param name="askPassword">
    /// Asks for a password where the server wants one and none is known; null where there is no user to ask.
    /// </param>
    /// <param name="noticed">Called with the messages that the server sends besides results.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Thrown when it failed; the message says at which step.</exception>
    public static async Task<RemoteSession> OpenAsync(
        RemoteServer server, Func<string>? askPassword, Action<RemoteNotice>? noticed,
        CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(server, noticed, cancellationToken);
        }
        catch (FozException error) when (error.SqlState is SqlStates.InvalidPassword && !server.HasPassword)
        {
            if (askPassword is null)
                throw new FozException(error.Kind, error.Message, error)
                {
                    SqlState = error.SqlState,
                    Hint = "set PGPASSWORD, or write a line host:port:database:user:password into ~/.pgpass",
                };
            return await OpenAsync(server.With(askPassword()), noticed, cancellationToken);
        }
    }

    static async Task<RemoteSession> OpenAsync(
        RemoteServer server, Action<RemoteNotice>? noticed, CancellationToken cancellationToken)
    {
        var opened = await PgConnection.OpenAsync(server.Options, cancellationToken);
        opened.Noticed = report => noticed?.Invoke(new(report.Severity, report.Text, report.Hint ?? report.Detail));
        return new(opened);
    }

    /// <summary>
    /// Runs the statements of a text in order: each is a transaction of its own unless the text opens one. A result
    /// must be read to its end before the next is requested.
    /// </summary>
    /// <param name="text">The statements.</param>
    /// <param name="input">The text that <c>COPY … FROM STDIN</c> reads; null where there is none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Thrown when the server refuses a statement; those after it are not run.
    /// </exception>
    public async IAsyncEnumerable<RemoteResult> RunAsync(
        string text, TextReader? input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var statement in SqlScript.Split(text))
            await foreach (var result in RunAsync(statement, text, input, cancellationToken)) yield return result;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    async IAsyncEnumerable<RemoteResult> RunAsync(
        ScriptStatement statement, string text, TextReader? input,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new Answer(this, statement, text);
        var hasResult = false;
        await connection.SendQueryAsync(statement.Text, cancellationToken);
        while (await answer.NextAsync(cancellationToken) is var (type, payload) && type != MessageType.ReadyForQuery)
        {
            switch (type)
            {
                case MessageType.RowDescription:
                    RemoteColumn[] columns =
                    [
                        .. RowDescription.Read(payload.Span).Select(c => new RemoteColumn(c.Name, c.TypeOid)),
                    ];
                    // Rows are there when the first of them is: until then the statement runs.
                    answer.PutBack(await answer.NextAsync(cancellationToken));
                    hasResult = true;
                    yield return new RemoteResult.Rows(columns, RowsAsync(answer, columns, cancellationToken));
                    break;
                case MessageType.CopyOutResponse:
                    if (CopyOutResponse.Read(payload.Span).Format is ValueFormat.Binary)
                        throw new FozException(ErrorKind.Usage, "COPY in binary format is not shown")
                        {
                            Hint = "use psql for it, or the formats text and csv",
                        };
                    hasResult = true;
                    yield return new RemoteResult.CopyOut(PiecesAsync(answer, cancellationToken));
                    break;
                case MessageType.CopyInResponse:
                    await CopyInAsync(input, cancellationToken);
                    break;
                case MessageType.CommandComplete when !hasResult:
                    yield return new RemoteResult.Done(FrontendMessages.ReadText(payload.Span));
                    break;
            }
        }
    }

    static async IAsyncEnumerable<object?[]> RowsAsync(
        Answer answer, RemoteColumn[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (byte Type, ReadOnlyMemory<byte> Payload) message;
        while ((message = await answer.NextAsync(cancellationToken)).Type is MessageType.DataRow)
            yield return RowOf(message.Payload.Span, columns);
        answer.PutBack(message);
    }

    static async IAsyncEnumerable<string> PiecesAsync(
        Answer answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A character may stand in two pieces.
        var decoder = Encoding.UTF8.GetDecoder();
        while (await answer.NextAsync(cancellationToken) is var (type, payload) && type is MessageType.CopyData)
        {
            var chars = new char[decoder.GetCharCount(payload.Span, flush: false)];
            yield return new(chars, 0, decoder.GetChars(payload.Span, chars, flush: false));
        }
    }

    async Task CopyInAsync(TextReader? input, CancellationToken cancellationToken)
    {
        var chars = new char[CopyPieceChars];
        while (input is not null && await input.ReadAsync(chars, cancellationToken) is > 0 and var count)
        {
            writer.WriteCopyData(Encoding.UTF8.GetBytes(chars, 0, count));
            await connection.FlushAsync(writer, cancellationToken);
        }
        if (input is null) writer.WriteCopyFail("the standard input is where the statements came from");
        else writer.WriteCopyDone();
        await connection.FlushAsync(writer, cancellationToken);
    }

    static object?[] RowOf(ReadOnlySpan<byte> payload, RemoteColumn[] columns)
    {
        var tuple = new TupleReader(payload);
        var row = new object?[columns.Length];
        for (var i = 0; i < row.Length; i++)
            row[i] = tuple.TryReadValue(out var value) ? RemoteValue.Read(value, columns[i].TypeOid) : null;
        return row;
    }

    /// <summary>The messages that answer one statement; an error is thrown once the server is ready again.</summary>
    sealed class Answer(RemoteSession session, ScriptStatement statement, string text)
    {
        (byte Type, ReadOnlyMemory<byte> Payload)? putBack;

        /// <summary>Reads the next message; its payload is valid until the message after it is read.</summary>
        public async ValueTask<(byte Type, ReadOnlyMemory<byte> Payload)> NextAsync(CancellationToken cancellationToken)
        {
            if (putBack is not { } message) return await ReceiveAsync(cancellationToken);
            putBack = null;
            return message;
        }

        /// <summary>Puts the last message back, to be read again.</summary>
        public void PutBack((byte Type, ReadOnlyMemory<byte> Payload) message) => putBack = message;

        async ValueTask<(byte Type, ReadOnlyMemory<byte> Payload)> ReceiveAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await session.connection.ReceiveAsync(cancellationToken);
            }
            catch (PgServerException error)
            {
                var reported = RemoteErrors.Of(error, statement.Text, text, statement.Start);
                if (!error.IsFatal) await SkipAsync(cancellationToken);
                throw reported;
            }
            catch (Exception error) when (SourceFault.IsOfSource(error))
            {
                throw SourceFault.Of(error, "reading the answer", session.connection.Options);
            }
        }

        async Task SkipAsync(CancellationToken cancellationToken)
        {
            while ((await session.connection.ReceiveAsync(cancellationToken)).Type != MessageType.ReadyForQuery) { }
        }
    }
}
