using Foz.Lake.Engine;
using Foz.Serving.Sql;

namespace Foz.Tests.Serving.Sql;

/// <summary>Statements that are nested so deep that a recursive reader would end the process.</summary>
public sealed class NestingTests : IAsyncLifetime
{
    const int Depth = 50_000;

    ServedLake lake = null!;

    public async ValueTask InitializeAsync() => lake = await ServedLake.CreateAsync();

    public ValueTask DisposeAsync() => lake.DisposeAsync();

    [Theory]
    [InlineData("select ", "(", "1", ")")]
    [InlineData("select ", "[", "1", "]")]
    [InlineData("select ", "{'a':", "1", "}")]
    [InlineData("select ", "array[", "1", "]")]
    [InlineData("select ", "(select ", "1", ")")]
    [InlineData("select ", "abs(", "1", ")")]
    [InlineData("select * from ", "(select * from ", "silver.orders", ") x")]
    [InlineData("with ", "a as (with ", "b as (select 1) select 1", ") select 1")]
    [InlineData("copy ", "(", "select 1", ") to stdout")]
    [InlineData("insert into silver.orders ", "(", "select 1", ")")]
    [InlineData("select ", "case when true then ", "1", " end")]
    [InlineData("select ", "case when true then 1 else ", "1", " end")]
    [InlineData("select ", "cast(", "1", " as int)")]
    [InlineData("select ", "/*", " ", "*/")]
    [InlineData("select 1", "::int", "", "")]
    [InlineData("select a", "[1]", "", "")]
    public async Task A_statement_that_is_nested_too_deep_is_refused(
        string before, string open, string inner, string close)
    {
        await using var session = lake.Open();
        var sql = before + Repeated(open) + inner + Repeated(close);
        Assert.Equal("54001", await session.FailAsync(sql));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("select 1"));
    }

    [Theory]
    [InlineData("select '", "{", "1", "}", "'::int[]", "54000")]
    [InlineData("select ", "not ", "true", "", "", "54001")]
    [InlineData("select ", "- ", "1", "", "", "54001")]
    [InlineData("select 1", "+1", "", "", "", null)]
    [InlineData("", "explain ", "select 1", "", "", "42601")]
    [InlineData("", "declare c cursor for ", "select 1", "", "", "42601")]
    public async Task Other_long_statements_are_refused_too(
        string before, string open, string inner, string close, string after, string? sqlState)
    {
        await using var session = lake.Open();
        var told = await session.FailAsync(before + Repeated(open) + inner + Repeated(close) + after);
        if (sqlState is not null) Assert.Equal(sqlState, told);
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("select 1"));
    }

    /// <summary>
    /// The engine puts the definition of a macro in the place of each call while it binds a statement, and does not
    /// stop meanwhile: whether one has its argument twice is found for all that are served.
    /// </summary>
    [Fact]
    public async Task Calls_inside_of_each_other_are_bounded_by_what_they_grow_to()
    {
        await using var session = lake.Open();
        var macros = new List<string>();
        using (var engine = lake.Lake.Engines.Open(Workload.Serving))
        using (var rows = engine.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'macro' AND "
                + "len(parameters) >= 1 ORDER BY ALL",
            TestContext.Current.CancellationToken))
            macros.AddRange(rows.Rows(TestContext.Current.CancellationToken).Select(row => (string)row[0]!));
        var served = macros.Where(name =>
            ServedFunctions.Allows(ServedFunctions.Call, name)
                && !name.StartsWith("foz_", StringComparison.Ordinal)).ToList();
        Assert.True(served.Count > 60, $"{served.Count} macros");
        foreach (var name in served)
            foreach (var others in new[] { "", ", 1", ", 1, 1" })
                await Record.ExceptionAsync(() =>
                    session.RunAsync($"select {Nested($"{name}(", "i", $"{others})", 24)} from (values (1)) t(i)"));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("select 1"));
    }

    [Theory]
    [InlineData("nullif(", "i", ", 9)")]
    [InlineData("coalesce(nullif(", "i", ", 9), '2.5')")]
    [InlineData("coalesce(", "i", ", '2.5')")]
    [InlineData("greatest(", "i", ", '2.5')")]
    [InlineData("case when ", "i", " > '1.5' then 1.5 else '2.5' end")]
    [InlineData("round(", "i", "::text::numeric)::text")]
    [InlineData("json_build_object('a', ", "i", ")::text")]
    [InlineData("date_trunc('day', ", "i", "::text::timestamp)::text")]
    [InlineData("(", "i", " = any(array[1, 2]))::int")]
    [InlineData("((", "i", ", 1) < (2, 3))::int")]
    public async Task What_grows_with_each_level_is_refused_where_it_is_nested_deep(
        string open, string inner, string close)
    {
        await using var session = lake.Open();
        Assert.Equal(
            "54001", await session.FailAsync($"select {Nested(open, inner, close, 30)} from (values (1)) t(i)"));
        Assert.Equal(
            "54001",
            await session.FailAsync($"delete from silver.orders where {Nested(open, "id", close, 30)}::text = '7'"));
    }

    /// <summary>A name of the list of SELECT is replaced by its expression in what follows.</summary>
    [Fact]
    public async Task Names_of_the_list_of_SELECT_that_double_each_other_are_refused()
    {
        await using var session = lake.Open();
        var names = string.Concat(
            Enumerable.Range(0, 30).Select(i => FormattableString.Invariant($", a{i} + a{i} as a{i + 1}")));
        Assert.Equal("54001", await session.FailAsync($"select id as a0{names} from silver.orders"));
        Assert.Equal(
            ["1|2|4|8", "SELECT 1"], await session.RunAsync("select 1 as a, a + a as b, b + b as c, c + c as d"));
    }

    /// <summary>No number is large enough to be taken for a small one.</summary>
    [Fact]
    public async Task What_grows_beyond_all_numbers_is_refused()
    {
        await using var session = lake.Open();
        var endless = Nested("quote_ident(", "name", ")", 900);
        Assert.Equal("54001", await session.FailAsync($"select {endless} as a, a as b, b as c from silver.orders"));
        Assert.Equal(
            "54001",
            await session.FailAsync($"select {endless} as a, a || a as b, (b || b) as c, c || c from silver.orders"));
    }

    /// <summary>An alias means its expression in a subquery beside it, and another column in a relation.</summary>
    [Fact]
    public async Task Aliases_are_counted_where_they_are_known()
    {
        await using var session = lake.Open();
        var large = Nested("quote_ident(", "name", ")", 5);
        var uses = string.Join(" || ", Enumerable.Repeat("name_", 100));
        Assert.EndsWith(
            "SELECT 0", (await session.RunAsync($"select {large} as name_ from silver.orders where false"))[^1]);
        Assert.Equal(
            "54001", await session.FailAsync($"select {large} as name_, (select {uses}) as b from silver.orders"));
        var deep = Enumerable.Range(0, 8)
            .Aggregate(
                "silver.orders",
                (relation, _) => $"(select {Nested("quote_ident(", "name", ")", 4)} as name from {relation}) t");
        Assert.Equal("SELECT 1", (await session.RunAsync($"select count(*) from {deep}"))[^1]);
    }

    /// <summary>What tools write is nested, too.</summary>
    [Theory]
    [InlineData("concat(", "1", ", 'x')", 8, "1xxxxxxxx")]
    [InlineData("coalesce(nullif(", "1", ", 9), 2)", 8, "1")]
    [InlineData("round(", "1.5", ", 2)", 20, "1.5")]
    [InlineData("replace(", "1::text", ", 'a', 'b')", 20, "1")]
    [InlineData("case when 1 > 2 then 0 else ", "1", " end", 60, "1")]
    [InlineData("", "1", " / 2.0 * 2", 60, "1")]
    [InlineData("array_to_string(array[", "1", "], ',')", 12, "1")]
    [InlineData("json_build_object('a', ", "1", ")", 5, "{")]
    public async Task Usual_depths_are_served(string open, string inner, string close, int depth, string expected)
    {
        await using var session = lake.Open();
        Assert.StartsWith(
            expected, (await session.RunAsync($"select {Nested(open, inner, close, depth)}"))[0],
            StringComparison.Ordinal);
    }

    static string Nested(string open, string inner, string close, int depth) =>
        string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));

    [Fact]
    public async Task What_closes_nothing_lets_no_more_be_opened()
    {
        await using var session = lake.Open();
        Assert.Equal("54001", await session.FailAsync($"select {Repeated(")")} {Repeated("(")}1{Repeated(")")}"));
    }

    [Fact]
    public async Task What_people_write_is_not_nested_too_deep()
    {
        await using var session = lake.Open();
        Assert.Equal(
            ["1", "SELECT 1"], await session.RunAsync($"select {new string('(', 500)}1{new string(')', 500)}"));
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("select array_length('{1,2}'::int[], 1)"));
    }

    static string Repeated(string text) => string.Concat(Enumerable.Repeat(text, Depth));
}
