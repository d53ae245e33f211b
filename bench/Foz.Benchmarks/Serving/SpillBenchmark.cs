using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>A join of which one side is several times the memory that the process may use.</summary>
sealed class SpillBenchmark : IBenchmark
{
    const long Rows = 10_000_000;

    // Of a row the join holds a number, a text of 37 bytes and what finds them again.
    const double JoinedBytes = Rows * 80.0;
    const string Memory = "200MB";
    const double MemoryBytes = 200e6;

    public string Name => "serving-spill";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var project = folder.Sub("serving-spill");
        await ServeProcess.WriteAsync(project, "silver.sales", Sales.Of(Rows));
        using var foz = ServeProcess.Start(project, $"memory: {Memory}");
        await using var connection = await foz.ConnectAsync();
        var ms = await Pair.TimeAsync(async () =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT count(*) FROM silver.sales a JOIN silver.sales b ON a.id = b.id AND a.note <= b.note AND a.weight >= b.weight", connection);
            if (await command.ExecuteScalarAsync() is not Rows) throw new InvalidOperationException("another answer");
        });
        return
        [
            new(
                Pair.Text($"`memory: {Memory}`: {Rows / 1_000_000} M rows joined with as many, {JoinedBytes / MemoryBytes:0.#}× the memory"), "the budget",
                Pair.Text($"{ms:0} ms, peak {foz.PeakBytes / 1e6:0} MB"), Memory, "finishes", "finishes by spilling"),
        ];
    }
}
