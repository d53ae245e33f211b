using Foz.Benchmarks.Tables;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Benchmarks.Queries;

/// <summary>22 TPC-H-like queries over Delta tables, each against DuckDB over the same Parquet files.</summary>
sealed class QueryBenchmark : IBenchmark
{
    const int Rounds = 9;

    public string Name => "queries";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        var lake = new Lakehouse(folder.Sub("tpch"), engines, TimeProvider.System);
        using var session = engines.Open(Workload.Query);
        await WriteAsync(lake, session);
        using var peer = engines.Open(Workload.Query);
        peer.Execute("CREATE SCHEMA IF NOT EXISTS tpch", default);
        foreach (var (name, _, _) in TpchData.Tables)
            peer.Execute(
                $"CREATE VIEW tpch.{name} AS SELECT * FROM read_parquet('{lake.Folder}/tpch/{name}/*.parquet')",
                default);
        var (oursMs, theirsMs, worst, worstName) = (0.0, 0.0, 0.0, "");
        foreach (var query in Queries())
        {
            var sql = await ReadAsync(query);
            var (ours, theirs, ratio) = await Pair.RunAsync(
                Rounds, () => RunAsync(lake, session, sql), () => Task.Run(() => Drain(peer, sql)));
            (oursMs, theirsMs) = (oursMs + ours, theirsMs + theirs);
            if (ratio > worst) (worst, worstName) = (ratio, query);
        }
        return
        [
            new("22 TPC-H-like queries, SF 1, Delta tables of 50 files, in sum", "DuckDB over the same Parquet files",
                Pair.Ms(oursMs), Pair.Ms(theirsMs), Pair.Times(oursMs / theirsMs), "≤ 1.05×"),
            new($"the worst of them ({worstName})", "the same", "–", "–", Pair.Times(worst), "≤ 1.2×"),
        ];
    }

    static async Task RunAsync(Lakehouse lake, EngineSession session, string sql)
    {
        var names = new LakeNameResolver(lake, lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, default);
        Drain(session, bound.Sql);
    }

    static void Drain(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, default);
        while (rows.Fetch(default) is { } chunk) chunk.Dispose();
    }

    /// <summary>Writes the tables.</summary>
    public static async Task WriteAsync(Lakehouse lake, EngineSession session)
    {
        foreach (var (name, files, sql) in TpchData.Tables)
        {
            session.Execute($"CREATE OR REPLACE TEMP TABLE made AS {sql}", default);
            var table = await lake.DefineTableAsync(new TableName("tpch", name), null, null, default);
            var rows = session.QueryScalar<long>("SELECT count(*) FROM made", default);
            for (var file = 0; file < files; file++)
            {
                var (from, to) = (rows * file / files, rows * (file + 1) / files);
                var change = await new TableWriter(session).AppendAsync(
                    table, $"SELECT * FROM made WHERE rowid >= {from} AND rowid < {to}", new(), default);
                await change.CommitAsync(default);
            }
        }
        session.Execute("DROP TABLE made", default);
    }

    /// <summary>The names of the queries.</summary>
    public static IEnumerable<string> Queries() =>
        typeof(QueryBenchmark).Assembly.GetManifestResourceNames().Where(n => n.StartsWith('q')).Order();

    /// <summary>A query's text.</summary>
    public static async Task<string> ReadAsync(string name)
    {
        using var reader = new StreamReader(typeof(QueryBenchmark).Assembly.GetManifestResourceStream(name)!);
        return await reader.ReadToEndAsync();
    }
}
