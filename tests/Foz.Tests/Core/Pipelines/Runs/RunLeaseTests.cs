using System.Diagnostics;
using System.Text;
using Foz.Core;
using Foz.Core.Pipelines.Runs;
using Foz.Delta.Storage;

namespace Foz.Tests.Core.Pipelines.Runs;

public sealed class RunLeaseTests
{
    const string Path = "_foz/leases/run.json";
    readonly MemoryObjectStore lake = new(TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_run_waits_for_the_first_and_says_for_whom()
    {
        var first = await AcquireAsync("first", TimeSpan.Zero);
        var waitsFor = new TaskCompletionSource<LeaseHolder>();
        var second = RunLease.AcquireAsync(
            lake, "second", TimeSpan.FromMinutes(1), waitsFor.SetResult, TimeProvider.System, Cancel);

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
        clock.OnWait = () => watched = clock.GetElapsedTime(startedAt);

        await using var lease = await AcquireAsync("second", TimeSpan.FromMinutes(1), clock);

        Assert.InRange(watched, RunLease.Lifetime, RunLease.Lifetime + TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("elsewhere", 0)]
    [InlineData("elsewhere", 60)]
    [InlineData("here", 60)]
    public async Task The_lease_of_a_run_that_renews_it_is_not_taken_over_however_clocks_jump(string host, int waitSeconds)
    {
        var clock = new JumpingTime(5, -10, 24, -48);
        var renewals = 0;
        host = host == "here" ? Environment.MachineName : host;
        await WriteHolderAsync(host, Environment.ProcessId, clock.GetUtcNow());
        clock.OnWait = () => WriteHolderAsync(host, Environment.ProcessId, clock.GetUtcNow(), ++renewals / 25).Wait(Cancel);

        var error = await Assert.ThrowsAsync<FozException>(() => AcquireAsync("second", TimeSpan.FromSeconds(waitSeconds), clock));

        Assert.Contains("run first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_was_never_renewed_but_looks_fresh_is_respected_without_a_wait()
    {
        await WriteHolderAsync("elsewhere", Environment.ProcessId, TimeProvider.System.GetUtcNow());
        await Assert.ThrowsAsync<FozException>(() => AcquireAsync("second", TimeSpan.Zero));
    }

    Task<RunLease> AcquireAsync(string runId, TimeSpan wait, TimeProvider? clock = null) =>
        RunLease.AcquireAsync(lake, runId, wait, _ => { }, clock ?? TimeProvider.System, Cancel);

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
