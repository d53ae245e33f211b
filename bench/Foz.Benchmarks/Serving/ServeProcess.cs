using System.Diagnostics;
using System.Globalization;
using Foz.Benchmarks.Tables;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary><c>foz serve</c> over the lake of a folder, on free ports, for the owner alone.</summary>
sealed class ServeProcess : IDisposable
{
    const double TicksPerSecond = 100;

    readonly Process process;

    ServeProcess(Process process, int port) => (this.process, Port) = (process, port);

    public int Port { get; }

    public int Id => process.Id;

    /// <summary>The memory that the process has in use.</summary>
    public long ResidentBytes => StatusOf("VmRSS:");

    /// <summary>The most memory that it had in use.</summary>
    public long PeakBytes => StatusOf("VmHWM:");

    /// <summary>Starts to serve.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="settings">The settings in its foz.yml in addition to the name.</param>
    /// <param name="program">The program; null for the one of this build.</param>
    public static ServeProcess Start(string folder, string settings = "", string? program = null)
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), $"name: serving\n{settings}\n");
        IEnumerable<string> own = program is null ? [Path.Combine(AppContext.BaseDirectory, "foz.dll")] : [];
        var started = Process.Start(new ProcessStartInfo(
            program ?? "dotnet",
            [
                .. own, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0",
            ])
        {
            UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true,
        })!;
        var line = started.StandardOutput.ReadLine() ?? throw new SkippedException("foz serve does not start");
        return new(
            started,
            int.Parse(
                line[(line.LastIndexOf(':') + 1)..line.IndexOf(',', StringComparison.Ordinal)],
                CultureInfo.InvariantCulture));
    }

    public Task<NpgsqlConnection> ConnectAsync() =>
        ConnectAsync($"Host=127.0.0.1;Port={Port};Username=ana;Database=lake");

    /// <summary>A connection that looks up no types and belongs to no pool.</summary>
    public static async Task<NpgsqlConnection> ConnectAsync(string options)
    {
        var connection = new NpgsqlConnection(
            options
                + ";Pooling=false;Server Compatibility Mode=NoTypeLoading;Command Timeout=0;Read "
                + "Buffer Size=65536;SSL Mode=Disable");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Writes a table into the lake of a folder.</summary>
    public static async Task WriteAsync(string folder, string table, string sql)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var lake = new Lakehouse(Path.Combine(folder, "lake"), engines, TimeProvider.System);
        var defined = await lake.DefineTableAsync(TableName.Parse(table), null, null, default);
        await (await new TableWriter(session).AppendAsync(defined, sql, new(), default)).CommitAsync(default);
    }

    /// <summary>User and system time of a process, or of those it has started and that have ended (proc(5)).</summary>
    public static double CpuSeconds(int pid, bool ofChildren = false)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var first = ofChildren ? 13 : 11;
        return (long.Parse(fields[first], CultureInfo.InvariantCulture)
            + long.Parse(fields[first + 1], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    long StatusOf(string name) => File.ReadLines($"/proc/{process.Id}/status")
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line =>
            1024 * long.Parse(
                line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .First();
}

/// <summary>A table of 8 columns of the usual types.</summary>
static class Sales
{
    /// <summary>Its rows, in SQL of PostgreSQL and of DuckDB.</summary>
    public static string Of(long rows) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SELECT i::bigint AS id, (i % 100000)::int AS customer, timestamp '2024-01-01' + i * interval '1 second' AS sold_at,
            (date '2024-01-01' + (i % 700)::int)::date AS day, i / 7.0::double precision AS weight,
            ((i % 1000000) / 100.0)::numeric(12,2) AS price, 'note ' || md5(i::text) AS note, i % 3 = 0 AS is_paid
            FROM generate_series(1, {rows}) AS s(i)
        """);
}
