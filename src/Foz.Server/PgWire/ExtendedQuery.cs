using System.Globalization;
using Foz.Lake;
using Foz.Server.PgWire.Rows;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Transactions;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// The extended protocol: statements that are parsed once, portals that give their rows piece by piece (PostgreSQL
/// documentation, "Extended Query").
/// </summary>
/// <param name="session">The session.</param>
/// <param name="output">Where answers go.</param>
/// <param name="rows">Sends rows.</param>
/// <param name="copies">Takes rows.</param>
sealed class ExtendedQuery(SqlSession session, PgOutput output, RowSender rows, CopyReceiver copies) : IAsyncDisposable
{
    const int PortalsMax = 100;

    // A byte of a text that arrives is a character of two.
    const int BytesOfByte = 2;

    readonly Dictionary<string, Portal> portals = new(StringComparer.Ordinal);
    SqlStatement? unnamed;
    bool hasTransactionEnded;

    /// <summary>Prepares a statement.</summary>
    public async Task ParseAsync(ParseMessage message, CancellationToken cancellationToken)
    {
        if (message.Statement.Length == 0) unnamed = null;
        SqlStatement statement;
        try
        {
            statement = await session.PrepareAsync(message.Sql, message.ParameterTypes, cancellationToken);
        }
        catch (FozException e)
        {
            throw new PlacedException(e, message.Sql);
        }

        if (message.Statement.Length == 0) unnamed = statement;
        else session.Statements.Add(message.Statement, statement);
        output.Writer.WriteAnswer(MessageType.ParseComplete);
    }

    /// <summary>Makes a portal.</summary>
    public async Task BindAsync(BindMessage message)
    {
        var statement = StatementOf(message.Statement);
        if (message.Values.Length != statement.ParameterTypes.Count)
            throw Wrong(
                "08P01",
                $"bind message supplies {message.Values.Length} parameters, but prepared statement "
                    + $"\"{message.Statement}\" requires {statement.ParameterTypes.Count}");
        if (message.Portal.Length > 0 && portals.ContainsKey(message.Portal))
            throw Wrong("42P03", $"cursor \"{message.Portal}\" already exists");
        await ClosePortalAsync(message.Portal);
        if (portals.Count >= PortalsMax)
            throw new FozException(ErrorKind.Resource, $"a session has at most {PortalsMax} portals")
            {
                SqlState = "53400",
            };
        // A portal holds its statement, though that is forgotten.
        var bytes = ClientMemory.Of(statement)
            + message.Values.Sum(static value => (long)(value?.Length ?? 0) * BytesOfByte);
        session.Held.Add(bytes);
        try
        {
            portals[message.Portal] = new(statement, ValuesOf(message, statement), message.ResultFormats, bytes);
        }
        catch
        {
            session.Held.Remove(bytes);
            throw;
        }
        output.Writer.WriteAnswer(MessageType.BindComplete);
    }

    static object?[] ValuesOf(BindMessage message, SqlStatement statement)
    {
        var values = new object?[message.Values.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = ParameterReader.Read(
                message.Values[i], BindMessage.FormatOf(message.ParameterFormats, i), statement.ParameterTypes[i].Oid);
        return values;
    }

    /// <summary>Says what a statement takes and gives, or what a portal gives.</summary>
    public void Describe(NamedMessage message)
    {
        if (message.Kind is DescribedKind.Statement)
        {
            var statement = StatementOf(message.Name);
            output.Writer.WriteParameterDescription([.. statement.ParameterTypes.Select(t => t.Oid)]);
            DescribeRows(statement, []);
        }
        else
        {
            var portal = PortalOf(message.Name);
            DescribeRows(portal.Statement, portal.Formats);
        }
    }

    /// <summary>Runs a portal, or continues with it.</summary>
    public async Task ExecuteAsync(ExecuteMessage message, CancellationToken cancellationToken)
    {
        var portal = PortalOf(message.Portal);
        var statement = portal.Statement;
        if (statement.IsEmpty)
        {
            output.Writer.WriteAnswer(MessageType.EmptyQueryResponse);
            return;
        }

        try
        {
            await RunAsync(portal, message.RowsMax, cancellationToken);
        }
        catch (FozException e)
        {
            throw new PlacedException(e, statement.Text);
        }

        if (hasTransactionEnded) await EndPortalsAsync();
    }

    /// <summary>Forgets a statement or portal, if it exists.</summary>
    public async Task CloseAsync(NamedMessage message)
    {
        if (message.Kind is DescribedKind.Portal) await ClosePortalAsync(message.Name);
        else if (message.Name.Length == 0) unnamed = null;
        else session.Statements.Remove(message.Name);
        output.Writer.WriteAnswer(MessageType.CloseComplete);
    }

    /// <summary>
    /// Ends what lasts until Sync, or until the end of a Query: outside of a transaction, all portals.
    /// </summary>
    public async Task SyncAsync()
    {
        if (session.State is TransactionState.Idle || hasTransactionEnded) await EndPortalsAsync();
    }

    /// <summary>Forgets the statement and portal without names, as a Query does.</summary>
    public async Task ForgetUnnamedAsync()
    {
        unnamed = null;
        await ClosePortalAsync("");
    }

    /// <summary>Notes that the transaction ends, and the portals with it, once nothing runs any more.</summary>
    public void EndTransaction() => hasTransactionEnded = true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await EndPortalsAsync();

    async Task RunAsync(Portal portal, int rowsMax, CancellationToken cancellationToken)
    {
        if (portal.Statement.TakesRows)
        {
            var tag = portal.IsDone ? "COPY 0" : await copies.ReceiveAsync(portal.Statement, cancellationToken);
            portal.IsDone = true;
            StatementEnd.WriteCommandComplete(output.Writer, tag);
            return;
        }

        var cursor = await portal.OpenAsync(
            opened => opened.Columns is { } columns && portal.Statement.Copy is null
                ? EncoderOf(portal, columns)
                : null,
            cancellationToken);
        if (portal.IsDone)
        {
            // A portal that has given all of its rows gives none.
            StatementEnd.WriteCommandComplete(output.Writer, TagOf(cursor, 0));
            return;
        }

        if (portal.Encoder is null)
        {
            if (portal.Statement.Copy is { } copy) await rows.CopyAsync(cursor, copy, cancellationToken);
            portal.IsDone = true;
            StatementEnd.WriteCommandComplete(output.Writer, cursor.Tag);
            return;
        }

        var sent = await rows.SendAsync(
            cursor, portal.Encoder, rowsMax == 0 ? long.MaxValue : rowsMax, cancellationToken);
        if (rowsMax > 0 && sent == rowsMax)
        {
            output.Writer.WriteAnswer(MessageType.PortalSuspended);
            return;
        }

        portal.IsDone = true;
        StatementEnd.WriteCommandComplete(output.Writer, TagOf(cursor, sent));
    }

    /// <summary>
    /// Returns the encoder of a portal's rows: they must have the columns described to the client, though they are
    /// bound again.
    /// </summary>
    RowEncoder EncoderOf(Portal portal, IReadOnlyList<ServedColumn> columns)
    {
        if (portal.Statement.Columns is { } described
            && !described.Select(c => c.PgType.Oid).SequenceEqual(columns.Select(c => c.PgType.Oid)))
            throw Wrong("0A000", "cached plan must not change result type");
        return rows.EncoderOf(columns, portal.Formats);
    }

    /// <summary>A SELECT counts the rows of the last Execute, as PostgreSQL does, not those before.</summary>
    static string TagOf(SqlCursor cursor, long sent) => cursor.Tag.StartsWith("SELECT ", StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"SELECT {sent}")
        : cursor.Tag;

    void DescribeRows(SqlStatement statement, System.Collections.Immutable.ImmutableArray<ValueFormat> formats)
    {
        if (statement.Columns is { } columns && statement.Copy is null) rows.Describe(columns, formats);
        else output.Writer.WriteAnswer(MessageType.NoData);
    }

    SqlStatement StatementOf(string name) => name.Length > 0
        ? session.Statements.Get(name)
        : unnamed ?? throw Wrong("26000", "unnamed prepared statement does not exist");

    Portal PortalOf(string name) =>
        portals.GetValueOrDefault(name) ?? throw Wrong("34000", $"portal \"{name}\" does not exist");

    async Task ClosePortalAsync(string name)
    {
        if (portals.Remove(name, out var portal)) await EndAsync(portal);
    }

    async Task EndPortalsAsync()
    {
        hasTransactionEnded = false;
        foreach (var portal in portals.Values) await EndAsync(portal);
        portals.Clear();
    }

    async ValueTask EndAsync(Portal portal)
    {
        session.Held.Remove(portal.Bytes);
        await portal.DisposeAsync();
    }

    static FozException Wrong(string sqlState, string message) => new(ErrorKind.Sql, message) { SqlState = sqlState };
}
