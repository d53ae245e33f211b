using System.Diagnostics;
using Foz.Benchmarks.Sources;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>A table of 8 columns from <c>foz serve</c> to clients, against PostgreSQL and the same clients.</summary>
/// <param name="rows">How many rows the table has.</param>
sealed class ServingBenchmark(long rows) : IBenchmark
{
    const int Rounds = 5;

    public string Name => "serving";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var postgres = PostgreSqlServer.Start(folder);
        postgres.Psql($"CREATE TABLE sales AS {Sales.Of(rows)}");
        postgres.Psql("VACUUM ANALYZE sales");
        var project = folder.Sub("serving");
        await ServeProcess.WriteAsync(project, "silver.sales", Sales.Of(rows));
        using var foz = ServeProcess.Start(project);
        await using var theirs = await ServeProcess.ConnectAsync(postgres.ClientOptions);
        await using var ours = await foz.ConnectAsync();
        var theirPid = theirs.ProcessID;
        return
        [
            await MeasureAsync(
                "Npgsql reader, all columns", "≥ 1.3× rows/s, ≤ 0.6× CPU", ours, theirs, foz.Id, theirPid, ReadAsync),
            await MeasureAsync(
                "COPY binary out, Npgsql", "≥ 2× rows/s, ≤ 0.6× CPU", ours, theirs, foz.Id, theirPid, CopyBinaryAsync),
            await MeasureAsync(
                "COPY text out, Npgsql", "≥ 0.95× rows/s, ≤ 1.0× CPU", ours, theirs, foz.Id, theirPid, CopyTextAsync),
            await PsqlAsync(foz, postgres),
        ];
    }

    async Task<Figure> MeasureAsync(
        string work, string goal, NpgsqlConnection ours, NpgsqlConnection theirs, int ourPid, int theirPid,
        Func<NpgsqlConnection, Task> read)
    {
        var (ourCpu, theirCpu) = (0.0, 0.0);
        var (ourMs, theirMs, ratio) = await Pair.RunAsync(
            Rounds,
            async () => ourCpu += await CpuAsync(() => ServeProcess.CpuSeconds(ourPid), () => read(ours)),
            async () => theirCpu += await CpuAsync(() => ServeProcess.CpuSeconds(theirPid), () => read(theirs)));
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
        using var reader = await connection.BeginTextExportAsync(
            $"COPY (SELECT * FROM {TableOf(connection)}) TO STDOUT");
        var buffer = new char[1 << 16];
        while (await reader.ReadAsync(buffer) > 0)
        {
            // Only how fast it comes matters.
        }
    }

    async Task<Figure> PsqlAsync(ServeProcess foz, PostgreSqlServer postgres)
    {
        var (ourCpu, theirCpu) = (0.0, 0.0);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds,
            async () => ourCpu += await CpuAsync(
                () => ServeProcess.CpuSeconds(foz.Id), () => PsqlAsync(foz.Port, "ana", "lake", "silver.sales")),
            // A client's process is counted with its parent's when it has ended.
            async () => theirCpu += await CpuAsync(
                () => ServeProcess.CpuSeconds(postgres.Id, ofChildren: true),
                () => PsqlAsync(postgres.Port, "postgres", "postgres", "sales")));
        return new(
            $"psql -At to nowhere, {rows:#,0} rows × 8", "PostgreSQL, the same client", Pair.Ms(ours), Pair.Ms(theirs),
            $"{Pair.Times(1 / ratio)} rows/s, {Pair.Times(ourCpu / theirCpu)} CPU", "≥ 0.95× rows/s, ≤ 1.0× CPU");
    }

    static async Task PsqlAsync(int port, string user, string database, string table)
    {
        using var psql = Process.Start(new ProcessStartInfo(
            "bash",
            [
                "-c",
                $"psql -h 127.0.0.1 -p {port} -U {user} -d {database} -X -A -t -c 'SELECT * FROM {table}' > /dev/null",
            ])
        {
            UseShellExecute = false,
        })!;
        await psql.WaitForExitAsync();
        if (psql.ExitCode != 0) throw new InvalidOperationException($"psql ended with {psql.ExitCode}");
    }

    static string TableOf(NpgsqlConnection connection) => connection.Database == "lake" ? "silver.sales" : "sales";

    /// <summary>The seconds of processor that a server takes for some work.</summary>
    static async Task<double> CpuAsync(Func<double> cpu, Func<Task> work)
    {
        var before = cpu();
        await work();
        return cpu() - before;
    }
}
