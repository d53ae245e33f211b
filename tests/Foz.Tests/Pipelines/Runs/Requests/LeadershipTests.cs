using Foz.Lake.Catalog;
using Foz.Pipelines.Runs.Requests;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs.Requests;

public sealed class LeadershipTests : IDisposable
{
    readonly LakeProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Away => Path.Combine(project.Folder, "away");

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_lake_that_is_gone_for_a_moment_costs_no_place()
    {
        await using var leader = await TakeAsync(project.Lake);
        var before = await RenewalsAsync();
        Directory.Move(project.Lake.Folder, Away);
        // Longer than a renewal waits.
        await Task.Delay(Heartbeat.LeaderLifetime / 4, Cancel);
        Directory.Move(Away, project.Lake.Folder);
        await WaitAsync(async () => await RenewalsAsync() > before + 1);
        Assert.False(leader.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_leader_whose_lake_is_gone_for_long_gives_its_place_and_says_why()
    {
        var clock = new JumpingTime();
        var lake = new Lakehouse(project.Lake.Folder, project.Lake.Engines, clock);
        await using var leader = await TakeAsync(lake);
        Directory.Move(project.Lake.Folder, Away);
        await WaitAsync(() => Task.FromResult(leader.Lost.IsCancellationRequested));
        Assert.Contains("is gone", leader.StorageError, StringComparison.Ordinal);
        Directory.Move(Away, project.Lake.Folder);
    }

    static Task<Leadership> TakeAsync(Lakehouse lake) =>
        Leadership.TakeAsync(lake, "t", "default", static _ => { }, Cancel);

    async Task<long> RenewalsAsync()
    {
        var present = await project.Lake.Store.GetAsync("_foz/leaders/t.default.json", Cancel);
        return LeaseHolder.Read(present!).Renewals;
    }

    static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await isSo()) await Task.Delay(50, limit.Token);
    }
}
