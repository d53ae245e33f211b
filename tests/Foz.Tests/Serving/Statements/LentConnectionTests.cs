using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Statements;

/// <summary>Statements of several sessions and users on connections that go from one to the other.</summary>
public sealed class LentConnectionTests : IDisposable
{
    readonly string project = Directory.CreateTempSubdirectory("foz-lent-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(project, recursive: true);

    [Theory]
    [InlineData(0L)]
    [InlineData(1L << 20)]
    public async Task Sessions_that_take_turns_have_their_own_user_and_time_zone(long resultBytesMax)
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: resultBytesMax);
        await using var ana = lake.Open(settings: ("TimeZone", "America/Sao_Paulo"));
        await using var bia = lake.Open("bia", isOwner: false, ("TimeZone", "Asia/Tokyo"));
        const string Hour =
            "SELECT current_user AS u, extract(hour FROM timestamptz '2026-01-01 12:00:00+00')::int AS h, "
                + "'2026-01-01'::timestamptz::date AS d";
        const string Fixed = "SELECT extract(hour FROM timestamptz '2026-01-01 12:00:00+00')::int AS h";
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Equal(["ana|9|2026-01-01", "SELECT 1"], await ana.RunAsync(Hour));
            Assert.Equal(["9", "SELECT 1"], await ana.RunAsync(Fixed));
            Assert.Equal(["bia|21|2026-01-01", "SELECT 1"], await bia.RunAsync(Hour));
            Assert.Equal(["21", "SELECT 1"], await bia.RunAsync(Fixed));
        }
    }

    [Fact]
    public async Task What_tells_of_the_moment_tells_of_the_next_one_too()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var session = lake.Open();
        foreach (var sql in new[]
        {
            "SELECT random() AS r", "SELECT now() AS n", "SELECT clock_timestamp() AS c",
            "SELECT gen_random_uuid() AS u",
        })
        {
            var statement = await session.PrepareAsync(sql, [], Cancel);
            var first = await FirstAsync(statement);
            while (await FirstAsync(statement) == first) Cancel.ThrowIfCancellationRequested();
        }
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(1L << 20)]
    public async Task A_prepared_statement_does_what_may_be_done_when_it_is_executed(long resultBytesMax)
    {
        var access = Grants("where: id < 3");
        await using var lake = await ServedLake.CreateAsync(() => access, resultBytesMax: resultBytesMax);
        await using var bia = lake.Open("bia", isOwner: false);
        var statement = await bia.PrepareAsync(
            "SELECT count(*)::int AS n, max(name) AS m FROM silver.orders", [], Cancel);
        for (var time = 0; time < 2; time++) Assert.Equal("2|b", await FirstAsync(statement));
        access = Grants("where: id < 2");
        for (var time = 0; time < 2; time++) Assert.Equal("1|a", await FirstAsync(statement));
        access = Grants("masks: { name: redact }");
        Assert.DoesNotContain("e", await FirstAsync(statement), StringComparison.Ordinal);
        access = AccessList.Empty;
        for (var time = 0; time < 2; time++)
            Assert.Equal("42P01", (await Assert.ThrowsAsync<FozException>(() => FirstAsync(statement))).SqlState);
        access = Grants("where: id < 5");
        Assert.Equal("4|d", await FirstAsync(statement));
        await lake.ChangeAsync("DELETE FROM silver.orders WHERE id = 4");
        Assert.Equal("3|b", await FirstAsync(statement));
    }

    [Fact]
    public async Task Statements_that_fail_or_are_canceled_leave_nothing_to_the_next_ones()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var first = lake.Open();
        await using var second = lake.Open("bia", isOwner: false);
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Equal("22P02", await first.FailAsync("SELECT 'x'::int"));
            Assert.Equal(["1", "SELECT 1"], await second.RunAsync("SELECT 1 AS one"));
            var endless = await first.PrepareAsync(
                "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b", [], Cancel);
            var running = Task.Run(() => FirstAsync(endless), Cancel);
            while (!running.IsCompleted)
            {
                first.Work.Cancel();
                await Task.Yield();
            }
            Assert.Equal(ErrorKind.Canceled, (await Assert.ThrowsAsync<FozException>(() => running)).Kind);
            Assert.Equal(["1", "SELECT 1"], await second.RunAsync("SELECT 1 AS one"));
            Assert.Equal(["1", "SELECT 1"], await first.RunAsync("SELECT 1 AS one"));
        }
    }

    static async Task<string> FirstAsync(SqlStatement statement)
    {
        await using var cursor = await statement.ExecuteAsync([], Cancel);
        var slice = await cursor.FetchAsync(1, Cancel);
        return string.Join('|', slice!.Value.Chunk.GetRow(slice.Value.Start).Select(value => $"{value}"));
    }

    /// <summary>Grants of the user bia on silver.orders.</summary>
    AccessList Grants(string rule)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "access.yml"), $$"""
            grants:
              - to: [bia]
                on: [silver.orders]
                {{rule}}
            """);
        return AccessList.Load(project);
    }
}
