using Foz.Connectors;
using Foz.Connectors.Files;
using Foz.Lake;

namespace Foz.Tests.Connectors.Files;

public sealed class FilePlanTests
{
    [Fact]
    public async Task New_files_are_read_once_in_the_order_of_their_paths()
    {
        await using var project = new FilesProject()
            .Write("in/b.csv", "id\n2\n").Write("in/a.csv", "id\n1\n").Define("in/*.csv");
        var plan = await project.PlanAsync();
        Assert.Equal(["in/a.csv", "in/b.csv"], plan.Files().Select(f => f.Path));
        Assert.Equal(["1", "2"], (await project.ReadAsync()).Lines);
        Assert.Null((await project.PlanAsync()).Inputs);

        project.Write("in/0.csv", "id\n0\n");
        Assert.Equal(["0"], (await project.ReadAsync()).Lines);
        Assert.Null((await project.PlanAsync()).Inputs);
    }

    [Fact]
    public async Task A_file_that_changed_after_it_was_read_is_reported_and_not_read_again_where_that_is_said()
    {
        await using var project = new FilesProject().Write("a.csv", "id\n1\n")
            .Define("*.csv", settings: ("changed_files", "warn"));
        await project.ReadAsync();
        project.Write("a.csv", "id\n1\n2\n");
        var plan = await project.PlanAsync();
        Assert.Null(plan.Inputs);
        Assert.Equal(
            "file a.csv changed after it was read (7 bytes, before 5); it is not read again",
            Assert.Single(plan.Warnings).Message);

        File.Delete(Path.Combine(project.Folder, "a.csv"));
        Assert.Empty((await project.PlanAsync()).Warnings);
    }

    [Theory]
    [InlineData(StreamMode.Incremental)]
    [InlineData(StreamMode.Snapshot)]
    public async Task A_file_without_a_byte_is_read_once_it_has_some(StreamMode mode)
    {
        await using var project = new FilesProject().Write("a.csv", "").Define("*.csv", mode);
        Assert.Null((await project.PlanAsync()).Inputs);
        project.Write("b.csv", "id\n1\n");
        Assert.Equal(["1"], (await project.ReadAsync()).Lines);
        project.Write("a.csv", "id\n2\n");
        var plan = await project.PlanAsync();
        Assert.Contains("a.csv", plan.Files().Select(f => f.Path));
        Assert.Empty(plan.Warnings);
    }

    [Fact]
    public async Task A_file_that_was_noted_without_a_byte_is_read_once_it_has_some()
    {
        await using var project = new FilesProject().Write("a.csv", "id\n1\n").Define("*.csv");
        project.History.Add(new StreamInputs.OfFiles([new("a.csv", 0, DateTimeOffset.UnixEpoch)]));
        Assert.Equal(["1"], (await project.ReadAsync()).Lines);
    }

    [Theory]
    [InlineData(StreamMode.Incremental)]
    [InlineData(StreamMode.Snapshot)]
    public async Task An_object_with_another_tag_is_read_again_whatever_its_size_and_time(StreamMode mode)
    {
        await using var project = new FilesProject().Define("*.csv", mode);
        var read = new FileInput("s3://b/a.csv", 5, DateTimeOffset.UnixEpoch) { Tag = "1" };
        Assert.Null(Plan(read).Inputs);
        Assert.Null(Plan(read with { Tag = null }).Inputs);
        Assert.Equal(["2"], Plan(read with { Tag = "2" }).Files().Select(file => file.Tag));

        BatchPlan Plan(FileInput now) => FilePlan.Make(
            FileStreamSettings.Read(project.Stream), [now], [new StreamInputs.OfFiles([read])], (_, _) => true);
    }

    [Fact]
    public async Task A_snapshot_takes_all_files_whenever_one_is_new_changed_or_gone()
    {
        await using var project = new FilesProject()
            .Write("a.csv", "id\n1\n").Write("b.csv", "id\n2\n").Define("*.csv", StreamMode.Snapshot);
        await project.ReadAsync();
        Assert.Null((await project.PlanAsync()).Inputs);
        project.Write("a.csv", "id\n33\n");
        Assert.Equal(["2", "33"], (await project.ReadAsync()).Lines);
        File.Delete(Path.Combine(project.Folder, "b.csv"));
        Assert.Equal(["33"], (await project.ReadAsync()).Lines);
        Assert.Null((await project.PlanAsync()).Inputs);
    }

    [Fact]
    public async Task A_file_that_changes_between_plan_and_reading_is_an_error()
    {
        await using var project = new FilesProject().Write("a.csv", "id\n1\n").Define("*.csv");
        var plan = await project.PlanAsync();
        var context = new ReadContext { Engine = FilesProject.Engine, WorkFolder = project.Folder };
        project.Write("a.csv", "id\n12\n");
        var error = await Assert.ThrowsAsync<FozException>(
            () => project.Source.ReadAsync(
                project.Stream, plan.Inputs!, context, TestContext.Current.CancellationToken));
        Assert.Contains("a.csv changed", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);

        File.Delete(Path.Combine(project.Folder, "a.csv"));
        error = await Assert.ThrowsAsync<FozException>(
            () => project.Source.ReadAsync(
                project.Stream, plan.Inputs!, context, TestContext.Current.CancellationToken));
        Assert.Equal("file a.csv is gone", error.Message);
    }

    [Theory]
    [InlineData("*.csv", "a.csv,b.csv")]
    [InlineData("?.csv", "a.csv,b.csv")]
    [InlineData("{a,x/c}.csv", "a.csv,x/c.csv")]
    [InlineData("**", "a.csv,b.csv,b.txt,x/c.csv,x/y/d.csv")]
    [InlineData("**/*.csv", "a.csv,b.csv,x/c.csv,x/y/d.csv")]
    [InlineData("x/**/*.csv", "x/c.csv,x/y/d.csv")]
    [InlineData("*/*.csv", "x/c.csv")]
    [InlineData("**/y/*", "x/y/d.csv")]
    [InlineData("./x/../a.csv", "a.csv")]
    [InlineData("{a,{b,x/c}}.{csv,txt}", "a.csv,b.csv,b.txt,x/c.csv")]
    [InlineData("nothing/*.csv", "")]
    [InlineData(".hidden/*", ".hidden/e.csv")]
    public async Task A_pattern_meets(string pattern, string paths)
    {
        await using var project = new FilesProject()
            .Write("a.csv", "x").Write("b.csv", "x").Write("b.txt", "x").Write("x/c.csv", "x").Write("x/y/d.csv", "x")
            .Write(".hidden/e.csv", "x").Write("x/.f.csv", "x").Define(pattern);
        Assert.Equal(paths, string.Join(',', (await project.PlanAsync()).Files().Select(f => f.Path)));
    }

    [Fact]
    public async Task Files_outside_of_the_project_are_named_by_their_whole_path()
    {
        await using var other = new FilesProject().Write("a.csv", "id\n1\n");
        await using var project = new FilesProject().Define($"{other.Folder}/*.csv");
        Assert.Equal([$"{other.Folder}/a.csv"], (await project.PlanAsync()).Files().Select(f => f.Path));
        Assert.Equal(["1"], (await project.ReadAsync()).Lines);
    }

    [Theory]
    [InlineData("d/ordres/*.csv", "did you mean d/orders/*.csv?")]
    [InlineData("d/orders/*.cvs", "there are 1.csv: *.cvs meets none")]
    [InlineData("d/orders/1.cvs", "did you mean d/orders/1.csv?")]
    [InlineData("x/y/*.csv", null)]
    public async Task A_path_that_no_file_matches_is_told_with_the_nearest(string pattern, string? hint)
    {
        await using var project = new FilesProject().Write("d/orders/1.csv", "id\n1\n").Define(pattern);
        var plan = await project.PlanAsync();
        Assert.Null(plan.Inputs);
        Assert.Equal(
            new Warning($"no file matches {pattern} in the project's folder", hint), Assert.Single(plan.Warnings));
        project.History.Add(new StreamInputs.OfFiles([new("gone.csv", 1, DateTimeOffset.UnixEpoch)]));
        Assert.Empty((await project.PlanAsync()).Warnings);
    }

    [Fact]
    public void All_streams_are_checked_when_a_project_is_read()
    {
        using var project = new SourceProject("disk: {type: files, path: d}");
        project.Write("sources/disk.yml", """
            connection: disk
            streams:
              a: {path: '*.csv', delimiter: '::'}
              b: {path: '*.csv', encoding: utf-7}
              c: {path: '*.csv', skip_rows: -1}
              d: {path: '*.txt', format: fixed}
              e: {path: '*.csv', formt: csv}
            """);
        var errors = ((Foz.Pipelines.Projects.ProjectResult.Refused)project.TryLoad()).Errors;
        Assert.Equal(
            [
                "3: 'delimiter' must be", "4: 'encoding' must be", "5: 'skip_rows' must be", "6: 'widths' must be",
                "7: unknown key 'formt'",
            ],
            errors.Select(e => $"{e.Place!.Value.Line}: {string.Join(' ', e.Message.Split(' ')[..3])}"));
        Assert.All(errors, e => Assert.Equal("sources/disk.yml", e.Place!.Value.File));
    }

    [Theory]
    [InlineData("s3://bucket/*.csv", "format", "csv", "'path' must be a path below that of the connection")]
    [InlineData(
        "*.csv", "format", "xlsx",
        "'format' must be csv, tsv, json, jsonl, parquet, avro, excel, xml, fixed or binary")]
    [InlineData("*.csv", "delimiter", "ab", "'delimiter' must be one ASCII character")]
    [InlineData("*.csv", "delimiter", "", "'delimiter' must be one character")]
    [InlineData("*.csv", "encoding", "klingon", "'encoding' must be an encoding")]
    [InlineData("*.csv", "skip_rows", "-1", "'skip_rows' must be a number of lines")]
    public void Wrong_settings_are_told_when_the_source_is_opened(
        string path, string name, string value, string message)
    {
        var error = Assert.Throws<FozException>(() => new FilesProject().Define(path, settings: (name, value)));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_are_found_by_folder_and_by_the_start_of_file_names()
    {
        await using var project = new FilesProject()
            .Write("orders/orders_2024-01.jsonl", "{\"id\":1,\"o\":{\"x\":1.5}}\nbad\n")
            .Write("orders/orders_2024-02.jsonl.gz", "{}")
            .Write("products.csv", "id,name\n").Write("stock-1.tsv", "id\tn\n").Write("stock-2024-Q1_b.tsv", "id\tn\n")
            .Write("notes.txt", "").Define("*");
        project.WriteParquet("pay/a.parquet", "SELECT 1 AS id, 2.50 AS amount");
        var ct = TestContext.Current.CancellationToken;
        var streams = await project.Source.DiscoverAsync(ct);
        Assert.Equal(
            [
                "products products.csv id:string,name:string",
                "stock stock*.tsv id:string,n:string",
                "orders orders/*{.jsonl,.jsonl.gz} id:long,o:struct<x:double>",
                "pay pay/*.parquet id:integer,amount:decimal(3,2)",
            ],
            streams.OrderBy(s => s.Definition.Settings.Text("path")!.Contains('/')).Select(s =>
                $"{s.Definition.Name} {s.Definition.Settings.Text("path")} "
                    + $"{string.Join(',', s.Fields.Select(f => $"{f.Name}:{f.Type}"))}"));
        foreach (var stream in streams)
            Assert.NotNull((await project.Source.PlanAsync(stream.Definition, [], ct)).Inputs);
        Assert.StartsWith("7 files, ", await project.Source.CheckAsync(ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x_2024-01-01_a x_2024-01-01_b_v2 x_2024-01-02_a", "x_a x*a.csv", "x_b_v2 x_2024-01-01_b_v2.csv")]
    [InlineData("o_2024-01 o_2024-02 o_2024-01_items o_2024-02_items", "o o_????-??.csv", "o_items o*items.csv")]
    [InlineData("o_2024-01 o_2024-02_late o_2024-Q3", "o o*.csv")]
    [InlineData("part-00000-b7f-c0 part-00001-a3e-c0 other", "other other.csv", "part part*.csv")]
    [InlineData("2024_a 2024_b", "2024_a 2024_a.csv", "2024_b 2024_b.csv")]
    public async Task Words_behind_a_date_tell_streams_apart_where_files_of_a_date_differ_in_them(
        string files, params string[] streams)
    {
        await using var project = new FilesProject();
        foreach (var file in files.Split(' ')) project.Write($"{file}.csv", "id\n1\n");
        project.Define("*");
        var found = await project.Source.DiscoverAsync(TestContext.Current.CancellationToken);
        Assert.Equal(streams, found.Select(s => $"{s.Definition.Name} {s.Definition.Settings.Text("path")}"));
        var planned = new List<string>();
        foreach (var stream in found)
            planned.AddRange(
                (await project.Source.PlanAsync(
                    stream.Definition, [], TestContext.Current.CancellationToken)).Files().Select(f => f.Path));
        Assert.Equal(
            files.Split(' ').Select(f => f + ".csv").Order(StringComparer.Ordinal),
            planned.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_told_by_the_check()
    {
        var project = new FilesProject().Define("*.csv");
        Directory.Delete(project.Folder);
        var error = await Assert.ThrowsAsync<FozException>(
            () => project.Source.CheckAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.Source, error.Kind);
    }
}
