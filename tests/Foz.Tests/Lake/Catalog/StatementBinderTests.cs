using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Catalog;

public sealed class StatementBinderTests : IDisposable
{
    const int Files = 8;
    readonly string folder = Directory.CreateTempSubdirectory("foz-binder-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    readonly Lakehouse lake;

    public StatementBinderTests()
    {
        lake = new(folder, engines, TimeProvider.System);
        session = engines.Open(Workload.Query);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    StatementBinder Binder => new(session, new LakeNameResolver(lake, lake.Tables, _ => null));

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("SELECT count(*) FROM silver.t WHERE id = 250", 1, 1)]
    [InlineData("SELECT count(*) FROM silver.t WHERE id BETWEEN 150 AND 250", 2, 101)]
    [InlineData("SELECT count(*) FROM lake.silver.t AS x WHERE x.id IN (5, 705)", 2, 2)]
    [InlineData("SELECT count(*) FROM silver.v WHERE id < 100", 1, 50)]
    [InlineData("WITH t AS (SELECT * FROM silver.t) SELECT count(*) FROM t WHERE id >= 700", 1, 100)]
    [InlineData("SELECT count(*) FROM silver.t", Files, 800)]
    public async Task Files_that_hold_nothing_of_interest_are_left_out(string sql, int files, long rows)
    {
        await MakeAsync();

        using var bound = await Binder.BindAsync(sql, Cancel);
        Assert.Equal(files, bound.Sql.Split(".parquet'").Length - 1);
        Assert.Equal(rows, session.QueryScalar<long>(bound.Sql, Cancel));
    }

    [Fact]
    public async Task Two_versions_of_a_table_can_stand_in_one_statement()
    {
        await MakeAsync();

        using var bound = await Binder.BindAsync(
            $"SELECT (SELECT count(*) FROM silver.t AT (VERSION => 1)) * 1000 + count(*) FROM "
                + $"delta_scan('{folder}/silver/t', version := 2)",
            Cancel);
        Assert.Equal(200_300, session.QueryScalar<long>(bound.Sql, Cancel));
    }

    [Fact]
    public async Task An_unknown_table_is_an_error_with_the_nearest_right_name()
    {
        await MakeAsync();

        var error = await Assert.ThrowsAsync<FozException>(() => Binder.BindAsync("SELECT * FROM silver.tt", Cancel));
        Assert.Equal("did you mean silver.t?", error.Hint);
    }

    [Fact]
    public async Task A_view_that_reads_itself_is_refused()
    {
        await DefineViewAsync("v", "SELECT * FROM silver.v");

        var error = await Assert.ThrowsAsync<FozException>(() => Binder.BindAsync("SELECT * FROM silver.v", Cancel));
        Assert.Contains("read themselves", error.Message, StringComparison.Ordinal);
    }

    async Task MakeAsync()
    {
        var table = await lake.DefineTableAsync(new("silver", "t"), null, null, Cancel);
        for (var file = 0; file < Files; file++)
        {
            var change = await new TableWriter(session).AppendAsync(
                table, $"SELECT i AS id, i % 2 AS odd FROM range({file * 100}, {file * 100 + 100}) r(i)", new(),
                Cancel);
            await change.CommitAsync(Cancel);
        }
        await DefineViewAsync("v", "SELECT * FROM silver.t WHERE odd = 1");
    }

    async Task DefineViewAsync(string name, string sql) => await lake.Catalog.DefineAsync(
        new TableName("silver", name),
        _ => new() { Schema = "silver", Name = name, Kind = DefinitionKind.View, Sql = sql }, Cancel);
}
