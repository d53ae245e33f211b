using System.Diagnostics;
using System.Globalization;
using Foz.Benchmarks.Sources;
using Foz.Benchmarks.Tables;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Tables;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>A table of 8 columns from <c>foz serve</c> to clients, against PostgreSQL and the same clients.</summary>
/// <param name="rows">How many rows the table has.</param>
sealed class ServingBenchmark(long rows) : IBenchmark
{
    const int Rounds = 5;
    const int RoundTrips = 300;
    const double TicksPerSecond = 100;

    string Columns => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SELECT i::bigint AS id, (i % 100000)::int AS customer, timestamp '2024-01-01' + i * interval '1 second' AS sold_at,
            (date '2024-01-01' + (i % 700)::int)::date AS day, i / 7.0::double precision AS weight,
            ((i % 1000000) / 100.0)::numeric(12,2) AS price, 'note ' || md5(i::text) AS note, i % 3 = 0 AS is_paid
            FROM generate_series(1, {rows}) AS s(i)
        """);

    public string Name => "serving";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var postgres = PostgreSqlServer.Start(folder.Sub("postgresql"));
        postgres.Psql($"CREATE TABLE sales AS {Columns}");
        postgres.Psql("VACUUM ANALYZE sales");
        await WriteLakeAsync(folder);
        using var foz = Serve(folder, out var port);
        try
        {
            await using var theirs = await ConnectAsync($"Host=127.0.0.1;Port={postgres.Port};Username=postgres;Database=postgres");
            await using var ours = await ConnectAsync($"Host=127.0.0.1;Port={port};Username=ana;Database=lake");
            var ourPid = foz.Id;
            var theirPid = theirs.ProcessID;
            return
            [
                await MeasureAsync("Npgsql reader, all columns", "≥ 1.3× rows/s, ≤ 0.6× CPU", ours, theirs, ourPid, theirPid, ReadAsync),
                await MeasureAsync("COPY binary out, Npgsql", "≥ 2× rows/s, ≤ 0.6× CPU", ours, theirs, ourPid, theirPid, CopyBinaryAsync),
                await MeasureAsync("COPY text out, Npgsql", "≥ 0.95× rows/s, ≤ 1.0× CPU", ours, theirs, ourPid, theirPid, CopyTextAsync),
                await PsqlAsync(port, postgres.Port),
                await RoundTripAsync(ours, theirs),
            ];
        }
        finally
        {
            foz.Kill();
        }
    }

    async Task WriteLakeAsync(WorkFolder folder)
    {
        await File.WriteAllTextAsync(folder.File("foz.yml"), "name: serving\n");
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        var lake = new Lake(folder.Sub("lake"), engines, TimeProvider.System);
        var table = await lake.DefineTableAsync(TableName.Parse("silver.sales"), null, null, default);
        await (await new TableWriter(session).AppendAsync(table, Columns, new(), default)).CommitAsync(default);
    }

    static Process Serve(WorkFolder folder, out int port)
    {
        var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "foz.dll"), "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"])
        {
            UseShellExecute = false, WorkingDirectory = folder.Path, RedirectStandardOutput = true,
        })!;
        var line = process.StandardOutput.ReadLine() ?? throw new SkippedException("foz serve does not start");
        port = int.Parse(line[(line.LastIndexOf(':') + 1)..line.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        return process;
    }

    static async Task<NpgsqlConnection> ConnectAsync(string options)
    {
        var connection = new NpgsqlConnection(
            options + ";Pooling=false;Server Compatibility Mode=NoTypeLoading;Command Timeout=0;Read Buffer Size=65536;SSL Mode=Disable");
        await connection.OpenAsync();
        return connection;
    }

    async Task<Figure> MeasureAsync(
        string work, string goal, NpgsqlConnection ours, NpgsqlConnection theirs, int ourPid, int theirPid,
        Func<NpgsqlConnection, Task> read)
    {
        var (ourCpu, theirCpu) = (0.0, 0.0);
        var (ourMs, theirMs, ratio) = await Pair.RunAsync(
            Rounds,
            async () => ourCpu += await CpuAsync(ourPid, () => read(ours)),
            async () => theirCpu += await CpuAsync(theirPid, () => read(theirs)));
        return new(
            $"{work}, {rows:#,0} rows × 8", "PostgreSQL, the same client", Pair.Ms(ourMs), Pair.Ms(theirMs),
            $"{Pair.Times(1 / ratio)} rows/s, {Pair.Times(ourCpu / theirCpu)} CPU", goal);
    }

    static async Task ReadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"SELECT * FROM {TableOf(connection)}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (reader.Read())
        {
            _ = reader.GetInt64(0);
            _ = reader.GetInt32(1);
            _ = reader.GetDateTime(2);
            _ = reader.GetFieldValue<DateOnly>(3);
            _ = reader.GetDouble(4);
            _ = reader.GetDecimal(5);
            _ = reader.GetString(6);
            _ = reader.GetBoolean(7);
        }
    }

    static async Task CopyBinaryAsync(NpgsqlConnection connection)
    {
        await using var stream = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT * FROM {TableOf(connection)}) TO STDOUT (FORMAT binary)");
        await stream.CopyToAsync(Stream.Null);
    }

    static async Task CopyTextAsync(NpgsqlConnection connection)
    {
        using var reader = await connection.BeginTextExportAsync($"COPY (SELECT * FROM {TableOf(connection)}) TO STDOUT");
        var buffer = new char[1 << 16];
        while (await reader.ReadAsync(buffer) > 0)
        {
            // Only how fast it comes matters.
        }
    }

    async Task<Figure> PsqlAsync(int ourPort, int theirPort)
    {
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => PsqlAsync(ourPort, "ana", "lake", "silver.sales"),
            () => PsqlAsync(theirPort, "postgres", "postgres", "sales"));
        return new(
            $"psql -At to nowhere, {rows:#,0} rows × 8", "PostgreSQL, the same client", Pair.Ms(ours), Pair.Ms(theirs),
            $"{Pair.Times(1 / ratio)} rows/s", "≥ 0.95× rows/s");
    }

    static async Task PsqlAsync(int port, string user, string database, string table)
    {
        using var psql = Process.Start(new ProcessStartInfo(
            "bash", ["-c", $"psql -h 127.0.0.1 -p {port} -U {user} -d {database} -X -A -t -c 'SELECT * FROM {table}' > /dev/null"])
        {
            UseShellExecute = false,
        })!;
        await psql.WaitForExitAsync();
        if (psql.ExitCode != 0) throw new InvalidOperationException($"psql ended with {psql.ExitCode}");
    }

    static async Task<Figure> RoundTripAsync(NpgsqlConnection ours, NpgsqlConnection theirs)
    {
        var (a, b, ratio) = await Pair.RunAsync(Rounds, () => SelectAsync(ours), () => SelectAsync(theirs));
        return new(
            "`select 1` round trip", "PostgreSQL, the same client", Pair.Ms(a / RoundTrips), Pair.Ms(b / RoundTrips), Pair.Times(ratio),
            "≤ 1.5×");
    }

    static async Task SelectAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select 1", connection);
        for (var i = 0; i < RoundTrips; i++) await command.ExecuteScalarAsync();
    }

    static string TableOf(NpgsqlConnection connection) => connection.Database == "lake" ? "silver.sales" : "sales";

    /// <summary>The seconds of processor that a process of the server takes for some work.</summary>
    static async Task<double> CpuAsync(int pid, Func<Task> work)
    {
        var before = CpuSeconds(pid);
        await work();
        return CpuSeconds(pid) - before;
    }

    /// <summary>User and system time of a process (proc(5)).</summary>
    static double CpuSeconds(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
