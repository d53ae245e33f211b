using System.Diagnostics;
using System.Globalization;
using Foz.Benchmarks.Serving;
using Foz.Tests;
using Npgsql;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// A PostgreSQL server whose tables <c>t0</c>, <c>t1</c> … are followed by <c>foz serve</c> into silver, by their
/// current rows; the lake is a folder, or a bucket of which each answer takes longer.
/// </summary>
sealed class FollowedShop : IAsyncDisposable
{
    /// <summary>How many changes are written in a second, and in a transaction.</summary>
    public const int ChangesPerSecond = 1_000, ChangesPerTransaction = 10;

    readonly PostgreSqlServer server;
    readonly S3Loopback? store;
    readonly string root;
    readonly int tables, rows;
    ServeProcess foz;

    FollowedShop(PostgreSqlServer server, S3Loopback? store, string root, int tables, int rows)
    {
        (this.server, this.store, this.root, this.tables, this.rows) = (server, store, root, tables, rows);
        foz = Serve();
    }

    /// <summary>Makes the tables, and waits until silver has them.</summary>
    public static async Task<FollowedShop> StartAsync(WorkFolder folder, int tables, int rows, int storeDelayMs = 0)
    {
        var postgres = PostgreSqlServer.Start(folder, "-c wal_level=logical");
        for (var i = 0; i < tables; i++)
            postgres.Psql(
                $"CREATE TABLE t{i} (id int PRIMARY KEY, n int, v text); "
                    + $"INSERT INTO t{i} SELECT i, 0, 'text ' || i FROM generate_series(0, {rows - 1}) i");
        var project = folder.Sub(Path.GetRandomFileName());
        Directory.CreateDirectory(Path.Combine(project, "sources"));
        await File.WriteAllTextAsync(
            Path.Combine(project, "sources", "shop.yml"),
            "connection: shop\nsilver: current\nstreams:\n"
                + string.Concat(Enumerable.Range(0, tables).Select(i => $"  t{i}: {{mode: cdc}}\n")));
        await File.WriteAllTextAsync(Path.Combine(project, ".env"), "SECRET=of-the-loopback\n");
        var bucket = storeDelayMs == 0 ? null : new S3Loopback { Delay = TimeSpan.FromMilliseconds(storeDelayMs) };
        var shop = new FollowedShop(postgres, bucket, project, tables, rows);
        await using var lake = await shop.LakeAsync();
        for (var i = 0; i < tables; i++) await WaitAsync(lake, $"SELECT count(*) FROM silver.t{i}", rows);
        return shop;
    }

    /// <summary>Connects to the host's SQL, or to the server.</summary>
    public Task<NpgsqlConnection> LakeAsync() => foz.ConnectAsync();

    /// <inheritdoc cref="LakeAsync"/>
    public async Task<NpgsqlConnection> ServerAsync()
    {
        var connection = new NpgsqlConnection(server.ClientOptions);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Kills the host, and starts another one.</summary>
    public void Restart()
    {
        foz.Dispose();
        foz = Serve();
    }

    /// <summary>Writes changes of random rows but the first one at an even rate; returns how many there were.</summary>
    public async Task<long> WriteAsync(CancellationToken stop)
    {
        await using var connection = await ServerAsync();
        var (random, written, watch) = (new Random(1), 0L, Stopwatch.StartNew());
        while (!stop.IsCancellationRequested)
        {
            var sql = string.Concat(Enumerable.Range(0, ChangesPerTransaction).Select(_ => string.Create(
                CultureInfo.InvariantCulture,
                $"UPDATE t{random.Next(tables)} SET n = n + 1 WHERE id = {random.Next(1, rows)};")));
            await using (var command = new NpgsqlCommand(sql, connection))
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            written += ChangesPerTransaction;
            var early = TimeSpan.FromSeconds((double)written / ChangesPerSecond) - watch.Elapsed;
            if (early > TimeSpan.Zero) await Task.Delay(early, CancellationToken.None);
        }
        return written;
    }

    /// <summary>Changes the first row of a table, and waits until silver has it.</summary>
    /// <param name="lake">Where it is asked for.</param>
    /// <param name="shop">Where it is changed.</param>
    /// <param name="table">The number of the table.</param>
    /// <param name="mark">What no other change writes.</param>
    /// <returns>How long it took after its commit, in milliseconds.</returns>
    public static async Task<double> ProbeAsync(NpgsqlConnection lake, NpgsqlConnection shop, int table, string mark)
    {
        await using (var write = new NpgsqlCommand($"UPDATE t{table} SET v = '{mark}' WHERE id = 0", shop))
            await write.ExecuteNonQueryAsync();
        return await Pair.TimeAsync(
            () => WaitAsync(lake, $"SELECT count(*) FROM silver.t{table} WHERE id = 0 AND v = '{mark}'", 1));
    }

    public async ValueTask DisposeAsync()
    {
        foz.Dispose();
        server.Dispose();
        if (store is not null) await store.DisposeAsync();
    }

    ServeProcess Serve() => ServeProcess.Start(
        root,
        $"connections:\n  shop: {{type: postgresql, url: '{server.Url}'}}"
            + (store is null
                ? ""
                : $"\nlake: {{url: 's3://lake/s', endpoint: '{store.Address}', access_key_id: id, "
                    + "secret_access_key: '${SECRET}'}"));

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
            if (watch.Elapsed > TimeSpan.FromMinutes(2))
                throw new InvalidOperationException($"{sql} does not come to {count}");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
