using Foz.Benchmarks.Sources;
using Foz.Benchmarks.Tables;
using Foz.Lake.Engine;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>
/// How soon <c>foz serve</c> answers: small statements one after the other, and the first row of a large one.
/// </summary>
sealed class RoundTripBenchmark : IBenchmark
{
    const int Rounds = 9;
    const int Statements = 1000;
    const int Scans = 20;
    const long Rows = 2_000_000;

    public string Name => "serving-round-trip";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var project = folder.Sub("serving-round-trip");
        await ServeProcess.WriteAsync(project, "silver.sales", Sales.Of(Rows));
        using var postgres = PostgreSqlServer.Start(folder);
        await using var theirs = await ServeProcess.ConnectAsync(postgres.ClientOptions);
        using var foz = ServeProcess.Start(project, "");
        await using var ours = await foz.ConnectAsync();
        var figures = new List<Figure>();
        // What one gives is computed once, and what the other gives each time.
        foreach (var (sql, goal) in new[] { ("select 1", "≤ 1.5×"), ("select random()", "–") })
        {
            figures.Add(await RoundTripAsync($"`{sql}` round trip", sql, isPrepared: false, goal));
            figures.Add(await RoundTripAsync("the same, prepared", sql, isPrepared: true, goal));
        }
        figures.Add(await FirstRowAsync(project, ours));
        return figures;

        async Task<Figure> RoundTripAsync(string work, string sql, bool isPrepared, string goal)
        {
            var (a, b, ratio) = await Pair.RunAsync(
                Rounds, () => SelectAsync(ours, sql, isPrepared), () => SelectAsync(theirs, sql, isPrepared));
            return new(
                work, "PostgreSQL, the same client", Micros(a / Statements), Micros(b / Statements), Pair.Times(ratio),
                goal);
        }
    }

    static async Task SelectAsync(NpgsqlConnection connection, string sql, bool isPrepared)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (isPrepared) await command.PrepareAsync();
        for (var i = 0; i < Statements; i++) await command.ExecuteScalarAsync();
    }

    /// <summary>The first row of a scan of a whole table, which is then given up.</summary>
    static async Task<Figure> FirstRowAsync(string project, NpgsqlConnection ours)
    {
        using var engines = Engines.Open();
        using var engine = engines.Open(Workload.Query);
        var (a, b, _) = await Pair.RunAsync(
            Rounds,
            async () =>
            {
                for (var i = 0; i < Scans; i++) await FirstRowAsync(ours);
            },
            () => Task.Run(() =>
            {
                for (var i = 0; i < Scans; i++)
                {
                    using var rows = engine.Query(
                        $"SELECT * FROM read_parquet('{project}/lake/silver/sales/*.parquet')", default);
                    using var chunk = rows.Fetch(default);
                }
            }));
        return new(
            $"first row of {Rows:#,0} × 8, streamed", "DuckDB in process over the same file", Pair.Ms(a / Scans),
            Pair.Ms(b / Scans),
            Pair.Text($"+ {(a - b) / Scans:0.0} ms"), "+ 5 ms");
    }

    static async Task FirstRowAsync(NpgsqlConnection connection)
    {
        // With a limit of rows for the portal nothing has to be canceled.
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var declare = new NpgsqlCommand(
            "DECLARE c NO SCROLL CURSOR FOR SELECT * FROM silver.sales", connection))
            await declare.ExecuteNonQueryAsync();
        await using (var fetch = new NpgsqlCommand("FETCH 1 FROM c", connection))
        {
            await using var reader = await fetch.ExecuteReaderAsync();
            if (!await reader.ReadAsync()) throw new InvalidOperationException("the scan gave no row");
        }
        await transaction.RollbackAsync();
    }

    static string Micros(double ms) => Pair.Text($"{ms * 1000:0} µs");
}
