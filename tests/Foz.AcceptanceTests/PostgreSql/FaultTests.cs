using Foz.Connectors;
using Foz.Lake;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Servers and readers that stop half way.</summary>
public sealed class FaultTests(PostgreSqlServer server, FaultTests.LargeDatabase large)
    : IClassFixture<FaultTests.LargeDatabase>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reader_that_stops_early_stops_the_server_too()
    {
        var database = large.Database;
        await using var source = database.Source(("application_name", "stops early"));
        await using (var rows = await ReadAsync(source))
        {
            await foreach (var batch in rows.Stream.Partitions[0].WithCancellation(Token))
            {
                Assert.Equal(1, await SessionsAsync(database, "stops early", "COPY%"));
                break;
            }
        }

        while (await SessionsAsync(database, "stops early", "COPY%") > 0) await Task.Yield();
    }

    [Fact]
    public async Task Rows_that_nobody_reads_leave_no_session()
    {
        var database = large.Database;
        const string waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nobody reads' AND "
                + "state = 'idle in transaction'";
        await using var source = database.Source(("application_name", "nobody reads"), ("connections_max", "3"));
        await using (await ReadAsync(source))
            Assert.Equal("3", await database.ScalarAsync(waiting));
        while (await database.ScalarAsync(waiting) != "0") await Task.Yield();
    }

    [Fact]
    public async Task Cancellation_ends_the_read()
    {
        var database = large.Database;
        await using var source = database.Source(("application_name", "canceled"));
        await using var rows = await ReadAsync(source);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in rows.Stream.Partitions[0].WithCancellation(stop.Token))
                await stop.CancelAsync();
        });
        while (await SessionsAsync(database, "canceled", "COPY%") > 0) await Task.Yield();
    }

    [Fact]
    public async Task Session_that_an_administrator_ends_is_a_transient_error()
    {
        var database = large.Database;
        await using var source = database.Source(("application_name", "ended"));
        await using var rows = await ReadAsync(source);
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            var batches = 0;
            await foreach (var batch in rows.Stream.Partitions[0].WithCancellation(Token))
                if (batches++ == 0)
                    await database.ScalarAsync(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                            + "WHERE application_name = 'ended'");
        });
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.True(error.IsTransient);
        Assert.Contains("reading public.t", error.Message);
    }

    [Fact]
    public async Task Statement_timeout_is_said_so_with_its_remedy()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE VIEW slow AS SELECT 1 AS i, pg_sleep(600)::text AS s");
        await database.GrantAsync();
        var error = await Assert.ThrowsAsync<FozException>(
            () => database.ReadAsync(PostgreSqlDatabase.Stream("slow"), ("statement_timeout", "50ms")));
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.Contains("canceling statement due to statement timeout (57014)", error.Message);
        Assert.Contains("statement_timeout: 0", error.Hint);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Error_in_the_middle_of_the_rows_is_not_swallowed()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE VIEW broken AS SELECT i, 1 / (50000 - i) AS v FROM generate_series(1, 100000) i");
        await database.GrantAsync();
        var error = await Assert.ThrowsAsync<FozException>(
            () => database.ReadAsync(PostgreSqlDatabase.Stream("broken")));
        Assert.Contains("reading public.broken, after row 49999 of a part: division by zero (22012)", error.Message);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Server_killed_in_the_middle_is_a_transient_error()
    {
        await using var ownServer = new PostgreSqlServer();
        var database = await ownServer.CreateDatabaseAsync();
        await FillAsync(database);
        await using var source = database.Source();
        await using var rows = await ReadAsync(source);
        var rowCount = 0;
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await foreach (var batch in rows.Stream.Partitions[0].WithCancellation(Token))
            {
                if (rowCount == 0) ownServer.Kill();
                rowCount += batch.RowCount;
            }
        });
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.True(error.IsTransient);
        Assert.Contains("reading public.t", error.Message);
        Assert.InRange(rowCount, 1, 299_999);
    }

    [Fact]
    public async Task Connection_cut_in_the_middle_is_a_transient_error()
    {
        var database = large.Database;
        await using var proxy = new Proxy(server.Port) { BytesMax = 3_000_000 };
        await using var source = database.Source(
            ("host", "127.0.0.1"), ("port", $"{proxy.Port}"), ("sslmode", "disable"), ("connections_max", "1"));
        await using var rows = await ReadAsync(source);
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await foreach (var batch in rows.Stream.Partitions[0].WithCancellation(Token)) { }
        });
        Assert.Contains("the server closed the connection", error.Message);
        Assert.True(error.IsTransient);
    }

    /// <summary>More than the buffers in between hold: about 100 MB.</summary>
    static async Task FillAsync(PostgreSqlDatabase database)
    {
        await database.ExecuteAsync("""
            CREATE TABLE t (id int, v text);
            ALTER TABLE t ALTER v SET STORAGE PLAIN;
            INSERT INTO t SELECT i, repeat('x', 300) FROM generate_series(1, 300000) i;
            """);
        await database.GrantAsync();
    }

    static async Task<StreamRows.Streamed> ReadAsync(ISource source) =>
        (StreamRows.Streamed)await source.ReadAsync(
            PostgreSqlDatabase.Stream("t"), new StreamInputs.OfAll(), ReadRows.Context, Token);

    static async Task<int> SessionsAsync(PostgreSqlDatabase database, string application, string query) =>
        int.Parse((await database.ScalarAsync(
            $"SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                + $"'{application}' AND query LIKE '{query}'"))!);

    /// <summary>A database whose table fits no buffer.</summary>
    public sealed class LargeDatabase(PostgreSqlServer server) : IAsyncLifetime
    {
        public PostgreSqlDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Database = await server.CreateDatabaseAsync();
            await FillAsync(Database);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
