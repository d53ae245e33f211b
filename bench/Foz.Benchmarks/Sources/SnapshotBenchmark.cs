using Foz.Benchmarks.Tables;
using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Sources;

/// <summary>A PostgreSQL table of 5 M rows × 8 columns into bronze, against <c>psql \copy</c> to nowhere.</summary>
sealed class SnapshotBenchmark : IBenchmark
{
    const int Rounds = 5;
    const string Table =
        """
        CREATE TABLE sales AS SELECT i::bigint AS id, (i % 100000)::int AS customer, now()::timestamp + i * interval '1 s' AS sold_at,
            date '2024-01-01' + (i % 700)::int AS day, i / 7.0::float8 AS weight, ((i % 1000000) / 100.0)::numeric(12,2) AS price,
            'note ' || md5(i::text) AS note, i % 3 = 0 AS is_paid FROM generate_series(1, 5000000) i; VACUUM ANALYZE sales;
        """;

    public string Name => "postgresql-snapshot";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = PostgreSqlServer.Start(folder);
        foreach (var statement in Table.Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            server.Psql(statement);
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds,
            () => LoadAsync(server, engines, session, folder),
            () =>
            {
                server.Psql("\\copy (SELECT * FROM sales) TO '/dev/null' (FORMAT binary)");
                return Task.CompletedTask;
            });
        return
        [
            new("PostgreSQL snapshot, 5 M rows × 8 → bronze Delta, durable", "`psql \\copy (…) to /dev/null`, binary",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ratio), "≤ 1.5×"),
        ];
    }

    static async Task LoadAsync(PostgreSqlServer server, EnginePool engines, EngineSession session, WorkFolder folder)
    {
        var stream = new StreamDefinition { Name = "sales", Settings = Settings.Of(("table", "public.sales")) };
        var definition = new SourceDefinition
        {
            Name = "shop",
            Connection = new("shop", "postgresql", Settings.Of(("url", server.Url))),
            Streams = [stream],
        };
        await using var source = ConnectorRegistry.Find("postgresql")!.Open(definition, folder.Path);
        var plan = await source.PlanAsync(stream, [], default);
        await using var rows = await source.ReadAsync(
            stream, plan.Inputs!, new() { Engine = engines, WorkFolder = folder.Path }, default);
        using var relation = session.Register(((StreamRows.Streamed)rows).Stream);
        var lake = folder.Sub("snapshot-lake");
        WorkFolder.Empty(lake);
        var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("bronze/sales");
        var change = await new TableWriter(session).OverwriteAsync(
            table, $"SELECT * FROM {relation.Sql}", new(), default);
        await change.CommitAsync(default);
    }
}
