using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>The commands that look after tables, on the project that <c>foz init --template empty</c> makes.</summary>
public sealed class MaintenanceCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Tables_are_named_by_layer_or_all_and_a_wrong_name_is_told()
    {
        await InitAsync();
        Assert.Equal(
            ["bronze.sales", "silver.sales"],
            await TablesAsync("optimize", "bronze", "silver.sales", "silver", "--dry-run"));
        Assert.Superset(
            new HashSet<string> { "gold.sales_by_day", "foz.runs" },
            (await TablesAsync("vacuum", "ALL", "--dry-run")).ToHashSet());
        Assert.Equal(["silver.sales"], await TablesAsync("analyze", "silver"));

        var unknown = await foz.RunAsync("vacuum", "silvr");
        Assert.Equal(
            (1, "error: the lake has no schema silvr with tables\n  did you mean silver?\n"),
            (unknown.ExitCode, unknown.Error));
        var tooShort = await foz.RunAsync("vacuum", "silver", "--retention", "3 hours");
        Assert.Equal(2, tooShort.ExitCode);
        Assert.Contains("--no-retention-check", tooShort.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await foz.RunAsync("vacuum", "silver", "--retention", "soon")).ExitCode);
        Assert.Equal(2, (await foz.RunAsync("optimize", "silver", "--file-size", "large")).ExitCode);
    }

    [Fact]
    public async Task Lost_files_are_told_and_taken_out_when_the_user_agrees()
    {
        await InitAsync();
        Assert.Contains(
            "✓ silver.sales is in order at version 0: 1 file", await OkAsync("fsck", "silver"),
            StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(Path.Combine(foz.Folder, "lake", "silver", "sales"), "*.parquet"))
            File.Delete(file);

        var found = await foz.RunAsync("fsck", "all", "-o", "json");
        Assert.Equal(1, found.ExitCode);
        var finding = Assert.Single(JsonDocument.Parse(found.Out).RootElement.EnumerateArray());
        Assert.Equal(
            ("silver.sales", "is missing", true, 3),
            (finding.GetProperty("table").GetString(), finding.GetProperty("problem").GetString(),
                finding.GetProperty("is_loss").GetBoolean(), finding.GetProperty("rows").GetInt32()));

        foz.Input = "\n";
        Assert.Contains(
            "silver.sales will be without 1 file and 3 rows, which are lost. Go on? [y/N]",
            await OkAsync("repair", "silver.sales"), StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("fsck", "silver")).ExitCode);
        foz.Input = "y\n";
        Assert.Contains(
            "silver.sales is repaired; this is version 1", await OkAsync("repair", "silver.sales"),
            StringComparison.Ordinal);
        Assert.Equal("n\n0\n", await OkAsync("query", "select count(*) as n from silver.sales", "-o", "csv"));
    }

    [Fact]
    public async Task Keys_of_several_rows_are_named_in_tables_that_are_merged_and_repair_says_how_they_get_one()
    {
        await InitAsync();
        await File.WriteAllTextAsync(
            Path.Combine(foz.Folder, "models", "silver", "merged.sql"),
            "/* @foz\nmaterialization: {type: incremental, strategy: merge, unique_key: [id, day]}\n@foz */\n"
            + "select i as id, date '2026-01-01' as day, i as v from range(20) t(i)",
            TestContext.Current.CancellationToken);
        await OkAsync("run");
        Assert.Contains(
            "✓ silver.merged is in order at version 0", await OkAsync("fsck", "silver", "--deep"),
            StringComparison.Ordinal);

        await OkAsync("query", "insert into silver.merged select id, day, v + 1 from silver.merged where id in (3, 7)");
        Assert.Contains(
            "✓ silver.merged is in order at version 1", await OkAsync("fsck", "silver"), StringComparison.Ordinal);
        var found = await foz.RunAsync("fsck", "all", "--deep");
        Assert.Equal(1, found.ExitCode);
        Assert.Contains(
            "✗ silver.merged  4 rows have 2 keys: id = 3, day = 2026-01-01; id = 7, day = 2026-01-01\n", found.Out,
            StringComparison.Ordinal);
        Assert.Contains("✓ silver.sales is in order at version 0", found.Out, StringComparison.Ordinal);
        var row = Assert.Single(
            JsonDocument.Parse((await foz.RunAsync("fsck", "silver.merged", "--deep", "-o", "json")).Out).RootElement
                .EnumerateArray());
        Assert.Equal(("silver.merged", 4), (row.GetProperty("table").GetString(), row.GetProperty("rows").GetInt32()));

        var told = await OkAsync("repair", "silver.merged");
        Assert.Contains(
            "\n  make it again by its model: foz run silver.merged --full-refresh\n", told, StringComparison.Ordinal);
        var remedy = told[told.IndexOf("INSERT OVERWRITE", StringComparison.Ordinal)..].Replace(
            "<a column that tells which row is newer>", "v", StringComparison.Ordinal);
        await OkAsync("query", remedy);
        Assert.Contains(
            "✓ silver.merged is in order at version 2", await OkAsync("fsck", "silver.merged", "--deep"),
            StringComparison.Ordinal);
        Assert.Equal(
            "id,v\n3,4\n7,8\n",
            await OkAsync("query", "select id, v from silver.merged where id <> v order by id", "-o", "csv"));
        await OkAsync("query", "insert into silver.merged select id, day, v from silver.merged order by id");
        Assert.Contains(
            "40 rows have 20 keys: id = 0, day = 2026-01-01; ",
            (await foz.RunAsync("fsck", "silver.merged", "--deep")).Out, StringComparison.Ordinal);
        await OkAsync("run", "silver.merged", "--full-refresh");
        await OkAsync("fsck", "silver.merged", "--deep");
    }

    [Fact]
    public async Task A_broken_table_is_reported_and_stops_no_work_on_others()
    {
        await InitAsync();
        var log = Path.Combine(foz.Folder, "lake", "bronze", "sales", "_delta_log");
        var commit = Path.Combine(log, $"{0:D20}.json");
        await OkAsync("query", "update bronze.sales set amount = amount");
        var newest = Directory.GetFiles(log, "*.json").Order().Last();
        Assert.NotEqual(commit, newest);
        await File.WriteAllTextAsync(newest, "{", TestContext.Current.CancellationToken);

        foreach (var command in new[] { "ls", "optimize all", "vacuum all", "analyze all", "fsck all" })
        {
            var result = await foz.RunAsync([.. command.Split(' '), "-o", "json"]);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(
                "silver.sales", command == "fsck all" ? "silver.sales" : result.Out, StringComparison.Ordinal);
            Assert.Contains(
                Path.GetFileName(newest), command == "fsck all" ? result.Out : result.Error, StringComparison.Ordinal);
        }
        Assert.Contains("(cannot be read)", await OkAsync("history", "bronze.sales"), StringComparison.Ordinal);
        var restored = await foz.RunAsync("restore", "bronze.sales", "--to-version", "0");
        Assert.Contains("was broken and is no longer part of the table", restored.Error, StringComparison.Ordinal);
        Assert.Contains("is restored to version 0, as version 1", restored.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await foz.RunAsync("fsck", "all", "--deep")).ExitCode);

        await File.WriteAllTextAsync(newest, "{", TestContext.Current.CancellationToken);
        foz.Input = "y\n";
        var repaired = await OkAsync("repair", "bronze.sales");
        Assert.Contains(
            "will be without its newest version, whose commit is broken. Go on?", repaired, StringComparison.Ordinal);
        Assert.Contains("bronze.sales is repaired; this is version 0", repaired, StringComparison.Ordinal);
        Assert.Equal(0, (await foz.RunAsync("fsck", "all")).ExitCode);
    }

    [Fact]
    public async Task A_clone_is_a_table_of_the_lake_and_never_in_the_place_of_another()
    {
        await InitAsync();
        await OkAsync("clone", "silver.sales", "dev.sales", "--shallow", "--version", "0");
        Assert.Equal("n\n3\n", await OkAsync("query", "select count(*) as n from dev.sales", "-o", "csv"));
        Assert.Equal(["dev.sales"], await TablesAsync("analyze", "dev"));

        Assert.Contains(
            "already", (await foz.RunAsync("clone", "bronze.sales", "dev.sales")).Error, StringComparison.Ordinal);
        Assert.Equal(2, (await foz.RunAsync("clone", "silver.sales", "dev.other", "--shallow", "--deep")).ExitCode);
        Assert.Equal(
            2, (await foz.RunAsync(
                "clone", "silver.sales", "dev.other", "--version", "0", "--at", "2026-01-01")).ExitCode);
        Assert.Equal(1, (await foz.RunAsync("clone", "silver.sales", "dev.other", "--version", "7")).ExitCode);
    }

    async Task InitAsync()
    {
        await OkAsync("init", ".", "--template", "empty");
        await OkAsync("run");
    }

    async Task<string[]> TablesAsync(params string[] args) =>
    [
        .. JsonDocument.Parse(await OkAsync([.. args, "-o", "json"])).RootElement.EnumerateArray()
            .Select(row => row.GetProperty("table").GetString()!),
    ];

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Error}{result.Out}");
        return result.Out;
    }
}
