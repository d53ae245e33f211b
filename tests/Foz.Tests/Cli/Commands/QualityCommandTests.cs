using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Cli.Commands;

/// <summary>What people see of the quality of their tables.</summary>
public sealed partial class QualityCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public QualityCommandTests()
    {
        foz.Write(
            "foz.yml",
            "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        foz.Write("data/people.csv", """
            id,name,cpf,uf,income
            1, Ana ,529.982.247-25,SP,"1.500,00"
            2,Bia,529.982.247-24,RJ,"2.500,50"
            3,,111.444.777-35,SP,
            4,Davi,,XX,"900,00"
            """);
        foz.Write("sources/s.yml", "connection: files\nstreams: {people: {path: people.csv}}\n");
        foz.Write("models/silver/people.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            clean: [trim, empty_to_null]
            columns:
              - {name: name, checks: [{not_null: {on_violation: warn}}]}
              - {name: cpf, clean: [cpf], checks: [{format: {value: cpf, on_violation: quarantine}}]}
              - {name: uf, checks: [{accepted_values: {values: [SP, RJ], on_violation: quarantine}}]}
              - {name: income, clean: [{cast: {type: 'decimal(12,2)', format: decimal_comma}}]}
            @foz */
            SELECT id::INT AS id, name, cpf, uf, income FROM STREAM(bronze.people)
            """);
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task The_quality_of_tables_is_shown()
    {
        Assert.Equal(0, (await foz.RunAsync("run")).ExitCode);
        Expect.File("quality-checks.txt", Still(await OkAsync("checks", "ls", "silver.people")));
        Expect.File("quality-quarantine.txt", Still(await OkAsync("quarantine", "ls")));
        Expect.File(
            "quality-profile.txt", Still(await OkAsync("profile", "bronze.people", "--columns", "id", "uf", "income")));
        Expect.File("quality-profile.json", Still(await OkAsync("profile", "silver.people", "--output", "json")));
        Expect.File("quality-release.txt", Still(
            await OkAsync("quarantine", "release", "silver.people")
            + await OkAsync(
                "quarantine", "release", "silver.people", "--where", "uf = 'XX'", "--reason", "a foreigner")));

        var json =
            JsonDocument.Parse(await OkAsync("quarantine", "ls", "silver.people", "--output", "json")).RootElement;
        Assert.Equal(
            [1, 1],
            json.EnumerateArray()
                .Select(entry => entry.GetProperty("rows").GetInt32() + entry.GetProperty("released").GetInt32()));
    }

    [Fact]
    public async Task A_suite_is_written_as_checks_and_what_has_no_equivalent_is_named()
    {
        foz.Write("suite.json", """
            {"expectation_suite_name": "people", "expectations": [
              {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}},
              {"expectation_type": "expect_column_values_to_be_in_set", "kwargs": {"column": "uf", "value_set": ["SP", "RJ"], "mostly": 0.9}},
              {"expectation_type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
              {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "id"}}]}
            """);
        var output = await foz.RunAsync("checks", "import", "suite.json");
        Assert.Equal(
            (0, "warning: expect_column_to_exist(id) has no equivalent\n  declare the columns with their "
                + "types, and contract: enforced"), (output.ExitCode, output.Error.Trim()));
        Expect.File("quality-import.txt", output.Out);
    }

    [Fact]
    public async Task Checks_of_an_ephemeral_model_are_made_where_models_are_tested()
    {
        foz.Write("models/silver/half.sql", """
            /* @foz
            materialization: ephemeral
            columns: [{name: id, checks: [unique, {max: {value: 3, on_violation: warn}}]}]
            @foz */
            SELECT id FROM silver.people
            """);
        foz.Write("models/gold/all.sql", "SELECT count(*) AS n FROM silver.half");
        var build = await foz.RunAsync("build");
        Assert.Equal((0, ""), (build.ExitCode, build.Error));
        Assert.Contains("silver.half  unique(id)", build.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await foz.RunAsync("test", "silver.half")).ExitCode);

        foz.Write("models/silver/half.sql", """
            /* @foz
            materialization: ephemeral
            checks: [{row_count: {min: 7}}]
            @foz */
            SELECT id FROM silver.people
            """);
        var test = await foz.RunAsync("test", "silver.half");
        Assert.Equal(1, test.ExitCode);
        Assert.Matches("silver.half  row_count: [0-9]+ rows, [0-9]+ missing", test.Out);
        Assert.Equal(1, (await foz.RunAsync("build")).ExitCode);
    }

    [Fact]
    public async Task Checks_of_one_name_have_a_history_each()
    {
        foz.Write("models/silver/m.sql", """
            /* @foz
            checks: [{row_count: {min: 5, on_violation: warn}}, {row_count: 1}, {mean: {column: a, max: 1, on_violation: warn}}]
            columns: [{name: a, checks: [not_null, {not_null: {where: a > 7, mostly: 0.5}}, {median: 2.5}]}]
            @foz */
            SELECT 2.5 AS a
            """);
        Assert.Equal(0, (await foz.RunAsync("run", "silver.m")).ExitCode);
        var rows = JsonDocument.Parse(await OkAsync("checks", "ls", "silver.m", "--output", "json")).RootElement
            .EnumerateArray()
            .Select(row =>
                string.Join(
                    '|', new[] { "check", "arguments", "result", "actual" }.Select(key => $"{row.GetProperty(key)}")));
        Assert.Equal(
            [
                "not_null(a)||passed|", "not_null(a)|where: a > 7, mostly: 0.5|passed|", "median(a)|2.5|passed|2.5",
                "row_count|min: 5|warn|1 row",
                "row_count|1|passed|1 row", "mean(a)|max: 1|warn|2.5",
            ],
            rows);
    }

    [Fact]
    public async Task A_profile_tells_what_is_no_number_and_whose_condition_is_wrong()
    {
        foz.Write("models/silver/m.sql", "SELECT unnest([1.5::DOUBLE, 'nan'::DOUBLE, 'inf'::DOUBLE]) AS v");
        Assert.Equal(0, (await foz.RunAsync("run", "silver.m")).ExitCode);
        Assert.Contains("NaN", await OkAsync("profile", "silver.m"), StringComparison.Ordinal);
        Assert.Contains("NaN", await OkAsync("profile", "silver.m", "--output", "json"), StringComparison.Ordinal);
        var wrong = await foz.RunAsync("profile", "silver.m", "--where", "v=");
        Assert.NotEqual(0, wrong.ExitCode);
        Assert.StartsWith("error: --where: ", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sql:", wrong.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silver.peple", "error: the project has no table 'silver.peple'\n  did you mean 'silver.people'?")]
    public async Task A_table_that_is_not_there_gets_the_nearest(string name, string expected)
    {
        var output = await foz.RunAsync("quarantine", "release", name);
        Assert.Equal((2, expected), (output.ExitCode, output.Error.Trim()));
    }

    async Task<string> OkAsync(params string[] args)
    {
        var output = await foz.RunAsync(args);
        Assert.Equal((0, ""), (output.ExitCode, output.Error));
        return output.Out;
    }

    static string Still(string text) => Instant.Replace(text, "2026-01-31 08:30:00Z");

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}Z")]
    private static partial Regex Instant { get; }
}
