using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Cli.Commands;

/// <summary>What people see of the quality of their tables.</summary>
public sealed partial class QualityCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public QualityCommandTests()
    {
        foz.Write("foz.yml", "name: t\nlake: lake\nmemory: 512MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
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
        Expect.File("quality-profile.txt", Still(await OkAsync("profile", "bronze.people", "--columns", "id", "uf", "income")));
        Expect.File("quality-profile.json", Still(await OkAsync("profile", "silver.people", "--output", "json")));
        Expect.File("quality-release.txt", Still(
            await OkAsync("quarantine", "release", "silver.people")
            + await OkAsync("quarantine", "release", "silver.people", "--where", "uf = 'XX'", "--reason", "a foreigner")));

        var json = JsonDocument.Parse(await OkAsync("quarantine", "ls", "silver.people", "--output", "json")).RootElement;
        Assert.Equal([1, 1], json.EnumerateArray().Select(entry => entry.GetProperty("rows").GetInt32() + entry.GetProperty("released").GetInt32()));
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
        Assert.Equal((0, "warning: expect_column_to_exist(id) has no equivalent\n  declare the columns with their types, and contract: enforced"), (output.ExitCode, output.Error.Trim()));
        Expect.File("quality-import.txt", output.Out);
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

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}Z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Instant { get; }
}
