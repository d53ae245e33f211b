using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Runs.Screening;

/// <summary>Rows that checks take out of batches.</summary>
public sealed class QuarantineTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Rows_that_break_a_check_are_left_out_or_stand_beside_with_the_reason()
    {
        await project.AppendAsync(
            "bronze.orders",
            "SELECT * FROM (VALUES (1, 'paid', 10), (2, 'lost', 20), (3, NULL, 30), (4, 'lost', -1), (5, "
                + "'paid', -2)) v(id, status, price)");
        project.Write("models/silver/orders.sql", """
            /* @foz
            columns:
              - {name: status, checks: [{not_null: {on_violation: drop}}, {accepted_values: {values: [paid], on_violation: quarantine}}]}
              - {name: price, checks: [{positive: {on_violation: quarantine, description: a price is paid}}, {max: 100}]}
            @foz */
            SELECT id, status, price FROM bronze.orders
            """);

        var run = await project.RunAsync();

        Assert.Equal(Outcome.Warned, run.Outcome);
        Assert.Equal(["1|paid|10"], await project.RowsAsync("silver.orders"));
        Assert.Equal(
            ["1|1|3"],
            await project.QueryAsync(
                "SELECT rows_written, rows_dropped, rows_quarantined FROM foz.steps WHERE kind = 'model'"));
        Assert.Equal(
            [
                "2|lost|20|['accepted_values(status)']|accepted_values(status): lost|1",
                "4|lost|-1|['accepted_values(status)', 'positive(price)']|accepted_values(status): lost; "
                    + "positive(price), a price is paid: -1|1",
                "5|paid|-2|['positive(price)']|positive(price), a price is paid: -2|1",
            ],
            await project.QueryAsync(
                "SELECT id, status, price, _quarantine_checks::VARCHAR, _quarantine_reason, _quarantine_batch FROM "
                    + "silver.orders__quarantine ORDER BY id"));
        Assert.Equal(
            [
                "not_null(status): 1 of 5 rows dropped", "accepted_values(status): 2 of 5 rows quarantined",
                "positive(price): 2 of 5 rows quarantined", "max(price): passed",
            ],
            run.Steps.Single().Checks.Select(check => check.Describe()));
        Assert.Equal(
            [
                "accepted_values|quarantine|false|2|5", "max|fail|true|0|1", "not_null|drop|false|1|5",
                "positive|quarantine|false|2|5",
            ],
            await project.QueryAsync(
                "SELECT \"check\", on_violation, passed, violations, rows_checked FROM foz.checks ORDER BY 1"));
    }

    [Fact]
    public async Task Rows_that_are_read_again_are_quarantined_once()
    {
        await project.AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (1, 5), (2, -1), (2, NULL), (3, -3)) v(id, price)");
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: id}
            on_violation: quarantine
            columns: [{name: price, checks: [not_null, positive]}]
            @foz */
            SELECT id, price FROM bronze.orders
            """);
        await project.RunAsync();
        var quarantined = await project.RowsAsync("silver.orders__quarantine");
        Assert.Equal(3, quarantined.Count);
        await project.AppendAsync("bronze.orders", "SELECT 4 AS id, 7 AS price");
        await project.RunAsync();
        Assert.Equal(["1|5", "4|7"], await project.RowsAsync("silver.orders"));
        Assert.Equal(quarantined, await project.RowsAsync("silver.orders__quarantine"));

        await project.AppendAsync("bronze.orders", "SELECT 2 AS id, -9 AS price");
        await project.RunAsync();
        Assert.Equal(
            ["2|-1|1", "2|-9|3", "2||1", "3|-3|1"],
            await project.QueryAsync(
                "SELECT id, price, _quarantine_batch FROM silver.orders__quarantine ORDER BY "
                    + "id, price::VARCHAR NULLS LAST"));
    }

    [Fact]
    public async Task A_table_that_is_made_anew_makes_its_quarantine_anew()
    {
        await project.AppendAsync("bronze.orders", "SELECT * FROM (VALUES (1), (NULL)) v(id)");
        project.Write(
            "models/silver/orders.sql",
            "/* @foz\non_violation: quarantine\ncolumns: [{name: id, checks: [not_null]}]\n@foz "
                + "*/\nSELECT id FROM bronze.orders");
        await project.RunAsync();
        await project.AppendAsync("bronze.orders", "SELECT NULL::INT AS id");
        await project.RunAsync();
        Assert.Equal(
            ["2|2"],
            await project.QueryAsync("SELECT count(*), max(_quarantine_batch) FROM silver.orders__quarantine"));

        project.Write(
            "models/silver/orders.sql",
            "/* @foz\non_violation: quarantine\ncolumns: [{name: id, checks: [not_null]}]\n@foz */\nSELECT id FROM "
                + "bronze.orders WHERE id = 1");
        await project.RunAsync();
        Assert.Equal(["0"], await project.QueryAsync("SELECT count(*) FROM silver.orders__quarantine"));
    }

    [Fact]
    public async Task Of_an_incremental_model_only_new_rows_are_looked_at_and_doubles_of_old_ones_are_taken_out()
    {
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            columns: [{name: id, checks: [{unique: {on_violation: quarantine}}, {positive: {on_violation: drop}}, {max: {value: 99, on_violation: warn}}]}]
            @foz */
            SELECT id, n FROM STREAM(bronze.orders)
            """);
        await project.AppendAsync("bronze.orders", "SELECT * FROM (VALUES (1, 1), (1, 2), (2, 3), (100, 4)) v(id, n)");
        await project.RunAsync();
        await project.AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (2, 5), (3, 6), (-1, 7), (-1, 8), (NULL, 9)) v(id, n)");
        var run = await project.RunAsync();

        Assert.Equal(
            ["100|4", "1|1", "2|3", "3|6", "|9"],
            (await project.RowsAsync("silver.orders"))
                .Select(row => row.Replace("1|2", "1|1", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["1|1", "2|2"],
            await project.QueryAsync("SELECT id, _quarantine_batch FROM silver.orders__quarantine ORDER BY 1"));
        Assert.Equal(
            ["unique(id): 1 of 5 rows quarantined", "positive(id): 2 of 5 rows dropped", "max(id): passed"],
            run.Steps.Single().Checks.Select(check => check.Describe()));
    }

    [Fact]
    public async Task A_row_that_is_merged_is_no_double_of_the_one_that_it_replaces()
    {
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: id}
            on_violation: quarantine
            columns: [{name: id, checks: [not_null]}, {name: mail, checks: [unique]}]
            @foz */
            SELECT id, mail FROM STREAM(bronze.orders)
            """);
        await project.AppendAsync("bronze.orders", "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, mail)");
        await project.RunAsync();
        await project.AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (1, 'a'), (2, 'c'), (3, 'b'), (4, 'a'), (NULL, 'd')) v(id, mail)");
        await project.RunAsync();

        // A mail moved from one row to another in one batch; only the row that is taken twice is too many.
        Assert.Equal(["2|c", "3|b"], (await project.RowsAsync("silver.orders")).Where(row => !row.EndsWith('a')));
        Assert.Equal(
            ["a", "d"], await project.QueryAsync("SELECT DISTINCT mail FROM silver.orders__quarantine ORDER BY 1"));
        Assert.Single(await project.QueryAsync("SELECT * FROM silver.orders WHERE mail = 'a'"));
    }

    [Fact]
    public async Task A_key_that_is_merged_is_held_unique_by_the_rows_that_are_new()
    {
        project.Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: id}
            columns: [{name: id, checks: [unique, positive]}]
            @foz */
            SELECT id, n FROM STREAM(bronze.orders)
            """);
        await project.AppendAsync("bronze.orders", "SELECT i + 1 AS id, 1 AS n FROM range(1000) r(i)");
        await project.RunAsync();
        await project.AppendAsync("bronze.orders", "SELECT i + 991 AS id, 2 AS n FROM range(20) r(i)");
        var checks = (await project.RunAsync()).Steps.Single().Checks;
        Assert.Equal(["1010|1010"], await project.QueryAsync("SELECT count(*), count(DISTINCT id) FROM silver.orders"));
        Assert.All(checks, check => Assert.True(check.Passed));
        // Rewritten files also have rows that stay; the rest of the table is not checked.
        Assert.All(checks, check => Assert.InRange(check.RowsChecked, 20, 1_009));
    }

    [Fact]
    public async Task Random_batches_end_up_whole_in_one_table_or_the_other()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        project.Write("models/silver/t.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            on_violation: quarantine
            columns:
              - {name: a, checks: [not_null, {range: {min: 2, max: 8}}]}
              - {name: b, checks: [{accepted_values: {values: [x, y], on_violation: drop, where: a > 4}}]}
            checks: [{compare: c <= a}, {unique: {columns: [a, b, c]}}]
            @foz */
            SELECT a, b, c FROM STREAM(bronze.t)
            """);
        var (expected, kept, quarantined) = (new HashSet<string>(), new List<string>(), 0);
        for (var batch = 0; batch < 4; batch++)
        {
            var rows = Enumerable.Range(0, random.Next(1, 40)).Select(_ => (
                A: random.Next(8) == 0 ? (int?)null : random.Next(11), B: "xyz"[random.Next(3)],
                C: random.Next(8) == 0 ? (int?)null : random.Next(11))).ToList();
            await project.AppendAsync(
                "bronze.t",
                $"SELECT * FROM (VALUES "
                    + $"{string.Join(", ", rows.Select(r => $"({Sql(r.A)}, '{r.B}', {Sql(r.C)})"))}) v(a, b, c)");
            await project.RunAsync();
            foreach (var (a, b, c) in rows)
            {
                var isQuarantined = a is null or < 2 or > 8 || c > a;
                var isDropped = a > 4 && b == 'z';
                if (isQuarantined) quarantined++;
                else if (!isDropped && (c is null || expected.Add($"{a}|{b}|{c}"))) kept.Add($"{a}|{b}|{c}");
                else if (!isDropped) quarantined++;
            }
        }
        Assert.Equal(
            kept.Order(StringComparer.Ordinal), (await project.RowsAsync("silver.t")).Order(StringComparer.Ordinal));
        if (quarantined > 0)
            Assert.Equal([$"{quarantined}"], await project.QueryAsync("SELECT count(*) FROM silver.t__quarantine"));

        static string Sql(int? value) => value is null ? "NULL::INT" : $"{value}";
    }

    [Fact]
    public async Task A_stream_takes_rows_out_before_bronze()
    {
        project.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        project.Write("data/a.csv", "id,cpf\n1,529.982.247-25\n2,529.982.247-24\n3,\n");
        project.Write("sources/s.yml", """
            connection: files
            streams:
              people:
                path: "*.csv"
                columns: [{name: cpf, checks: [{format: {value: cpf, on_violation: quarantine}}, {not_null: {on_violation: drop}}]}]
            """);
        await project.RunAsync();
        Assert.Equal(["1"], await project.QueryAsync("SELECT id FROM bronze.people"));
        Assert.Equal(
            ["2|format(cpf): 529.982.247-24"],
            await project.QueryAsync("SELECT id, _quarantine_reason FROM bronze.people__quarantine"));
    }

    [Theory]
    [InlineData(
        "materialization: view\ncolumns: [{name: id, checks: [{not_null: {on_violation: drop}}]}]",
        "models/silver/m.sql:3:32: not_null(id) cannot drop rows of a view, which has none of its own\n  make it a table, or write on_violation: fail, or warn")]
    [InlineData(
        "columns: [{name: id, checks: [{relationships: {to: silver.m, field: id, on_violation: quarantine}}]}]",
        "models/silver/m.sql:2:32: relationships(id) cannot take rows out by what 'silver.m' itself holds\n  write on_violation: fail, or warn")]
    public void What_cannot_be_taken_out_is_told(string yaml, string expected)
    {
        project.Write("models/silver/m.sql", $"/* @foz\n{yaml}\n@foz */\nSELECT 1 AS id");
        Assert.Equal([expected], project.Errors());
    }

    [Fact]
    public async Task A_check_of_a_column_that_a_batch_lacks_names_the_nearest()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id");
        project.Write(
            "models/silver/m.sql",
            "/* @foz\ncolumns: [{name: idd, checks: [{not_null: {on_violation: drop}}]}]\n@foz "
                + "*/\nSELECT id FROM bronze.orders");
        var error = (await project.RunAsync()).Steps.Single().Error!;
        Assert.Equal(
            "models/silver/m.sql:2:33: the check not_null(idd) names an unknown column 'idd'\n  did you mean 'id'?",
            error.Describe());
    }
}
