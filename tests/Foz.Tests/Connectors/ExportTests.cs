using Foz.Connectors.Databases;
using Foz.Connectors.Exports;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Projects;
using Foz.Storage;
using Foz.Tests.Connectors.Http;

namespace Foz.Tests.Connectors;

/// <summary>Exports of models to files and endpoints.</summary>
public sealed class ExportTests : IDisposable
{
    SourceProject? project;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project?.Dispose();

    [Fact]
    public async Task Files_hold_the_tables_last_version_or_the_one_before()
    {
        Open("disk: {type: files, path: data}",
            "export: [{file: out/a.csv}, {file: out/a.jsonl}, {file: out/a.parquet}]");
        await project!.RunWellAsync();
        Assert.Equal(["id,v", "1,a"], await LinesAsync("out/a.csv"));
        Assert.Equal(["{\"id\":1,\"v\":\"a\"}"], await LinesAsync("out/a.jsonl"));
        Assert.True(new FileInfo(Path.Combine(project.Folder, "out/a.parquet")).Length > 0);
        var before = File.GetLastWriteTimeUtc(Path.Combine(project.Folder, "out/a.csv"));
        Assert.All((await project.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(project.Folder, "out/a.csv")));
        project.Write("data/2.csv", "id,v\n2,b\n");
        await project.RunWellAsync();
        Assert.Equal(["1,a", "2,b", "id,v"], (await LinesAsync("out/a.csv")).Order(StringComparer.Ordinal));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(project.Folder, "out")).Length);
    }

    [Fact]
    public async Task Json_is_as_its_standard_has_it_in_files_and_to_endpoints()
    {
        using var server = new ApiServer(_ => "ok");
        Open($"disk: {{type: files, path: data}}\nhook: {{type: http, url: '{server.Url}'}}",
            "export: [{file: out/a.jsonl}, {connection: hook, path: rows}]");
        project!.Write("models/silver/t.sql", """
            /* @foz
            export: [{file: out/a.jsonl}, {connection: hook, path: rows}]
            @foz */
            SELECT id, 'NaN'::DOUBLE AS d, '-infinity'::FLOAT AS f, 1.5::DOUBLE AS n, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS "at",
                TIMESTAMP '2026-01-01 10:00:00.25' AS local, DATE '2026-01-01' AS day, '\xC3\x00'::BLOB AS b, 1.50::DECIMAL(5,2) AS p,
                [1.0::DOUBLE, 'NaN'::DOUBLE, NULL] AS list, {'x': 'inf'::DOUBLE, 'y': TIMESTAMPTZ '2026-01-01 12:00:00+00'} AS s,
                MAP {'k': 'nan'::DOUBLE} AS m, NULL::STRUCT(z DOUBLE) AS none
            FROM bronze.t
            """);
        await project.RunWellAsync();
        const string Row = """
            {"id":1,"d":null,"f":null,"n":1.5,"at":"2026-01-01T00:00:00Z","local":"2026-01-01T10:00:00.25","day":"2026-01-01","b":"\\xc300","p":1.5,"list":[1.0,null,null],"s":{"x":null,"y":"2026-01-01T12:00:00Z"},"m":{"k":null},"none":null}
            """;
        Assert.Equal([Row], await LinesAsync("out/a.jsonl"));
        Assert.Equal($"[{Row}]", server.Requests.Single().Body);
    }

    [Fact]
    public void A_date_stays_one_in_a_database_without_dates()
    {
        Assert.Equal(
            "2026-01-01",
            DatabaseExport.ValueOf("2026-01-01", DataType.Date, Dialect.OfProvider("Microsoft.Data.Sqlite")));
        Assert.Equal(
            new DateTime(2026, 1, 1),
            DatabaseExport.ValueOf("2026-01-01", DataType.Date, Dialect.OfProvider("Npgsql")));
    }

    [Fact]
    public void Two_models_do_not_write_one_file()
    {
        Open("disk: {type: files, path: data}", "export: {file: out/a.csv}");
        project!.Write("models/silver/u.sql", "/* @foz\nexport: {file: ./out/../out/a.csv}\n@foz */\nSELECT 1 AS id");
        Assert.Equal(
            "models/silver/u.sql:2:9: the file './out/../out/a.csv' is that of silver.t too\n  each would replace the "
                + "rows of the other: name another file",
            Assert.Single(((ProjectResult.Refused)project.TryLoad()).Errors).Describe());
    }

    [Fact]
    public async Task A_note_that_does_not_say_of_which_table_is_not_taken_for_this_ones()
    {
        Open("disk: {type: files, path: data}", "export: {file: out/a.csv}");
        await project!.RunWellAsync();
        var note = Assert.Single(
            Directory.GetFiles(
                Path.Combine(project.Folder, "lake/_foz/exports"), "*.json", SearchOption.AllDirectories));
        var json = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(note, Cancel))!.AsObject();
        (json["version"], json["tableId"]) = (99, null);
        await File.WriteAllTextAsync(note, json.ToJsonString(), Cancel);
        project.Write("data/2.csv", "id,v\n2,b\n");
        await project.RunWellAsync();
        Assert.Equal(["1,a", "2,b", "id,v"], (await LinesAsync("out/a.csv")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_made_up_for_and_the_others_stay_whole()
    {
        Open("disk: {type: files, path: data}",
            "export: [{file: out/a.csv}, {file: out/a.jsonl}, {file: out/a.parquet}]");
        await project!.RunWellAsync();
        project.Write("data/2.csv", "id,v\n2,b\n");
        var file = Path.Combine(project.Folder, "out/a.jsonl");
        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Contains("out/a.jsonl cannot be written", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["1,a", "2,b", "id,v"], (await LinesAsync("out/a.csv")).Order(StringComparer.Ordinal));
        Assert.Equal(["1|a"], project.ParquetRows("out/a.parquet"));
        Assert.Equal(
            ["a.csv", "a.jsonl", "a.parquet"],
            Directory.GetFileSystemEntries(Path.Combine(project.Folder, "out")).Select(Path.GetFileName)
                .Order(StringComparer.Ordinal));
        Directory.Delete(file);
        await project.RunWellAsync();
        Assert.Equal(
            ["{\"id\":1,\"v\":\"a\"}", "{\"id\":2,\"v\":\"b\"}"],
            (await LinesAsync("out/a.jsonl")).Order(StringComparer.Ordinal));
        Assert.Equal(["1|a", "2|b"], project.ParquetRows("out/a.parquet"));
    }

    [Fact]
    public async Task An_endpoint_that_fails_in_the_middle_gets_every_part_again_under_its_key()
    {
        var (seen, isDown) = (0, true);
        using var server =
            new ApiServer(_ => Interlocked.Increment(ref seen) == 2 && isDown ? new ApiAnswer(400, "no") : "ok");
        Open(
            $"disk: {{type: files, path: data}}\nhook: {{type: http, url: '{server.Url}'}}",
            "export: {connection: hook, path: rows, batch_size: 1}");
        project!.Write("data/2.csv", "id,v\n2,b\n3,c\n");
        Assert.Contains("the server answers 400", await project.FailAsync(), StringComparison.Ordinal);
        isDown = false;
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(5, server.Requests.Count);
        // What an endpoint has that takes each key once.
        var taken = server.Requests.DistinctBy(r => r.Headers["Idempotency-Key"]).Select(r => r.Body).ToList();
        Assert.Equal(["[{\"id\":1,\"v\":\"a\"}]", "[{\"id\":2,\"v\":\"b\"}]", "[{\"id\":3,\"v\":\"c\"}]"], taken);
    }

    [Theory]
    [InlineData("export.bound")]
    [InlineData("export.file-written")]
    [InlineData("export.file-checked")]
    public async Task A_run_whose_step_was_taken_over_writes_nothing_over_a_newer_file(string pausedAt)
    {
        Open("disk: {type: files, path: data}", "export: {file: out/a.csv}");
        await project!.RunWellAsync();
        project.Write("data/2.csv", "id,v\n2,b\n");
        var paused = await RunPausedAsync(pausedAt);

        Assert.Contains("another run took over silver.t", paused, StringComparison.Ordinal);
        Assert.Equal(["1,a", "2,b", "3,c", "id,v"], (await LinesAsync("out/a.csv")).Order(StringComparer.Ordinal));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(project.Folder, "out")));
        Assert.All((await project.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task A_run_whose_step_was_taken_over_sends_an_endpoint_nothing_more()
    {
        using var server = new ApiServer(_ => "ok");
        Open($"disk: {{type: files, path: data}}\nhook: {{type: http, url: '{server.Url}'}}",
            "export: {connection: hook, path: rows}");
        await project!.RunWellAsync();
        project.Write("data/2.csv", "id,v\n2,b\n");
        Assert.Contains(
            "another run took over silver.t", await RunPausedAsync("export.bound"), StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
        Assert.Contains("\"c\"", server.Requests.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lake_that_lost_its_leases_goes_on_with_a_later_epoch()
    {
        Open("disk: {type: files, path: data}", "export: {file: out/a.csv}");
        await project!.RunWellAsync();
        project.Write("data/2.csv", "id,v\n2,b\n");
        await RunPausedAsync("export.bound");
        Directory.Delete(Path.Combine(project.Folder, "lake/_foz/leases"), recursive: true);
        project.Write("data/4.csv", "id,v\n4,d\n");

        await project.RunWellAsync();

        Assert.Equal(
            ["1,a", "2,b", "3,c", "4,d", "id,v"], (await LinesAsync("out/a.csv")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_table_whose_checks_fail_is_not_exported()
    {
        Open("disk: {type: files, path: data}", "columns: [{name: id, checks: [{max: 1}]}]\nexport: {file: out/a.csv}");
        await project!.RunWellAsync();
        project.Write("data/2.csv", "id,v\n2,b\n");
        await project.FailAsync();
        Assert.Equal(["id,v", "1,a"], await LinesAsync("out/a.csv"));
    }

    [Fact]
    public async Task An_endpoint_gets_what_is_new_and_a_failed_export_is_made_up_for()
    {
        var isDown = false;
        using var server = new ApiServer(_ => isDown ? new ApiAnswer(400, "no") : "ok");
        Open(
            $"disk: {{type: files, path: data}}\nhook: {{type: http, url: '{server.Url}'}}",
            "materialization: incremental\nexport: {connection: hook, path: rows, mode: append, "
                + "batch_size: 1, records: items}", "STREAM(bronze.t)");
        await project!.RunWellAsync();
        isDown = true;
        project.Write("data/2.csv", "id,v\n2,b\n3,c\n");
        Assert.Contains("the server answers 400 Bad Request: no", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(3, (await project.RowsAsync("SELECT * FROM silver.t")).Count);
        isDown = false;
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(
            [
                "{\"items\":[{\"id\":1,\"v\":\"a\"}]}", "{\"items\":[{\"id\":2,\"v\":\"b\"}]}",
                "{\"items\":[{\"id\":2,\"v\":\"b\"}]}", "{\"items\":[{\"id\":3,\"v\":\"c\"}]}",
            ],
            server.Requests.Select(r => r.Body));
        var keys = server.Requests.Select(r => r.Headers["Idempotency-Key"]).ToList();
        Assert.Equal(keys[1], keys[2]);
        Assert.Equal(3, keys.Distinct().Count());
    }

    [Theory]
    [InlineData(
        "export: {file: a.xlsx}",
        "the format of the file does not follow from its name\n  set format to csv, jsonl or parquet")]
    [InlineData(
        "export: {file: ../../a.csv}",
        "the file '../../a.csv' is outside of the project\n  write a path below it, or all of the path from the root on")]
    [InlineData(
        "export: {connection: disk, table: t}",
        "the connection 'disk' is of type files\n  a table takes one of type postgresql or database")]
    [InlineData("export: {connection: dsk, path: t}", "unknown connection 'dsk'\n  did you mean 'disk'?")]
    [InlineData(
        "export: {connection: disk}",
        "an export needs one of 'file', 'table' and 'path'\n  a table and a path need a 'connection' besides")]
    [InlineData("export: {file: a.csv, mode: upsert, keys: [id]}", "a file takes no 'mode: upsert'\n  it is replaced")]
    [InlineData(
        "export: {connection: hook, path: t, mode: upsert, keys: [id]}",
        "a path takes no 'mode: upsert'\n  known: replace, append")]
    [InlineData("export: {connection: hook, path: t, format: csv}", "'format' does not go with 'path'")]
    [InlineData(
        "export: {connection: hook, path: t, batch_size: 0}",
        "'batch_size' must be a whole number from 1 to 100,000, not 0")]
    [InlineData("export: {connection: hook, file: a.csv}", "'connection' does not go with 'file'")]
    [InlineData("export: {path: t}", "'connection' is missing in an export")]
    [InlineData("export: {file: a.csv, environments: [prd]}", "unknown environment 'prd'\n  known: default")]
    [InlineData(
        "export: {connection: hook, path: t, mode: append}",
        "a table that each run rebuilds cannot be exported with 'mode: append'\n  all rows would come again: make it incremental, or take another mode")]
    [InlineData("export: {file: a.csv}\nmaterialization: view", "a view cannot be exported\n  make it a table")]
    public void A_wrong_export_is_told(string frontMatter, string expected)
    {
        Open("disk: {type: files, path: data}\nhook: {type: http, url: 'http://localhost:1'}", frontMatter);
        Assert.EndsWith(
            expected, Assert.Single(((ProjectResult.Refused)project!.TryLoad()).Errors).Describe(),
            StringComparison.Ordinal);
    }

    /// <summary>Runs; at a failpoint the run stands still while another one takes over, with one file more.</summary>
    /// <returns>Why the step failed.</returns>
    async Task<string> RunPausedAsync(string pausedAt)
    {
        var isPaused = false;
        using (Failpoint.Watch(name =>
        {
            if (name != pausedAt || isPaused) return;
            isPaused = true;
            // As a run finds it that watched the other one stand still.
            Directory.Delete(Path.Combine(project!.Folder, "lake/_foz/hosts"), recursive: true);
            project.Write("data/3.csv", "id,v\n3,c\n");
            Task.Run(() => project.RunWellAsync(), Cancel).Wait(Cancel);
        }))
            return await project!.FailAsync();
    }

    void Open(string connections, string frontMatter, string from = "bronze.t")
    {
        project = new SourceProject(connections);
        project.Write("data/1.csv", "id,v\n1,a\n");
        project.Write("sources/disk.yml", "connection: disk\nstreams: {t: {path: '*.csv', columns: {id: bigint}}}\n");
        project.Write("models/silver/t.sql", $"/* @foz\n{frontMatter}\n@foz */\nSELECT id, v FROM {from}");
    }

    async Task<string[]> LinesAsync(string path) =>
        await File.ReadAllLinesAsync(Path.Combine(project!.Folder, path), Cancel);
}
