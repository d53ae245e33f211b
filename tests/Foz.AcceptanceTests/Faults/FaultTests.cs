using System.Diagnostics;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;

namespace Foz.AcceptanceTests.Faults;

/// <summary>
/// Storage and sources that fail: nothing half written, and an error that says what, where and what to do.
/// </summary>
public sealed class FaultTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_full_disk_fails_the_step_and_leaves_the_table_as_it_was()
    {
        await WriteModelsAsync();
        await WithMountAsync("-t tmpfs -o size=8m foz", async folder =>
        {
            MoveLakeTo(folder);
            using var small = new TestLake(lake.Folder, folder);
            await small.RunWellAsync();
            await small.AppendAsync("bronze.orders", "SELECT i AS id, md5('v' || i) AS v FROM range(10, 20000) r(i)");
            var filler = Path.Combine(folder, "filler");
            FillDisk(filler, leftBytes: 100_000);

            var run = await small.RunAsync();

            var failed = run.Steps.Single(step => step.Outcome is Outcome.Failed);
            Assert.Equal("silver.orders", $"{failed.Step}");
            Assert.Equal(ErrorKind.Storage, failed.Error!.Kind);
            Assert.StartsWith("silver.orders cannot be written: ", failed.Error.Message, StringComparison.Ordinal);
            Assert.Contains("No space left", failed.Error.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(["10"], await small.QueryAsync("SELECT count(*) FROM silver.orders"));
            Assert.Single(Directory.GetFiles(Path.Combine(folder, "silver/orders"), "*.parquet"));

            File.Delete(filler);
            await small.RunWellAsync();
            Assert.Equal(["20000"], await small.QueryAsync("SELECT count(*) FROM silver.orders"));
        });
    }

    [Fact]
    public async Task A_disk_without_a_byte_left_loses_records_and_the_run_says_so()
    {
        await WriteModelsAsync();
        await WithMountAsync("-t tmpfs -o size=8m foz", async folder =>
        {
            MoveLakeTo(folder);
            using var small = new TestLake(lake.Folder, folder);
            await small.RunWellAsync();
            await small.AppendAsync("bronze.orders", "SELECT 10 AS id, 'new' AS v");
            var filler = Path.Combine(folder, "filler");

            var run = await small.RunAsync(onEvent: what =>
            {
                if (what is RunEvent.StepStarted) FillDisk(filler, leftBytes: 0);
            });

            Assert.Equal(ErrorKind.Storage, Assert.Single(run.Steps).Error!.Kind);
            Assert.Equal((Outcome.Failed, ErrorKind.Storage), (run.Outcome, run.Error!.Kind));
            Assert.StartsWith(
                $"what run {run.RunId} did is not in the schema foz: ", run.Error.Message, StringComparison.Ordinal);
            Assert.Contains("make room on the disk", run.Error.Hint, StringComparison.Ordinal);

            File.Delete(filler);
            var next = await small.RunWellAsync();
            Assert.Equal(Outcome.Succeeded, next.Outcome);
            Assert.Equal(["11"], await small.QueryAsync("SELECT count(*) FROM silver.orders"));
            Assert.Equal(["2"], await small.QueryAsync("SELECT count(*) FROM foz.runs"));
            Assert.Empty(Directory.GetFiles(small.Lake.JournalFolder));
        });
    }

    [Fact]
    public async Task Records_that_do_not_fit_into_their_tables_stay_in_the_journal_for_the_next_run()
    {
        await WriteModelsAsync();
        await WithMountAsync("-t tmpfs -o size=8m foz", async folder =>
        {
            MoveLakeTo(folder);
            using var small = new TestLake(lake.Folder, folder);
            var filler = Path.Combine(folder, "filler");
            var warnings = new List<string>();

            var run = await small.RunAsync(onEvent: what =>
            {
                if (what is RunEvent.StepFinished) FillDisk(filler, leftBytes: 12_000);
                if (what is RunEvent.Warned { Step: null, Warning: var warning }) warnings.Add(warning.Message);
            });

            Assert.Equal((Outcome.Succeeded, null), (run.Outcome, run.Error));
            Assert.StartsWith(
                "records of runs stay in the journal, as the tables of the schema foz could not be written: ",
                Assert.Single(warnings), StringComparison.Ordinal);
            Assert.Single(Directory.GetFiles(small.Lake.JournalFolder));

            File.Delete(filler);
            var next = await small.RunWellAsync();
            Assert.Equal(
                new[] { run.RunId, next.RunId },
                await small.QueryAsync("SELECT run_id FROM foz.runs ORDER BY started_at"));
            Assert.Equal(["silver.orders|0"], await small.QueryAsync("SELECT step, table_version FROM foz.steps"));
            Assert.Empty(Directory.GetFiles(small.Lake.JournalFolder));
        });
    }

    [Fact]
    public async Task Records_that_find_no_room_leave_no_half_line_in_front_of_the_next() =>
        await WithMountAsync("-t tmpfs -o size=1m foz", async folder =>
        {
            using var engines = new EnginePool(new EngineOptions { Threads = 1, Workloads = [Workload.Models] });
            var journaled = new Lakehouse(folder, engines, TimeProvider.System);
            using var journal = RunJournal.Open(journaled, "r1");
            await journal.AppendAsync([Step("silver.a", error: null)], Cancel);
            var filler = Path.Combine(folder, "filler");
            FillDisk(filler, leftBytes: 10_000);

            var error = await Assert.ThrowsAsync<FozException>(() =>
                journal.AppendAsync([Step("silver.b", new('x', 50_000))], Cancel));
            Assert.Equal(ErrorKind.Storage, error.Kind);

            File.Delete(filler);
            await journal.AppendAsync([Step("silver.c", error: null)], Cancel);
            var segment = Assert.Single(await RunJournal.ListAsync(journaled, Cancel));
            Assert.Equal(2, (await segment.ReadAsync(Cancel)).Count());
        });

    [Fact]
    public async Task A_lake_that_cannot_be_written_is_said_so_and_still_read()
    {
        await WriteModelsAsync();
        await lake.RunWellAsync();
        await lake.AppendAsync("bronze.orders", "SELECT 100 AS id, 'new' AS v");
        await WithMountAsync($"--bind {lake.Lake.Folder}", async folder =>
        {
            await ShellAsync($"mount -o remount,bind,ro {folder}");
            using var readOnly = new TestLake(lake.Folder, folder);

            var error = await Assert.ThrowsAnyAsync<Exception>(() => readOnly.RunAsync());

            var told = Foz.Lake.Tables.DeltaErrors.Find(error);
            Assert.NotNull(told);
            Assert.Contains("read-only", told.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(folder, told.Describe(), StringComparison.Ordinal);
            Assert.Equal(["10"], await readOnly.QueryAsync("SELECT count(*) FROM silver.orders"));
        });
        Assert.Equal(["10"], await lake.QueryAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task A_missing_data_file_is_named_with_its_table_and_version()
    {
        await lake.AppendAsync("silver.orders", "SELECT 1 AS id");
        await lake.AppendAsync("silver.orders", "SELECT 2 AS id");
        var file = Directory.GetFiles(Path.Combine(lake.Lake.Folder, "silver/orders"), "*.parquet")[0];
        File.Delete(file);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => lake.QueryAsync("SELECT sum(id) FROM silver.orders"));

        var told = Foz.Lake.Tables.DeltaErrors.Find(error);
        Assert.NotNull(told);
        Assert.Contains(Path.GetFileName(file), told.Describe(), StringComparison.Ordinal);
        Assert.Contains("orders", told.Describe(), StringComparison.Ordinal);
        Assert.Contains("version 1", told.Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"add\":{\"path\":")]
    [InlineData("")]
    [InlineData("not json at all")]
    public async Task A_corrupt_log_is_refused_with_its_file(string content)
    {
        await lake.AppendAsync("silver.orders", "SELECT 1 AS id");
        await lake.AppendAsync("silver.orders", "SELECT 2 AS id");
        var commit = Path.Combine(lake.Lake.Folder, "silver/orders/_delta_log", $"{1:D20}.json");
        await File.WriteAllTextAsync(commit, content, Cancel);
        using var reader = new TestLake(lake.Folder);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => reader.QueryAsync("SELECT * FROM silver.orders"));

        var told = Foz.Lake.Tables.DeltaErrors.Find(error);
        Assert.NotNull(told);
        Assert.Contains(Path.GetFileName(commit), told.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gap_in_the_log_is_refused_with_its_version()
    {
        for (var i = 0; i < 4; i++) await lake.AppendAsync("silver.orders", $"SELECT {i} AS id");
        File.Delete(Path.Combine(lake.Lake.Folder, "silver/orders/_delta_log", $"{2:D20}.json"));
        using var reader = new TestLake(lake.Folder);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => reader.QueryAsync("SELECT * FROM silver.orders"));

        var told = Foz.Lake.Tables.DeltaErrors.Find(error);
        Assert.NotNull(told);
        Assert.Contains("version 2", told.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_dies_half_way_leaves_its_table_as_it_was()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS v FROM generate_series(1, 1000) i");
        await database.GrantAsync();
        WriteSource(database, server.Port);
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO big SELECT i, repeat('y', 100) FROM generate_series(1001, 200000) i");

        await using (var proxy = new Proxy(server.Port) { BytesMax = 2_000_000 })
        {
            WriteSource(database, proxy.Port);
            var run = await lake.RunAsync();
            var failed = run.Steps.Single(step => $"{step.Step}" == "bronze.big");
            Assert.Equal(Outcome.Failed, failed.Outcome);
            Assert.Equal(ErrorKind.Source, failed.Error!.Kind);
            Assert.Contains("public.big", failed.Error.Describe(), StringComparison.Ordinal);
        }
        Assert.Equal(["1000"], await lake.QueryAsync("SELECT count(*) FROM bronze.big"));
        Assert.Equal(0, (await (await lake.TableAsync("bronze.big")).LatestAsync(Cancel)).Version);

        WriteSource(database, server.Port);
        await lake.RunWellAsync();
        Assert.Equal(["200000"], await lake.QueryAsync("SELECT count(*) FROM bronze.big"));
    }

    static StepRecord Step(string step, string? error) => new()
    {
        RunId = "r1", Step = step, Kind = "model", Outcome = Outcome.Failed, StartedAt = default, FinishedAt = default,
        Error = error,
    };

    static void FillDisk(string file, int leftBytes)
    {
        using var stream = File.Create(file);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                stream.Write(block);
                stream.Flush();
            }
        }
        catch (IOException)
        {
            stream.SetLength(stream.Length - leftBytes);
        }
    }

    static async Task ShellAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            UseShellExecute = false, RedirectStandardError = true,
        })!;
        var error = await shell.StandardError.ReadToEndAsync(Cancel);
        await shell.WaitForExitAsync(Cancel);
        Assert.True(shell.ExitCode == 0, $"{command}: {error}");
    }

    /// <summary>Works with a file system that is mounted for the test, which takes root.</summary>
    static async Task WithMountAsync(string options, Func<string, Task> work)
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting a file system takes root");
        var folder = Directory.CreateTempSubdirectory("foz-mount-").FullName;
        await ShellAsync($"mount {options} {folder}");
        try
        {
            await work(folder);
        }
        finally
        {
            await ShellAsync($"umount -l {folder}");
            Directory.Delete(folder);
        }
    }

    async Task WriteModelsAsync()
    {
        lake.Write("foz.yml", "name: faults\nlake: lake\n");
        lake.Write("models/silver/orders.sql", "SELECT * FROM bronze.orders");
        await lake.AppendAsync("bronze.orders", "SELECT i AS id, 'v' || i AS v FROM range(10) r(i)");
    }

    void MoveLakeTo(string folder)
    {
        foreach (var file in Directory.GetFiles(lake.Lake.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(lake.Lake.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    void WriteSource(PostgreSqlDatabase database, int port)
    {
        lake.Write("foz.yml", $$"""
            name: faults
            lake: lake
            connections:
              shop:
                type: postgresql
                host: localhost
                port: {{port}}
                database: {{database.Name}}
                user: foz
                password: ${SHOP_PASSWORD}
            """);
        lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        lake.Write("sources/shop.yml", "name: shop\nconnection: shop\nschema: bronze\nstreams: {big: {table: big}}\n");
    }
}
