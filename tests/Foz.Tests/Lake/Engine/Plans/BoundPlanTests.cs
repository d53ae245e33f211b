using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Engine.Plans;

public sealed class BoundPlanTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 1 });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    static readonly Field[] Orders =
    [
        new("id", DataType.Long), new("day", DataType.Date), new("Name", DataType.String),
        new("amount", new DataType.Decimal(12, 2)),
        new("st", new DataType.Struct([new("x", DataType.Integer), new("y", DataType.String)])),
        new("ts", DataType.Timestamp), new("ntz", DataType.TimestampNtz), new("ok", DataType.Boolean),
        new("v", DataType.Double),
        new("tags", new DataType.Array(DataType.String)),
    ];

    static readonly Field[] Items =
    [
        new("order_id", DataType.Long), new("k", DataType.Integer), new("price", DataType.Double),
    ];

    IReadOnlyDictionary<SqlSpan, FilterExpression> Read(string sql)
    {
        using var session = engines.Open(Workload.Query);
        return BoundPlan.ReadFilters(
            session, session.Analyze(sql, Token), t => ColumnsOf(t.Name),
            f => f.Name == "stream" ? ColumnsOf(f.Arguments[0].Parts[^1]) : null, Token);
    }

    static Field[]? ColumnsOf(string table) => table.ToLowerInvariant() switch
    {
        "orders" => Orders,
        "items" => Items,
        _ => null,
    };

    /// <summary>The filter as a condition of SQL.</summary>
    static string ToSql(FilterExpression filter) => filter switch
    {
        FilterExpression.Compare c => $"{string.Join('.', c.Column)} {Symbol(c.Operator)} '{c.Literal}'",
        FilterExpression.In i =>
            $"{string.Join('.', i.Column)} IN ({string.Join(", ", i.Literals.Select(l => $"'{l}'"))})",
        FilterExpression.IsNull n => $"{string.Join('.', n.Column)} IS NULL",
        FilterExpression.IsNotNull n => $"{string.Join('.', n.Column)} IS NOT NULL",
        FilterExpression.And a => $"({string.Join(" AND ", a.Terms.Select(ToSql))})",
        FilterExpression.Or o => $"({string.Join(" OR ", o.Terms.Select(ToSql))})",
        _ => throw new InvalidOperationException(),
    };

    static string Symbol(FilterComparison comparison) => comparison switch
    {
        FilterComparison.Equal => "=",
        FilterComparison.NotEqual => "<>",
        FilterComparison.Less => "<",
        FilterComparison.LessOrEqual => "<=",
        FilterComparison.Greater => ">",
        _ => ">=",
    };

    [Theory]
    [InlineData("SELECT id FROM orders", "all")]
    [InlineData("SELECT * FROM items", "all")]
    [InlineData("SELECT name FROM silver.orders WHERE id = 5", "id = '5'")]
    [InlineData(
        "SELECT id FROM orders WHERE day >= DATE '2024-01-31' AND day < '2024-03-01'",
        "(day >= '2024-01-31' AND day < '2024-03-01')")]
    [InlineData(
        "SELECT id FROM orders WHERE id IN (1, 5, 9)",
        "(id IN ('1', '5', '9') AND (id = '1' OR id = '5' OR id = '9'))")]
    [InlineData("SELECT id FROM orders WHERE name LIKE 'ab%'", "(Name >= 'ab' AND Name < 'ac')")]
    [InlineData("SELECT id FROM orders WHERE amount > 1.5", "amount > '1.50'")]
    [InlineData("SELECT id FROM orders WHERE st.x = 3", "st.x = '3'")]
    [InlineData(
        "SELECT id FROM orders WHERE ts >= TIMESTAMPTZ '2024-01-01 00:00:00+01'", "ts >= '2023-12-31 23:00:00+00'")]
    [InlineData("SELECT id FROM orders WHERE ntz < '2024-02-01 12:00:00.5'", "ntz < '2024-02-01 12:00:00.5'")]
    [InlineData("SELECT id FROM orders WHERE ok", "ok = 'true'")]
    [InlineData("SELECT id FROM orders WHERE NOT ok", "ok = 'false'")]
    [InlineData("SELECT id FROM orders WHERE v > 1e10", "v > '10000000000'")]
    [InlineData("SELECT id FROM orders WHERE name IS NULL", "Name IS NULL")]
    [InlineData("SELECT id FROM orders WHERE name IS NOT NULL AND id <> 3", "(id <> '3' AND Name IS NOT NULL)")]
    [InlineData("SELECT id FROM orders WHERE id NOT IN (3, 4)", "(id <> '3' AND id <> '4')")]
    [InlineData("SELECT id FROM orders WHERE id = 1 OR day = DATE '2024-01-01'", "(id = '1' OR day = '2024-01-01')")]
    [InlineData("SELECT id FROM orders WHERE id = 1 OR upper(name) = 'X'", "all")]
    [InlineData("SELECT id FROM orders WHERE upper(name) = 'X' AND 7 <= id", "id >= '7'")]
    [InlineData("SELECT id FROM orders WHERE id + 1 = 5", "id = '4'")]
    [InlineData("SELECT id FROM orders WHERE abs(id) = 5", "all")]
    [InlineData("SELECT id FROM orders WHERE st.x IS NULL OR id = 1", "(st.x IS NULL OR id = '1')")]
    [InlineData("SELECT id FROM orders WHERE v > 'inf' AND id = 1", "id = '1'")]
    [InlineData("SELECT count(*) FROM orders WHERE day = DATE '2024-01-01'", "day = '2024-01-01'")]
    [InlineData(
        "SELECT * FROM (SELECT id, day FROM orders) q WHERE q.id BETWEEN 5 AND 10", "(id >= '5' AND id <= '10')")]
    [InlineData(
        "WITH q AS (SELECT * FROM orders WHERE id > 5) SELECT day FROM q WHERE day = DATE '2024-01-01'",
        "(id > '5' AND day = '2024-01-01')")]
    [InlineData(
        "WITH q AS (SELECT * FROM orders) SELECT a.id FROM q a JOIN q b USING (id) WHERE a.id = 1 AND b.id = 1",
        "id = '1'")]
    [InlineData(
        "SELECT o.id, price FROM orders o JOIN items i ON o.id = i.order_id WHERE o.id = 5 AND price > 2", "id = '5'",
        "(order_id = '5' AND price > '2')")]
    [InlineData(
        "SELECT o.id FROM orders o LEFT JOIN items i ON o.id = i.order_id AND i.k = 2 WHERE o.day IS NULL",
        "day IS NULL", "k = '2'")]
    [InlineData("SELECT a.id FROM orders a, orders b WHERE a.id = 1 AND b.id = 2", "id = '1'", "id = '2'")]
    [InlineData("SELECT id FROM orders WHERE id IN (SELECT order_id FROM items WHERE k = 1)", "all", "k = '1'")]
    [InlineData("SELECT id FROM orders WHERE false", "all")]
    [InlineData("SELECT id FROM orders UNION ALL SELECT order_id FROM items WHERE k < 3", "all", "k < '3'")]
    [InlineData(
        "SELECT day, sum(amount) FROM orders GROUP BY day HAVING day > DATE '2024-01-01'", "day > '2024-01-01'")]
    [InlineData("SELECT id FROM stream(bronze.orders) WHERE orders.id = 3", "id = '3'")]
    [InlineData(
        "SELECT i.k, count(*), sum(amount) FROM orders o, items i WHERE o.id = i.order_id AND o.day > DATE '2024-01-01' AND i.k NOT IN (SELECT k FROM items WHERE price = 1) GROUP BY ALL ORDER BY 2",
        "day > '2024-01-01'", "all", "price = '1'")]
    [InlineData(
        "SELECT o.name, o.id, sum(k) FROM orders o, items i WHERE o.id IN (SELECT order_id FROM items GROUP BY order_id HAVING sum(k) > 300) AND o.id = i.order_id AND o.amount < 5 GROUP BY ALL ORDER BY 3 LIMIT 10",
        "amount < '5.00'", "all", "all")]
    [InlineData("SELECT 1")]
    public void Filters_are_read(string sql, params string[] filters)
    {
        var read = Read(sql);
        using var session = engines.Open(Workload.Query);
        var analysis = session.Analyze(sql, Token);
        var spans = analysis.Tables.Select(t => t.Span).Concat(analysis.TableFunctions.Select(f => f.Span));
        Assert.Equal(filters, spans.Select(span => read.TryGetValue(span, out var filter) ? ToSql(filter) : "all"));
    }

    [Theory]
    [InlineData("SELECT id,\n  nope FROM silver.orders", "sql:2:3", "nope")]
    [InlineData("SELECT id FROM silver.orders o,\n  no_such_table", "sql:2:3", "no_such_table")]
    [InlineData("SELECT o.id FROM silver.orders o WHERE 'é' = o.nam", "sql:1:46", "nam")]
    [InlineData("SELECT sum(name) FROM silver.orders", "sql:1:8", "sum")]
    [InlineData("SELECT id FROM silver.orders GROUP BY day", "sql:1:8", "id")]
    public void What_does_not_bind_is_told_with_its_place_in_the_statement(string sql, string place, string name)
    {
        var failure = Assert.Throws<FozException>(() => Read(sql));
        Assert.Equal((ErrorKind.Sql, place), (failure.Kind, failure.Place.ToString()));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("foz_bound", failure.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_column_gets_the_nearest_names_as_a_hint() =>
        Assert.Contains(
            "amount", Assert.Throws<FozException>(() => Read("SELECT amont FROM orders")).Hint!,
            StringComparison.Ordinal);

    public static TheoryData<string> Queries =>
    [
        "SELECT * FROM orders WHERE id % 3 = 1 AND id > 40 OR name = 'n5'",
        "SELECT * FROM orders WHERE (id < 10 OR id > 90) AND (day = DATE '2024-01-05' OR day IS NULL)",
        "SELECT o.id, k FROM orders o LEFT JOIN items i ON o.id = i.order_id AND k = 1 WHERE o.id < 30",
        "SELECT o.id, k FROM orders o RIGHT JOIN items i ON o.id = i.order_id AND o.id > 20 WHERE k > 1",
        "SELECT o.id, k FROM orders o FULL JOIN items i ON o.id = i.order_id WHERE o.id = 7 OR k = 2",
        "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM items WHERE k = 1 AND order_id IS NOT NULL)",
        "SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND price > 0.5)",
        "SELECT id, row_number() OVER (ORDER BY id) AS n FROM orders WHERE name LIKE 'n1%' QUALIFY n < 5",
        "SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM orders) WHERE id > 50",
        "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY day ORDER BY id) AS n, day FROM orders) "
            + "WHERE day = DATE '2024-01-05'",
        "SELECT day, count(*), max(name) FROM orders WHERE amount BETWEEN 10 AND 30 OR st.x IS NULL GROUP BY day",
        "SELECT id FROM orders WHERE id > 10 EXCEPT SELECT order_id FROM items WHERE k = 2",
        "SELECT id FROM orders WHERE coalesce(day, DATE '2024-01-01') = DATE '2024-01-01'",
        "SELECT id FROM orders WHERE CASE WHEN ok THEN id > 50 ELSE id < 20 END",
        "SELECT id FROM orders WHERE day IS DISTINCT FROM DATE '2024-01-05' AND NOT (id IN (1, 2, 3))",
        "SELECT id FROM orders WHERE name > 'n2' AND name <= 'n3' AND starts_with(name, 'n2')",
        "SELECT id FROM orders WHERE st.x > 5 AND st.y = 'y7'",
        "SELECT id FROM orders WHERE v = 'nan' OR v < 0.2",
        "SELECT id FROM orders WHERE st IS NULL",
        "SELECT st.y FROM orders WHERE st.x IS NULL AND id < 50",
        "SELECT id FROM orders WHERE st IS NOT NULL AND st.x IS NULL",
        "SELECT id FROM orders WHERE ok IS NOT TRUE",
        "SELECT id FROM orders ORDER BY amount DESC, id LIMIT 5",
        "WITH q AS MATERIALIZED (SELECT * FROM orders WHERE id < 60) SELECT a.id FROM q a, q b WHERE "
            + "a.id = b.id + 1 AND b.id > 40",
        "SELECT id FROM orders WHERE id = (SELECT max(order_id) FROM items WHERE k = 1)",
        "SELECT i.k FROM orders o ASOF JOIN items i ON o.id >= i.order_id WHERE o.id > 30",
        "SELECT * EXCLUDE (tags) FROM orders WHERE list_contains(tags, 't3') AND id <> 13",
        "SELECT id FROM orders WHERE id::VARCHAR = '5' OR ts < TIMESTAMPTZ '2024-01-01 10:00:00+00'",
    ];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Rows_that_a_filter_leaves_out_do_not_matter(string sql)
    {
        var plan = Read(sql);
        using var session = engines.Open(Workload.Models);
        session.Execute(
            """
            CREATE TEMP TABLE full_orders AS SELECT nullif(i, 3) AS id, CASE WHEN i % 11 > 0 THEN DATE '2024-01-01' + (i % 10)::INT END AS day,
                CASE WHEN i % 7 > 0 THEN 'n' || i END AS "Name", (i * 1.25)::DECIMAL(12,2) AS amount,
                CASE WHEN i % 5 > 0 THEN {'x': nullif(i % 9, 4), 'y': 'y' || (i % 8)} END AS st,
                TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR AS ts, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS ntz,
                CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END AS ok,
                CASE WHEN i % 13 = 0 THEN 'nan'::DOUBLE ELSE i / 100 END AS v, ['t' || (i % 4)] AS tags FROM range(100) t(i);
            CREATE TEMP TABLE full_items AS SELECT nullif(i % 80, 9)::BIGINT AS order_id, (i % 3)::INT AS k, (i % 10) / 10 AS price FROM range(150) t(i);
            """, Token);
        var analysis = session.Analyze(sql, Token);
        var full = analysis.Rewrite(t => $"(SELECT * FROM full_{t.Name})").Text;
        var pruned = analysis.Rewrite(t =>
        {
            var condition = plan.TryGetValue(t.Span, out var filter) ? ToSql(filter) : "true";
            return $"(SELECT * FROM full_{t.Name} WHERE {condition})";
        }).Text;
        using var rows = session.Query($"SELECT * FROM ({full}\n) ORDER BY ALL", Token);
        var expected = rows.Rows(Token).Select(r => string.Join('|', r)).ToList();
        Assert.NotEmpty(expected);
        using var prunedRows = session.Query($"SELECT * FROM ({pruned}\n) ORDER BY ALL", Token);
        Assert.Equal(expected, prunedRows.Rows(Token).Select(r => string.Join('|', r)));
    }
}
