using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino;
using Foz.Tests.Delta;
using Foz.Tests.Lake.Engine;

namespace Foz.Tests.Serving.Sessions;

/// <summary>What sessions see of an engine that dies by a statement.</summary>
public sealed class EngineEndTests
{
    // The macro replaces a function whose arguments, from columns, end the engine.
    const string Killer = "SELECT sinh(x) FROM (VALUES (1.5)) v(x)";
    const string OfTable = "SELECT sinh(id) FROM silver.orders";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Killer)]
    [InlineData(OfTable)]
    public async Task Only_the_statement_fails_and_all_others_are_answered(string killer)
    {
        await using var lake = await CreateAsync();
        await using var session = lake.Open();
        await using var other = lake.Open("bia", isOwner: true);
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal(
            ["orders", "SELECT 1"], await other.RunAsync("SELECT relname FROM pg_class WHERE relname = 'orders'"));
        Assert.Equal("XX000", await session.FailAsync(killer));
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        // The catalog is read from tables inside of the engine: they are made again.
        Assert.Equal(
            ["orders", "SELECT 1"], await other.RunAsync("SELECT relname FROM pg_class WHERE relname = 'orders'"));
        Assert.Equal(["INSERT 0 1"], await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)"));
        Assert.Equal(["6", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        while (!lake.Service.IsReady) await Task.Yield();
    }

    [Fact]
    public async Task A_catalog_that_a_statement_has_found_is_there_when_it_runs()
    {
        await using var lake = await CreateAsync();
        await using var session = lake.Open();
        var statement = await session.PrepareAsync(
            "SELECT count(*) > 0 FROM pg_attribute a JOIN silver.orders o ON o.id > 0", [], Cancel);
        foreach (var instance in Instances(lake))
        {
            using var dying = instance.Open();
            Assert.Throws<FozException>(() => dying.Query(EngineGenerationTests.Killer, Cancel).Rows(Cancel).Count());
        }
        await using var cursor = await statement.ExecuteAsync([], Cancel);
        Assert.Equal(["True"], await ServedSessionExtensions.RowsOfAsync(cursor));
    }

    [Fact]
    public async Task A_statement_that_ends_the_engine_twice_is_refused_for_an_hour_whatever_its_values()
    {
        var clock = new ManualTime();
        await using var lake = await CreateAsync(clock);
        await using var session = lake.Open();
        var noted = new List<CrashingStatement>();
        lake.Service.Crashing.Noted = noted.Add;
        Assert.Equal("XX000", await session.FailAsync(Killer));
        Assert.Equal(
            "XX000", await session.FailAsync(Killer.Replace("1.5", "'2'::float8 + 7", StringComparison.Ordinal)));
        Assert.Equal("XX000", await session.FailAsync("  select SINH(x) /* again */ FROM (VALUES (2)) v(x)"));
        var refused = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(Killer));
        Assert.Equal("0A000", refused.SqlState);
        Assert.Contains("refused", refused.Message, StringComparison.Ordinal);
        Assert.Equal("0A000", await session.FailAsync("SELECT sinh(x) FROM (VALUES (3.5)) v(x)"));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT 1 AS one"));
        Assert.Equal([1, 1, 2], noted.Select(n => n.Times));
        Assert.Equal(2, noted.Select(n => n.Hash).Distinct().Count());
        Assert.All(noted, n => Assert.DoesNotContain("1.5", n.Hash + n.Error, StringComparison.Ordinal));
        clock.Now += CrashingStatements.Remembered;
        Assert.Equal("XX000", await session.FailAsync(Killer));
    }

    [Fact]
    public void No_more_statements_are_remembered_than_a_thousand()
    {
        var lethal = new CrashingStatements(TimeProvider.System);
        var error = EngineErrors.OfDeath(new(DuckDBErrorKind.Internal, "INTERNAL Error: broken 'secret' in \"x\""));
        var said = "";
        lethal.Noted = found => said = found.Error;
        for (var i = 0; i < CrashingStatements.KnownMax + 10; i++)
            for (var time = 0; time < CrashingStatements.TimesMax; time++) lethal.Note($"SELECT c{i}", error);
        Assert.Equal("broken … in …", said);
        lethal.Check("SELECT c0");
        Assert.Throws<FozException>(() => lethal.Check($"SELECT c{CrashingStatements.KnownMax}"));
    }

    [Theory]
    [InlineData("SELECT date_part(f, t) FROM (VALUES ('epoch', now()), ('julian', now())) v(f, t)", "0A000")]
    [InlineData("SELECT date_part(lower(f), t) FROM (VALUES (' JULIAN', now())) v(f, t)", "0A000")]
    [InlineData("SELECT \"DATE_PART\"(f, t) FROM (VALUES ('jd', now())) v(f, t)", "0A000")]
    [InlineData("SELECT datepart(f, t) FROM (VALUES ('epoch', now())) v(f, t)", "0A000")]
    [InlineData("SELECT pg_catalog.date_part(f, t) FROM (VALUES ('epoch', now())) v(f, t)", "0A000")]
    [InlineData("SELECT f.date_part(t) FROM (VALUES ('epoch', now())) v(f, t)", "42883")]
    [InlineData("SELECT main.date_part(f, t) FROM (VALUES ('epoch', now())) v(f, t)", "42883")]
    [InlineData("SELECT system.main.\"DatePart\"(f, t) FROM (VALUES ('epoch', now())) v(f, t)", "42883")]
    [InlineData("SELECT \"PG_CATALOG\".date_part(f, t) FROM (VALUES ('epoch', now())) v(f, t)", "42883")]
    [InlineData("SELECT list_transform(['epoch'], x -> date_part(x, now()))", "0A000")]
    public async Task A_part_of_a_date_is_refused_by_name_where_its_field_may_end_the_engine(
        string sql, string sqlState)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open("bia", isOwner: false);
        var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(sql));
        Assert.Equal((sqlState, false), (error.SqlState, EngineErrors.IsFatal(error)));
        if (sqlState == "0A000")
            Assert.Contains("from a column is not supported", error.Message, StringComparison.Ordinal);
        Assert.Equal(["2024|5", "SELECT 1"], await session.RunAsync(
            "SELECT date_part(f, t)::int AS y, date_part('month', t)::int AS m FROM (VALUES ('year', timestamptz "
                + "'2024-05-01 00:00:00+00')) v(f, t)"));
        Assert.Equal(
            ["1714521600", "SELECT 1"],
            await session.RunAsync("SELECT extract(epoch FROM timestamptz '2024-05-01 00:00:00+00')::bigint AS e"));
    }

    [Theory]
    [InlineData("SELECT date_part(f, t) FROM (VALUES ('epoch', now())) v(f, t)")]
    [InlineData("SELECT f.date_part(t) FROM (VALUES ('epoch', now())) v(f, t)")]
    [InlineData("SELECT \"DatePart\" /* of */ (f, t) FROM (VALUES ('epoch', now())) v(f, t)")]
    public async Task Clients_of_Trino_have_no_part_of_a_date_that_may_end_the_engine(string sql)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Service.Open(
            new("bia", IsOwner: false), new() { Dialect = new TrinoDialect(static () => []) });
        Assert.Equal("42883", await session.FailAsync(sql));
    }

    static async Task<ServedLake> CreateAsync(TimeProvider? clock = null)
    {
        var lake = await ServedLake.CreateAsync(clock: clock, resultBytesMax: 0);
        foreach (var instance in Instances(lake))
            instance.Define(static engine => engine.Execute(
                "CREATE OR REPLACE MACRO main.sinh(x) AS date_part(CASE WHEN x > 0 THEN "
                    + "'epoch' ELSE 'julian' END, now())", Cancel));
        return lake;
    }

    static IReadOnlyList<EngineInstance> Instances(ServedLake lake) =>
        [lake.Lake.Engines.Find(Workload.Serving), .. lake.Service.Host.Workloads.All.Select(known => known.Instance)];
}
