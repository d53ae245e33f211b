namespace Foz.Benchmarks.Sources;

/// <summary>
/// A PostgreSQL table into bronze and on into silver, merged by its key and checked, against bronze alone.
/// </summary>
sealed class SilverBenchmark : IBenchmark
{
    const int Rounds = 5;

    public string Name => "postgresql-silver";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = PostgreSqlServer.Start(folder);
        server.Psql("""
            CREATE TABLE sales AS SELECT i::bigint AS id, (i % 100000)::int AS customer, now()::timestamp + i * interval '1 s' AS sold_at,
                ((i % 1000000) / 100.0)::numeric(12,2) AS price, 'note ' || md5(i::text) AS note, i % 3 = 0 AS is_paid
            FROM generate_series(1, 2000000) i
            """);
        server.Psql("VACUUM ANALYZE sales");
        using var project = new RunProject(folder.Sub("silver"))
            .Write("foz.yml",
                $"name: bench\nlake: lake\nconnections:\n  db: {{type: postgresql, url: '{server.Url}'}}\n")
            .Write("sources/db.yml", "connection: db\nstreams:\n  sales: {table: public.sales, keys: [id]}\n")
            .Write("models/silver/sales.sql", """
                /* @foz
                materialization: {type: incremental, strategy: merge, unique_key: [id]}
                columns:
                  - {name: id, checks: [not_null, unique]}
                  - {name: price, checks: [not_null]}
                @foz */
                SELECT id, customer, sold_at, price, trim(note) AS note, is_paid FROM bronze.sales
                """);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => project.RunAsync(), () => project.RunAsync("bronze.sales"));
        return
        [
            new("PostgreSQL, 2 M rows → silver, merged and checked", "the same run up to bronze",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Text($"{1 / ratio:0.00} of its rate"), "≥ 0.6"),
        ];
    }
}
