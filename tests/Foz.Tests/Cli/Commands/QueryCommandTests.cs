using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

public sealed class QueryCommandTests : IDisposable
{
    const string AllTypes = """
        select true as flag, 42 as number, 170141183460469231731687303715884105727::hugeint as huge,
            1.50::decimal(10, 2) as price, 0.1::double as share, 'São "Paulo", SP' as city, null as nothing,
            '\xAB'::blob as bytes, date '2024-02-29' as day, timestamp '2024-02-29 12:34:56.789' as local,
            timestamptz '2024-02-29 12:34:56+00' as instant, [1, null] as list, {'a': 1, 'b': 'x'} as struct,
            map {'k': 1.5} as map, '{"j": [1]}'::json as json, 'two' || chr(10) || 'lines' as text, 'nan'::double as nan
        """;

    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("table", "types.txt")]
    [InlineData("json", "types.json")]
    [InlineData("csv", "types.csv")]
    public async Task Every_type_is_written_well(string format, string expected)
    {
        var result = await foz.RunAsync("query", AllTypes, "--output", format);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Expect.File(expected, result.Out);
        if (format == "json") Assert.Equal(1, JsonDocument.Parse(result.Out).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("select 1 as n")]
    [InlineData("select 1.0::int as n")]
    [InlineData("from (values (1)) t(n)")]
    [InlineData("select count(*) as n from information_schema.schemata where schema_name = 'pg_catalog'")]
    [InlineData("select n from 'n.csv'")]
    public async Task A_wrong_project_lets_a_statement_run_that_names_nothing_of_it(string sql)
    {
        foz.Write("foz.yml", "name: shop\nlakee: lake\n");
        foz.Write("n.csv", "n\n1\n");
        sql = sql.Replace("n.csv", Path.Combine(foz.Folder, "n.csv"), StringComparison.Ordinal);

        var result = await foz.RunAsync("query", sql, "-o", "csv");

        Assert.Equal((0, "n\n1\n"), (result.ExitCode, result.Out));
        Assert.StartsWith("warning: foz.yml:2:1: ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith(
            "\n  the statement names nothing of the lake, and runs without the project\n", result.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("select * from silver.orders")]
    [InlineData("select * from lake.silver.orders")]
    [InlineData("select 1 as n", "--project", ".")]
    [InlineData("select 1 as n", "--target", "prod")]
    public async Task A_project_that_is_asked_for_and_wrong_is_an_error(params string[] args)
    {
        foz.Write("foz.yml", "name: shop\nlakee: lake\n");

        var result = await foz.RunAsync(["query", .. args]);

        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("foz.yml:2:1: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json", "[]\n")]
    [InlineData("csv", "a\n")]
    [InlineData("table", "a\n─\n(0 rows)\n")]
    public async Task No_rows_are_a_result_too(string format, string expected)
    {
        var result = await foz.RunAsync("query", "select 1 as a where false", "-o", format);
        Assert.Equal(expected, result.Out);
    }

    [Theory]
    [InlineData(999, "(999 rows)")]
    [InlineData(1_000, "(1,000 rows)")]
    [InlineData(1_001, "(1,000 of 1,001 rows; --output csv or json writes all of them)")]
    [InlineData(5_000, "(1,000 of 5,000 rows; --output csv or json writes all of them)")]
    public async Task A_table_shows_its_first_rows_and_counts_the_others(int rows, string last)
    {
        var result = await foz.RunAsync("query", $"select * from range({rows}) t(i)");
        var lines = result.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(last, lines[^1]);
        Assert.Equal(Math.Min(rows, 1_000) + 3, lines.Length);
    }

    [Fact]
    public async Task Json_and_csv_hold_all_rows_in_order()
    {
        var csv = await foz.RunAsync("query", "select i from range(100000) t(i) order by i", "-o", "csv");
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => $"{i}").Prepend("i"), csv.Out.TrimEnd('\n').Split('\n'));

        var json = await foz.RunAsync("query", "select i from range(100000) t(i) order by i", "-o", "json");
        var numbers = JsonDocument.Parse(json.Out).RootElement.EnumerateArray()
            .Select(row => row.GetProperty("i").GetInt32());
        Assert.Equal(Enumerable.Range(0, 100_000), numbers);
    }

    [Fact]
    public async Task Sql_comes_from_the_argument_a_file_or_the_standard_input()
    {
        foz.Write("q.sql", "select 'file' as a");
        foz.Input = "select 'input' as a";

        Assert.Equal("a\nfile\n", (await foz.RunAsync("query", "-f", "q.sql", "-o", "csv")).Out);
        Assert.Equal("a\ninput\n", (await foz.RunAsync("query", "-o", "csv")).Out);
        Assert.Equal("a\ninput\n", (await foz.RunAsync("query", "-", "-o", "csv")).Out);
        Assert.Equal("a\narg\n", (await foz.RunAsync("query", "-- a comment\nselect 'arg' as a", "-o", "csv")).Out);
        Assert.Equal(2, (await foz.RunAsync("query", "select 1", "-f", "q.sql")).ExitCode);
        Assert.Equal(2, (await foz.RunAsync("query", "-f", "absent.sql")).ExitCode);
    }

    [Fact]
    public async Task A_file_that_is_not_UTF_8_is_refused()
    {
        byte[] mark = [0xEF, 0xBB, 0xBF];
        await WriteAsync([.. mark, .. "select 'é' as a"u8]);
        Assert.Equal("a\né\n", (await foz.RunAsync("query", "-f", "q.sql", "-o", "csv")).Out);
        await WriteAsync([.. "select 1;\nselect '"u8, 0xE9, .. "' as a"u8]);
        var refused = await foz.RunAsync("query", "-f", "q.sql");
        Assert.Equal(
            (2, "error: q.sql:2:9: the text is not UTF-8\n  save it as UTF-8\n"), (refused.ExitCode, refused.Error));
        Assert.Equal("", refused.Out);

        Task WriteAsync(byte[] bytes) => File.WriteAllBytesAsync(
            Path.Combine(foz.Folder, "q.sql"), bytes, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("selec 1", 1, "sql:1:1")]
    [InlineData("select\n  nope from range(1)", 1, "sql:2:3")]
    [InlineData("drop schema x", 1, "TABLE or VIEW should stand at 'schema'")]
    [InlineData("set threads = 1", 1, "only a SELECT can stand here, not SET")]
    [InlineData("delete from x", 1, "'x' is no table name")]
    [InlineData("select * from delta_scan('no/such/folder')", 1, "no/such/folder")]
    [InlineData("select error('a\u00e7\u00e3o')", 1, "ação")]
    public async Task A_query_that_fails_says_where(string sql, int exitCode, string says)
    {
        var result = await foz.RunAsync("query", sql);
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Out));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("bug in Foz", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_that_is_stopped_exits_with_2()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var result = await foz.RunAsync(
            stop.Token, "query", "select sum(a.range * b.range) from range(1000000) a, range(1000000) b");
        Assert.Equal((2, "stopped\n"), (result.ExitCode, result.Error));
    }
}
