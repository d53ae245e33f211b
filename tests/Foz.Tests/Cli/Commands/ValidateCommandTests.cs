using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>What is found wrong with checks before anything runs.</summary>
public sealed class ValidateCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public ValidateCommandTests()
    {
        foz.Write(
            "foz.yml",
            "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        foz.Write("data/people.csv", "id,name\n1,Ana\n");
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: people.csv}}\n");
    }

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData(3_000, 0, "nested more than 1000 deep")]
    [InlineData(0, 20_000, "more than 1000 operators in a row")]
    public async Task SQL_that_is_too_deep_or_too_long_is_an_error_of_its_file(
        int parentheses, int operators, string said)
    {
        foz.Write("foz.yml", "name: t\nlake: lake\n");
        foz.Write(
            "models/a/deep.sql",
            $"select {new string('(', parentheses)}1{new string(')', parentheses)}"
                + $"{string.Concat(Enumerable.Repeat(" + 1", operators))} as x");
        foz.Write("models/a/wrong.sql", "select * from a.nothing");
        foreach (var command in new[] { "validate", "run" })
        {
            var output = await foz.RunAsync(command);
            Assert.InRange(output.ExitCode, 1, 2);
            Assert.Contains("models/a/deep.sql:1:", output.Error, StringComparison.Ordinal);
            Assert.Contains(said, output.Error, StringComparison.Ordinal);
            if (command == "validate") Assert.Contains("models/a/wrong.sql:1:", output.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("AggregateException", output.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        "- positive: {where: amont > 0}", 1, 6, 27, "Referenced column \"amont\" not found", "did you mean 'amount'?")]
    [InlineData(
        "- expression: '>= orderd_on'", 1, 6, 25, "Referenced column \"orderd_on\" not found",
        "did you mean 'ordered_on'?")]
    [InlineData("- expression: '> > 1'", 1, 6, 24, "syntax error at or near", null)]
    [InlineData("- type: bigin", 1, 6, 15, "Type with name bigin does not exist", "Did you mean \"bigint\"?")]
    [InlineData(
        "- relationships: {to: silver.others, field: idd}", 1, 6, 9, "the check relationships(amount) cannot be run",
        null)]
    [InlineData(
        "- {name: mine, query: 'select oter from silver.others where id is null'}", 2, 6, 37,
        "Referenced column \"oter\" not found", null)]
    [InlineData(
        "- {name: mine, query: 'select ordered_on from silver.others where id is null'}", 2, 6, 37,
        "Referenced column \"ordered_on\" not found", null)]
    [InlineData("- {expression: amount > 0, where: lower(amount)}", 2, 6, 41, "No function matches", null)]
    [InlineData(
        "- compare: amount < ordred_on", 2, 6, 9, "names an unknown column 'ordred_on'", "did you mean 'ordered_on'?")]
    public async Task What_a_check_says_in_SQL_is_bound(
        string check, int kind, int line, int column, string message, string? hint)
    {
        var checks = kind == 1
            ? $"columns:\n  - name: amount\n    checks:\n      {check}\n"
            : $"owner: us\ndescription: mine\nchecks:\n      {check}\n";
        foz.Write(
            "models/silver/orders.sql",
            $"/* @foz\nmaterialization: table\n{checks}@foz */\nselect 1 as amount, date '2026-01-01' as ordered_on");
        foz.Write("models/silver/others.sql", "select 1 as id, 2 as other");

        var result = await foz.RunAsync("validate", "--output", "json");
        var error = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());

        Assert.Equal(message.Contains("unknown column", StringComparison.Ordinal) ? 2 : 1, result.ExitCode);
        Assert.Equal("models/silver/orders.sql", error.GetProperty("file").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal((line, column), (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32()));
        if (hint is null) Assert.DoesNotContain("did you mean 'ordered_on'", $"{error}", StringComparison.Ordinal);
        else Assert.Contains(hint, error.GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
    }

    [Theory]
    [InlineData("{type: incremental, unique_key: [idd]}", "no column 'idd', which its unique_key names")]
    [InlineData("{type: incremental, strategy: delete+insert, unique_key: [idd]}", "'idd', which its unique_key names")]
    [InlineData("{type: incremental, unique_key: [id], sequence_by: at}", "'at', which its sequence_by names")]
    [InlineData(
        "{type: incremental, strategy: microbatch, event_time: att, begin: 2026-11-20, batch_size: day}",
        "'att', which its event_time names")]
    [InlineData("{type: incremental, strategy: scd2_by_time, unique_key: [id], updated_at: at}", "its updated_at names")]
    [InlineData("{type: incremental, strategy: scd2_by_column, unique_key: [id], check_cols: [w]}", "its check_cols names")]
    [InlineData("{type: table, partition_by: [day]}", "no column 'day', which its partition_by names")]
    [InlineData("{type: table, cluster_by: [day]}", "no column 'day', which its cluster_by names")]
    [InlineData("table", "the column 'ID' twice", "select 1 as id, 2 as \"ID\"")]
    [InlineData(
        "{type: table, partition_by: [v]}", "'v' of type INTEGER[], by which no table can be partitioned",
        "select 1 as id, [2] as v")]
    [InlineData("{type: table, partition_by: [id, v]}", "'partition_by' of silver.orders names all of its columns")]
    [InlineData(
        "{type: table, cluster_by: [v]}", "'v' of type BOOLEAN, of which files keep no bounds",
        "select 1 as id, true as v")]
    [InlineData(
        "{type: incremental, strategy: scd2_by_time, unique_key: [id], updated_at: v}",
        "'v' of type INTEGER, which is no date or timestamp")]
    [InlineData(
        "{type: incremental, strategy: microbatch, event_time: v, begin: 2026-11-20, batch_size: day}",
        "'v' of type VARCHAR, which is no date or timestamp", "select 1 as id, 'x' as v")]
    public async Task Columns_that_settings_name_are_those_of_the_select(
        string materialization, string message, string select = "select 1 as id, 2 as v")
    {
        foz.Write("models/silver/orders.sql", $"/* @foz\nmaterialization: {materialization}\n@foz */\n{select}");

        var result = await foz.RunAsync("validate", "--output", "json");
        var error = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
    }

    [Theory]
    [InlineData("accepted_values: [1, b]", "1", "the check accepted_values(v) cannot be run: Could not convert string 'b'")]
    [InlineData("not_accepted_values: [true, maybe]", "true", "Could not convert string 'maybe' to BOOL")]
    [InlineData("min: 2026-13-01", "date '2026-12-01'", "date field value out of range: \"2026-13-01\"")]
    [InlineData("max: {value: soon, where: v > 0}", "1.5", "Could not convert string \"soon\" to DECIMAL")]
    [InlineData("range: {min: 2026-01-01, max: never}", "timestamp '2026-12-01'", "the check range(v) cannot be run")]
    public async Task Values_of_checks_are_of_their_columns_type(string check, string value, string message)
    {
        foz.Write(
            "models/silver/orders.sql",
            $"/* @foz\ncolumns: [{{name: v, checks: [{{{check}}}]}}]\n@foz */\nselect {value} as v");
        var result = await foz.RunAsync("validate", "--output", "json");
        var error = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, error.GetProperty("line").GetInt32());
        Assert.Equal(1, (await foz.RunAsync("run")).ExitCode);
    }

    [Fact]
    public async Task Values_that_the_engine_converts_are_right()
    {
        foz.Write("models/silver/orders.sql", """
            /* @foz
            columns:
              - {name: n, checks: [{accepted_values: ['1', '2.0']}, {min: 0}]}
              - {name: d, checks: [{min: '2026-01-01'}, {max: '2026-12-31', where: n / 0 is null}]}
              - {name: t, checks: [{accepted_values: [a, b]}]}
            @foz */
            select 1 as n, date '2026-02-03' as d, 'a' as t
            """);
        var result = await foz.RunAsync("validate");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(0, (await foz.RunAsync("run", "--select", "silver.orders")).ExitCode);
    }

    [Theory]
    [InlineData("columns: [{name: n, type: integr}]", "seeds/places.yml", 1, "'integr' is no type")]
    [InlineData("columns: [{name: m, type: integer}]", "seeds/places.yml", 1, "seeds/places.csv has no column 'm'")]
    [InlineData("columns: [{name: n, type: integer}]", "seeds/places.csv", 3, "'x' in column n of seeds/places.csv is no integer")]
    [InlineData("columns: [{name: n, type: varchar}]", null, 0, "")]
    public async Task Seeds_have_the_columns_and_types_that_are_declared(
        string yaml, string? file, int line, string message)
    {
        foz.Write("seeds/places.csv", "id,n\n1,2\n2,x\n");
        foz.Write("seeds/places.yml", yaml);
        var result = await foz.RunAsync("validate", "--output", "json");
        Assert.Equal(file is null, result.ExitCode == 0);
        Assert.Equal(file is null, (await foz.RunAsync("run", "--select", "seeds.places")).ExitCode == 0);
        if (file is null) return;
        var error = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        Assert.Equal(
            (file, line), (error.GetProperty("file").GetString(), error.GetProperty("line").GetInt32()));
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_with_policies_is_told_with_its_line()
    {
        foz.Write("models/silver/orders.sql", "select 1 as amount, 'x' as cpf");
        foz.Write("policies/users.yml", "users:\n  - name: ana\n  - name: bi\n    boss: true\n");
        foz.Write(
            "policies/access.yml",
            "grants:\n  - {to: [ana], on: [silver]}\n  - to: [ana]\n    on: [silver]\n    privileges: "
                + "[selekt]\n  - {on: [silver]}\n");
        var result = await foz.RunAsync("validate", "--output", "json");
        var errors = JsonDocument.Parse(result.Out).RootElement.EnumerateArray()
            .Select(e =>
                $"{e.GetProperty("file").GetString()}:{e.GetProperty("line").GetInt32()} "
                    + $"{e.GetProperty("message").GetString()}").ToList();
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(3, errors.Count);
        Assert.Contains(
            errors,
            e => e.StartsWith("policies/access.yml:5 there is no privilege 'selekt'", StringComparison.Ordinal));
        Assert.Contains(
            errors, e => e.StartsWith("policies/access.yml:6 the grant has no 'to'", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("policies/users.yml:4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_in_policies_that_there_are_not_are_told_with_the_nearest()
    {
        foz.Write("models/silver/orders.sql", "select 1 as amount, 'x' as cpf");
        foz.Write("models/gold/later.sql", "select 1 as n");
        foz.Write("policies/users.yml", "users:\n  - name: ana\n");
        foz.Write("policies/access.yml", """
            roles:
              - {name: analysts, members: [anna]}
            grants:
              - {to: [analyst], on: [silver, gold.later, foz.audit]}
              - {to: [ana], on: [silver.order, golden]}
              - to: [everyone]
                on: [silver.orders]
                columns: [amont]
                masks: {cfp: hash}
            """);
        Assert.Equal(0, (await foz.RunAsync("run", "--select", "silver.orders")).ExitCode);
        var result = await foz.RunAsync("validate");
        Assert.Equal(0, result.ExitCode);
        foreach (var warning in new[]
                 {
                     "policies/access.yml:2:5: the role 'analysts' has the member 'anna'", "did you mean 'ana'?",
                     "policies/access.yml:4:11: there is no user or role 'analyst'", "did you mean 'analysts'?",
                     "policies/access.yml:5:22: there is no table or view 'silver.order'",
                     "did you mean 'silver.orders'?",
                     "there is no schema 'golden'", "policies/access.yml:8:15: silver.orders has no column 'amont'",
                     "did you mean 'amount'?",
                     "policies/access.yml:9:13: silver.orders has no column 'cfp', so that the mask hides nothing",
                 })
            Assert.Contains(warning, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("gold.later", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("foz.audit", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_a_block_are_lines_of_the_file()
    {
        foz.Write(
            "models/silver/orders.sql",
            "/* @foz\nchecks:\n  - expression: |\n      amount > 0\n      and amont < 9\n@foz */\nselect 1 as amount");
        foz.Write("tests/none.sql", "select *\nfrom silver.orders\nwhere amoun = 2");
        var result = await foz.RunAsync("validate");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "models/silver/orders.sql:5: the check expression cannot be run", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            "tests/none.sql:3:7: Referenced column \"amoun\" not found", result.Error, StringComparison.Ordinal);
        Assert.Contains("2 errors", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_that_are_not_known_yet_refuse_nothing()
    {
        foz.Write("sources/s.yml", """
            connection: files
            streams:
              people: {path: people.csv, checks: [{unique: {column: id, where: age > 7}}]}
            """);
        foz.Write("models/silver/people.sql", """
            /* @foz
            checks: [{expression: whatever > 0, where: id = 3}]
            @foz */
            select * from bronze.people
            """);
        Assert.Equal(0, (await foz.RunAsync("validate")).ExitCode);

        foz.Write(
            "models/silver/people.sql",
            "/* @foz\nchecks: [{expression: 'whatever > > 0'}]\n@foz */\nselect * from bronze.people");
        Assert.Equal(1, (await foz.RunAsync("validate")).ExitCode);
    }

    [Theory]
    [InlineData(
        "columns: [{name: n, clean: [{cast: 'deciml(10,2)'}]}]",
        "models/silver/m.sql:2:30: unknown type 'deciml(10,2)'\n  Did you mean \"decimal\"?")]
    [InlineData(
        "contract: enforced\ncolumns: [{name: n, type: 'deciml(10,2)'}]",
        "models/silver/m.sql:3:18: unknown type 'deciml(10,2)'\n  Did you mean \"decimal\"?")]
    [InlineData(
        "columns: [{name: n, clean: [{replace: {pattern: '(', by: ''}}]}]",
        "models/silver/m.sql:2:30: '(' is no regular expression (RE2): missing ): (")]
    [InlineData(
        "columns: [{name: n, checks: [{pattern: '['}]}]",
        "models/silver/m.sql:2:31: the check pattern(n) cannot be run: missing ]: [")]
    [InlineData(
        "grain: []",
        "models/silver/m.sql:2:8: 'grain' names no column\n  write the columns whose values together name a row: grain: [order_id]")]
    public async Task Types_and_regular_expressions_are_read_as_the_engine_does(string yaml, string expected)
    {
        foz.Write("models/silver/m.sql", $"/* @foz\n{yaml}\n@foz */\nselect '2' as n");
        var result = await foz.RunAsync("validate");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal($"error: {expected}\n1 error", result.Error.Trim());
    }

    [Fact]
    public async Task A_regular_expression_is_read_where_columns_are_not_known_too()
    {
        foz.Write(
            "sources/s.yml",
            "connection: files\nstreams: {people: {path: people.csv, columns: [{name: id, "
                + "checks: [{not_pattern: '['}]}]}}\n");
        var result = await foz.RunAsync("validate");
        Assert.Equal(2, result.ExitCode);
        Assert.EndsWith(
            "error: sources/s.yml:2:69: '[' is no regular expression (RE2): missing ]: [\n1 error", result.Error.Trim(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_a_source_may_bring_is_a_warning()
    {
        Assert.Equal(0, (await foz.RunAsync("run")).ExitCode);
        foz.Write(
            "sources/s.yml",
            "connection: files\nstreams: {people: {path: people.csv, checks: [{unique: "
                + "{column: id, where: ag = '7'}}]}}\n");
        var result = await foz.RunAsync("validate");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("sources/s.yml:2", result.Error, StringComparison.Ordinal);
        Assert.Contains("by the columns that the table has now", result.Error, StringComparison.Ordinal);
        Assert.Contains("t is in order", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_of_histories_cleaned_and_ephemeral_models_bind()
    {
        foz.Write("models/silver/people.sql", """
            /* @foz
            materialization: {type: snapshot, strategy: scd2_by_column, unique_key: id}
            checks: [{unique: {columns: [id], where: is_current}}, {expression: valid_to is null or valid_to > valid_from}]
            @foz */
            select id, upper(name) as name from silver.half
            """);
        foz.Write("models/silver/half.sql", """
            /* @foz
            materialization: ephemeral
            @foz */
            select '1' as id, 'x' as name
            """);
        foz.Write("models/silver/clean.sql", """
            /* @foz
            columns: [{name: n, clean: [{cast: integer}], checks: [{min: 0}, {expression: '% 2 = 0'}]}]
            @foz */
            select '2' as n
            """);
        var result = await foz.RunAsync("validate");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(0, (await foz.RunAsync("run")).ExitCode);
    }
}
