using System.Diagnostics;
using System.Globalization;
using Foz.Benchmarks.Serving;
using Npgsql;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// How long after its commit in PostgreSQL a row is in silver, by SQL on the PostgreSQL port of <c>foz serve</c>, while
/// 1,000 changes a second are written. The probe asks again and again, as a client would.
/// </summary>
/// <param name="tables">Over how many tables the changes are spread.</param>
sealed class StreamLatencyBenchmark(int tables) : IBenchmark
{
    const int ChangesPerSecond = 1_000, ChangesPerTransaction = 10, RowsPerTable = 1_000;

    static readonly TimeSpan warmUp = TimeSpan.FromSeconds(15), time = TimeSpan.FromMinutes(1);

    public string Name => $"latency of streams, {tables} tables";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var server = PostgreSqlServer.Start(folder, "-c wal_level=logical");
        for (var i = 0; i < tables; i++)
            server.Psql(
                $"CREATE TABLE t{i} (id int PRIMARY KEY, n int, v text); "
                    + $"INSERT INTO t{i} SELECT i, 0, 'text ' || i FROM generate_series(0, {RowsPerTable - 1}) i");
        var root = folder.Sub($"latency{tables}");
        Directory.CreateDirectory(Path.Combine(root, "sources"));
        await File.WriteAllTextAsync(
            Path.Combine(root, "sources", "shop.yml"),
            "connection: shop\nsilver: current\nstreams:\n"
                + string.Concat(Enumerable.Range(0, tables).Select(i => $"  t{i}: {{mode: cdc}}\n")));
        using var foz = ServeProcess.Start(root, $"connections:\n  shop: {{type: postgresql, url: '{server.Url}'}}");
        await using var lake = await foz.ConnectAsync();
        await WaitAsync(lake, $"SELECT count(*) FROM silver.t{tables - 1}", RowsPerTable);
        using var ending = new CancellationTokenSource();
        var writing = WriteAsync(server, ending.Token);
        await Task.Delay(warmUp);
        await using var shop = new NpgsqlConnection(server.ClientOptions);
        await shop.OpenAsync();
        var (latencies, watch) = (new List<double>(), Stopwatch.StartNew());
        for (var mark = 1; watch.Elapsed < time; mark++)
        {
            var table = mark % tables;
            await using (var write = new NpgsqlCommand($"UPDATE t{table} SET v = 'mark {mark}' WHERE id = 0", shop))
                await write.ExecuteNonQueryAsync();
            latencies.Add(await Pair.TimeAsync(
                () => WaitAsync(lake, $"SELECT count(*) FROM silver.t{table} WHERE id = 0 AND v = 'mark {mark}'", 1)));
        }
        await ending.CancelAsync();
        var rate = await writing / (warmUp + watch.Elapsed).TotalSeconds;
        var sorted = latencies.Order().ToList();
        return
        [
            new(
                Pair.Text($"commit in PostgreSQL → row in silver by SQL, {rate:#,0} changes/s over {tables} tables"),
                "–", $"p50 {Pair.Ms(sorted[sorted.Count / 2])}", "–",
                $"p99 {Pair.Ms(sorted[(int)(sorted.Count * 0.99)])}, {sorted.Count} probes in a minute",
                tables < 200 ? "p50 ≤ 300 ms, p99 ≤ 1 s" : "p99 ≤ 3 s"),
        ];
    }

    /// <summary>Writes at an even rate; returns how many changes there were.</summary>
    async Task<long> WriteAsync(PostgreSqlServer server, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(server.ClientOptions);
        await connection.OpenAsync(CancellationToken.None);
        var (random, written, watch) = (new Random(1), 0L, Stopwatch.StartNew());
        while (!stop.IsCancellationRequested)
        {
            var sql = string.Concat(Enumerable.Range(0, ChangesPerTransaction).Select(_ => string.Create(
                CultureInfo.InvariantCulture,
                $"UPDATE t{random.Next(tables)} SET n = n + 1 WHERE id = {random.Next(1, RowsPerTable)};")));
            await using (var command = new NpgsqlCommand(sql, connection))
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            written += ChangesPerTransaction;
            var early = TimeSpan.FromSeconds((double)written / ChangesPerSecond) - watch.Elapsed;
            if (early > TimeSpan.Zero) await Task.Delay(early, CancellationToken.None);
        }
        return written;
    }

    static async Task WaitAsync(NpgsqlConnection lake, string sql, long count)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var command = new NpgsqlCommand(sql, lake);
                if (Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) == count) return;
            }
            catch (PostgresException) when (watch.Elapsed < TimeSpan.FromMinutes(1))
            {
                // The table is not there yet.
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
            if (watch.Elapsed > TimeSpan.FromMinutes(2)) throw new InvalidOperationException($"{sql} does not come to {count}");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
