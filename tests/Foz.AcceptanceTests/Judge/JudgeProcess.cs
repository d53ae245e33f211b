using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foz.AcceptanceTests.Judge;
using Foz.Lake.Sql;
using Foz.Tests;

[assembly: AssemblyFixture(typeof(JudgeProcess))]

namespace Foz.AcceptanceTests.Judge;

/// <summary>
/// An independent reader and writer of Delta tables: ClickHouse with delta-kernel, in a process of node that starts
/// when a test first asks for it.
/// </summary>
public sealed class JudgeProcess : IAsyncDisposable
{
    readonly SemaphoreSlim asking = new(1);
    Process? process;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>How many rows a table has.</summary>
    /// <param name="folder">The table's folder.</param>
    /// <param name="version">The version; null for the newest.</param>
    public async Task<long> CountAsync(string folder, long? version = null) =>
        // A bare count() is answered from the log, without deletion vectors.
        long.Parse(
            await AskAsync($"SELECT count() FROM (SELECT * FROM {Table(folder)}){AtVersion(version)}", "TSV"),
            NumberStyles.AllowTrailingWhite);

    /// <summary>Writes a table's rows to a Parquet file.</summary>
    /// <param name="folder">The table's folder.</param>
    /// <param name="file">The file.</param>
    /// <param name="columns">The columns, as ClickHouse's SQL.</param>
    /// <param name="version">The version; null for the newest.</param>
    public Task ExportAsync(string folder, string file, string columns = "*", long? version = null) =>
        ExportFromAsync(Table(folder), file, columns, version);

    /// <summary>Writes the rows of a table's Iceberg metadata to a Parquet file.</summary>
    /// <inheritdoc cref="ExportAsync"/>
    public Task ExportIcebergAsync(string folder, string file, string columns = "*") =>
        ExportFromAsync(IcebergTable(folder), file, columns, version: null);

    Task<string> ExportFromAsync(string table, string file, string columns, long? version) => AskAsync(
        $"SELECT {columns} FROM {table} INTO OUTFILE {SqlText.Literal(file)} FORMAT Parquet"
        + AtVersion(version, "output_format_parquet_string_as_string = 1"),
        "Parquet");

    /// <summary>Appends rows to a table in one commit.</summary>
    /// <param name="folder">The table's folder.</param>
    /// <param name="rows">A SELECT or VALUES, as ClickHouse's SQL.</param>
    public Task AppendAsync(string folder, string rows) => AskAsync(
        $"INSERT INTO FUNCTION {Table(folder)} SETTINGS allow_experimental_delta_lake_writes = 1 {rows}", "TSV");

    /// <summary>The rows of a statement, as ClickHouse writes them with tabs.</summary>
    public Task<string> QueryAsync(string sql) => AskAsync(sql, "TSV");

    /// <summary>A table as ClickHouse's SQL names it.</summary>
    public static string Table(string folder) => $"deltaLakeLocal({SqlText.Literal(folder)})";

    /// <summary>A table's Iceberg metadata as ClickHouse's SQL names them.</summary>
    public static string IcebergTable(string folder) => $"icebergLocal({SqlText.Literal(folder)})";

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
        asking.Dispose();
    }

    static string AtVersion(long? version, string? setting = null)
    {
        string?[] settings = [setting, version is null ? null : $"delta_lake_snapshot_version = {version}"];
        var given = string.Join(", ", settings.OfType<string>());
        return given.Length == 0 ? "" : $" SETTINGS {given}";
    }

    static Process Start()
    {
        var folder = Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Judge");
        var isAbsent = !Directory.Exists(Path.Combine(folder, "node_modules"));
        const string remedy = "the judge is not installed: run .ci/install-test-tools";
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipWhen(isAbsent, remedy);
        Assert.False(isAbsent, remedy);
        return Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, "judge.mjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    async Task<string> AskAsync(string sql, string format)
    {
        await asking.WaitAsync(Cancel);
        try
        {
            process ??= Start();
            await process.StandardInput.WriteLineAsync(
                JsonSerializer.Serialize(new { sql, format }).AsMemory(), CancellationToken.None);
            await process.StandardInput.FlushAsync(CancellationToken.None);
            var line = await process.StandardOutput.ReadLineAsync(CancellationToken.None)
                ?? throw new InvalidOperationException($"the judge died of: {sql}");
            using var answer = JsonDocument.Parse(line);
            return answer.RootElement.TryGetProperty("text", out var text)
                ? text.GetString() ?? ""
                : throw new InvalidOperationException($"{answer.RootElement.GetProperty("error")}\nin: {sql}");
        }
        finally
        {
            asking.Release();
        }
    }
}
