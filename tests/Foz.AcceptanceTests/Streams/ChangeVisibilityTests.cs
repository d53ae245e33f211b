using System.Globalization;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Pipelines.Runs;
using Foz.Storage;
using Foz.Streams;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>What readers see of a batch while its tables commit it one after the other.</summary>
public sealed class ChangeVisibilityTests(PostgreSqlServer server)
{
    const int Accounts = 20, Whole = 2 * Accounts * 100;

    const string Schema = """
        CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int);
        INSERT INTO a SELECT i, 100 FROM generate_series(1, 20) i;
        INSERT INTO b SELECT i, 100 FROM generate_series(1, 20) i
        """;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_that_one_table_lacks_is_seen_in_none()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
        logged.Lake.Write("models/gold/total.sql", SumOf("bronze.a", "bronze.b"));
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(Transfer(1, 2, 3));
        await logged.Lake.RunWellAsync();
        using var host = ServeOnly(logged);
        await using var client = await ConnectAsync(host);
        using var other = new TestLake(logged.Lake.Folder);

        await logged.Database.ExecuteAsync(Transfer(5, 1, 4));
        using var released = new ManualResetEventSlim();
        var hits = 0;
        using var half = Failpoint.Watch(name =>
        {
            if (name == "streams.table" && Interlocked.Increment(ref hits) == 2) released.Wait(Cancel);
        });
        var writing = Task.Run(logged.Lake.RunWellAsync, Cancel);
        try
        {
            // Each table alone has what is committed; the two at their newest versions do not fit.
            while (await ChangesAsync(other) == 2) await Task.Delay(20, Cancel);
            Assert.Equal(3, await ChangesAsync(other));
            Assert.NotEqual(Whole, await SumAsync(other, Newest(other, "a"), Newest(other, "b")));

            Assert.Equal(Whole, await SumAsync(other, "bronze.a", "bronze.b"));
            Assert.Equal(Whole, await SumAsync(other, "bronze.b", "bronze.a"));
            Assert.Equal(Whole, await SumAsync(logged.Lake, "bronze.a", "bronze.b"));
            Assert.Equal(Whole, await ScalarAsync(client, SumOf("bronze.a", "bronze.b")));
            Assert.Equal(Whole, await TwiceAsync(client, "a", "b"));
            Assert.Equal(Whole, await TwiceAsync(client, "b", "a"));
            (await FozProcess.RunAsync(logged.Lake.Folder, "run", "--select", "gold.total")).Expect(0);
            Assert.Equal([$"{Whole}"], await other.QueryAsync("SELECT * FROM gold.total"));

            // A batch that its writer never ends is not hidden for ever.
            using var late = new TestLake(logged.Lake.Folder, clock: new LaterTime());
            Assert.NotEqual(Whole, await SumAsync(late, "bronze.a", "bronze.b"));
        }
        finally
        {
            released.Set();
            await writing;
        }
        Assert.Equal(4, await ChangesAsync(other));
        Assert.Equal(Whole, await SumAsync(other, "bronze.a", "bronze.b"));
        Assert.Equal(4L, await ScalarAsync(client, CountOf("bronze.a", "bronze.b")));
        Assert.Equal(Whole, await TwiceAsync(client, "a", "b"));
        Assert.Equal(["4"], await other.QueryAsync(CountOf("bronze.a", "bronze.b")));
    }

    [Fact]
    public async Task Transfers_are_whole_for_readers_while_a_host_follows_them()
    {
        var random = new Random(Soak.Seed());
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        using var host = ServeOnly(logged);
        await using var client = await ConnectAsync(host);
        await using var transacting = await ConnectAsync(client);
        using var other = new TestLake(logged.Lake.Folder);
        var (project, runs) = (logged.Lake.Load(), new RunService(logged.Lake.Lake));
        using var ending = new CancellationTokenSource();
        var pauses = new Random(random.Next());
        using var paused = Failpoint.Watch(name =>
        {
            if (name == "streams.table") Cancel.WaitHandle.WaitOne(pauses.Next(40));
        });
        var following = Task.Run(
            () => runs.Start(
                FollowedSource.Of(project).Single().Request(project, TimeSpan.FromHours(1)), _ => { },
                ending.Token).Result,
            Cancel);
        var writing = Task.Run(async () =>
        {
            while (!ending.IsCancellationRequested)
                await logged.Database.ExecuteAsync(
                    Transfer(random.Next(1, 9), random.Next(1, Accounts + 1), random.Next(1, Accounts + 1)));
        }, Cancel);
        var (broken, reads, transactions) = (0, 0, 0);
        var startedAt = TimeProvider.System.GetTimestamp();
        var lasting = TimeSpan.FromSeconds(20 * Soak.Factor);
        Task[] reading =
        [
            Task.Run(async () =>
            {
                for (; TimeProvider.System.GetElapsedTime(startedAt) < lasting; reads++)
                {
                    Assert.Equal(Whole, await SumAsync(other, "bronze.a", "bronze.b"));
                    Assert.Equal(Whole, await ScalarAsync(client, SumOf("bronze.b", "bronze.a")));
                    if (await SumAsync(other, Newest(other, "a"), Newest(other, "b")) != Whole) broken++;
                }
            }, Cancel),
            Task.Run(async () =>
            {
                for (; TimeProvider.System.GetElapsedTime(startedAt) < lasting; transactions++)
                    Assert.Equal(Whole, await TwiceAsync(transacting, "a", "b", pauseMs: transactions % 3 * 100));
            }, Cancel),
        ];
        try
        {
            await Task.WhenAll(reading);
        }
        finally
        {
            await ending.CancelAsync();
            await writing;
            await following.ContinueWith(_ => { }, TaskScheduler.Default);
        }
        TestContext.Current.SendDiagnosticMessage($"{reads} reads, {transactions} transactions, {broken} broken");
        Assert.True(broken > 0, "the newest versions always fitted: the test shows nothing");
        Assert.True(reads > 10 && transactions > 10, $"{reads} reads, {transactions} transactions");
        // What is seen moves on.
        Assert.True(await ChangesAsync(other) > 100);
    }

    [Fact]
    public async Task A_table_that_stands_still_hides_nothing_of_others()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
        logged.WriteStreams("  a: {mode: cdc, drift: fail}\n  b: {mode: cdc}\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("ALTER TABLE a ADD v text");
        for (var round = 1; round < 3; round++)
        {
            await logged.Database.ExecuteAsync(Transfer(5, 1, round));
            Assert.Equal(Foz.Lake.Journal.Outcome.Failed, (await logged.Lake.RunAsync()).Outcome);
            // Nor where only one of the two changed.
            Assert.Equal([$"{round}"], await logged.Lake.QueryAsync(CountOf("bronze.a", "bronze.b")));
        }
        await logged.Database.ExecuteAsync("UPDATE b SET n = n");
        await logged.Lake.RunAsync();
        Assert.Equal(["22"], await logged.Lake.QueryAsync(CountOf("bronze.a", "bronze.b")));
    }

    static string Transfer(int amount, int from, int to) => string.Create(
        CultureInfo.InvariantCulture,
        $"BEGIN; UPDATE a SET n = n - {amount} WHERE id = {from}; UPDATE b SET n = n + {amount} WHERE id = {to}; COMMIT");

    /// <summary>The sum over the current rows of both tables.</summary>
    static string SumOf(string a, string b) => $"""
        SELECT CAST(sum(n) AS BIGINT) AS total FROM (
            SELECT n, row_number() OVER (PARTITION BY t, id ORDER BY _cdc_lsn DESC, _cdc_seq DESC NULLS LAST) AS r
            FROM (SELECT 'a' AS t, id, n, _cdc_lsn, _cdc_seq FROM {a}
                UNION ALL SELECT 'b', id, n, _cdc_lsn, _cdc_seq FROM {b}) AS c
        ) AS d WHERE r = 1
        """;

    static string CountOf(string a, string b) =>
        $"SELECT count(*) FROM (SELECT _cdc_op FROM {a} UNION ALL SELECT _cdc_op FROM {b}) AS c WHERE _cdc_op = 'u'";

    static string Newest(TestLake lake, string table) => $"delta_scan('{lake.Lake.Folder}/bronze/{table}')";

    static async Task<long> SumAsync(TestLake lake, string a, string b) =>
        long.Parse((await lake.QueryAsync(SumOf(a, b))).Single(), CultureInfo.InvariantCulture);

    static async Task<int> ChangesAsync(TestLake lake) => int.Parse(
        (await lake.QueryAsync(CountOf(Newest(lake, "a"), Newest(lake, "b")))).Single(), CultureInfo.InvariantCulture);

    /// <summary>The sum by two statements of one transaction.</summary>
    static async Task<long> TwiceAsync(NpgsqlConnection client, string first, string second, int pauseMs = 0)
    {
        await using var transaction = await client.BeginTransactionAsync(Cancel);
        if (pauseMs > 0) await Task.Delay(pauseMs, Cancel);
        var sum = await ScalarAsync(client, OneOf(first)) + await ScalarAsync(client, OneOf(second));
        await transaction.CommitAsync(Cancel);
        return sum;

        static string OneOf(string table) => $"""
            SELECT CAST(sum(n) AS BIGINT) FROM (
                SELECT n, row_number() OVER (PARTITION BY id ORDER BY _cdc_lsn DESC, _cdc_seq DESC NULLS LAST) AS r
                FROM bronze.{table}) AS d WHERE r = 1
            """;
    }

    static async Task<long> ScalarAsync(NpgsqlConnection client, string sql)
    {
        await using var command = new NpgsqlCommand(sql, client);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    /// <summary>Starts a host that answers SQL, and follows nothing.</summary>
    static FozProcess ServeOnly(LoggedDatabase logged) => FozProcess.Start(
        logged.Lake.Folder, failpoint: null, "serve", "--insecure-loopback", "--no-schedules", "--pg-port", "0",
        "--trino-port", "0", "--http-port", "0");

    static async Task<NpgsqlConnection> ConnectAsync(FozProcess host)
    {
        var line = await host.ReadLineAsync();
        Assert.True(line is not null && line.Contains(',', StringComparison.Ordinal), line);
        var port = line[(line.LastIndexOf(':') + 1)..line.IndexOf(',', StringComparison.Ordinal)];
        var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={port};Username=foz;Database=lake;Pooling=false;Timeout=60;Command Timeout=60");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    static async Task<NpgsqlConnection> ConnectAsync(NpgsqlConnection other)
    {
        var connection = new NpgsqlConnection(other.ConnectionString);
        await connection.OpenAsync(Cancel);
        return connection;
    }

    /// <summary>The time of a reader that looks when a writer was ended long ago.</summary>
    sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMinutes(11);
    }
}
