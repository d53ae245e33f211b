using Foz.Benchmarks.Queries;
using Foz.Benchmarks.Tables;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>
/// 22 TPC-H-like queries through the wire, each against DuckDB in process over the same Parquet files.
/// </summary>
sealed class ServedQueriesBenchmark : IBenchmark
{
    const int Rounds = 5;

    public string Name => "serving-queries";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var project = folder.Sub("serving-queries");
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var lake = new Lakehouse(Path.Combine(project, "lake"), engines, TimeProvider.System);
        await QueryBenchmark.WriteAsync(lake, session);
        session.Execute("CREATE SCHEMA IF NOT EXISTS tpch", default);
        foreach (var (name, _, _) in TpchData.Tables)
            session.Execute(
                $"CREATE VIEW tpch.{name} AS SELECT * FROM read_parquet('{lake.Folder}/tpch/{name}/*.parquet')",
                default);
        // Each round is to run.
        using var foz = ServeProcess.Start(project, "serve:\n  result_cache: 0");
        await using var connection = await foz.ConnectAsync();
        var (oursMs, theirsMs, worst, worstName) = (0.0, 0.0, 0.0, "");
        foreach (var query in QueryBenchmark.Queries())
        {
            var sql = await QueryBenchmark.ReadAsync(query);
            var (ours, theirs, ratio) = await Pair.RunAsync(
                Rounds, () => ReadAsync(connection, sql), () => Task.Run(() => Drain(session, sql)));
            (oursMs, theirsMs) = (oursMs + ours, theirsMs + theirs);
            if (ratio > worst) (worst, worstName) = (ratio, query);
        }
        return
        [
            new($"22 TPC-H-like queries through the wire, in sum (the worst: {worstName}, {Pair.Times(worst)})",
                "DuckDB in process over the same Parquet files", Pair.Ms(oursMs), Pair.Ms(theirsMs),
                Pair.Times(oursMs / theirsMs), "≤ 1.15×"),
        ];
    }

    static async Task ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            // Only how fast they come matters.
        }
    }

    static void Drain(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, default);
        while (rows.Fetch(default) is { } chunk) chunk.Dispose();
    }
}
