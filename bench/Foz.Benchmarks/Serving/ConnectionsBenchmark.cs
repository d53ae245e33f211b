using System.Diagnostics;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>
/// The memory of an idle connection, and the latencies of many connections that all query at the same time.
/// </summary>
sealed class ConnectionsBenchmark : IBenchmark
{
    const int Idle = 500;
    const int Active = 50;
    const int StatementsEach = 60;
    const int WarmUp = 100;

    public string Name => "serving-connections";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        if (!OperatingSystem.IsLinux()) throw new SkippedException("only Linux tells the memory of another process");
        var project = folder.Sub("serving-connections");
        await ServeProcess.WriteAsync(project, "silver.sales", Sales.Of(1_000_000));
        using var foz = ServeProcess.Start(
            project, $"serve:\n  result_cache: 0\n  sessions_max: {Idle + Active + WarmUp}");
        return [await IdleAsync(foz), await ActiveAsync(foz)];
    }

    static async Task<Figure> IdleAsync(ServeProcess foz)
    {
        // What the first ones cost is the process's, not theirs.
        await CloseAsync(await OpenAsync(foz, WarmUp));
        await Task.Delay(TimeSpan.FromSeconds(2));
        var before = foz.ResidentBytes;
        var connections = await OpenAsync(foz, Idle);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var each = (foz.ResidentBytes - before) / (double)Idle / 1024;
        await CloseAsync(connections);
        return new(
            $"{Idle} idle connections, memory of each", "a limit", Pair.Text($"{each:0.0} KiB"), "30 KB",
            Pair.Text($"{each:0.0} KiB"), "≤ 30 KB");
    }

    static async Task<Figure> ActiveAsync(ServeProcess foz)
    {
        var connections = await OpenAsync(foz, Active);
        var times = await Task.WhenAll(
            connections.Select((connection, number) => Task.Run(() => AskAsync(connection, number))));
        await CloseAsync(connections);
        var all = times.SelectMany(t => t).Order().ToList();
        var (p50, p99) = (all[all.Count / 2], all[all.Count * 99 / 100]);
        return new(
            $"{Active} active connections, {StatementsEach} sums each over 1 M rows by a condition of their own: p99",
            "p50",
            Pair.Ms(p99), Pair.Ms(p50), Pair.Times(p99 / p50), "≤ 4×, no failure");
    }

    static async Task<List<double>> AskAsync(NpgsqlConnection connection, int number)
    {
        var times = new List<double>(StatementsEach);
        for (var i = 0; i < StatementsEach; i++)
        {
            var watch = Stopwatch.StartNew();
            await using var command = new NpgsqlCommand(
                $"SELECT count(*), sum(price) FROM silver.sales WHERE customer = {(number * StatementsEach) + i}",
                connection);
            await using var reader = await command.ExecuteReaderAsync();
            if (!await reader.ReadAsync() || reader.GetInt64(0) != 10)
                throw new InvalidOperationException("another answer");
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        return times;
    }

    static async Task<List<NpgsqlConnection>> OpenAsync(ServeProcess foz, int count)
    {
        var connections = new List<NpgsqlConnection>();
        for (var i = 0; i < count; i++)
        {
            var connection = await foz.ConnectAsync();
            await using var command = new NpgsqlCommand("SELECT count(*) FROM silver.sales WHERE id < 10", connection);
            await command.ExecuteScalarAsync();
            connections.Add(connection);
        }
        return connections;
    }

    static async Task CloseAsync(IEnumerable<NpgsqlConnection> connections)
    {
        foreach (var connection in connections) await connection.DisposeAsync();
    }
}
