using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs.State;

/// <summary>Hosts that work on a lake side by side, and the leases of their steps.</summary>
public sealed class StepLeaseTests : IDisposable
{
    readonly LakeProject project = new();
    readonly List<long> raised = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    LakeStore Store => project.Lake.Store;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Two_hosts_take_different_steps_side_by_side_and_one_waits_for_the_step_of_the_other()
    {
        await using var first = await StartAsync("first");
        await using var second = await StartAsync("second");
        var orders = LeaseOf(first, "silver.orders");
        await using var items = LeaseOf(second, "silver.items");
        Assert.True(await TakeAsync(orders));
        Assert.False(await TakeAsync(orders));
        Assert.True(await TakeAsync(items));

        await using var late = LeaseOf(second, "silver.orders");
        var waiting = TakeAsync(late);
        while (!second.HasWaitedFor("silver.orders")) await Task.Delay(10, Cancel);
        Assert.False(waiting.IsCompleted);
        await orders.DisposeAsync();
        Assert.True(await waiting);
        Assert.Empty(raised);
    }

    [Fact]
    public async Task A_step_that_is_held_for_too_long_is_an_error_that_names_it()
    {
        await using var first = await StartAsync("first");
        await using var second = await StartAsync("second");
        await using var held = LeaseOf(first, "silver.orders");
        await TakeAsync(held);

        var error = await Assert.ThrowsAsync<FozException>(
            () => TakeAsync(LeaseOf(second, "silver.orders", TimeSpan.FromMilliseconds(1))));

        Assert.Contains("run first", error.Message, StringComparison.Ordinal);
        Assert.Contains("has held silver.orders since", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_takes_a_step_again_sees_who_had_it_meanwhile()
    {
        await using var first = await StartAsync("first");
        await using var second = await StartAsync("second");
        for (var round = 0; round < 2; round++)
            await using (var own = LeaseOf(first, "silver.orders"))
                Assert.True(await TakeAsync(own));
        await using (var held = LeaseOf(second, "silver.orders"))
        {
            await TakeAsync(held);
            var error = await Assert.ThrowsAsync<FozException>(
                () => TakeAsync(LeaseOf(first, "silver.orders", TimeSpan.FromMilliseconds(1))));
            Assert.Contains("run second", error.Message, StringComparison.Ordinal);
        }
        await using (var own = LeaseOf(first, "silver.orders")) Assert.True(await TakeAsync(own));
        await WriteAsync("_foz/leases/dev/silver.orders.json", """{"host":"dead","epoch":4,"isReleased":false}""");
        await using (var own = LeaseOf(first, "silver.orders")) Assert.True(await TakeAsync(own));
        Assert.Equal([5], raised);
    }

    [Fact]
    public async Task A_step_whose_host_died_is_taken_over_with_the_next_epoch()
    {
        await WriteAsync("_foz/leases/dev/silver.orders.json", """{"host":"dead","epoch":4,"isReleased":false}""");
        await using var host = await StartAsync("second");

        await using (var lease = LeaseOf(host, "silver.orders")) Assert.True(await TakeAsync(lease));
        Assert.Equal([5], raised);
        await using (var again = LeaseOf(host, "silver.orders")) Assert.True(await TakeAsync(again));
        Assert.Equal([5], raised);
    }

    [Fact]
    public async Task A_take_over_that_is_cut_off_before_the_tables_carry_its_epoch_is_done_by_the_next()
    {
        await WriteAsync("_foz/leases/dev/silver.orders.json", """{"host":"dead","epoch":0,"isReleased":false}""");
        await using (var host = await StartAsync("second"))
        {
            await using var lease = LeaseOf(host, "silver.orders");
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => lease.TakeAsync((_, _) => throw new InvalidOperationException(), Cancel));
        }
        await using var third = await StartAsync("third");
        await using var next = LeaseOf(third, "silver.orders");
        await TakeAsync(next);
        Assert.Equal([2], raised);
    }

    [Fact]
    public async Task A_silent_host_loses_its_step_to_the_one_that_watched_it_and_notices()
    {
        var clock = new JumpingTime(5, -10, 24, -48);
        await using var paused = await StartAsync("paused");
        await using var held = LeaseOf(paused, "silver.orders");
        await TakeAsync(held);
        // Its renewals stand still, as in a process that is stopped, and its words come from another machine.
        var beat = Hosts.PathOf("paused");
        var words = Encoding.UTF8.GetString((await Store.GetAsync(beat, Cancel))!.Content.Span);
        await WriteAsync(beat, words.Replace(Environment.MachineName, "elsewhere", StringComparison.Ordinal));
        await using var other = await StartAsync("other");
        var startedAt = clock.GetTimestamp();

        var lease = new StepLease(
            Store, "dev", "silver.orders", "other", new(TimeSpan.FromMinutes(1), _ => { }, clock), clock, new());
        Assert.True(await TakeAsync(lease));

        Assert.InRange(
            clock.GetElapsedTime(startedAt), Heartbeat.Lifetime, Heartbeat.Lifetime + TimeSpan.FromSeconds(10));
        Assert.Equal([1], raised);
        Assert.Null(await Store.GetAsync(beat, Cancel));
        await held.DisposeAsync();
        var lost = await ReadAsync("_foz/leases/dev/silver.orders.json");
        Assert.DoesNotContain("\"isReleased\": true", lost, StringComparison.Ordinal);
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task The_whole_lake_waits_for_hosts_and_hosts_wait_for_it()
    {
        var first = await StartAsync("first");
        var waitsFor = new TaskCompletionSource<LeaseHolder>();
        var whole = RunLease.AcquireAsync(
            Store, "whole", environments: null, TimeSpan.FromMinutes(1), waitsFor.SetResult, TimeProvider.System,
            Cancel);
        Assert.Equal("first", (await waitsFor.Task.WaitAsync(Cancel)).RunId);
        var hostWaitsFor = new TaskCompletionSource<LeaseHolder>();
        var second = RunHost.StartAsync(
            project.Lake, "second", ["dev"], TimeSpan.FromMinutes(1), hostWaitsFor.SetResult, _ => Task.CompletedTask,
            Cancel);
        Assert.Equal("whole", (await hostWaitsFor.Task.WaitAsync(Cancel)).RunId);

        await first.DisposeAsync();
        var lease = await whole;
        Assert.False(second.IsCompleted);
        await lease.DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task A_host_whose_process_is_gone_does_not_keep_the_lake()
    {
        var host = await StartAsync("dead");
        var words = await ReadAsync(Hosts.PathOf("dead"));
        await host.DisposeAsync();
        await WriteAsync(
            Hosts.PathOf("dead"), Regex.Replace(words, "\"processId\": [0-9]+", $"\"processId\": {int.MaxValue}"));

        await using var lease = await RunLease.AcquireAsync(
            Store, "whole", environments: null, TimeSpan.Zero, _ => { }, TimeProvider.System, Cancel);

        Assert.Null(await Store.GetAsync(Hosts.PathOf("dead"), Cancel));
    }

    [Fact]
    public async Task Of_two_runs_at_once_one_makes_a_table_and_the_other_finds_it_unchanged()
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS a");
        project.Write("models/silver/b.sql", "SELECT a FROM silver.a");
        RunRequest request = new() { Project = project.Load() };

        var runs = await Task.WhenAll(
            Enumerable.Range(0, 2)
                .Select(_ => Task.Run(() => new RunService(project.Lake).Start(request, static _ => { }, Cancel).Result)));

        Assert.All(runs, run => Assert.Null(run.Error));
        foreach (var step in runs.SelectMany(run => run.Steps).GroupBy(step => step.Step))
            Assert.Equal([Outcome.Skipped, Outcome.Succeeded], step.Select(result => result.Outcome).OrderDescending());
        Assert.Equal(["2|2"], await project.QueryAsync("SELECT count(*), count(DISTINCT run_id) FROM foz.runs"));
        Assert.Equal(["2"], await project.QueryAsync("SELECT count(*) FROM foz.steps"));
    }

    Task<RunHost> StartAsync(string runId, params string[] environments) => RunHost.StartAsync(
        project.Lake, runId, environments is [] ? ["dev"] : environments, TimeSpan.FromMinutes(1), _ => { },
        _ => Task.CompletedTask, Cancel);

    static StepLease LeaseOf(RunHost host, string step, TimeSpan? wait = null) =>
        host.LeaseOf("Dev", step, wait ?? TimeSpan.FromMinutes(1), _ => { });

    Task<bool> TakeAsync(StepLease lease) => lease.TakeAsync(
        (epoch, _) =>
        {
            raised.Add(epoch);
            return Task.CompletedTask;
        },
        Cancel);

    async Task WriteAsync(string path, string json) => await Store.PutAsync(path, Encoding.UTF8.GetBytes(json), Cancel);

    async Task<string> ReadAsync(string path) =>
        Encoding.UTF8.GetString((await Store.GetAsync(path, Cancel))!.Content.Span);
}
