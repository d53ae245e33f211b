using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Workloads;

/// <summary>How sessions are stopped by others.</summary>
public sealed class SignalTests : IAsyncLifetime
{
    const string Endless = "SELECT count(*) FROM silver.orders o, range(1000000000000) r WHERE o.id + r.range < 0";

    ServedLake lake = null!;
    SqlSession owner = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync(choose: options => options with { SessionsMax = 10, Access = Granted });
        owner = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await owner.DisposeAsync();
        await lake.DisposeAsync();
    }

    static Foz.Serving.Governance.AccessList Granted()
    {
        var folder = Directory.CreateTempSubdirectory("foz-signals-");
        try
        {
            folder.CreateSubdirectory("policies");
            File.WriteAllText(
                Path.Combine(folder.FullName, "policies", "a.yml"), "grants:\n  - {to: [everyone], on: ['*']}");
            return Foz.Serving.Governance.AccessList.Load(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    async Task<Task<string>> BeginAsync(SqlSession session)
    {
        var endless = Task.Run(() => session.FailAsync(Endless), Cancel);
        while (lake.Service.Host.Workloads.All.Single().Slots.Held == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), Cancel);
        return endless;
    }

    [Fact]
    public async Task Owners_cancel_the_statement_of_anybody_by_its_session()
    {
        await using var bia = lake.Open("bia", isOwner: false);
        var endless = await BeginAsync(bia);
        Assert.Equal(["False", "SELECT 1"], await owner.RunAsync("SELECT pg_cancel_backend(123456)"));
        Assert.Equal(["NULL", "SELECT 1"], await owner.RunAsync("SELECT pg_cancel_backend(NULL)"));
        Assert.Equal(
            [$"bia|active|{Endless}|True", "SELECT 1"],
            await owner.RunAsync(
                "SELECT usename, state, query, pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'bia'"));
        Assert.Equal("57014", await endless);
        Assert.Equal(["1", "SELECT 1"], await bia.RunAsync("SELECT 1"));
    }

    [Fact]
    public async Task Who_is_no_owner_stops_sessions_of_the_same_user_only()
    {
        await using var bia = lake.Open("bia", isOwner: false);
        await using var other = lake.Open("bia", isOwner: false);
        await using var caio = lake.Open("caio", isOwner: false);
        var isEnded = new TaskCompletionSource();
        other.Work.Terminated = isEnded.SetResult;
        owner.Work.Terminated = () => Assert.Fail("an owner was stopped");
        var endless = await BeginAsync(caio);
        Assert.Equal(["False", "SELECT 1"], await bia.RunAsync($"SELECT pg_terminate_backend({owner.Id})"));
        Assert.Equal(["False", "SELECT 1"], await bia.RunAsync($"SELECT pg_cancel_backend({caio.Id})"));
        Assert.Equal(
            [$"{bia.Id}", $"{other.Id}", "SELECT 2"],
            await bia.RunAsync("SELECT pid FROM pg_stat_activity ORDER BY 1"));
        Assert.Equal(["True", "SELECT 1"], await bia.RunAsync($"SELECT pg_terminate_backend({other.Id})"));
        await isEnded.Task.WaitAsync(Cancel);
        Assert.False(endless.IsCompleted);
        caio.Work.Cancel();
        Assert.Equal("57014", await endless);
    }

    [Fact]
    public async Task Who_logs_in_with_less_rights_knows_nothing_of_sessions_with_more()
    {
        await using var bia = lake.Open("bia", isOwner: false);
        await using var key = lake.Service.Open(new("bia", IsOwner: false) { Scope = ["readers"] }, new());
        bia.Work.Terminated = () => Assert.Fail("a session with more rights was stopped");
        Assert.Equal([$"{key.Id}", "SELECT 1"], await key.RunAsync("SELECT pid FROM pg_stat_activity"));
        Assert.Equal(["False", "SELECT 1"], await key.RunAsync($"SELECT pg_terminate_backend({bia.Id})"));
        Assert.Equal(
            [$"{bia.Id}", $"{key.Id}", "SELECT 2"], await bia.RunAsync("SELECT pid FROM pg_stat_activity ORDER BY 1"));
    }

    [Fact]
    public async Task Neither_preparing_nor_describing_a_statement_stops_anything()
    {
        await using var bia = lake.Open("bia", isOwner: false);
        bia.Work.Terminated = () => Assert.Fail("a session was stopped");
        var endless = await BeginAsync(bia);
        await owner.PrepareAsync($"SELECT pg_cancel_backend({bia.Id}), pg_terminate_backend({bia.Id})", [], Cancel);
        await owner.RunAsync($"EXPLAIN SELECT pg_terminate_backend({bia.Id})");
        Assert.False(endless.IsCompleted);
        Assert.Equal(["True", "SELECT 1"], await owner.RunAsync($"SELECT pg_cancel_backend({bia.Id})"));
        Assert.Equal("57014", await endless);
    }
}
