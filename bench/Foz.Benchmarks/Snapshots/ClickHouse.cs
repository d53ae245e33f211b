using System.Diagnostics;
using System.Text.Json;

namespace Foz.Benchmarks.Snapshots;

/// <summary>ClickHouse in a process of node: the judge of the acceptance tests.</summary>
sealed class ClickHouse : IDisposable
{
    readonly Process process;

    ClickHouse(Process process) => this.process = process;

    /// <summary>Starts it and has it answer once.</summary>
    public static async Task<ClickHouse> StartAsync()
    {
        var folder = Path.Combine(GoldenLog.Root(), "tests", "Foz.AcceptanceTests", "Judge");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            throw new SkippedException("ClickHouse is not installed: run .ci/install-test-tools");
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "judge.mjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var judge = new ClickHouse(Process.Start(start)!);
        await judge.TimeAsync("SELECT 1");
        return judge;
    }

    /// <summary>How long a statement takes, in milliseconds.</summary>
    public Task<double> TimeAsync(string sql) => Pair.TimeAsync(async () =>
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { sql, format = "TSV" }));
        await process.StandardInput.FlushAsync();
        var answer = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("ClickHouse died");
        using var json = JsonDocument.Parse(answer);
        if (json.RootElement.TryGetProperty("error", out var error)) throw new SkippedException($"ClickHouse: {error}");
    });

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
