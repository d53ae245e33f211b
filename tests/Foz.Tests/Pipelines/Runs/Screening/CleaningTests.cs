using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Runs.Screening;

/// <summary>What steps do to rows before checks look at them.</summary>
public sealed class CleaningTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Values_are_cleaned_in_order_and_what_was_changed_is_counted()
    {
        await project.AppendAsync("bronze.people", """
            SELECT * FROM (VALUES
                (1, '  José  da Silva ', '529.982.247-25', '31/12/2023', '1.234,50', 'S', TIMESTAMP '2024-01-01'),
                (1, 'José da Silva',     '52998224725',    '01/01/2024', '2,5',      'S', TIMESTAMP '2024-01-02'),
                (2, '   ',               '529.982.247-24', '2024-01-01', 'x',        'N', TIMESTAMP '2024-01-01'),
                (3, 'Ana',               NULL,             NULL,         NULL,       '?', TIMESTAMP '2024-01-01')
            ) AS v(id, name, cpf, born, paid, active, seen)
            """);
        project.Write("models/silver/people.sql", """
            /* @foz
            clean:
              - trim
              - collapse_spaces
              - empty_to_null
              - deduplicate: {keys: [id], order: seen desc}
            columns:
              - {name: name, clean: [unaccent, upper, {fill: NOBODY}]}
              - {name: cpf, clean: [cpf], checks: [{format: {value: cpf, on_violation: warn}}]}
              - {name: born, clean: [{cast: {type: date, pattern: '%d/%m/%Y'}}]}
              - {name: paid, clean: [{cast: {type: 'decimal(12,2)', format: decimal_comma, on_invalid: null}}]}
              - {name: active, clean: [{values: {S: 'yes', N: 'no', '?': ~}}]}
            @foz */
            SELECT id, name, cpf, born, paid, active, seen FROM bronze.people
            """);

        var run = await project.RunAsync();

        Assert.Null(run.Steps.Single().Error);
        Assert.Equal(
            ["1|JOSE DA SILVA|52998224725|2024-01-01|2.50|yes", "2|NOBODY|529.982.247-24|||no", "3|ANA||||"],
            await project.QueryAsync(
                "SELECT id, name, cpf, born::VARCHAR, paid::VARCHAR, active FROM silver.people ORDER BY id"));
        Assert.Equal(
            ["DATE|DECIMAL(12,2)"],
            await project.QueryAsync("SELECT DISTINCT typeof(born), typeof(paid) FROM silver.people"));
        Assert.Equal(
            [
                "clean.cast.invalid|born|1|4", "clean.cast.invalid|paid|1|4", "clean.collapse_spaces|active|0|4",
                "clean.collapse_spaces|born|0|4", "clean.collapse_spaces|cpf|0|4", "clean.collapse_spaces|name|1|4",
                "clean.collapse_spaces|paid|0|4", "clean.cpf|cpf|1|4", "clean.cpf.invalid|cpf|1|4",
                "clean.deduplicate||1|4",
                "clean.empty_to_null|active|0|4", "clean.empty_to_null|born|0|4", "clean.empty_to_null|cpf|0|4",
                "clean.empty_to_null|name|1|4", "clean.empty_to_null|paid|0|4", "clean.fill|name|1|4",
                "clean.trim|active|0|4",
                "clean.trim|born|0|4", "clean.trim|cpf|0|4", "clean.trim|name|2|4", "clean.trim|paid|0|4",
                "clean.unaccent|name|2|4",
                "clean.upper|name|3|4", "clean.values|active|4|4", "format|cpf|1|3",
            ],
            await project.QueryAsync(
                "SELECT \"check\", \"column\", violations, rows_checked FROM foz.checks ORDER BY 1, 2"));
    }

    [Fact]
    public async Task What_a_rule_cannot_read_takes_its_row_out_or_stops_the_step()
    {
        await project.AppendAsync("bronze.t", "SELECT * FROM (VALUES (1, '10'), (2, 'x'), (3, NULL)) v(id, n)");
        project.Write(
            "models/silver/t.sql",
            "/* @foz\ncolumns: [{name: n, clean: [{cast: {type: integer, on_invalid: quarantine}}]}]\n@foz "
                + "*/\nSELECT id, n FROM bronze.t");
        Assert.Equal(Outcome.Warned, (await project.RunAsync()).Outcome);
        Assert.Equal(["1|10", "3|"], await project.RowsAsync("silver.t"));
        Assert.Equal(
            ["2||clean.cast.invalid(n): x"],
            await project.QueryAsync("SELECT id, n, _quarantine_reason FROM silver.t__quarantine"));

        project.Write(
            "models/silver/t.sql",
            "/* @foz\ncolumns: [{name: n, clean: [{cast: {type: integer, on_invalid: fail}}]}]\n@foz "
                + "*/\nSELECT id, n FROM bronze.t");
        var error = (await project.RunAsync()).Steps.Single().Error!;
        Assert.Equal(
            "models/silver/t.sql:2:30: silver.t was not changed: clean.cast.invalid(n): 1 of 3 rows", error.Describe());
        Assert.Equal(["1|10", "3|"], await project.RowsAsync("silver.t"));
    }

    [Theory]
    [InlineData(
        "{type: 'decimal(12,2)', format: decimal_comma}", "'1,5' '1.234,50' '-3' '12,3400'", "1.50 1234.50 -3.00 12.34",
        "'12,3456' '0,001' 'x'")]
    [InlineData("{type: 'decimal(12,2)'}", "'1.5' '1e3'", "1.50 1000.00", "'12.3456' '1_000'")]
    [InlineData("integer", "'7' ' 42 ' '1.0' '-3' '+3'", "7 42 1 -3 3", "'1.7' '0x10' '1e3' '1_000' '3000000000'")]
    [InlineData("utinyint", "'7'", "7", "'7.5' '-1'")]
    [InlineData("double", "'1.5' '1e3'", "1.5 1000.0", "'1e400' '1_000'")]
    [InlineData(
        "{type: date, pattern: '%d/%m/%Y'}", "'05/01/2024' '5/1/2024' '01/01/0001'", "2024-01-05 2024-01-05 0001-01-01",
        "'05/01/24' '05/01/12024'")]
    [InlineData("{type: date, pattern: '%d/%m/%y'}", "'05/01/24'", "2024-01-05", "'05/01/2024'")]
    [InlineData(
        "date", "'2024-01-05' '2024-01-05T00:00:00Z'", "2024-01-05 2024-01-05",
        "'24-01-05' '2024-01-05T10:00:00' '05/01/2024'")]
    [InlineData(
        "timestamp", "'2024-01-05T10:00:00.5'", "2024-01-05T10:00:00.5",
        "'2024-01-05T10:00:00-03:00' '2024-01-05T10:00:00.1234567'")]
    [InlineData("timestamptz", "'2024-01-05T10:00:00-03:00'", "2024-01-05T13:00:00+00", "'24-01-05T10:00:00Z'")]
    [InlineData(
        "{type: timestamptz, pattern: '%Y-%m-%dT%H:%M%z'}", "'2024-01-05T10:00-03:00'", "2024-01-05T13:00:00+00",
        "'24-01-05T10:00-03:00'")]
    [InlineData("boolean", "'true' 'f'", "true false", "'maybe'")]
    public async Task A_cast_of_a_text_keeps_all_of_it_or_is_invalid_and_counted(
        string cast, string valid, string expected, string invalid)
    {
        string[] values = [.. valid.Split("' '"), .. invalid.Split("' '")];
        var rows = values.Select((value, i) => $"({i}, '{value.Trim('\'')}')");
        await project.AppendAsync("bronze.t", $"SELECT * FROM (VALUES {string.Join(", ", rows)}) v(id, a)");
        project.Write(
            "models/silver/t.sql",
            $"/* @foz\ncolumns: [{{name: a, clean: [{{cast: {cast}}}]}}]\n@foz */\nSELECT id, a FROM bronze.t");

        Assert.Null((await project.RunAsync()).Steps.Single().Error);
        var rejected = invalid.Split("' '").Length;
        Assert.Equal(
            [.. expected.Split(' '), .. Enumerable.Repeat("", rejected)],
            await project.QueryAsync("SELECT replace(coalesce(a::VARCHAR, ''), ' ', 'T') FROM silver.t ORDER BY id"));
        Assert.Equal(
            [$"{rejected}|{values.Length}"],
            await project.QueryAsync(
                "SELECT violations, rows_checked FROM foz.checks WHERE \"check\" = 'clean.cast.invalid'"));
    }

    [Fact]
    public async Task What_is_no_text_is_cast_as_the_engine_does()
    {
        await project.AppendAsync("bronze.t", "SELECT 1.7::DOUBLE AS a, TIMESTAMP '2024-01-05 10:00:00' AS b");
        project.Write(
            "models/silver/t.sql",
            "/* @foz\ncolumns: [{name: a, clean: [{cast: integer}]}, {name: b, clean: [{cast: date}]}]\n@foz "
                + "*/\nSELECT a, b FROM bronze.t");
        Assert.Null((await project.RunAsync()).Steps.Single().Error);
        Assert.Equal(["2|2024-01-05"], await project.QueryAsync("SELECT a, b::VARCHAR FROM silver.t"));
    }

    [Fact]
    public async Task A_stream_is_cleaned_batch_by_batch()
    {
        project.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        project.Write("data/a.csv", "id,born\n1, 31/12/2023\n");
        project.Write("sources/s.yml", """
            connection: files
            streams:
              people:
                path: "*.csv"
                clean: [trim]
                columns: [{name: born, clean: [{cast: {type: date, pattern: '%d/%m/%Y'}}]}]
            """);
        await project.RunAsync();
        project.Write("data/b.csv", "id,born\n2,01/02/2024\n");
        Assert.Null((await project.RunAsync()).Steps.Single().Error);
        Assert.Equal(
            ["1|2023-12-31", "2|2024-02-01"],
            await project.QueryAsync("SELECT id, born::VARCHAR FROM bronze.people ORDER BY id"));
    }

    [Theory]
    [InlineData(
        "clean: [{lower: {columns: [nam]}}]",
        "models/silver/t.sql:2:10: the rule 'lower' names an unknown column 'nam'\n  did you mean 'name'?")]
    [InlineData(
        "columns: [{name: id, clean: [lower]}]",
        "models/silver/t.sql:2:30: 'lower' is for text, and id is none\n  cast it after this rule, or leave the rule out")]
    [InlineData(
        "columns: [{name: id, clean: [{cast: bigin}]}]",
        "models/silver/t.sql:2:31: the rule 'cast' cannot be made: unknown type 'bigin'")]
    [InlineData(
        "columns: [{name: id, clean: [{fill: abc}]}]",
        "models/silver/t.sql:2:31: 'abc' is no INTEGER, which id is\n  fill with a value of that type, or cast the column before")]
    [InlineData(
        "columns: [{name: id, clean: [{fill: 1.5}]}]", "models/silver/t.sql:2:31: '1.5' is no INTEGER, which id is")]
    [InlineData(
        "clean: [{deduplicate: {keys: [id], order: updated desc}}]",
        "models/silver/t.sql:2:10: the rule 'deduplicate' cannot be made: ")]
    public async Task What_cannot_be_cleaned_is_told(string yaml, string expected)
    {
        await project.AppendAsync("bronze.t", "SELECT 1 AS id, 'a' AS name");
        project.Write("models/silver/t.sql", $"/* @foz\n{yaml}\n@foz */\nSELECT id, name FROM bronze.t");
        Assert.StartsWith(
            expected, (await project.RunAsync()).Steps.Single().Error!.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_is_not_cleaned()
    {
        project.Write("models/silver/t.sql", "/* @foz\nmaterialization: view\nclean: [trim]\n@foz */\nSELECT 1 AS id");
        Assert.Equal(
            [
                "models/silver/t.sql:3:9: a view has no rows of its own to clean\n  make it a "
                    + "table, or clean them in its SQL",
            ], project.Errors());
    }
}
