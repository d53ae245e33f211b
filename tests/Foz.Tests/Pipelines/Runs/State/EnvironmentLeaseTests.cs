using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs.State;

/// <summary>The exclusive lease of environments, beside the hosts of others; and hosts that died elsewhere.</summary>
public sealed class EnvironmentLeaseTests : IDisposable
{
    readonly LakeProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    LakeStore Store => project.Lake.Store;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Hosts_of_other_environments_work_beside_it_and_those_that_read_from_its_own_wait()
    {
        await using var before = await StartAsync("before", "qa");
        var lease = await AcquireAsync("clean", "dev");
        await using var beside = await StartAsync("beside", "QA", "prod");

        var waitsFor = new TaskCompletionSource<LeaseHolder>();
        var reader = StartAsync("reader", waitsFor.SetResult, "other", "Dev");
        Assert.Equal("clean", (await waitsFor.Task.WaitAsync(Cancel)).RunId);
        Assert.False(reader.IsCompleted);
        await lease.DisposeAsync();
        await (await reader).DisposeAsync();
    }

    [Fact]
    public async Task It_waits_for_hosts_that_read_from_its_environments_and_names_what_is_held()
    {
        await using var reader = await StartAsync("reader", "qa", "prod");
        var error = await Assert.ThrowsAsync<FozException>(() => AcquireAsync("promote", "dev", "prod"));
        Assert.Contains("run reader of", error.Message, StringComparison.Ordinal);
        Assert.Contains("has held the environments dev and prod since", error.Message, StringComparison.Ordinal);
        await using var clean = await AcquireAsync("clean", "dev");
    }

    [Fact]
    public async Task A_host_of_a_program_that_names_no_environments_is_waited_for()
    {
        await using var host = await StartAsync("old", "qa");
        var words = Encoding.UTF8.GetString((await Store.GetAsync(Hosts.PathOf("old"), Cancel))!.Content.Span);
        var old = Regex.Replace(words, """,\s*"environments": \[[^\]]*\]""", "");
        Assert.NotEqual(words, old);
        await Store.PutAsync(Hosts.PathOf("old"), Encoding.UTF8.GetBytes(old), Cancel);

        await Assert.ThrowsAsync<FozException>(() => AcquireAsync("clean", "dev"));
    }

    [Fact]
    public async Task A_promotion_that_was_cut_off_is_left_to_runs_of_its_environments()
    {
        await OpenAsync("one", "dev", "prod");
        await OpenAsync("two", "test", "prod");

        await using (await StartAsync("beside", "qa"))
            Assert.Equal(2, (await Promotion.FindOpenAsync(project.Lake, environments: null, Cancel)).Count);
        Assert.Empty(await Promotion.FindOpenAsync(project.Lake, ["qa"], Cancel));

        // Both share prod: what holds dev holds test too.
        Assert.Equal(2, (await Promotion.FindOpenAsync(project.Lake, ["dev"], Cancel)).Count);
        var resumed = new List<string>();
        await using var host = await RunHost.StartAsync(
            project.Lake, "run", ["DEV"], TimeSpan.Zero, _ => { },
            promotion =>
            {
                resumed.Add(promotion.Id);
                return Task.CompletedTask;
            },
            Cancel);
        Assert.Equal(["one", "two"], resumed.Order(StringComparer.Ordinal));
        Assert.Empty(await Promotion.FindOpenAsync(project.Lake, environments: null, Cancel));
    }

    [Fact]
    public async Task A_host_that_died_on_another_machine_is_removed_by_a_run_that_watched_it_and_waited_for_by_none()
    {
        var clock = new JumpingTime(5, -10, 24, -48);
        await WriteHostAsync("dead", renewals: 0);
        await using (await StartAsync("small", "dev"))
            Assert.NotNull(await Store.GetAsync(Hosts.PathOf("dead"), Cancel));

        var lake = new Lakehouse(project.Lake.Folder, project.Lake.Engines, clock);
        var renewals = 0;
        clock.OnWait = () => WriteHostAsync("alive", ++renewals).Wait(Cancel);
        await using (await RunHost.StartAsync(
            lake, "long", ["dev"], TimeSpan.Zero, _ => { }, _ => Task.CompletedTask, Cancel))
            while (await Store.GetAsync(Hosts.PathOf("dead"), Cancel) is not null) await Task.Delay(10, Cancel);
        Assert.NotNull(await Store.GetAsync(Hosts.PathOf("alive"), Cancel));
    }

    async Task OpenAsync(string id, string from, string to)
    {
        var json = $$"""{"id":"{{id}}","from":"{{from}}","to":"{{to}}","createdAt":"2026-01-01T00:00:00Z","tables":[]}""";
        await Store.PutAsync($"_foz/promotions/{id}.open.json", Encoding.UTF8.GetBytes(json), Cancel);
    }

    async Task WriteHostAsync(string runId, int renewals)
    {
        var json = $$"""
            {"runId":"{{runId}}","user":"ana","host":"elsewhere","processId":1,"processStartedAt":"2026-01-01T00:00:00Z",
             "since":"2026-01-01T00:00:00Z","renewedAt":"2026-01-01T00:00:00Z","renewals":{{renewals}},
             "environments":["dev"],"format":2}
            """;
        await Store.PutAsync(Hosts.PathOf(runId), Encoding.UTF8.GetBytes(json), Cancel);
    }

    Task<RunLease> AcquireAsync(string runId, params string[] environments) => RunLease.AcquireAsync(
        Store, runId, environments, TimeSpan.Zero, _ => { }, TimeProvider.System, Cancel);

    Task<RunHost> StartAsync(string runId, params string[] environments) =>
        StartAsync(runId, _ => { }, environments);

    Task<RunHost> StartAsync(string runId, Action<LeaseHolder> onWait, params string[] environments) =>
        RunHost.StartAsync(
            project.Lake, runId, environments, TimeSpan.FromMinutes(1), onWait, _ => Task.CompletedTask, Cancel);
}
