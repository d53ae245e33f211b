using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Sql;

/// <summary>What the engine reads in a text is what Foz reads in it, or the text is refused.</summary>
public sealed class EngineScannerTests : IDisposable
{
    readonly EnginePool pool = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 1 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => pool.Dispose();

    [Fact]
    public void Every_character_that_the_engine_takes_for_a_space_is_a_blank()
    {
        using var session = pool.Open(Workload.Serving);
        // Only where a character divides tokens, x is a column with the alias y.
        using var rows = session.Query(
            """
            SELECT c, json_extract_string(
                json_serialize_sql('SELECT x' || chr(c::INTEGER) || 'AS' || chr(c::INTEGER) || 'y'), '$.statements[0].node.select_list[0].alias')
            FROM range(1, 65536) AS t(c) WHERE c NOT BETWEEN 55296 AND 57343 AND c <> 39
            """, Cancel);
        var dividing = rows.Rows(Cancel).Where(row => row[1] is "y").Select(row => (char)(long)row[0]!).ToList();
        Assert.Contains('\u00a0', dividing);
        Assert.DoesNotContain(dividing, c => !SqlTokens.IsBlank(c));
    }

    [Theory]
    [InlineData("SELECT\u00a01", "SELECT 1")]
    [InlineData("SELECT/* \u00e9 */1 -- x\rFROM t", "SELECT       1     \rFROM t")]
    [InlineData("SELECT 1 /* a /* b\n */ */, 2", "SELECT 1          \n      , 2")]
    [InlineData(
        "SELECT '\u00a0--', \"/*\u2003*/\", $x$ -- \u3000$x$", "SELECT '\u00a0--', \"/*\u2003*/\", $x$ -- \u3000$x$")]
    [InlineData("SELECT\u0001\f\v\u0085\ufeff\u200b1", "SELECT      1")]
    public void What_divides_tokens_becomes_blanks(string sql, string blanked)
    {
        Assert.Equal(blanked, SqlTokens.Read(sql).Blanked);
        Assert.Equal(sql.Length, blanked.Length);
    }

    [Theory]
    [InlineData("SELECT 1e'\\', duckdb_settings() --'")]
    [InlineData("SELECT .5e'\\', x --'")]
    [InlineData("SELECT E'a'\n'\\', x --'")]
    [InlineData("SELECT x'ab''cd'")]
    [InlineData("SELECT B'0''1'")]
    [InlineData("SELECT `x` FROM t")]
    [InlineData("SELECT 1from t")]
    [InlineData("SELECT 1..2")]
    [InlineData("SELECT 1_ FROM t")]
    [InlineData("SELECT 'x")]
    [InlineData("SELECT \"x")]
    [InlineData("SELECT $a$ x")]
    [InlineData("SELECT E'\\'', '\u00a0' FROM t")]
    [InlineData("SELECT a$$, 'q$$', '\u00a0' FROM t")]
    public void What_the_engine_reads_otherwise_is_refused(string sql)
    {
        using var session = pool.Open(Workload.Serving);
        var error = Assert.Throws<FozException>(() => session.Analyze(sql, Cancel));
        Assert.Equal((ErrorKind.Sql, "42601"), (error.Kind, error.SqlState));
        Assert.NotNull(error.Place);
    }

    [Theory]
    [InlineData("SELECT 1e5, 1.5e-3, 1E+2, .5, 1., 0xFF, 1_000, 1.5::int, $1")]
    [InlineData("SELECT 'a''b', e'a\\'b', E'\\\\', U&'x', x'ab', b'01', n'x', $$a'b$$, $t$ $$ $t$")]
    [InlineData("SELECT 'a'\n'b', E'a'\n'b', a$b FROM \"x\"\"y\"")]
    [InlineData("SELECT '\u00a0', \"\u00a0\", $$\u00a0$$ FROM t -- '\u00a0")]
    public void What_both_read_alike_passes(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        EngineScanner.Check(tokens.Blanked, tokens);
    }

    [Fact]
    public void A_comment_that_does_not_end_is_refused() =>
        Assert.Equal("42601", Assert.Throws<FozException>(() => SqlTokens.Read("SELECT 1 /* /* */")).SqlState);
}
