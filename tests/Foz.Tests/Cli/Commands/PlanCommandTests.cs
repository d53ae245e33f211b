using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>What a plan reports of changed definitions, and the selectors that use them.</summary>
public sealed class PlanCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public PlanCommandTests()
    {
        foz.Write(
            "foz.yml",
            "name: shop\nlake: lake\nenvironments: {dev: {schema_prefix: dev_}, prod: "
                + "{}}\ndefault_environment: prod\n");
        foz.Write("models/bronze/orders.sql", "select 1 as id, 10.5 as amount, 'new' as note");
        foz.Write("models/silver/orders.sql", """
            /* @foz
            tags: [daily]
            columns: [{name: id, type: integer, checks: [not_null]}]
            @foz */
            select
                id,
                amount,
                note
            from bronze.orders
            """);
        foz.Write("models/silver/notes.sql", "select note from silver.orders");
        foz.Write(
            "models/gold/sales.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect id, sum(amount) as "
                + "total\nfrom silver.orders\ngroup by id");
        foz.Write("models/gold/top.sql", "select total from gold.sales");
        foz.Write("models/gold/alone.sql", "select 1 as x");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task A_plan_shows_what_changed_what_it_reaches_and_what_breaks()
    {
        await OkAsync("run");
        Assert.DoesNotContain("reached", await OkAsync("plan"), StringComparison.Ordinal);
        ChangeOrders();

        var plan = await foz.RunAsync("plan");
        Assert.Equal(1, plan.ExitCode);
        Expect.File("plan-changed.txt", StillText.Of(plan.Out));
        foz.Width = 100;
        Expect.File("plan-changed-coloured.txt", StillText.Of((await foz.RunAsync("plan", "silver.orders")).Out));
        foz.Width = 0;

        var rows = JsonDocument.Parse((await foz.RunAsync("plan", "-o", "json")).Out).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("step").GetString()!);
        Assert.Equal("changed", rows["silver.orders"].GetProperty("impact").GetString());
        Assert.Equal(
            ["body", "configs"],
            rows["silver.orders"].GetProperty("change").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal("indirect", rows["gold.top"].GetProperty("impact").GetString());
        Assert.Equal(JsonValueKind.Null, rows["gold.alone"].GetProperty("impact").ValueKind);
        Assert.Contains(
            "models/silver/notes.sql:1:8", rows["silver.notes"].GetProperty("breaks")[0].GetString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("select 1 as id, 11.5 as amount, 'new' as note", "amount", "", "total")]
    [InlineData("select 'new' as note, 1 as id, 10.5 as amount", "", "", "")]
    [InlineData("select 2 as id, 10.5 as amount, note || id as note from (values ('new')) v(note)", "*", "*", "*")]
    [InlineData("select 1 as id, 10.5 as amount, 'new' as note where true", "*", "*", "*")]
    [InlineData("select 1 as id, max(10.5) as amount, 'new' as note", "*", "*", "*")]
    [InlineData("/* @foz\ntags: [hourly]\n@foz */\nselect 1 as id, 10.5 as amount, 'new' as note", "", "", "")]
    public async Task A_change_reaches_the_columns_that_are_made_from_what_changed(string sql, params string[] expected)
    {
        await OkAsync("run");
        foz.Write("models/bronze/orders.sql", sql);
        var rows = JsonDocument.Parse((await foz.RunAsync("plan", "-o", "json")).Out).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("step").GetString()!);
        Assert.Equal(
            [
                .. expected.Zip((string[])["id,amount,note", "note", "id,total"])
                    .Select(pair => pair.First == "*" ? pair.Second : pair.First),
            ],
            ((string[])["silver.orders", "silver.notes", "gold.sales"]).Select(step => string.Join(
                ',', rows[step].GetProperty("columns").EnumerateArray().Select(column => column.GetString()))));
    }

    [Fact]
    public async Task A_model_that_is_not_selected_and_breaks_is_told_to_programs_too()
    {
        await OkAsync("run");
        ChangeOrders();
        var plan = await foz.RunAsync("plan", "silver.orders", "-o", "json");
        Assert.Equal(1, plan.ExitCode);
        var rows = JsonDocument.Parse(plan.Out).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("step").GetString()!);
        Assert.Empty(rows["silver.orders"].GetProperty("breaks").EnumerateArray());
        Assert.False(rows["silver.notes"].GetProperty("works").GetBoolean());
        Assert.Contains(
            "models/silver/notes.sql:1:8", rows["silver.notes"].GetProperty("breaks")[0].GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Selectors_are_taken_as_they_are_typed()
    {
        Assert.Equal(
            "bronze.orders\ngold.sales\ngold.top\nsilver.notes\nsilver.orders\n", await SelectAsync("@silver.orders"));
        Assert.Contains(
            "gold.top", await OkAsync("plan", Path.Combine(foz.Folder, "models/gold/top.sql")),
            StringComparison.Ordinal);
        Assert.Contains(
            "2 steps", await OkAsync("plan", Path.Combine(foz.Folder, "models/silver")), StringComparison.Ordinal);
        var unknown = await foz.RunAsync("plan", "devv");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("did you mean the environment 'dev'?", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_selects_what_changed_since_tables_were_made()
    {
        Assert.Equal(
            "bronze.orders\ngold.alone\ngold.sales\ngold.top\nsilver.notes\nsilver.orders\n",
            await SelectAsync("state:new"));
        await OkAsync("run");
        Assert.Equal("", await SelectAsync("state:modified"));
        ChangeOrders();
        foz.Write("models/gold/alone.sql", "/* @foz\ndescription: Alone\n@foz */\nselect 1 as x");
        foz.Write("models/gold/later.sql", "select 2 as y");

        Assert.Equal("gold.later\nsilver.orders\n", await SelectAsync("state:modified"));
        Assert.Equal("gold.later\n", await SelectAsync("state:new"));
        Assert.Equal(
            "gold.later\nsilver.notes\nsilver.orders\n",
            await SelectAsync("state:modified+1", "--exclude", "gold.sales"));
        Assert.Equal("gold.later\nsilver.orders\n", await SelectAsync("state:modified.body"));
        Assert.Equal("gold.later\nsilver.orders\n", await SelectAsync("state:modified.configs"));
        Assert.Equal("gold.later\n", await SelectAsync("state:modified.contract"));
        Assert.Equal("gold.alone\ngold.later\n", await SelectAsync("state:modified.persisted_descriptions"));
        Assert.Equal(
            "bronze.orders\ngold.alone\ngold.sales\ngold.top\nsilver.notes\n", await SelectAsync("state:unmodified"));
        Assert.DoesNotContain("gold.later", await SelectAsync("state:old"), StringComparison.Ordinal);
        Assert.Equal(
            "bronze.orders\ngold.alone\ngold.later\ngold.sales\ngold.top\nsilver.notes\nsilver.orders\n",
            await SelectAsync("state:new", "--target", "dev"));
        Assert.Equal("gold.later\n", await SelectAsync("state:new", "--target", "dev", "--state", "prod"));
    }

    [Fact]
    public async Task A_failed_batch_is_not_what_a_table_was_made_from()
    {
        await OkAsync("run");
        foz.Write(
            "models/silver/notes.sql",
            "/* @foz\ncolumns: [{name: note, checks: [accepted_values: [old]]}]\n@foz "
                + "*/\nselect note from silver.orders");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);

        Assert.Equal("silver.notes\n", await SelectAsync("state:modified"));
        Assert.Equal("silver.notes\n", await SelectAsync("result:fail"));
        Assert.Equal("", await SelectAsync("result:error"));
    }

    [Fact]
    public async Task A_retry_runs_the_intervals_that_were_asked_for_and_reads_what_was_deferred_to()
    {
        using var timed = new CommandRunner();
        timed.Write(
            "foz.yml",
            "name: t\nlake: lake\nenvironments: {dev: {schema_prefix: dev_}, prod: {}}\ndefault_environment: prod\n");
        timed.Write(
            "models/bronze/events.sql",
            "select * from (values (date '2026-01-02', 1), (date '2026-01-05', 2)) v(day, id)");
        const string Header =
            "/* @foz\nmaterialization: {type: incremental, strategy: microbatch, event_time: day, begin: "
                + "'2026-01-01', lookback: 0}\n@foz */\n";
        timed.Write("models/silver/daily.sql", Header + "select day, id from bronze.events");
        Assert.Equal(0, (await timed.RunAsync("run", "bronze.events")).ExitCode);
        string[] asked =
        [
            "--target", "dev", "silver.daily", "--defer", "--state", "prod", "--start", "2026-01-01", "--end",
            "2026-01-04",
        ];
        var plan = await timed.RunAsync(["plan", .. asked]);
        Assert.Contains("3 intervals of [2026-01-01, 2026-01-04)", plan.Out, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await timed.RunAsync(["plan", .. asked, "-o", "json"])).Out).RootElement;
        Assert.Equal(3, json[0].GetProperty("intervals").GetArrayLength());

        timed.Write("models/silver/daily.sql", Header + "select day, error('not yet') as id from bronze.events");
        Assert.Equal(1, (await timed.RunAsync(["run", .. asked])).ExitCode);
        timed.Write("models/silver/daily.sql", Header + "select day, id from bronze.events");
        foreach (var again in new[] { "retry", "run" })
        {
            var result = await timed.RunAsync(
                again == "retry" ? ["retry", "--target", "dev"] : ["run", "--continue", "--target", "dev"]);
            Assert.True(result.ExitCode == 0, result.Out + result.Error);
        }
        Assert.Equal(
            "id\n1\n",
            (await timed.RunAsync("query", "select id from silver.daily", "--target", "dev", "-o", "csv")).Out);
        Assert.Contains(
            "gap", (await timed.RunAsync("intervals", "--target", "dev", "--gaps")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_takes_what_failed_and_what_was_not_tried()
    {
        Assert.Equal(2, (await foz.RunAsync("retry")).ExitCode);
        foz.Write("models/silver/orders.sql", "select id, amount, note, nothing from bronze.orders");
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
        Assert.Equal("silver.orders\n", await SelectAsync("result:error"));
        Assert.Equal("gold.sales\ngold.top\nsilver.notes\n", await SelectAsync("result:skipped"));
        Assert.Equal("bronze.orders\ngold.alone\n", await SelectAsync("result:success"));
        Assert.Equal(1, (await foz.RunAsync("retry")).ExitCode);

        foz.Write("models/silver/orders.sql", "select id, amount, note from bronze.orders");
        var again = await OkAsync("run", "--continue");
        Assert.Contains("4 ok", again, StringComparison.Ordinal);
        Assert.DoesNotContain("gold.alone", again, StringComparison.Ordinal);
        Assert.StartsWith("nothing to try again", await OkAsync("retry"), StringComparison.Ordinal);
        Assert.Equal(2, (await foz.RunAsync("run", "--continue", "gold.top")).ExitCode);
    }

    [Fact]
    public async Task A_run_that_fails_fast_starts_nothing_more()
    {
        foz.Write("foz.yml", "name: shop\nlake: lake\nthreads: 1\n");
        foz.Write("models/bronze/aaa.sql", "select error('no') as x");
        Assert.Contains("1 failed", (await foz.RunAsync("run", "aaa", "gold.alone")).Out, StringComparison.Ordinal);
        Assert.Equal("", await SelectAsync("result:skipped"));
        foz.Write("models/gold/alone.sql", "select 2 as x");
        Assert.Equal(1, (await foz.RunAsync("run", "aaa", "gold.alone", "--fail-fast")).ExitCode);
        Assert.Equal("gold.alone\n", await SelectAsync("result:skipped"));
    }

    [Fact]
    public async Task A_build_runs_and_then_makes_the_tests_of_what_it_ran()
    {
        foz.Write("tests/none_negative.sql", "select * from silver.orders where amount < 0");
        foz.Write("tests/of_top.sql", "select * from gold.top where total > 1000");
        var built = await OkAsync("build", "+silver.orders");
        Assert.Contains("2 ok", built, StringComparison.Ordinal);
        Assert.Contains("none_negative", built, StringComparison.Ordinal);
        Assert.DoesNotContain("of_top", built, StringComparison.Ordinal);

        foz.Write("tests/none_negative.sql", "select * from silver.orders");
        var lines = (await foz.RunAsync("build", "silver.orders", "--log-format", "json")).Out.TrimEnd().Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.False(lines[^1].GetProperty("passed").GetBoolean());
        Assert.Equal(1, (await foz.RunAsync("build", "silver.orders")).ExitCode);
    }

    [Fact]
    public async Task A_test_that_fails_keeps_a_build_from_making_what_is_behind_its_tables()
    {
        foz.Write("tests/no_orders.sql", "select * from silver.orders");
        foz.Write("tests/not_both.sql", "select * from gold.alone, silver.orders");
        foz.Write("tests/sound.sql", "select * from gold.alone where x > 1");
        foz.Write("tests/of_top.sql", "select * from gold.top where total < 0");

        var built = await foz.RunAsync("build");

        Assert.Equal(1, built.ExitCode);
        Assert.Contains("not made: the test no_orders failed", built.Out + built.Error, StringComparison.Ordinal);
        // With the test that goes with one of them.
        Assert.Equal("gold.sales\ngold.top\nof_top\nsilver.notes\n", await SelectAsync("result:skipped"));
        Assert.Contains("3 checks: 1 passed, 0 warned, 2 failed", built.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("of_top", built.Out, StringComparison.Ordinal);

        // Trying again does not go round it.
        var again = await foz.RunAsync("retry");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("not made: the test no_orders failed", again.Out + again.Error, StringComparison.Ordinal);
        Assert.Contains("2 checks: 0 passed, 0 warned, 2 failed", again.Out, StringComparison.Ordinal);

        foz.Write("tests/no_orders.sql", "/* @foz\non_violation: warn\n@foz */\nselect * from silver.orders");
        foz.Write("tests/not_both.sql", "select * from gold.alone, silver.orders where x > 1");
        Assert.Contains("3 checks: 2 passed, 1 warned, 0 failed", await OkAsync("retry"), StringComparison.Ordinal);
        Assert.Contains("nothing to try again", await OkAsync("retry"), StringComparison.Ordinal);
        Assert.Contains("4 checks: 3 passed, 1 warned, 0 failed", await OkAsync("build"), StringComparison.Ordinal);
        Assert.Equal("", await SelectAsync("state:new"));
    }

    [Fact]
    public async Task A_build_tests_the_tables_that_it_made_and_not_those_of_the_base()
    {
        foz.Write(
            "foz.yml",
            File.ReadAllText(Path.Combine(foz.Folder, "foz.yml")).Replace(
                "dev: {", "dev: {base: prod, ", StringComparison.Ordinal));
        await OkAsync("build", "gold.alone");
        foz.Write("models/gold/alone.sql", "select 20 as x");
        foz.Write("tests/small.sql", "select * from gold.alone where x > 15");
        var built = await foz.RunAsync("build", "gold.alone", "--target", "dev");
        Assert.Equal(1, built.ExitCode);
        Assert.Contains("FAILED   small", built.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await foz.RunAsync("test", "small")).ExitCode);
    }

    [Fact]
    public async Task Sql_is_shown_with_the_names_of_the_environment()
    {
        Assert.Equal(
            "select note from \"dev_silver\".\"orders\" AS \"orders\"\n",
            await OkAsync("render", "silver.notes", "--target", "dev"));
        Assert.Equal("select note from silver.orders\n", await OkAsync("compile", "silver.notes"));
        Assert.StartsWith(
            "-- gold.sales\nselect id", await OkAsync("render", "gold.sales", "gold.top"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_can_be_another_folder_with_the_project()
    {
        foreach (var file in Directory.EnumerateFiles(foz.Folder, "*", SearchOption.AllDirectories).ToList())
            foz.Write(
                Path.Combine("before", Path.GetRelativePath(foz.Folder, file)),
                await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        ChangeOrders();

        Assert.Equal("silver.orders\n", await SelectAsync("state:modified", "--state", "before"));
        var wrong = await foz.RunAsync("ls", "state:modified", "--state", "prdo");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("did you mean 'prod'?", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await foz.RunAsync("ls", "state:modifed")).ExitCode);
    }

    void ChangeOrders() => foz.Write("models/silver/orders.sql", """
        /* @foz
        tags: [daily, core]
        columns: [{name: id, type: integer, checks: [not_null, unique]}]
        @foz */
        select
            id,
            amount * 2.5e0 as amount,
            current_date as made_on
        from bronze.orders
        """);

    async Task<string> SelectAsync(params string[] selectors)
    {
        var lines = (await OkAsync(["ls", .. selectors, "-o", "name"])).Split(
            '\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Concat(
            lines.Where(line => !line.EndsWith(" checks", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
                .Select(line => line + "\n"));
    }

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Error}{result.Out}");
        return result.Out;
    }
}
