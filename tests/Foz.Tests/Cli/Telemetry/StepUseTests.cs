using System.Text.Json;

namespace Foz.Tests.Cli.Telemetry;

/// <summary>What <c>foz.steps</c> tells of the machine.</summary>
public sealed class StepUseTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Each_step_tells_its_time_bytes_and_cost()
    {
        foz.Write("foz.yml", "name: p\nprices: {processor_hour: 3600, read_tb: 1000000, written_tb: 1000000}");
        foz.Write(
            "models/silver/rows.sql",
            "select range as n, sum(range) over (order by range) as s from range(300000)");
        foz.Write("models/gold/total.sql", "select sum(n) as n from silver.rows");
        (await foz.RunAsync("run")).ExpectOk();

        var steps = await RowsAsync(
            "select step, cpu_seconds, memory_peak_bytes, bytes_read, bytes_written, attempts, cost "
                + "from foz.steps order by started_at");
        var (rows, total) = (steps[0], steps[1]);
        Assert.InRange(rows.GetProperty("cpu_seconds").GetDouble(), 0.001, 600);
        Assert.InRange(rows.GetProperty("memory_peak_bytes").GetInt64(), 1L << 20, 1L << 40);
        Assert.Equal(0, rows.GetProperty("bytes_read").GetInt64());
        Assert.Equal(1, rows.GetProperty("attempts").GetInt64());
        Assert.Equal(
            new[] { "silver/rows", "gold/total" }.Select(table =>
                new DirectoryInfo(Path.Combine(foz.Folder, "lake", table)).GetFiles("*.parquet").Sum(f => f.Length)),
            steps.Select(step => step.GetProperty("bytes_written").GetInt64()));
        Assert.Equal(rows.GetProperty("bytes_written").GetInt64(), total.GetProperty("bytes_read").GetInt64());
        var expected = rows.GetProperty("cpu_seconds").GetDouble() + rows.GetProperty("bytes_written").GetInt64() / 1e6;
        Assert.Equal(expected, double.Parse($"{rows.GetProperty("cost")}"), 0.001);
    }

    [Fact]
    public async Task A_table_of_steps_that_an_older_program_made_gets_the_columns()
    {
        foz.Write("foz.yml", "name: p");
        foz.Write("models/gold/total.sql", "select 1 as n");
        (await foz.RunAsync("run")).ExpectOk();
        (await foz.RunAsync("alter", "foz.steps", "set", "delta.columnMapping.mode=name")).ExpectOk();
        foreach (var column in new[]
        {
            "cost", "attempts", "spill_peak_bytes", "bytes_written", "bytes_read", "memory_peak_bytes", "cpu_seconds",
        })
            (await foz.RunAsync("alter", "foz.steps", "drop-column", column)).ExpectOk();
        Assert.Equal("1", await CountAsync("select count(*) from foz.steps"));

        foz.Write("models/gold/total.sql", "select 2 as n");
        (await foz.RunAsync("run")).ExpectOk();

        Assert.Equal("2", await CountAsync("select count(*) from foz.steps"));
        Assert.Equal("1", await CountAsync("select count(*) from foz.steps where cpu_seconds > 0 and attempts = 1"));
        Assert.Equal("1", await CountAsync("select count(*) from foz.steps where cpu_seconds is null"));
    }

    async Task<List<JsonElement>> RowsAsync(string sql)
    {
        var query = await foz.RunAsync("query", sql, "-o", "json");
        query.ExpectOk();
        return [.. JsonDocument.Parse(query.Out).RootElement.EnumerateArray()];
    }

    async Task<string> CountAsync(string sql)
    {
        var query = await foz.RunAsync("query", sql, "-o", "csv");
        query.ExpectOk();
        return query.Out.Trim().Split('\n')[^1];
    }
}
