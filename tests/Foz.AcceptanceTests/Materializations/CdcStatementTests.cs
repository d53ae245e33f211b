using Foz.Lake;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>Models that are written as Spark's <c>CREATE FLOW … AS AUTO CDC INTO …</c>.</summary>
public sealed class CdcStatementTests : IDisposable
{
    readonly CdcProject project = new();

    public void Dispose() => project.Dispose();

    void Write(string sql)
    {
        project.Lake.Write("foz.yml", "name: events\n");
        project.Lake.Write("models/silver/m.sql", sql);
    }

    [Fact]
    public async Task All_clauses_of_a_statement_are_words_of_the_strategy()
    {
        Write("""
            CREATE FLOW people AS AUTO CDC INTO silver.m
            FROM stream(bronze.t)
            KEYS (id)
            IGNORE NULL UPDATES
            APPLY AS DELETE WHEN op = 'd'
            APPLY AS TRUNCATE WHEN op IN ('t', 'T')
            SEQUENCE BY n
            COLUMNS * EXCEPT (op, n)
            STORED AS SCD TYPE 1;
            """);
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 10, 'u'), (1, NULL, 'y', 11, 'u')");
        Assert.Equal(["1|a|y", "2|b|x"], await project.RowsAsync());
        await project.ApplyAsync("(NULL, NULL, NULL, 20, 'T'), (3, 'c', 'x', 21, 'u'), (3, NULL, NULL, 22, 'd'), (4, 'd', 'x', 23, 'u')");
        Assert.Equal(["4|d|x"], await project.RowsAsync());
    }

    [Fact]
    public async Task A_statement_keeps_a_history()
    {
        Write("""
            create flow people as auto cdc into m from stream bronze.t keys (id) apply as delete when op = 'd'
            sequence by struct(n, w) columns (id, v, w) stored as scd type 2 track history on (v)
            """);
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (1, 'a', 'y', 11, 'u'), (1, 'b', 'z', 12, 'u'), (1, NULL, 'a', 13, 'd')");
        Assert.Equal(
            ["1|a|y|10|12", "1|b|z|12|13"],
            await project.Lake.QueryAsync("SELECT id, v, w, __START_AT.n, __END_AT.n FROM silver.m ORDER BY __START_AT"));
    }

    [Theory]
    [InlineData("CREATE FLOW f AS AUTO CDC INTO silver.other FROM STREAM(bronze.t) KEYS (id) SEQUENCE BY n", "AUTO CDC writes INTO silver.other, and the model of the file is silver.m")]
    [InlineData("CREATE FLOW f AS INSERT INTO silver.m SELECT 1", "models/silver/m.sql:1:15: AUTO CDC: expected 'AS AUTO CDC INTO'")]
    [InlineData("CREATE FLOW f AS AUTO CDC INTO silver.m FROM STREAM(bronze.t) KEYS (id) SEQUENCE n", "AUTO CDC: expected KEYS, IGNORE")]
    [InlineData("CREATE FLOW f AS AUTO CDC INTO silver.m FROM STREAM(bronze.t) KEYS (id) IGNORE NULL UPDATES ON (v) SEQUENCE BY n", "expected KEYS, IGNORE, APPLY, SEQUENCE, COLUMNS, STORED, TRACK, got 'ON'")]
    [InlineData("CREATE FLOW f AS AUTO CDC INTO silver.m FROM STREAM(bronze.t) KEYS (id) SEQUENCE BY n STORED AS SCD TYPE 3", "unknown stored_as_scd_type '3'")]
    [InlineData("CREATE FLOW f AS AUTO CDC INTO silver.m FROM STREAM(bronze.t) SEQUENCE BY n", "needs 'keys'")]
    public async Task What_a_statement_cannot_say_is_named(string sql, string message)
    {
        Write(sql);
        await project.AppendAsync("(1, 'a', 'x', 10, 'u')");
        var error = await Assert.ThrowsAsync<FozException>(() => project.Lake.RunAsync());
        Assert.Contains(message, error.Describe());
    }
}
