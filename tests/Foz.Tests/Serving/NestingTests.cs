namespace Foz.Tests.Serving;

/// <summary>Statements that are nested so deep that whoever reads them by calling himself would end the process.</summary>
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
    public async Task A_statement_that_is_nested_too_deep_is_refused(string before, string open, string inner, string close)
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
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync($"select {new string('(', 500)}1{new string(')', 500)}"));
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("select array_length('{1,2}'::int[], 1)"));
    }

    static string Repeated(string text) => string.Concat(Enumerable.Repeat(text, Depth));
}
