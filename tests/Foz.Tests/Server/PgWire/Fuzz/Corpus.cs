using System.Net;
using Foz.Wire.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>
/// Conversations that mutations begin with: recorded of Npgsql, and of what it does not send written by hand.
/// </summary>
static class Corpus
{
    /// <summary>The table that conversations write to.</summary>
    public const string Table = "silver.fuzz";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Records Npgsql: both query protocols, prepared statements, transactions, COPY both ways.</summary>
    /// <param name="server">A server that asks for no password.</param>
    public static async Task<List<Conversation>> OfNpgsqlAsync(IPEndPoint server)
    {
        await using var recorder = new ConversationRecorder(server);
        await using (var connection = await OpenAsync(recorder.Port, password: null, "SSL Mode=Prefer"))
        {
            await ReadAsync(connection, "select id, name, amount from silver.orders where id > $1 order by id", 1L);
            await ReadAsync(
                connection, "select $1::text || 'x', $2::numeric, $3::timestamp, $4::int[]", "ação", 1.5m,
                new DateTime(2026, 1, 31), new[] { 1, 2 });
            await using var transaction = await connection.BeginTransactionAsync(Cancel);
            await ReadAsync(connection, $"insert into {Table} values ($1, $2)", 1L, "a");
            await ImportAsync(connection);
            await transaction.RollbackAsync(Cancel);
            await ExportAsync(connection);
            await using var prepared = new NpgsqlCommand("select name from silver.orders where id = $1", connection)
            {
                Parameters = { new() { Value = 2L } },
            };
            await prepared.PrepareAsync(Cancel);
            for (var i = 0; i < 3; i++) await prepared.ExecuteScalarAsync(Cancel);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { new("select 1"), new("select nope"), new("select 2") },
            };
            await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync(Cancel));
        }
        return Named("npgsql", await recorder.EndAsync());
    }

    /// <summary>Records a log-in of Npgsql by SCRAM.</summary>
    /// <param name="server">A server that asks for passwords.</param>
    /// <param name="password">The password of ana.</param>
    public static async Task<List<Conversation>> OfLogInAsync(IPEndPoint server, string password)
    {
        await using var recorder = new ConversationRecorder(server);
        await using (var connection = await OpenAsync(
            recorder.Port, password, "SSL Mode=Disable;Server Compatibility Mode=NoTypeLoading"))
            await ReadAsync(connection, "select 1");
        return Named("scram", await recorder.EndAsync());
    }

    /// <summary>What other clients send.</summary>
    public static List<Conversation> Written() =>
    [
        Of("several",
            w => w.WriteQuery(
                "select 1; select 'a' as b; begin; select count(*) from silver.orders; "
                    + "rollback; select nope; select 2")),
        Of("cursors", w =>
        {
            w.WriteQuery("begin; declare c cursor with hold for select * from silver.orders");
            w.WriteQuery("fetch 2 from c");
            w.WriteQuery("move 1 in c; fetch all from c; close c; commit; discard all");
        }),
        Of("copy out", w =>
        {
            w.WriteQuery("copy (select * from silver.orders) to stdout with (format csv, header)");
            w.WriteQuery("copy silver.orders to stdout with (format binary)");
        }),
        Of("copy in", w =>
        {
            w.WriteQuery($"begin; copy {Table} from stdin with (format csv)");
            for (var i = 0; i < 5; i++) w.WriteCopyData("1,a\n2,\"b\n\"\n"u8);
            w.WriteCopyDone();
            w.WriteQuery($"copy {Table} from stdin");
            w.WriteCopyData("3\t\\N\n\\.\n"u8);
            w.WriteCopyFail("no more");
            w.WriteQuery("rollback");
        }),
        Of("portals", w =>
        {
            new ParseMessage(
                "s", "select id, name from silver.orders where id > $1 and name like $2", [20, 25]).Write(w);
            new NamedMessage(DescribedKind.Statement, "s").Write(w, MessageType.Describe);
            new BindMessage(
                "p", "s", [ValueFormat.Binary, ValueFormat.Text], [[0, 0, 0, 0, 0, 0, 0, 1], "%"u8.ToArray()],
                [ValueFormat.Binary]).Write(w);
            new NamedMessage(DescribedKind.Portal, "p").Write(w, MessageType.Describe);
            new ExecuteMessage("p", 2).Write(w);
            w.WriteAnswer(MessageType.Flush);
            new ExecuteMessage("p", 0).Write(w);
            new NamedMessage(DescribedKind.Portal, "p").Write(w, MessageType.Close);
            new NamedMessage(DescribedKind.Statement, "s").Write(w, MessageType.Close);
            w.WriteAnswer(MessageType.Sync);
            new BindMessage("", "s", [], [null], []).Write(w);
            new ExecuteMessage("", 0).Write(w);
            w.WriteAnswer(MessageType.Sync);
        }),
        Of("settings", w =>
        {
            w.WriteQuery(
                "set statement_timeout = '5s'; show all; set search_path = silver; prepare q as select $1::int; "
                    + "execute q(1); deallocate q");
            w.WriteQuery("select * from pg_catalog.pg_class c join pg_namespace n on n.oid = c.relnamespace");
            w.WriteQuery($"select '{new string('x', 60_000)}', E'\\u00e7', $q$'$q$, U&'\\0041'");
        }),
        Of("work", w =>
        {
            w.WriteQuery("set statement_timeout = '20ms'");
            for (var i = 0; i < 2; i++)
                w.WriteQuery("select count(*) from range(20000) a(x), range(5000) b(y) where x * y % 7 = 3");
        }),
        Of("functions", w =>
        {
            w.Begin(MessageType.FunctionCall);
            w.WriteInt32(1);
            w.WriteInt16(0);
            w.WriteInt16(0);
            w.WriteInt16(0);
            w.End();
            w.WritePassword("p=");
            w.WriteSaslInitialResponse("SCRAM-SHA-256", "n,,n=,r=abc"u8);
        }),
        Started("version 3.2", 3, 2, ("_pq_.command_tag", "1"), ("options", "-c statement_timeout=5s")),
        Started("version 2", 2, 0),
        Packets(
            "requests of encryption", new StartupPacket.SslRequest(), new StartupPacket.GssEncryptionRequest(),
            new StartupPacket.SslRequest()),
        Packets("a cancel of nobody", new StartupPacket.Cancel(new(1, [1, 2, 3, 4]))),
    ];

    /// <summary>A request that cancels what a session runs.</summary>
    public static Conversation CancelOf(BackendKeyData key) => Packets("cancel", new StartupPacket.Cancel(key));

    static Conversation Of(string name, Action<MessageWriter> write)
    {
        var writer = new MessageWriter();
        StartupOf(3, 0).Write(writer);
        write(writer);
        writer.WriteAnswer(MessageType.Sync);
        writer.WriteTerminate();
        return Conversation.Of(name, writer.Written.ToArray());
    }

    static Conversation Started(string name, int major, int minor, params (string Name, string Value)[] parameters)
    {
        var writer = new MessageWriter();
        StartupOf(major, minor, parameters).Write(writer);
        writer.WriteQuery("select 1");
        return Conversation.Of(name, writer.Written.ToArray());
    }

    static Conversation Packets(string name, params ReadOnlySpan<StartupPacket> packets)
    {
        var writer = new MessageWriter();
        foreach (var packet in packets) packet.Write(writer);
        return Conversation.Of(name, writer.Written.ToArray());
    }

    static StartupPacket.Startup StartupOf(int major, int minor, params (string Name, string Value)[] parameters) =>
        new(
            major, minor,
            [
                new("user", "ana"), new("database", "lake"),
                .. parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)),
            ]);

    static List<Conversation> Named(string name, List<byte[]> recorded) =>
        [.. recorded.Select(sent => Conversation.Of(name, sent))];

    static async Task<NpgsqlConnection> OpenAsync(int port, string? password, string more)
    {
        var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={port}"
                + $";Username=ana;Password={password};Database=lake;Pooling=false;Timeout=300;Command "
                + $"Timeout=0;{more}");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    static async Task ReadAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        while (await reader.ReadAsync(Cancel)) reader.GetValue(0);
    }

    static async Task ImportAsync(NpgsqlConnection connection)
    {
        await using var writer = await connection.BeginBinaryImportAsync(
            $"copy {Table} (id, name) from stdin (format binary)", Cancel);
        for (var i = 0L; i < 3; i++)
        {
            await writer.StartRowAsync(Cancel);
            await writer.WriteAsync(i, NpgsqlDbType.Bigint, Cancel);
            await writer.WriteAsync("ação", NpgsqlDbType.Text, Cancel);
        }
        await writer.CompleteAsync(Cancel);
    }

    static async Task ExportAsync(NpgsqlConnection connection)
    {
        await using var reader = await connection.BeginBinaryExportAsync(
            "copy (select id from silver.orders) to stdout (format binary)", Cancel);
        while (await reader.StartRowAsync(Cancel) >= 0) await reader.ReadAsync<long>(Cancel);
    }
}
