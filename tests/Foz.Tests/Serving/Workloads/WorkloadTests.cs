using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Serving.Governance;
using Foz.Serving.Statements;
using Foz.Serving.Workloads;
using Foz.Tests.Delta;
using Foz.Tests.Server.Trino;

namespace Foz.Tests.Serving.Workloads;

/// <summary>Classes of statements, as sessions meet them.</summary>
public sealed class WorkloadTests : IAsyncLifetime
{
    const string Endless = "SELECT count(*) FROM silver.orders o, range(1000000000000) r WHERE o.id + r.range < 0";

    readonly string project = Directory.CreateTempSubdirectory("foz-workloads-").FullName;
    ServedLake? lake;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    ServedLake Lake => lake!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (lake is not null) await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    Task ServeAsync(params WorkloadOptions[] workloads) => ServeAtAsync(TimeProvider.System, workloads);

    async Task ServeAtAsync(TimeProvider clock, params WorkloadOptions[] workloads)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        await File.WriteAllTextAsync(
            Path.Combine(project, "policies", "access.yml"),
            "roles:\n  - {name: analysts, members: [bia]}\ngrants:\n  - {to: [everyone], on: ['*']}", Cancel);
        var access = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(
            () => access.Current, choose: options => options with { Workloads = workloads, SessionsMax = 20 },
            // What is given again does no work.
            resultBytesMax: 0, clock: clock);
    }

    WorkloadClass Class(string name) => Lake.Service.Host.Workloads.All.Single(c => c.Name == name);

    void AssertFree() =>
        Assert.All(
            Lake.Service.Host.Workloads.All, known => Assert.Equal((0, 0), (known.Slots.Held, known.Slots.Waiting)));

    /// <summary>Waits until something is so.</summary>
    static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(10), Cancel);
    }

    [Fact]
    public async Task The_first_class_that_takes_a_session_is_its_class()
    {
        await ServeAsync(
            new() { Name = "dashboards", Users = ["ana", "bia"], Applications = ["superset"] },
            new() { Name = "analysts", Roles = ["analysts"] },
            new() { Name = "reports", Applications = ["excel"] });
        await using var ana = Lake.Open("ana", isOwner: true);
        await using var superset = Lake.Open("ana", isOwner: true, ("application_name", "superset"));
        await using var bia = Lake.Open("bia", isOwner: false);
        await using var excel = Lake.Open("caio", isOwner: false, ("application_name", "excel"));
        await using var scoped = Lake.Service.Open(new("bia", IsOwner: false) { Scope = ["others"] }, new());
        await using var token = Lake.Service.Open(new("dora", IsOwner: false) { Roles = ["analysts"] }, new());
        Assert.Equal(
            ["default", "dashboards", "analysts", "reports", "default", "analysts"],
            new[] { ana, superset, bia, excel, scoped, token }.Select(session => session.Workload));
        await ana.RunAsync("SET application_name = 'excel'");
        Assert.Equal("reports", ana.Workload);
        Assert.Equal(["5", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM silver.orders"));
        AssertFree();
    }

    [Fact]
    public async Task Memory_is_divided_among_classes_and_a_quarter_stays()
    {
        await ServeAsync(
            new WorkloadOptions { Name = "a", Users = ["a"], MemoryBytes = 100 << 20, Threads = 1, Slots = 7 },
            new() { Name = "b", Users = ["b"] });
        var engines = Lake.Lake.Engines;
        var left = engines.MemoryBytes - engines.MemoryBytes / 4 - (100 << 20);
        Assert.Equal(
            [("a", 100 << 20, 1, 7), ("b", left / 2, 2, 4), ("default", left / 2, 2, 4)],
            Lake.Service.Host.Workloads.All.Select(c =>
                (c.Name, c.Instance.MemoryBytes, c.Instance.Threads, c.Slots.SlotsMax)));
        using var engine = Class("a").Instance.Open();
        Assert.Equal("1", engine.QueryScalar<string>("SELECT current_setting('threads')::VARCHAR", Cancel));
        Assert.Equal("100.0 MiB", engine.QueryScalar<string>("SELECT current_setting('memory_limit')", Cancel));
        Assert.Equal(engines.MemoryBytes / 4, engines.Find(Foz.Lake.Engine.Workload.Query).MemoryBytes);
    }

    [Fact]
    public async Task Classes_cannot_have_more_memory_than_there_is()
    {
        var error = await Assert.ThrowsAsync<FozException>(() =>
            ServeAsync(new WorkloadOptions { Name = "a", Users = ["a"], MemoryBytes = 1L << 30 }));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains("memory", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_wait_for_a_slot_and_catalogs_and_values_do_not()
    {
        // Without time no slot is lent.
        await ServeAtAsync(new ManualTime(), new WorkloadOptions { Name = "default", Slots = 1 });
        await using var first = Lake.Open();
        await using var second = Lake.Open();
        await using var watcher = Lake.Open();
        await using var open = await (await first.PrepareAsync("SELECT * FROM silver.orders", [], Cancel)).ExecuteAsync(
            [], Cancel);
        Assert.NotNull(await open.FetchAsync(1, Cancel));
        var waiting = Task.Run(() => second.RunAsync("SELECT count(*) FROM silver.orders"), Cancel);
        await UntilAsync(() => Class("default").Slots.Waiting == 1);
        Assert.Equal(["1", "SELECT 1"], await watcher.RunAsync("SELECT 1"));
        Assert.Equal(
            ["silver", "SELECT 1"],
            await watcher.RunAsync("SELECT nspname FROM pg_namespace WHERE nspname = 'silver'"));
        Assert.Equal(["UTC", "SHOW"], await watcher.RunAsync("SHOW TimeZone"));
        Assert.Equal(
            [
                $"{first.Id}|idle|NULL|default", $"{second.Id}|active|Queue|default",
                $"{watcher.Id}|active|NULL|default", "SELECT 3",
            ],
            await watcher.RunAsync("SELECT pid, state, wait_event, workload FROM pg_stat_activity ORDER BY pid"));
        await open.DisposeAsync();
        Assert.Equal(["5", "SELECT 1"], await waiting);
        AssertFree();
    }

    [Theory]
    [InlineData("SELECT i FROM range(5) AS r(i)", 1)]
    [InlineData("SELECT s FROM generate_series(1, 5) AS s", 1)]
    [InlineData("SELECT unnest(range(5))", 1)]
    [InlineData("SELECT unnest([1, 2])", 0)]
    [InlineData("SELECT nspname, i FROM pg_namespace, range(5) AS r(i)", 0)]
    public async Task What_makes_rows_of_nothing_takes_a_slot(string sql, int held)
    {
        await ServeAsync();
        await using var session = Lake.Open();
        await using (var open = await (await session.PrepareAsync(sql, [], Cancel)).ExecuteAsync([], Cancel))
        {
            Assert.NotNull(await open.FetchAsync(1, Cancel));
            Assert.Equal(held, Class("default").Slots.Held);
        }
        AssertFree();
    }

    [Fact]
    public async Task A_full_queue_refuses_and_waiting_ends()
    {
        var clock = new AheadTime();
        await ServeAtAsync(
            clock,
            new WorkloadOptions { Name = "default", Slots = 1, QueueMax = 1, QueueTimeout = TimeSpan.FromHours(1) });
        await using var first = Lake.Open();
        await using var second = Lake.Open();
        await using var third = Lake.Open();
        var endless = Task.Run(() => first.FailAsync(Endless), Cancel);
        await UntilAsync(() => Class("default").Slots.Held == 1);
        var statement = await second.PrepareAsync("SELECT count(*) FROM silver.orders", [], Cancel);
        var refused = await third.PrepareAsync("SELECT count(*) FROM silver.orders", [], Cancel);
        var late = statement.ExecuteAsync([], Cancel);
        await UntilAsync(() => Class("default").Slots.Waiting == 1);
        Assert.Equal(
            "53300", (await Assert.ThrowsAsync<FozException>(() => refused.ExecuteAsync([], Cancel))).SqlState);
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("57014", (await Assert.ThrowsAsync<FozException>(() => late)).SqlState);
        first.Work.Cancel();
        Assert.Equal("57014", await endless);
        AssertFree();
        Assert.Equal(["53300", "57014", "57014"], (await Lake.QueriesAsync()).Select(q => q.SqlState));
    }

    [Fact]
    public async Task Slots_are_given_back_on_every_path()
    {
        await ServeAsync(new WorkloadOptions { Name = "default", Slots = 1 });
        var session = Lake.Open();
        await session.RunAsync("SELECT * FROM silver.orders");
        AssertFree();
        Assert.Equal("22P02", await session.FailAsync("SELECT CAST(name AS INTEGER) FROM silver.orders"));
        AssertFree();
        await session.RunAsync("INSERT INTO silver.orders (id) VALUES (6)");
        AssertFree();
        await session.FailAsync("INSERT INTO silver.orders (id) SELECT CAST(name AS BIGINT) FROM silver.orders");
        AssertFree();
        await session.RunAsync("EXPLAIN ANALYZE SELECT * FROM silver.orders");
        AssertFree();
        await session.RunAsync("COPY silver.orders TO STDOUT");
        AssertFree();

        // A portal is not drained, but closed.
        await using (await (await session.PrepareAsync("SELECT * FROM silver.orders", [], Cancel)).ExecuteAsync(
            [], Cancel))
            Assert.Equal(1, Class("default").Slots.Held);
        AssertFree();

        await session.RunAsync("BEGIN");
        await session.RunAsync("DECLARE c CURSOR FOR SELECT * FROM silver.orders");
        await session.RunAsync("DECLARE h CURSOR WITH HOLD FOR SELECT * FROM silver.orders");
        await session.RunAsync("FETCH 1 FROM c");
        Assert.Equal(1, Class("default").Slots.Held);
        await session.RunAsync("COMMIT");
        Assert.Equal(1, Class("default").Slots.Held);
        Assert.Equal(["1|a|1.50", "FETCH 1"], await session.RunAsync("FETCH 1 FROM h"));
        await session.RunAsync("CLOSE h");
        AssertFree();

        await session.RunAsync("BEGIN");
        await session.RunAsync("DECLARE c CURSOR FOR SELECT * FROM silver.orders");
        await session.RunAsync("ROLLBACK");
        AssertFree();

        var endless = Task.Run(() => session.FailAsync(Endless), Cancel);
        await UntilAsync(() => Class("default").Slots.Held == 1);
        session.Work.Cancel();
        Assert.Equal("57014", await endless);
        AssertFree();

        // The client is gone.
        await session.RunAsync("BEGIN");
        await session.RunAsync("DECLARE c CURSOR FOR SELECT * FROM silver.orders");
        await session.DisposeAsync();
        AssertFree();
    }

    [Fact]
    public async Task An_open_cursor_of_an_idle_client_lends_its_slot_and_goes_on_later()
    {
        await ServeAsync(new WorkloadOptions { Name = "default", Slots = 1 });
        await using var idle = Lake.Open();
        await using var other = Lake.Open();
        await idle.RunAsync("BEGIN");
        await idle.RunAsync("DECLARE c CURSOR FOR SELECT id FROM silver.orders ORDER BY id");
        Assert.Equal(["1", "FETCH 1"], await idle.RunAsync("FETCH 1 FROM c"));
        // It waits for as long as the cursor holds its slot, although no statement works with it.
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal(["2", "FETCH 1"], await idle.RunAsync("FETCH 1 FROM c"));
        await idle.RunAsync("COMMIT");
        AssertFree();
    }

    [Fact]
    public async Task A_statement_works_no_longer_than_its_class_lets_it()
    {
        await ServeAsync(new WorkloadOptions { Name = "default", StatementTimeout = TimeSpan.FromMilliseconds(50) });
        await using var session = Lake.Open();
        var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(Endless));
        Assert.Equal(("57014", ErrorKind.Resource), (error.SqlState, error.Kind));
        Assert.Contains("workload default", error.Message, StringComparison.Ordinal);
        AssertFree();
    }

    [Fact]
    public async Task Small_statements_of_one_class_are_done_while_another_class_works_without_end()
    {
        await ServeAsync(
            new() { Name = "dashboards", Users = ["ana"], MemoryBytes = 64 << 20, Threads = 1 },
            new() { Name = "analysts", Users = ["bia"], MemoryBytes = 64 << 20, Threads = 1, Slots = 1 });
        await using var ana = Lake.Open();
        await using var bia = Lake.Open("bia");
        await using var waits = Lake.Open("bia");
        var endless = Task.Run(() => bia.FailAsync(Endless), Cancel);
        await UntilAsync(() => Class("analysts").Slots.Held == 1);
        var queued = Task.Run(() => waits.FailAsync(Endless), Cancel);
        await UntilAsync(() => Class("analysts").Slots.Waiting == 1);
        for (var i = 0; i < 20; i++)
            Assert.Equal(
                ["5|13.00", "SELECT 1"], await ana.RunAsync("SELECT count(*), sum(amount) FROM silver.orders"));
        // What is written is not kept waiting either.
        await Lake.ChangeAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        Assert.Equal(["6", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.False(endless.IsCompleted || queued.IsCompleted);
        waits.Work.Cancel();
        bia.Work.Cancel();
        Assert.Equal(["57014", "57014"], await Task.WhenAll(endless, queued));
        AssertFree();
    }

    [Fact]
    public async Task A_join_of_four_times_the_memory_of_its_class_spills_and_is_right_and_a_limit_of_the_disk_is_told()
    {
        const int Rows = 6_000_000;
        await ServeAsync(
            new() { Name = "analysts", Users = ["bia"], MemoryBytes = 48 << 20, Threads = 1 },
            new() { Name = "little", Users = ["caio"], MemoryBytes = 48 << 20, Threads = 1, SpillBytesMax = 8 << 20 });
        await Lake.ChangeAsync(
            $"CREATE TABLE silver.facts AS SELECT range AS id, range + 1 AS a, range * 3 AS b FROM range({Rows})");
        const string Join =
            "SELECT sum(x.a + y.b), count(*) FROM silver.facts x JOIN (SELECT id, a, b, a * 2 AS c FROM silver.facts) "
                + "y ON x.id = y.id WHERE x.a + y.c > 0 AND x.b + y.a > 0";
        await using var bia = Lake.Open("bia");
        // For each row with the number n: n + 1 and 3n.
        var sum = 4L * Rows * (Rows - 1L) / 2 + Rows;
        Assert.Equal([$"{sum}|{Rows}", "SELECT 1"], await bia.RunAsync(Join));
        await using var caio = Lake.Open("caio");
        var error = await Assert.ThrowsAsync<FozException>(() => caio.RunAsync(Join));
        Assert.Equal(("53100", ErrorKind.Resource), (error.SqlState, error.Kind));
        Assert.Contains("disk", error.Message, StringComparison.Ordinal);
        AssertFree();
    }
}
