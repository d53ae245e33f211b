using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

public sealed class PgProtocolTests
{
    const string Endless = "select count(*) from range(10000000) a(x), range(10000000) b(y) where x * y % 7 = 3";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Session_begins_with_settings_and_a_key()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync(
            ("TimeZone", "America/Sao_Paulo"), ("options", "-c application_name=tests"));
        Assert.StartsWith("15.", client.Settings["server_version"], StringComparison.Ordinal);
        Assert.Equal("UTF8", client.Settings["client_encoding"]);
        Assert.Equal("America/Sao_Paulo", client.Settings["TimeZone"]);
        Assert.Equal("tests", client.Settings["application_name"]);
        Assert.NotNull(client.Key);
        Assert.Equal(
            ["T orders:20", "D 5", "C SELECT 1", "Z I"],
            await client.QueryAsync("select count(*) as orders from silver.orders"));
        Assert.Equal(["C SET", "Z I"], await client.QueryAsync("set TimeZone = 'UTC'"));
        Assert.Equal("UTC", client.Settings["TimeZone"]);
    }

    [Theory]
    [InlineData("ana", "wrong")]
    [InlineData("nobody", PgTestServer.Password)]
    public async Task Who_cannot_prove_itself_is_told_the_same(string user, string password)
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await PgTestClient.OpenAsync(server.EndPoint);
        Assert.Equal(
            [$"E FATAL 28P01 password authentication failed for user \"{user}\""],
            await client.StartAsync(user, password));
        Assert.Empty(server.Lake.Service.Sessions);
        Assert.Contains("wrong password", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("database", "shop", "3D000")]
    [InlineData("replication", "database", "0A000")]
    [InlineData("options", "-x", "22023")]
    [InlineData("no_such_setting", "1", "42704")]
    [InlineData("user", "", "28000")]
    public async Task What_a_start_may_not_say_is_refused(string name, string value, string sqlState)
    {
        await using var server = await PgTestServer.StartAsync(isOpen: true);
        using var client = await PgTestClient.OpenAsync(server.EndPoint);
        var answer = Assert.Single(await client.StartAsync("ana", null, (name, value)));
        Assert.StartsWith($"E FATAL {sqlState}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_for_encryption_are_answered_and_newer_protocols_negotiated()
    {
        await using var server = await PgTestServer.StartAsync(isOpen: true);
        using var client = await PgTestClient.OpenAsync(server.EndPoint);
        await client.SendAsync(new StartupPacket.GssEncryptionRequest().Write);
        Assert.Equal('N', await client.ReadByteAsync());
        await client.SendAsync(new StartupPacket.SslRequest().Write);
        Assert.Equal('N', await client.ReadByteAsync());
        await client.SendAsync(new StartupPacket.Startup(3, 9, [new("user", "ana"), new("_pq_.news", "1")]).Write);
        Assert.Equal(["v", "Z I"], await client.AnswersAsync());
        Assert.Equal(32, client.Key!.SecretKey.Length);
    }

    [Fact]
    public async Task Statements_of_one_query_run_up_to_the_first_that_fails()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        Assert.Equal(["I", "Z I"], await client.QueryAsync(" -- nothing\n ; "));
        Assert.Equal(
            ["T a:23", "D 1", "C SELECT 1", "E ERROR 42703 at 24 column \"nope\" does not exist", "Z I"],
            (await client.QueryAsync("select 1 as a; select  nope; select 3")).Select(Plain));
        Assert.Equal(["C BEGIN", "Z T"], await client.QueryAsync("begin"));
        Assert.Equal("Z E", (await client.QueryAsync("select nope"))[^1]);
        Assert.StartsWith("E ERROR 25P02", (await client.QueryAsync("select 1"))[0], StringComparison.Ordinal);
        Assert.Equal(["C ROLLBACK", "Z I"], await client.QueryAsync("commit"));
    }

    [Fact]
    public async Task Extended_messages_are_answered_in_order_and_skipped_behind_an_error_until_Sync()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        Assert.Equal(
            ["1", "t", "T sum:20", "2", "T sum:20", "D 0000000000000005", "C SELECT 1", "Z I"],
            await client.ExtendedAsync(w =>
            {
                new ParseMessage("s", "select ($1 + $2)::bigint as sum", [TypeOids.Int4, TypeOids.Int4]).Write(w);
                new NamedMessage(DescribedKind.Statement, "s").Write(w, MessageType.Describe);
                new BindMessage(
                    "", "s", [ValueFormat.Binary, ValueFormat.Text], [[0, 0, 0, 2], "3"u8.ToArray()],
                    [ValueFormat.Binary]).Write(w);
                new NamedMessage(DescribedKind.Portal, "").Write(w, MessageType.Describe);
                new ExecuteMessage("", 0).Write(w);
            }));
        Assert.Equal(
            ["1", "E ERROR 26000 prepared statement \"missing\" does not exist", "Z I"],
            await client.ExtendedAsync(w =>
            {
                new ParseMessage("", "select 1", []).Write(w);
                new BindMessage("", "missing", [], [], []).Write(w);
                new ExecuteMessage("", 0).Write(w);
                new ParseMessage("", "selec", []).Write(w);
            }));
        Assert.Equal(
            ["3", "1", "2", "n", "I", "Z I"],
            await client.ExtendedAsync(w =>
            {
                new NamedMessage(DescribedKind.Statement, "s").Write(w, MessageType.Close);
                new ParseMessage("", "", []).Write(w);
                new BindMessage("", "", [], [], []).Write(w);
                new NamedMessage(DescribedKind.Portal, "").Write(w, MessageType.Describe);
                new ExecuteMessage("", 0).Write(w);
            }));
    }

    [Theory]
    [InlineData(TypeOids.Numeric, new byte[] { 0, 1 })]
    [InlineData(TypeOids.Int4Array, new byte[] { 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 23 })]
    [InlineData(
        TypeOids.Int4Array,
        new byte[] { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 9 })]
    [InlineData(TypeOids.Int4, new byte[] { 0, 1 })]
    public async Task A_value_that_is_malformed_is_an_error_of_its_statement(uint type, byte[] value)
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        var answers = await client.ExtendedAsync(w =>
        {
            new ParseMessage("", "select $1", [type]).Write(w);
            new BindMessage("", "", [ValueFormat.Binary], [value], []).Write(w);
            new ExecuteMessage("", 0).Write(w);
        });
        Assert.Equal(["1", "E ERROR 22P03", "Z I"], answers.Select(a => a[0] == 'E' ? a[..13] : a));
    }

    [Fact]
    public async Task What_is_told_to_end_the_session_ends_it()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w => w.WriteQuery("copy silver.orders (id) from stdin"));
        Assert.Equal((byte)'G', (await client.ReadAsync())!.Value.Type);
        await client.SendAsync([(byte)'d', 127, 255, 255, 255]);
        Assert.StartsWith("E FATAL 08P01", Assert.Single(await client.AnswersAsync()), StringComparison.Ordinal);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Pipelined_groups_are_each_answered()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w =>
        {
            for (var i = 0; i < 50; i++)
            {
                new ParseMessage("", i == 20 ? "select nope" : "select $1::text", []).Write(w);
                new BindMessage("", "", [], i == 20 ? [] : [Encoding.UTF8.GetBytes($"{i}")], []).Write(w);
                new ExecuteMessage("", 0).Write(w);
                w.WriteAnswer(MessageType.Sync);
            }
        });
        for (var i = 0; i < 50; i++)
        {
            var answers = await client.AnswersAsync();
            if (i == 20) Assert.StartsWith("E ERROR 42703", answers[0], StringComparison.Ordinal);
            else Assert.Equal(["1", "2", $"D {i}", "C SELECT 1", "Z I"], answers);
        }
    }

    /// <summary>
    /// A session holds an eighth of the memory, here 128 MiB, all of them a quarter; values that arrive take twice
    /// their bytes.
    /// </summary>
    [Fact]
    public async Task What_portals_hold_is_counted_and_let_go()
    {
        await using var server = await PgTestServer.StartAsync();
        var value = new byte[10_000_000];
        value.AsSpan().Fill((byte)'y');
        var clients = new List<PgTestClient>();
        var held = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await server.ConnectAsync());
            await clients[i].QueryAsync("begin");
            held.Add(0);
            while ((await BindAsync(clients[i], $"p{held[i]}"))[^2] is "2") held[i]++;
        }
        // The first two take what all may hold.
        Assert.InRange(held[0], 5, 6);
        Assert.Equal(held[0], held[1]);
        Assert.InRange(held[2], 0, 1);
        Assert.StartsWith(
            "E ERROR 53200 out of memory: all sessions hold more than", (await AgainAsync(clients[2]))[^2],
            StringComparison.Ordinal);
        Assert.StartsWith(
            "E ERROR 53200 out of memory: the session holds more than", (await AgainAsync(clients[0]))[^2],
            StringComparison.Ordinal);
        // With the transaction its portals are gone.
        await clients[0].QueryAsync("rollback");
        await clients[2].QueryAsync("rollback");
        Assert.Equal("2", (await BindAsync(clients[2], "again"))[^2]);
        foreach (var client in clients) client.Dispose();
        await server.WaitUntilIdleAsync();
        Assert.Equal(0, server.Lake.Service.Host.Held.Bytes);

        async Task<List<string>> AgainAsync(PgTestClient client)
        {
            await client.QueryAsync("rollback");
            await client.QueryAsync("begin");
            List<string> answers = [];
            for (var i = 0; answers is [] || answers[^2] is "2"; i++) answers = await BindAsync(client, $"q{i}");
            return answers;
        }

        Task<List<string>> BindAsync(PgTestClient client, string portal) => client.ExtendedAsync(w =>
        {
            new ParseMessage("", "select $1::text", []).Write(w);
            new BindMessage(portal, "", [], [value], []).Write(w);
        });
    }

    [Fact]
    public async Task Portals_give_rows_piece_by_piece_and_end_with_the_transaction()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.QueryAsync("begin");
        Assert.Equal(
            ["1", "2", "2", "D 1", "D 2", "s", "D 1", "s", "D 3", "D 4", "D 5", "C SELECT 3", "C SELECT 0", "Z T"],
            await client.ExtendedAsync(w =>
            {
                new ParseMessage("s", "select id from silver.orders order by id", []).Write(w);
                new BindMessage("a", "s", [], [], []).Write(w);
                new BindMessage("b", "s", [], [], []).Write(w);
                new ExecuteMessage("a", 2).Write(w);
                new ExecuteMessage("b", 1).Write(w);
                new ExecuteMessage("a", 0).Write(w);
                new ExecuteMessage("a", 0).Write(w);
            }));
        Assert.Equal(["D 2", "s", "Z T"], await client.ExtendedAsync(w => new ExecuteMessage("b", 1).Write(w)));
        await client.QueryAsync("commit");
        Assert.Equal(
            ["E ERROR 34000 portal \"b\" does not exist", "Z I"],
            await client.ExtendedAsync(w => new ExecuteMessage("b", 1).Write(w)));
    }

    [Fact]
    public async Task Copy_is_sent_as_PostgreSQL_frames_it()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        Assert.Equal(
            ["H", "d 1\ta\n", "d 3\t\\N\n", "c", "C COPY 2", "Z I"],
            await client.QueryAsync(
                "copy (select id, name from silver.orders where id in (1, 3) order by id) to stdout"));
        Assert.Equal(
            ["H", "d id,name\n", "d 1,a\n", "c", "C COPY 1", "Z I"],
            await client.QueryAsync(
                "copy (select id, name from silver.orders where id = 1) to stdout (format csv, header)"));
        var binary = await client.QueryAsync(
            "copy (select 1::int as a union all select 2 order by 1) to stdout (format binary)");
        const string header = "PGCOPY\n\u00FF\r\n\0\0\0\0\0\0\0\0\0";
        Assert.Equal(
            [
                "H", $"d {header}\0\u0001\0\0\0\u0004\0\0\0\u0001", "d \0\u0001\0\0\0\u0004\0\0\0\u0002",
                "d \u00FF\u00FF", "c", "C COPY 2", "Z I",
            ],
            binary);
        Assert.Equal(
            ["H", $"d {header}\u00FF\u00FF", "c", "C COPY 0", "Z I"],
            await client.QueryAsync("copy (select 1::int as a where false) to stdout (format binary)"));
    }

    [Fact]
    public async Task Statement_is_canceled_by_its_key_and_by_no_other()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(w => w.WriteQuery(Endless));
        var answers = client.AnswersAsync();
        await CancelAsync(server, client.Key! with { SecretKey = [1, 2, 3, 4] });
        // An interrupt that comes ahead of the statement cancels nothing: asked again until it is there.
        while (!answers.IsCompleted)
        {
            await CancelAsync(server, client.Key);
            await Task.WhenAny(answers, Task.Delay(TimeSpan.FromMilliseconds(100), Cancel));
        }
        Assert.Equal(
            ["E ERROR 57014 canceling statement due to user request", "Z I"], (await answers).Where(a => a[0] != 'T'));
        Assert.Equal("D 1", (await client.QueryAsync("select 1"))[1]);
    }

    [Fact]
    public async Task Statement_ends_at_its_time_limit()
    {
        await using var server = await PgTestServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.QueryAsync("set statement_timeout = '200ms'");
        Assert.Equal(
            ["E ERROR 57014 canceling statement due to statement timeout", "Z I"],
            (await client.QueryAsync(Endless)).Where(a => a[0] != 'T'));
    }

    [Theory]
    [InlineData(Endless)]
    [InlineData("select repeat('x', 1000), i from range(100000000) r(i)")]
    public async Task Client_that_is_killed_leaves_nothing_behind(string sql)
    {
        await using var server = await PgTestServer.StartAsync();
        using (var client = await server.ConnectAsync())
        {
            await client.SendAsync(w => w.WriteQuery(sql));
            if (sql != Endless) await client.ReadAsync();
        }
        await server.WaitUntilIdleAsync();
        using var next = await server.ConnectAsync();
        Assert.Equal("D 1", (await next.QueryAsync("select 1"))[1]);
    }

    [Fact]
    public async Task Stopping_tells_who_waits_and_lets_finish_who_works()
    {
        var server = await PgTestServer.StartAsync();
        using var idle = await server.ConnectAsync();
        using var busy = await server.ConnectAsync();
        await busy.SendAsync(w => w.WriteQuery("select count(*) from range(200000000) r(i)"));
        // Once another session is known to have begun after it, the statement has been read.
        while (server.Lake.Service.Sessions.Count < 2) await Task.Yield();
        var stopping = server.Server.StopAsync();
        Assert.Equal(["E FATAL 57P01 terminating connection due to administrator command"], await idle.AnswersAsync());
        var answers = await busy.AnswersAsync();
        Assert.Contains(answers, a => a is "D 200000000" || a.StartsWith("E FATAL 57P01", StringComparison.Ordinal));
        await stopping;
        await server.DisposeAsync();
    }

    static async Task CancelAsync(PgTestServer server, BackendKeyData key)
    {
        using var other = await PgTestClient.OpenAsync(server.EndPoint);
        await other.SendAsync(new StartupPacket.Cancel(key).Write);
        Assert.Null(await other.ReadAsync());
    }

    /// <summary>
    /// The binder decides how an unknown column is named; here only the error and its position matter.
    /// </summary>
    static string Plain(string answer) => answer.StartsWith("E ERROR 42703 at 24", StringComparison.Ordinal)
        ? "E ERROR 42703 at 24 column \"nope\" does not exist"
        : answer;
}
