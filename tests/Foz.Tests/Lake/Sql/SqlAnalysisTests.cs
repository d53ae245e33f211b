using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Sql;

public sealed class SqlAnalysisTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 1 });
    readonly EngineSession session;

    public SqlAnalysisTests() => session = engines.Open(Workload.Query);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
    }

    SqlAnalysis Read(string sql) => session.Analyze(sql, Token);

    /// <summary>The references as text, each with what the statement says at its place.</summary>
    string Tables(string sql)
    {
        var analysis = Read(sql);
        return string.Join(", ", analysis.Tables.Select(t =>
        {
            Assert.Equal(
                t.ToString().ToUpperInvariant(),
                analysis.Sql.Substring(t.Span.Start, t.Span.Length).Replace("\"", "").Replace("'", "").Replace(" ", "")
                    .ToUpperInvariant()
                    .Replace("TB", "T B"));
            return t.ToString() + (t.Alias is null ? "" : $" {t.Alias}");
        }));
    }

    [Theory]
    [InlineData("SELECT 1", "")]
    [InlineData("SELECT 1;", "")]
    [InlineData("FROM orders", "orders")]
    [InlineData("FROM silver.orders", "silver.orders")]
    [InlineData("FROM lake.silver.orders AS o", "lake.silver.orders o")]
    [InlineData("FROM o: silver.orders", "silver.orders o")]
    [InlineData("FROM \"Silver\".\"T b\"", "Silver.T b")]
    [InlineData("FROM Silver.Orders", "Silver.Orders")]
    [InlineData("FROM 'a/b.parquet' x", "a/b.parquet x")]
    [InlineData("TABLE silver.orders", "silver.orders")]
    [InlineData("DESCRIBE silver.orders", "silver.orders")]
    [InlineData("SUMMARIZE silver.orders", "silver.orders")]
    [InlineData("SHOW silver.orders", "silver.orders")]
    [InlineData("SHOW TABLES", "")]
    [InlineData("VALUES (1), (2)", "")]
    [InlineData("SELECT * FROM a, b x, (c JOIN d USING (i))", "a, b x, c, d")]
    [InlineData("SELECT * FROM a POSITIONAL JOIN b ASOF JOIN c ON b.t >= c.t SEMI JOIN d USING (x)", "a, b, c, d")]
    [InlineData(
        "SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (FROM c) AND x IN (FROM d) ORDER BY (SELECT 1 FROM e)",
        "a, b, c, d, e")]
    [InlineData("SELECT 'é 🦆', x /* ü FROM no */ FROM silver.orders -- FROM no", "silver.orders")]
    [InlineData("SELECT $$ FROM no $$, $1, e'\\' FROM no' FROM a", "a")]
    [InlineData("FROM a UNION ALL FROM b EXCEPT (FROM c)", "a, b, c")]
    [InlineData("WITH t AS (FROM a) FROM t JOIN b USING (i)", "a, b")]
    [InlineData("WITH a AS (FROM a) FROM a", "a")]
    [InlineData("WITH t AS (FROM a), u AS (FROM t) FROM u, T", "a")]
    [InlineData("WITH u AS (FROM t), t AS (FROM a) FROM u", "t, a")]
    [InlineData("WITH t AS (FROM a) FROM silver.t", "a, silver.t")]
    [InlineData("WITH RECURSIVE t AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM t, u WHERE i < 5) FROM t", "u")]
    [InlineData("SELECT * FROM (WITH t AS (FROM a) FROM t) x, t", "a, t")]
    [InlineData("WITH t AS (FROM a) SELECT (SELECT max(i) FROM t) FROM (SELECT * FROM t) x", "a")]
    [InlineData("SELECT * FROM a, LATERAL (SELECT a.x + b.y FROM b) l", "a, b")]
    [InlineData("SELECT * FROM (PIVOT bronze.a ON b IN (1, 2) USING sum(c)) p", "bronze.a")]
    [InlineData("UNPIVOT silver.orders ON a, b INTO NAME n VALUE v", "silver.orders")]
    [InlineData("FROM silver.orders TABLESAMPLE 10%", "silver.orders")]
    [InlineData("SELECT max(x) OVER w FROM a WINDOW w AS (PARTITION BY (SELECT 1 FROM b)) QUALIFY x > 1", "a, b")]
    [InlineData("FROM read_parquet('x') r, STREAM(bronze.orders), b", "b")]
    public void Tables_are_found_and_common_table_expressions_are_not(string sql, string tables) =>
        Assert.Equal(tables, Tables(sql));

    /// <summary>What is sorted and grouped by is a column's number, a text or any other constant.</summary>
    [Theory]
    [InlineData("1")]
    [InlineData("'1'")]
    [InlineData("''")]
    [InlineData("1.5")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("NULL")]
    [InlineData("true")]
    [InlineData("date '2024-01-01'")]
    [InlineData("[1, 2]")]
    public void Constants_to_sort_and_group_by_are_read(string constant) =>
        Assert.Equal("a", Tables($"SELECT b FROM a GROUP BY {constant} ORDER BY {constant}"));

    [Fact]
    public void Time_travel_is_read_with_its_place()
    {
        var analysis = Read(
            "FROM a AT (VERSION => 3), b AS x (i, j) AT (TIMESTAMP => TIMESTAMP '2024-01-01 (x)') JOIN c USING (i)");
        Assert.Equal(
            ["VERSION 3", "TIMESTAMP 2024-01-01 (x)", null],
            analysis.Tables.Select(t => t.At is null ? null : $"{t.At.Unit} {t.At.Value}"));
        Assert.Equal(
            ["AT (VERSION => 3)", "AT (TIMESTAMP => TIMESTAMP '2024-01-01 (x)')"],
            analysis.Tables.Where(t => t.At is not null)
                .Select(t => analysis.Sql.Substring(t.At!.Span.Start, t.At.Span.Length)));
    }

    [Fact]
    public void Table_functions_are_read_with_their_arguments()
    {
        var analysis = Read(
            """
            FROM stream(Bronze."or ders") s, delta_scan('it''s (', version := 3, timestamp := '2024-01-01'),
                read_csv('x.csv', header = true, d := 1.50, n := NULL, t := DATE '2024-01-01', l := ['a']), unnest([1]) u(x)
            """);
        Assert.Equal(["stream", "delta_scan", "read_csv", "unnest"], analysis.TableFunctions.Select(f => f.Name));
        var (stream, delta, csv) = (analysis.TableFunctions[0], analysis.TableFunctions[1], analysis.TableFunctions[2]);
        Assert.Equal(["Bronze", "or ders"], stream.Arguments[0].Parts);
        Assert.Equal("s", stream.Alias);
        Assert.Equal("stream(Bronze.\"or ders\")", analysis.Sql.Substring(stream.Span.Start, stream.Span.Length));
        Assert.Equal(
            ("it's (", "3", "2024-01-01"),
            (delta.Arguments[0].Value, delta.Find("VERSION")?.Value, delta.Find("timestamp")?.Value));
        Assert.EndsWith(
            "'2024-01-01')", analysis.Sql.Substring(delta.Span.Start, delta.Span.Length), StringComparison.Ordinal);
        Assert.Equal(
            [(null, "x.csv"), ("header", "t"), ("d", "1.50"), ("n", null), ("t", "2024-01-01"), ("l", null)],
            csv.Arguments.Select(a => (a.Name, a.Value)));
        Assert.Empty(analysis.Tables);
    }

    [Fact]
    public void Columns_and_functions_are_read()
    {
        var analysis = Read(
            "SELECT o.id, silver.orders.st.x, upper(name), sum(x) OVER (), a + b FROM silver.orders o WHERE "
                + "date_trunc('day', t) > 1");
        Assert.Equal(
            ["o.id", "silver.orders.st.x", "name", "x", "a", "b", "t"],
            analysis.Columns.Select(c => string.Join('.', c.Parts)));
        Assert.Equal(["date_trunc", "sum", "upper"], analysis.Functions.Order());
        Assert.All(
            analysis.Columns,
            c => Assert.Equal(string.Join('.', c.Parts), analysis.Sql.Substring(c.Span.Start, c.Span.Length)));
    }

    [Theory]
    [InlineData("SELEC 1", "sql:1:1", "syntax error")]
    [InlineData("SELECT 'é',\n  1 FROM FROM a", "sql:2:10", "syntax error")]
    [InlineData("SELECT '🦆', é FROM FROM a", "sql:1:21", "syntax error")]
    [InlineData("SELECT (1", "sql:1:10", "syntax error")]
    [InlineData("", "sql:1:1", "empty")]
    [InlineData(" -- nothing", "sql:1:1", "empty")]
    [InlineData("INSERT INTO t VALUES (1)", "sql:1:1", "not INSERT")]
    [InlineData("/* x */ create table t (i int)", "sql:1:9", "not CREATE")]
    [InlineData("COPY t TO 'x'", "sql:1:1", "not COPY")]
    [InlineData("PIVOT a ON b USING sum(c)", "sql:1:1", "not PIVOT")]
    [InlineData("SELECT 1;\nSELECT ';'", "sql:2:1", "one statement")]
    public void What_is_no_single_select_is_refused_at_its_place(string sql, string place, string message)
    {
        var failure = Assert.Throws<FozException>(() => Read(sql));
        Assert.Equal((ErrorKind.Sql, place), (failure.Kind, failure.Place.ToString()));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deep_expression_is_read()
    {
        var sql = "SELECT " + new string('(', 300) + "x" + string.Concat(Enumerable.Repeat(" + 1)", 300)) + " FROM a";
        Assert.Equal("a", Assert.Single(Read(sql).Tables).Name);
    }

    [Theory]
    [InlineData("SELECT id FROM silver.orders ORDER BY id")]
    [InlineData("SELECT orders.id FROM silver.orders ORDER BY orders.id")]
    [InlineData(
        "SELECT silver.orders.id, lake.silver.orders.st.x FROM lake.silver.orders WHERE silver.orders.id > 1 ORDER BY ALL")]
    [InlineData("SELECT o.id, o.st.x FROM silver.orders AS o ORDER BY o.id")]
    [InlineData("SELECT * FROM o: silver.orders ORDER BY o.id")]
    [InlineData(
        "SELECT orders.* EXCLUDE (st), items.k FROM silver.orders JOIN bronze.items ON orders.id = items.order_id ORDER BY ALL")]
    [InlineData(
        "SELECT silver.orders.id, bronze.orders.id AS b FROM silver.orders JOIN bronze.orders ON silver.orders.id = bronze.orders.id + 1 ORDER BY ALL")]
    [InlineData("SELECT id FROM silver.orders WHERE id IN (SELECT orders.id FROM bronze.orders) ORDER BY id")]
    [InlineData(
        "SELECT id, (SELECT count(*) FROM bronze.items WHERE items.order_id = silver.orders.id) AS n FROM silver.orders ORDER BY id")]
    [InlineData(
        "WITH orders AS (SELECT id + 1 AS id FROM silver.orders) SELECT orders.id, i.k FROM orders JOIN bronze.items i ON i.order_id = orders.id ORDER BY ALL")]
    [InlineData(
        "SELECT * FROM (SELECT id FROM silver.orders UNION ALL SELECT silver.orders.id * 10 FROM silver.orders) ORDER BY id")]
    [InlineData("SELECT a.id, b.id AS c FROM silver.orders a, silver.orders b WHERE a.id < b.id ORDER BY ALL")]
    [InlineData("SELECT * FROM silver.orders t(i, s) ORDER BY t.i")]
    [InlineData("SELECT silver.x FROM (SELECT {'orders': 1} AS x) silver, bronze.orders")]
    [InlineData("SELECT /* silver.orders.id */ 'silver.orders', id FROM silver.orders -- silver.orders\nORDER BY id")]
    [InlineData("TABLE silver.orders")]
    [InlineData("DESCRIBE silver.orders")]
    [InlineData("SHOW silver.orders")]
    [InlineData("SUMMARIZE bronze.items")]
    [InlineData("SELECT * FROM (PIVOT bronze.items ON k IN (1, 2) USING count(*) GROUP BY order_id) ORDER BY ALL")]
    [InlineData("SELECT * FROM (UNPIVOT bronze.items ON order_id, k INTO NAME n VALUE v) ORDER BY ALL")]
    [InlineData(
        "SELECT x.id, l.n FROM silver.orders x, LATERAL (SELECT count(*) AS n FROM bronze.items WHERE items.order_id = x.id) l ORDER BY ALL")]
    [InlineData("FROM silver.orders SELECT id, sum(id) OVER (ORDER BY silver.orders.id) AS s ORDER BY id")]
    [InlineData("SELECT count(*) FROM silver.orders TABLESAMPLE 100%")]
    [InlineData("SELECT id FROM \"SILVER\".\"Orders\" WHERE \"Orders\".id = 2")]
    public void A_rewritten_statement_gives_what_the_statement_gave(string sql)
    {
        session.Execute(
            """
            ATTACH ':memory:' AS lake;
            USE lake;
            CREATE SCHEMA lake.silver; CREATE SCHEMA lake.bronze;
            CREATE TABLE lake.silver.orders AS SELECT i AS id, {'x': i * 2} AS st FROM range(4) t(i);
            CREATE TABLE lake.bronze.orders AS SELECT i AS id FROM range(3) t(i);
            CREATE TABLE lake.bronze.items AS SELECT i % 3 AS order_id, i % 2 + 1 AS k FROM range(10) t(i);
            """, Token);
        using var expected = session.Query(sql, Token);
        var rows = expected.Rows(Token).ToList();
        var names = expected.Columns.Select(c => c.Name).ToList();

        var rewritten = Read(sql)
            .Rewrite(t => $"(SELECT * FROM lake.{SqlText.Identifier(t.Schema!)}.{SqlText.Identifier(t.Name)})");
        Assert.Contains("(SELECT * FROM lake.", rewritten.Text, StringComparison.Ordinal);
        using var actual = session.Query(rewritten.Text, Token);
        Assert.Equal(rows, actual.Rows(Token));
        Assert.Equal(names, actual.Columns.Select(c => c.Name));
    }

    [Fact]
    public void Time_travel_and_functions_are_replaced_and_the_rest_is_left()
    {
        var rewritten = Read(
            "SELECT a.x, b.y FROM a AS q AT (VERSION => 3), b, STREAM(silver.orders), "
                + "STREAM(c) d WHERE silver.orders.x > 1")
            .Rewrite(t => t.Name == "a" ? "foz_0" : null, f => $"({string.Join('_', f.Arguments[0].Parts)})");
        Assert.Equal(
            "SELECT a.x, b.y FROM foz_0 AS q , b, (silver_orders) AS \"orders\", (c) d WHERE silver.orders.x > 1",
            rewritten.Text);
    }

    [Fact]
    public void A_place_in_the_rewritten_statement_leads_back_to_the_statement()
    {
        const string sql = "SELECT nope FROM silver.orders, a WHERE x";
        var rewritten = Read(sql).Rewrite(_ => "(SELECT 1)");
        Assert.Equal("SELECT nope FROM (SELECT 1) AS \"orders\", (SELECT 1) AS \"a\" WHERE x", rewritten.Text);
        foreach (var (original, found) in new[]
        {
            ("nope", "nope"), ("silver", "1)"), (", a", ", ("), ("WHERE", "WHERE"),
        })
            Assert.Equal(
                sql.IndexOf(original, StringComparison.Ordinal),
                rewritten.ToOriginal(rewritten.Text.IndexOf(found, StringComparison.Ordinal)));
    }
}
