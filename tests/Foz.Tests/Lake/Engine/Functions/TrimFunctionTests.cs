using Foz.DuckDB.Connections;
using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine.Functions;

/// <summary>The functions that cut texts, beside those of a DuckDB that has only its own.</summary>
public sealed class TrimFunctionTests : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 2 });
    readonly EngineSession session;
    readonly Database database = Database.OpenInMemory(new Dictionary<string, string>());
    readonly Connection connection;

    public TrimFunctionTests() => (session, connection) = (engines.Open(Workload.Models), database.Connect());

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        connection.Dispose();
        database.Dispose();
    }

    public static TheoryData<string> Names => ["trim", "ltrim", "rtrim"];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_characters_are_spaces(string name)
    {
        var found = Same(
            $"SELECT i FROM range(1, 1114112) r(i) WHERE i NOT BETWEEN 55296 AND 57343 AND length({name}(chr(i::INT) "
                + "|| '.' || chr(i::INT))) < 3");
        Assert.Equal(17, found.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_of_all_lengths_are_cut_alike(string name)
    {
        // Both ends, the middle and nothing: of one, two, three and four bytes, and none of them inside of 12 bytes
        // only.
        const string Texts =
            """
            SELECT i, CASE WHEN i % 7 <> 3 THEN string_agg(c, '' ORDER BY n) END AS text, CASE WHEN i % 11 <> 5 THEN any_value(s) END AS chars
            FROM (
                SELECT i, n, [' ', 'x', ' ', 'é', '　', '😀', chr(160), chr(9)][1 + (hash(i, n) % 8)::INT] AS c,
                    ['', ' ', 'x', 'éx', '😀 ', '　é' || chr(9)][1 + (hash(i) % 6)::INT] AS s
                FROM range(6000) r(i), range(40) l(n) WHERE n < hash(i, 'length') % 40)
            GROUP BY i
            """;
        var rows = Same(
            $"SELECT i, {name}(text) AS plain, {name}(text, chars) AS told, {name}(text, ' x') AS "
                + $"same FROM ({Texts}) ORDER BY i");
        Assert.True(rows.Count > 5000);
        Assert.Contains(rows, row => row[1] is null);
        Assert.Contains(rows, row => row[1] is not null && row[2] is null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_that_nothing_is_cut_from_stay_as_they_are(string name)
    {
        const string Texts =
            "SELECT i, CASE WHEN i % 3 > 0 THEN 'the row with the number ' || i END AS text FROM range(10000) r(i)";
        Same($"SELECT {name}(text), {name}(text, 'x'), {name}(text, NULL), "
            + $"upper({name}(text)) FROM ({Texts}) ORDER BY i");
        Same($"SELECT {name}(text) AS text, count(*), min(i) FROM ({Texts}) WHERE {name}(text) LIKE "
            + "'%9' GROUP BY ALL ORDER BY ALL");
        Same($"SELECT DISTINCT {name}(text) FROM (SELECT ['one of few values', 'two', NULL][1 + i % 3] AS text FROM "
            + "range(9000) r(i)) ORDER BY 1");
    }

    [Fact]
    public void Constants_and_the_words_of_the_standard_are_known()
    {
        Same("SELECT trim('  a '), trim(NULL), ltrim('xxa', 'x'), rtrim('a'), trim(BOTH 'x' FROM 'xax'), trim(LEADING "
            + "FROM ' a '), trim(TRAILING 'y' FROM 'ayy')");
        Same("SELECT trim(' a ', c) FROM (VALUES (' '), (NULL), ('a ')) t(c)");
        Same("SELECT trim(12::VARCHAR), trim('   '), trim(''), trim('', 'x')");
    }

    /// <summary>The rows of a query, after a look at those of DuckDB alone.</summary>
    List<object?[]> Same(string sql)
    {
        using var ours = session.Query(sql, Cancel);
        using var own = connection.Query(sql, []);
        var rows = ours.Rows(Cancel).ToList();
        Assert.Equal(own.Rows(Cancel), rows);
        return rows;
    }
}
