using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Lineage;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Pipelines.Programs;

public sealed class ProgramModelTests : IDisposable
{
    readonly RunningProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_model_in_Python_stands_between_models_in_SQL()
    {
        await project.AppendAsync(
            "bronze.orders",
            "SELECT * FROM (VALUES (1, 'ana', 10.50::DECIMAL(10,2)), (2, 'bia', 4.00)) v(id, customer, amount)");
        project["models/silver/orders.sql"] = "SELECT id, customer, amount FROM bronze.orders";
        project["models/gold/scores.py"] = """"
            """@foz
            description: A score for each customer
            columns:
              customer: {checks: [not_null, unique]}
              score: {type: 'decimal(10,1)', from: [silver.orders.amount]}
            @foz"""
            import foz
            from lib.scores import score

            def model():
                return [{"customer": o["customer"], "score": score(o["amount"])} for o in foz.table("silver.orders", "rows")]
            """";
        project["lib/scores.py"] = "def score(amount):\n    return amount / 2\n";
        project["models/gold/best.sql"] = "SELECT customer FROM gold.scores ORDER BY score DESC LIMIT 1";

        var run = await project.RunAsync();

        Assert.Equal(Outcome.Succeeded, run.Outcome);
        Assert.Equal(["ana|5.3|DECIMAL(10,1)", "bia|2.0|DECIMAL(10,1)"],
            await project.QueryAsync("SELECT customer, score, typeof(score) FROM gold.scores ORDER BY ALL"));
        Assert.Equal(["ana"], await project.QueryAsync("SELECT * FROM gold.best"));
        Assert.All((await project.RunAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        Assert.Equal(
            ["gold.scores|score|silver.orders|amount|transformation"],
            await project.QueryAsync(
                "SELECT table_name, \"column\", upstream, upstream_column, transformation FROM foz.lineage WHERE "
                    + "upstream_column IS NOT NULL AND table_name = 'gold.scores'"));
    }

    [Fact]
    public async Task An_incremental_program_adds_and_a_failed_one_leaves_the_table_as_it_was()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id");
        Write("rows = [{'id': o['id'], 'made': foz.is_incremental} for o in "
            + "foz.rows('bronze.orders')]\nfoz.write(rows)");
        await project.RunAsync();
        await project.AppendAsync("bronze.orders", "SELECT 2 AS id");
        await project.RunAsync();
        Assert.Equal(["1|True", "2|True"], await project.QueryAsync("SELECT * FROM silver.orders ORDER BY ALL"));

        await project.AppendAsync("bronze.orders", "SELECT 3 AS id");
        Write("foz.write([{'id': 3, 'made': True}])\nprint('so far')\n1 / 0");
        var failed = (await project.RunAsync()).Steps.Single();

        Assert.Equal("models/silver/orders.py:8", failed.Error!.Place.ToString());
        Assert.Contains("ZeroDivisionError: division by zero", failed.Error.Message, StringComparison.Ordinal);
        var log = failed.Error.Hint!.Split(" is in ")[^1];
        Assert.StartsWith("so far", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Equal(["1|True", "2|True"], await project.QueryAsync("SELECT * FROM silver.orders ORDER BY ALL"));

        void Write(string code) => project["models/silver/orders.py"] = string.Join('\n',
            "\"\"\"@foz", "materialization: {type: incremental, strategy: merge, unique_key: [id]}", "@foz\"\"\"",
            "import foz", "", code);
    }

    [Fact]
    public async Task A_model_without_rows_is_an_empty_table_and_the_variables_of_the_project_reach_it()
    {
        project[".env"] = "SHOPX=lisbon\n";
        project["models/gold/cities.py"] = """"
            """@foz
            columns: {city: varchar, orders: bigint}
            @foz"""
            import foz
            def model(): return [] if foz.variable("SHOPX") == "lisbon" else [{"city": "x", "orders": 1}]
            """";
        project["models/gold/days.py"] = """"
            """@foz
            materialization: {type: incremental, strategy: append}
            @foz"""
            import foz
            def model(): return [] if foz.is_incremental and foz.run_id and MADE else [{"n": 1, "day": "d"}]
            MADE = False
            """";
        var run = await project.RunAsync();
        Assert.All(run.Steps, step => Assert.True(step.Error is null, step.Error?.Describe()));
        Assert.Equal(["city VARCHAR", "orders BIGINT"],
            await project.QueryAsync(
                "SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM gold.cities)"));
        Assert.Equal(["0"], await project.QueryAsync("SELECT count(*) FROM gold.cities"));

        var text = File.ReadAllText(Path.Combine(project.Folder, "models/gold/days.py"));
        project["models/gold/days.py"] = text.Replace("MADE = False", "MADE = True", StringComparison.Ordinal);
        run = await project.RunAsync();
        Assert.All(run.Steps, step => Assert.True(step.Error is null, step.Error?.Describe()));
        Assert.Equal(["1|d"], await project.QueryAsync("SELECT * FROM gold.days"));
    }

    [Fact]
    public async Task A_model_that_dies_with_the_code_of_success_leaves_its_table()
    {
        project["models/gold/cities.py"] = "def model(): return [{'n': 1}]\n";
        await project.RunAsync();
        project["models/gold/cities.py"] = "import os\ndef model():\n    yield {'n': 2}\n    os._exit(0)\n";
        Assert.Contains(
            "ended before it was done", (await project.RunAsync()).Steps.Single().Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal(["1"], await project.QueryAsync("SELECT n FROM gold.cities"));
    }

    [Fact]
    public async Task A_program_in_any_language_is_a_model_too()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id");
        project["models/silver/orders.yml"] = """
            command: [sh, scripts/orders.sh]
            depends: [bronze.orders]
            timeout: 1m
            columns: {id: integer}
            """;
        project["scripts/orders.sh"] = """
            out=$(sed 's/.*"output":"\([^"]*\)".*/\1/' "$FOZ_HANDOVER")
            grep -q '"bronze.orders"' "$FOZ_HANDOVER" && echo '{"id": 7}' > "$out/rows.jsonl"
            """;

        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);
        Assert.Equal(["7|INTEGER"], await project.QueryAsync("SELECT id, typeof(id) FROM silver.orders"));
    }

    [Theory]
    [InlineData("table")]
    [InlineData("{type: incremental, strategy: merge, unique_key: [id]}")]
    [InlineData("{type: incremental, strategy: microbatch, event_time: ts, begin: '2025-01-01', batch_size: year}")]
    public async Task Rows_go_one_way_whether_they_are_pulled_or_staged(string materialization)
    {
        var settings = $"materialization: {materialization}\n" + """
            columns:
              id: {type: integer}
              name: {type: varchar, clean: [trim]}
              amount: {type: bigint, checks: [{min: {value: 0, on_violation: quarantine}}]}
              ts: {type: timestamp}
            """;
        project["models/silver/pulled.sql"] =
            $"/* @foz\n{settings}\n@foz */\nSELECT id, name, amount, ts FROM bronze.orders";
        project["models/silver/staged.py"] =
            $"\"\"\"@foz\n{settings}\n@foz\"\"\"\nimport foz\ndef model(): return foz.table('bronze.orders', 'rows')\n";
        await AppendAsync("(1, ' a', 5, '2025-05-01'), (2, 'b ', -1, '2026-05-01'), (3, 'c', 7, '1999-05-01')");
        await RunAsync();
        await AppendAsync("(4, 'd', -2, '2026-05-02')");
        await RunAsync();

        foreach (var table in new[] { "", "__quarantine" })
        {
            var pulled = await RowsAsync($"pulled{table}");
            Assert.NotEmpty(pulled);
            Assert.Equal(pulled, await RowsAsync($"staged{table}"));
        }

        Task AppendAsync(string rows) => project.AppendAsync(
            "bronze.orders",
            $"SELECT id, name, amount::BIGINT AS amount, ts::TIMESTAMP AS ts FROM (VALUES "
                + $"{rows}) v(id, name, amount, ts)");

        async Task RunAsync() => Assert.All(
            (await project.RunAsync()).Steps, step => Assert.True(step.Error is null, step.Error?.Describe()));

        Task<List<string>> RowsAsync(string table) =>
            project.QueryAsync($"SELECT id, name, amount, ts FROM silver.{table} ORDER BY ALL");
    }

    [Fact]
    public async Task The_lineage_of_a_program_is_what_is_said_of_its_columns()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id");
        project["models/silver/orders.py"] = """"
            """@foz
            columns: {id: {from: [bronze.orders.id]}}
            @foz"""
            import foz
            def model(): return foz.table("bronze.orders", "rows")
            """";
        await project.RunAsync();
        using var lineage = new ProjectLineage(project.Load(), project.Lake);
        var column = (await lineage.FindAsync(new("silver", "orders"), Cancel)).Columns.Single();
        Assert.Equal(new TableName("bronze", "orders"), column.Inputs.Single().Table);
    }

    [Theory]
    [InlineData("x.py", "\"\"\"@foz\nname: a.b\n", "models/s/x.py:1:1: the front matter is never closed")]
    [InlineData(
        "x.py", "\"\"\"@foz\nmaterialization: view\n@foz\"\"\"\n", "models/s/x.py:2:18: a program cannot be a view")]
    [InlineData(
        "x.py", "\"\"\"@foz\ntimeout: soon\n@foz\"\"\"\n",
        "models/s/x.py:2:10: 'timeout' must be a length of time, not 'soon'")]
    [InlineData(
        "x.py", "\"\"\"@foz\n@foz\"\"\"\nimport foz\nfoz.table('s.nothere')",
        "models/s/x.py:4:12: unknown table 's.nothere'")]
    [InlineData("x.py", "def model():\n    return foz.table('s.x')", "models/s/x.py:2:23: 's.x' reads its own table")]
    [InlineData("x.py", "\"\"\"@foz\ntype: sql\n@foz\"\"\"\n", "models/s/x.py:2:7: 'type: sql' stands in a .sql file")]
    [InlineData(
        "x.py", "\"\"\"@foz\ncolumns: {a: {from: [b]}}\n@foz\"\"\"\n",
        "models/s/x.py:2:22: 'b' is not a column of a table")]
    [InlineData("x.yml", "models: []", "models/s/x.yml: YAML beside models is read where it has a 'command'")]
    [InlineData("x.yml", "command: run it", "models/s/x.yml:1:10: 'command' must be a list")]
    public void What_is_wrong_is_told_with_its_place(string file, string text, string expected)
    {
        using var folder = new ProjectFolder { ["foz.yml"] = "name: t\n", [$"models/s/{file}"] = text };
        Assert.Contains(folder.Errors(), error => error.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Python_that_is_no_model_is_left_to_those_that_import_it()
    {
        using var folder = new ProjectFolder
        {
            ["foz.yml"] = "name: t\n", ["models/s/helpers.py"] = "def twice(x): return 2 * x\n",
        };
        Assert.Empty(folder.Load().Models);
    }
}
