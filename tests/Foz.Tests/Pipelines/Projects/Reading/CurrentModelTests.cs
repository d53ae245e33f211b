using Foz.Lake.Engine;

namespace Foz.Tests.Pipelines.Projects.Reading;

public sealed class CurrentModelTests : IDisposable
{
    readonly ProjectFolder folder = new()
    {
        ["foz.yml"] = ProjectFolder.FozYml,
        ["sources/shop.yml"] = """
            connection: shop
            silver: current
            streams:
              plain: {mode: incremental, keys: [k]}
              ordered: {mode: incremental, keys: [k, l], cursor: v}
              log: {mode: incremental}
            """,
    };

    public void Dispose() => folder.Dispose();

    sealed record Row(int? K, int L, int V, string Op, int SyncedAt, int Lsn);

    [Fact]
    public void The_current_rows_are_those_of_a_model_over_rows_in_memory()
    {
        var token = TestContext.Current.CancellationToken;
        using var engines = new EnginePool(new() { MemoryBytes = 512L << 20, Threads = 2 });
        using var session = engines.Open(Workload.Query);
        session.Execute("CREATE SCHEMA bronze", token);
        var models = folder.Load().Models.ToDictionary(m => m.Name.Name, m => m.Sql);
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var rows = Enumerable.Range(0, random.Next(1, 40)).Select(i => new Row(
                random.Next(6) == 0 ? null : random.Next(5), random.Next(2), random.Next(4),
                random.Next(4) == 0 ? "d" : "u", random.Next(3), i)).ToList();
            foreach (var name in models.Keys)
                session.Execute($"CREATE OR REPLACE TABLE bronze.{name} AS {Bronze(rows)}", token);

            Assert.True(
                Rows(rows.Where(r => r.K is null).Concat(Last(rows, r => (r.K, 0), r => (r.SyncedAt, r.Lsn, 0))))
                    .SequenceEqual(Run(session, models["plain"])), $"seed {seed}, round {round}");
            Assert.True(
                Rows(rows.Where(r => r.K is null).Concat(Last(rows, r => (r.K, r.L), r => (r.V, r.SyncedAt, r.Lsn))))
                    .SequenceEqual(Run(session, models["ordered"])), $"seed {seed}, round {round}");
            Assert.Equal(rows.Count, Run(session, models["log"]).Count);
        }
    }

    static IEnumerable<Row> Last<TOrder>(List<Row> rows, Func<Row, (int?, int)> key, Func<Row, TOrder> order) =>
        rows.Where(r => r.K is not null).GroupBy(key).Select(g => g.MaxBy(order)!);

    static List<string> Rows(IEnumerable<Row> rows) =>
        [.. rows.Where(r => r.Op != "d").Select(r => $"{r.K}|{r.L}|{r.V}").Order(StringComparer.Ordinal)];

    static List<string> Run(EngineSession session, string sql)
    {
        var token = TestContext.Current.CancellationToken;
        using var rows = session.Query(sql, token);
        Assert.Equal(["k", "l", "v"], rows.Columns.Select(c => c.Name));
        return [.. rows.Rows(token).Select(r => $"{r[0]}|{r[1]}|{r[2]}").Order(StringComparer.Ordinal)];
    }

    static string Bronze(List<Row> rows) =>
        $"""
        SELECT k, l, v, op AS _cdc_op, lsn::BIGINT AS _cdc_lsn, NULL::BIGINT AS _cdc_seq, NULL::BIGINT AS _cdc_tx,
            NULL::TIMESTAMPTZ AS _cdc_commit_ts, make_timestamptz(synced) AS _cdc_synced_at, 'shop' AS _cdc_source
        FROM (VALUES {string.Join(", ", rows.Select(r => $"({r.K?.ToString() ?? "NULL"}, {r.L}, {r.V}, '{r.Op}', {r.SyncedAt}, {r.Lsn})"))})
            AS t(k, l, v, op, synced, lsn)
        """;
}
