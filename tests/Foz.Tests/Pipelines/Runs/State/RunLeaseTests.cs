using System.Diagnostics;
using System.Text;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Tests.Pipelines.Runs.State;

public sealed class RunLeaseTests
{
    const string Path = "_foz/leases/lake.json";
    readonly LakeStore lake = new(new MemoryObjectStore(TimeProvider.System), TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_run_waits_for_the_first_and_says_for_whom()
    {
        var first = await AcquireAsync("first", TimeSpan.Zero);
        var waitsFor = new TaskCompletionSource<LeaseHolder>();
        var second = RunLease.AcquireAsync(
            lake, "second", environments: null, TimeSpan.FromMinutes(1), waitsFor.SetResult, TimeProvider.System,
            Cancel);

        Assert.Equal("first", (await waitsFor.Task.WaitAsync(Cancel)).RunId);
        Assert.False(second.IsCompleted);
        await first.DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task A_second_run_gives_up_after_its_wait()
    {
        await using var first = await AcquireAsync("first", TimeSpan.Zero);

        var error = await Assert.ThrowsAsync<FozException>(
            () => AcquireAsync("second", TimeSpan.FromMilliseconds(1)));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains("run first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lease_of_a_process_that_is_gone_is_taken_over()
    {
        await WriteHolderAsync(Environment.MachineName, processId: int.MaxValue, TimeProvider.System.GetUtcNow());

        await using var lease = await AcquireAsync("second", TimeSpan.Zero);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task The_lease_of_another_machine_is_taken_over_once_it_was_silent_while_watched(int aheadSeconds)
    {
        var clock = new JumpingTime(5, -10, 24, -48);
        await WriteHolderAsync("elsewhere", Environment.ProcessId, clock.GetUtcNow().AddSeconds(aheadSeconds));
        var startedAt = clock.GetTimestamp();
        var watched = TimeSpan.Zero;
        // Once it is taken over, its renewals wait too.
        clock.OnWait = () => watched = HolderIs("first") ? clock.GetElapsedTime(startedAt) : watched;

        await using var lease = await AcquireAsync("second", TimeSpan.FromMinutes(1), clock);

        Assert.InRange(watched, Heartbeat.Lifetime, Heartbeat.Lifetime + TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("elsewhere", 0)]
    [InlineData("elsewhere", 60)]
    [InlineData("here", 60)]
    public async Task The_lease_of_a_run_that_renews_it_is_not_taken_over_however_clocks_jump(
        string host, int waitSeconds)
    {
        var clock = new JumpingTime(5, -10, 24, -48);
        var renewals = 0;
        host = host == "here" ? Environment.MachineName : host;
        await WriteHolderAsync(host, Environment.ProcessId, clock.GetUtcNow());
        clock.OnWait =
            () => WriteHolderAsync(host, Environment.ProcessId, clock.GetUtcNow(), ++renewals / 25).Wait(Cancel);

        var error = await Assert.ThrowsAsync<FozException>(() =>
            AcquireAsync("second", TimeSpan.FromSeconds(waitSeconds), clock));

        Assert.Contains("run first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_was_never_renewed_but_looks_fresh_is_respected_without_a_wait()
    {
        await WriteHolderAsync("elsewhere", Environment.ProcessId, TimeProvider.System.GetUtcNow());
        await Assert.ThrowsAsync<FozException>(() => AcquireAsync("second", TimeSpan.Zero));
    }

    [Fact]
    public async Task Work_whose_lease_another_run_took_over_ends_with_the_reason()
    {
        await using var lease = await AcquireAsync("paused", TimeSpan.Zero);
        Assert.Null(lease.LostError);
        await WriteHolderAsync("elsewhere", Environment.ProcessId, TimeProvider.System.GetUtcNow());

        var error = await Assert.ThrowsAsync<FozException>(() => lease.HoldAsync(
            async stop =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                return 0;
            },
            Cancel));

        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains("run paused lost the lake", error.Message, StringComparison.Ordinal);
    }

    Task<RunLease> AcquireAsync(string runId, TimeSpan wait, TimeProvider? clock = null) =>
        RunLease.AcquireAsync(lake, runId, environments: null, wait, _ => { }, clock ?? TimeProvider.System, Cancel);

    bool HolderIs(string runId) => Encoding.UTF8.GetString(lake.GetAsync(Path, Cancel).AsTask().Result!.Content.Span)
        .Contains($"\"runId\":\"{runId}\"", StringComparison.Ordinal);

    async Task WriteHolderAsync(string host, int processId, DateTimeOffset renewedAt, int renewals = 0)
    {
        using var process = Process.GetCurrentProcess();
        var json = $$"""
            {"runId":"first","user":"ana","host":"{{host}}","processId":{{processId}},
             "processStartedAt":"{{process.StartTime.ToUniversalTime():O}}","since":"{{renewedAt:O}}",
             "renewedAt":"{{renewedAt:O}}","renewals":{{renewals}},"isReleased":false}
            """;
        await lake.PutAsync(Path, Encoding.UTF8.GetBytes(json), Cancel);
    }
}
