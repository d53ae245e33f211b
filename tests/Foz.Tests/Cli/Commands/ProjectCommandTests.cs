using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>The commands of a project, on the one that <c>foz init --template empty</c> makes.</summary>
public sealed class ProjectCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task A_new_project_runs_as_it_is_and_a_second_run_makes_no_commit()
    {
        await InitAsync();
        Assert.Contains("is in order: 0 sources", await OkAsync("validate"), StringComparison.Ordinal);
        Expect.File("plan-first.txt", await OkAsync("plan"));

        Expect.File("run-first.txt", StillText.Of(await OkAsync("run")));
        Expect.File("run-second.txt", StillText.Of(await OkAsync("run")));
        Expect.File("plan-second.txt", await OkAsync("plan"));
        Assert.Equal(
            "sold_on,sales,amount\n2026-01-05,2,139.90\n2026-01-06,1,35.50\n",
            await OkAsync("query", "select * from lake.gold.sales_by_day order by 1", "-o", "csv"));
        Assert.Equal("Skipped\nSucceeded\n", await ColumnAsync("select outcome from foz.runs order by 1"));
    }

    [Theory]
    [InlineData("demo", "--folder", ".")]
    [InlineData("demo", "--folder", ".", "--fresh")]
    public async Task The_demo_leaves_another_project_as_it_is(params string[] arguments)
    {
        await InitAsync();
        await OkAsync("run");
        foreach (var name in new[] { "company", "loja" })
        {
            foz.Write("foz.yml", $"name: {name}\nlake: lake\n");
            var before = Entries();
            var run = await foz.RunAsync(arguments);
            Assert.Equal(
                (2, "error: the project in . is not the demo's; no files written\n  run foz demo in another folder\n"),
                (run.ExitCode, run.Error));
            Assert.Equal(before, Entries());
        }

        string[] Entries() =>
            [.. Directory.EnumerateFileSystemEntries(foz.Folder, "*", SearchOption.AllDirectories).Order()];
    }

    [Fact]
    public async Task A_new_project_of_files_runs_though_one_is_empty()
    {
        foz.Write("in/a.csv", "");
        foz.Write("in/b.csv", "id,v\n1,x\n");
        foreach (var file in new[] { "a.csv", "b.csv" })
            File.SetLastWriteTimeUtc(Path.Combine(foz.Folder, "in", file), new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var made = await OkAsync("init", "my shop", "--template", "files", "--address", "in");
        Assert.Contains("\n  cd 'my shop'\n", made, StringComparison.Ordinal);
        await OkAsync("run", "--project", "my shop");
        foz.Write("in/a.csv", "id,w\n2,y\n");
        File.SetLastWriteTimeUtc(Path.Combine(foz.Folder, "in/a.csv"), new(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc));
        var model = Path.Combine("my shop", "models/silver/a.sql");
        var text = await File.ReadAllTextAsync(Path.Combine(foz.Folder, model), TestContext.Current.CancellationToken);
        Assert.Contains("enabled: false", text, StringComparison.Ordinal);
        foz.Write(model, text.Replace("enabled: false\n", "", StringComparison.Ordinal));
        await OkAsync("run", "--project", "my shop");
        Assert.Equal(
            "id,w\n2,y\n", await OkAsync("query", "select id, w from silver.a", "--project", "my shop", "-o", "csv"));
    }

    [Fact]
    public async Task Tables_are_listed_shown_and_traced()
    {
        await InitAsync();
        await OkAsync("run");

        var tables = JsonDocument.Parse(await OkAsync("ls", "-o", "json", "--schema", "silver")).RootElement;
        var table = Assert.Single(tables.EnumerateArray());
        Assert.Equal(("silver.sales", 0, 3, 1), (
            table.GetProperty("name").GetString(), table.GetProperty("version").GetInt32(),
            table.GetProperty("rows").GetInt32(), table.GetProperty("files").GetInt32()));
        Expect.File("show.txt", StillText.Of(await OkAsync("show", "silver.sales")));
        Assert.Equal(
            "gold.sales_by_day  table\n└─ silver.sales  table\n   └─ bronze.sales  table\n",
            await OkAsync("lineage", "gold.sales_by_day"));
        Assert.Equal(
            "table,upstream\nsilver.sales,bronze.sales\ngold.sales_by_day,silver.sales\n",
            await OkAsync("lineage", "bronze.sales", "--downstream", "-o", "csv"));
        var unknown = await foz.RunAsync("show", "silver.sale");
        Assert.Equal(
            (1, "error: the lake has no table or view silver.sale\n  did you mean silver.sales?\n"),
            (unknown.ExitCode, unknown.Error));
    }

    [Fact]
    public async Task What_is_selected_is_listed_and_run_and_nothing_else()
    {
        await InitAsync();
        foz.Write("selectors.yml", "selectors: [{name: raw, definition: 'path:models/bronze'}]");

        Assert.Equal(
            "bronze.sales\nsilver.sales\nsilver.sales checks\n", await OkAsync("ls", "+silver.sales", "-o", "name"));
        Assert.Equal("models/bronze/sales.sql\n", await OkAsync("ls", "--selector", "raw", "--output", "path"));
        Assert.Equal(
            "name,resource_type,materialization,path,tags,depends,trigger\n"
            + "gold.sales_by_day,model,table,models/gold/sales_by_day.sql,[],[silver.sales],\n",
            (await OkAsync("ls", "--select", "gold", "--exclude", "test_type:generic", "-o", "csv")).Replace(
                "\"", "", StringComparison.Ordinal));
        await OkAsync("run", "--select", "gold+,gold", "+silver.sales", "--exclude", "gold");
        Assert.Equal(
            "bronze.sales\nsilver.sales\n", await ColumnAsync("select distinct step from foz.steps order by 1"));
        Assert.Contains(
            "no table is selected", (await foz.RunAsync("run", "bronze.sales,gold")).Out, StringComparison.Ordinal);
        var wrong = await foz.RunAsync("run", "--output", "name", "--selector", "row");
        Assert.Equal(
            (2, "error: the project has no selector 'row'\n  did you mean 'raw'?\n"), (wrong.ExitCode, wrong.Error));
        Assert.Equal(2, (await foz.RunAsync("test", "-o", "name")).ExitCode);
    }

    [Fact]
    public async Task An_older_version_can_be_read_and_brought_back()
    {
        await InitAsync();
        await OkAsync("run");
        foz.Write(
            "models/bronze/sales.sql",
            "select 9 as sale_id, '2026-02-01' as sold_on, 'pix' as method, '1.00' as amount");
        await OkAsync("run");

        Assert.Equal("1\n", await ColumnAsync("select count(*) from silver.sales"));
        Assert.Equal("3\n", await ColumnAsync("select count(*) from silver.sales at (version => 0)"));
        Assert.Contains(
            "as version 2", await OkAsync("restore", "silver.sales", "--to-version", "0"),
            StringComparison.Ordinal);
        Assert.Equal("3\n", await ColumnAsync("select count(*) from silver.sales"));
        Assert.Equal(
            "2,RESTORE\n1,WRITE\n0,WRITE\n",
            string.Join('\n', (await OkAsync("history", "silver.sales", "-o", "csv")).Split('\n').Skip(1)
                .Select(line =>
                    string.Join(',', line.Split(',') is [var v, _, var operation, ..] ? [v, operation] : []))));
        Assert.Contains("silver.sales v1 → v2", await OkAsync("plan"), StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("restore", "silver.sales", "--to-version", "7")).ExitCode);
        Assert.Equal(2, (await foz.RunAsync("restore", "silver.sales")).ExitCode);
    }

    [Fact]
    public async Task What_versions_changed_is_listed_and_queried()
    {
        await InitAsync();
        await OkAsync("run");
        foz.Write(
            "models/bronze/sales.sql",
            "select 9 as sale_id, '2026-02-01' as sold_on, 'pix' as method, '1.00' as amount");
        await OkAsync("run");

        var changes = await OkAsync("changes", "silver.sales", "--from", "1", "-o", "csv");
        Assert.StartsWith(
            "sale_id,sold_on,method,amount,_change_type,_commit_version,_commit_timestamp\n", changes,
            StringComparison.Ordinal);
        Assert.Equal(
            "delete,3\ninsert,1\n",
            Rest(await OkAsync("query", """
                select _change_type, count(*) from table_changes('silver.sales', 0) where _commit_version = 1 group by 1 order by 1
                """, "-o", "csv")));
        Assert.Equal("3\n", await ColumnAsync("select count(*) from table_changes(silver.sales, 0, 0)"));
        Assert.Equal(
            "1\n",
            await ColumnAsync(
                $"select count(*) from table_changes('{foz.Folder}/lake/silver/sales', 1) "
                    + "where _change_type = 'insert'"));
        foreach (var (sql, error) in new[]
        {
            ("select * from table_changes('silver.sale', 1)", "did you mean silver.sales?"),
            ("select * from table_changes('silver.sales')", "table_changes takes a table"),
            ("select * from table_changes('silver.sales', 2)", "has no version 2 yet"),
        })
        {
            var result = await foz.RunAsync("query", sql);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(error, result.Error, StringComparison.Ordinal);
        }
        Assert.Equal(2, (await foz.RunAsync("changes", "silver.sales", "--from", "yesterday")).ExitCode);

        static string Rest(string csv) => csv[(csv.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }

    [Fact]
    public async Task A_failed_check_fails_the_run_with_a_sample_and_keeps_the_table()
    {
        await InitAsync();
        await OkAsync("run");
        foz.Write(
            "models/bronze/sales.sql",
            "select 9 as sale_id, '2026-02-01' as sold_on, 'pix' as method, '-1.00' as amount");

        var run = await foz.RunAsync("run");
        Assert.Equal(1, run.ExitCode);
        Expect.File("run-failed.txt", StillText.Of(run.Out));
        Assert.Equal("3\n", await ColumnAsync("select count(*) from silver.sales"));

        var log = await foz.RunAsync("run", "--log-format", "json");
        Assert.Equal(1, log.ExitCode);
        var events = log.Out.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("failed", events[^1].GetProperty("outcome").GetString());
        Assert.Contains(events, e => e.TryGetProperty("error", out var error)
            && error.GetString()!.Contains("positive(amount): 1 of 1 row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tests_look_at_tables_as_they_are()
    {
        await InitAsync();
        await OkAsync("run");
        foz.Write("tests/no_card.sql", "select * from silver.sales where method = 'card'");
        foz.Write("tests/warned.sql", "/* @foz\non_violation: warn\n@foz */\nselect * from silver.sales");

        var all = await foz.RunAsync("test");
        Assert.Equal(1, all.ExitCode);
        Expect.File("test.txt", all.Out);
        Assert.Equal(0, (await foz.RunAsync("test", "warned")).ExitCode);
        Assert.Equal(0, (await foz.RunAsync("test", "gold.sales_by_day")).ExitCode);
        Assert.Equal(2, (await foz.RunAsync("test", "nothing.of_this")).ExitCode);
    }

    [Fact]
    public async Task Validate_tells_all_errors_at_once()
    {
        await InitAsync();
        foz.Write("models/gold/a.sql", "select * from silver.sale");
        foz.Write("models/gold/b.sql", "/* @foz\nmaterialisation: view\n@foz */\nselect 1 as x");

        var result = await foz.RunAsync("validate");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("models/gold/a.sql:1:15", result.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'silver.sales'?", result.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'materialization'?", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("2 errors\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            2, JsonDocument.Parse((await foz.RunAsync("validate", "-o", "json")).Out).RootElement.GetArrayLength());
        Assert.Equal(2, (await foz.RunAsync("run")).ExitCode);
    }

    [Fact]
    public async Task Secrets_are_never_shown()
    {
        await OkAsync("init", "shop");
        foz.Write("shop/.env", "SHOP_URL=postgres://me:hunter2pass@localhost:1/hunter2pass\n");

        foreach (var command in new[] { "run", "doctor" })
        {
            var result = await foz.RunAsync(command, "--project", "shop", "--verbose");
            Assert.Equal(1, result.ExitCode);
            Assert.DoesNotContain("hunter2pass", result.Out + result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Init_overwrites_nothing()
    {
        foz.Write("p/foz.yml", "name: mine\n");
        var result = await foz.RunAsync("init", "p");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            ["foz.yml"], Directory.GetFileSystemEntries(Path.Combine(foz.Folder, "p")).Select(Path.GetFileName));
    }

    async Task InitAsync() => await OkAsync("init", ".", "--template", "empty");

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"foz {string.Join(' ', args)}: {result.Error}{result.Out}");
        return result.Out;
    }

    /// <summary>The one column of a query, without its name.</summary>
    async Task<string> ColumnAsync(string sql) => (await OkAsync("query", sql, "-o", "csv")).Split('\n', 2)[1];
}
