using System.Diagnostics;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Sql;

/// <summary>What a statement may have of what is planned in a time that grows with its square.</summary>
public sealed class SqlChainTests
{
    [Theory]
    [InlineData("SELECT 1", " UNION ALL SELECT 1", SqlChains.SetsMax)]
    [InlineData("SELECT 1", " EXCEPT SELECT 1", SqlChains.SetsMax)]
    [InlineData("SELECT * FROM (SELECT 1", ") UNION (SELECT 1", SqlChains.SetsMax)]
    [InlineData("SELECT 1", "+1", SqlChains.OperatorsMax)]
    [InlineData("SELECT 1", " - -1", SqlChains.OperatorsMax / 2)]
    [InlineData("SELECT 1", " || 'a'", SqlChains.OperatorsMax)]
    [InlineData("SELECT 'a'", " LIKE 'a'", SqlChains.OperatorsMax)]
    [InlineData("SELECT ", "NOT ", SqlChains.OperatorsMax, "true")]
    [InlineData("SELECT 1", " NOT IN (1)", SqlChains.OperatorsMax / 2)]
    [InlineData("SELECT true", " AND true", SqlChains.ConditionsMax)]
    [InlineData("SELECT * FROM t WHERE id = 0", " OR id = 1", SqlChains.ConditionsMax)]
    [InlineData("SELECT true", " AND a IS NOT DISTINCT FROM b", SqlChains.ConditionsMax)]
    [InlineData("CREATE TABLE t (a INT DEFAULT 1", "+1", SqlChains.OperatorsMax, ")")]
    [InlineData("CREATE TABLE t (a BOOLEAN, CHECK (a", " AND a", SqlChains.ConditionsMax, "))")]
    public void Chains_have_an_end(string start, string part, int most, string end = "")
    {
        SqlTokens.Read(start + string.Concat(Enumerable.Repeat(part, most)) + end);
        var error = Assert.Throws<FozException>(() =>
            SqlTokens.Read(start + string.Concat(Enumerable.Repeat(part, most + 1)) + end));

        Assert.Equal("54001", error.SqlState);
        Assert.NotNull(error.Hint);
    }

    [Theory]
    [InlineData("INSERT INTO t VALUES (0)", ", (-1 + 1, 'a' || 'b')", 20_000)]
    [InlineData("SELECT 1 IN (0", ", 1", 100_000)]
    [InlineData("SELECT CASE", " WHEN a + 1 = 2 THEN b * 2", 20_000)]
    [InlineData("SELECT a + 1", ", a + 1 AS b", 20_000)]
    [InlineData("SELECT a + 1 UNION SELECT 2", "; SELECT a + 1 UNION SELECT 2", 20_000)]
    [InlineData("SELECT ((a) + 1)", " AND ((a AND b) + 1 = 2)", 4_000)]
    public void Lists_may_be_long(string start, string part, int count)
    {
        var clock = Stopwatch.StartNew();
        SqlTokens.Read(start + string.Concat(Enumerable.Repeat(part, count)));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
    }

    [Fact]
    public void A_statement_has_an_end() =>
        Assert.Equal(
            "54001",
            Assert.Throws<FozException>(() =>
                SqlTokens.Read("SELECT 1" + string.Concat(Enumerable.Repeat(",1", SqlChains.TokensMax / 2)))).SqlState);
}
