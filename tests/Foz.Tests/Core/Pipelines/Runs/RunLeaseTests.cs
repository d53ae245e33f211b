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
        await WriteHolderAsync(Environment.MachineName, processId: int.MaxValue, age: TimeSpan.Zero);

        await using var lease = await AcquireAsync("second", TimeSpan.Zero);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(60, true)]
    public async Task The_lease_of_another_machine_holds_until_it_expires(int ageSeconds, bool isTaken)
    {
        await WriteHolderAsync("elsewhere", Environment.ProcessId, TimeSpan.FromSeconds(ageSeconds));

        if (isTaken) await (await AcquireAsync("second", TimeSpan.Zero)).DisposeAsync();
        else await Assert.ThrowsAsync<FozException>(() => AcquireAsync("second", TimeSpan.Zero));
    }

    Task<RunLease> AcquireAsync(string runId, TimeSpan wait) =>
        RunLease.AcquireAsync(lake, runId, wait, _ => { }, TimeProvider.System, Cancel);

    async Task WriteHolderAsync(string host, int processId, TimeSpan age)
    {
        var renewedAt = TimeProvider.System.GetUtcNow() - age;
        using var process = Process.GetCurrentProcess();
        var json = $$"""
            {"runId":"first","user":"ana","host":"{{host}}","processId":{{processId}},
             "processStartedAt":"{{process.StartTime.ToUniversalTime():O}}","since":"{{renewedAt:O}}",
             "renewedAt":"{{renewedAt:O}}","isReleased":false}
            """;
        await lake.PutAsync(Path, Encoding.UTF8.GetBytes(json), Cancel);
    }
}
