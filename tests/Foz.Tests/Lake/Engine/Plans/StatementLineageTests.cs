using System.Globalization;
using System.Text;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;

namespace Foz.Tests.Lake.Engine.Plans;

public sealed class StatementLineageTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 1 });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    static readonly Field[] Orders =
    [
        new("id", DataType.Long), new("customer", DataType.Integer), new("amount", new DataType.Decimal(12, 2)),
        new("day", DataType.Date), new("tags", new DataType.Array(DataType.String)),
        new("st", new DataType.Struct([new("x", DataType.Integer), new("y", DataType.String)])),
    ];

    static readonly Field[] Items =
    [
        new("order_id", DataType.Long), new("k", DataType.Integer), new("price", DataType.Double),
    ];

    static Field[]? ColumnsOf(string table) => table.ToLowerInvariant() switch
    {
        "o" => Orders,
        "i" => Items,
        _ => null,
    };

    StatementLineage Read(string sql)
    {
        using var session = engines.Open(Workload.Query);
        return BoundPlan.ReadLineage(
            session, session.Analyze(sql, Token), t => ColumnsOf(t.Name),
            f => f.Name == "stream" ? ColumnsOf(f.Arguments[0].Parts[^1]) : null, Token);
    }

    /// <summary>As <c>total: i.price aggregation; rows: o.id join</c>; without a word for what is as it was.</summary>
    static string ToText(string sql, StatementLineage lineage)
    {
        var text = lineage.Columns.Select(column => $"{column.Column.Name}: {List(column.Inputs)}");
        return string.Join(
            "; ", lineage.Conditions.Count == 0 ? text : text.Append($"rows: {List(lineage.Conditions)}"));

        string List(IReadOnlyList<ColumnInput> inputs) => string.Join(", ", inputs.Select(input =>
            $"{TableAt(input.Table)}.{input.Column}"
            + (input.Transformation is Transformation.Identity
                ? ""
                : $" {input.Transformation.ToString().ToLowerInvariant()}"))
            .Distinct(StringComparer.Ordinal));

        string TableAt(SqlSpan span) => sql.Substring(span.Start, span.Length).ToLowerInvariant();
    }

    [Theory]
    [InlineData("SELECT id, amount + 1 AS a, 3 AS c FROM o", "id: o.id; a: o.amount transformation; c: ")]
    [InlineData("SELECT * FROM i", "order_id: i.order_id; k: i.k; price: i.price")]
    [InlineData(
        "SELECT o.id, sum(price) * 2 AS s FROM o JOIN i ON id = order_id WHERE customer > 3 GROUP BY o.id ORDER BY s",
        "id: o.id; s: i.price aggregation; rows: o.customer filter, o.id join, o.id groupby, i.order_id join, i.price sort")]
    [InlineData(
        "SELECT id, (SELECT max(price) FROM i WHERE order_id = o.id) AS m FROM o",
        "id: o.id; m: i.price aggregation; rows: i.order_id filter, o.id join, o.id filter, o.id groupby")]
    [InlineData(
        "SELECT id FROM o WHERE id IN (SELECT order_id FROM i WHERE k = 1)",
        "id: o.id; rows: o.id filter, i.k filter, i.order_id filter")]
    [InlineData(
        "WITH c AS (SELECT id, customer FROM o) SELECT c.id, d.customer FROM c JOIN c d USING (id)",
        "id: o.id; customer: o.customer; rows: o.id join")]
    [InlineData(
        "WITH RECURSIVE r(n, c) AS (SELECT id, customer FROM o UNION ALL SELECT c + 1, n FROM r WHERE n < 3) SELECT c FROM r",
        "c: o.customer, o.customer transformation, o.id transformation; rows: o.customer filter, o.id filter")]
    [InlineData(
        "SELECT id, sum(amount) OVER (PARTITION BY customer ORDER BY day) AS s FROM o",
        "id: o.id; s: o.amount aggregation, o.customer window, o.day window")]
    [InlineData(
        "SELECT id FROM o QUALIFY row_number() OVER (PARTITION BY customer ORDER BY day DESC) = 1",
        "id: o.id; rows: o.customer filter, o.day filter")]
    [InlineData(
        "SELECT unnest(tags) AS t, st.x FROM o",
        "t: o.tags transformation; x: o.st transformation; rows: o.tags filter")]
    [InlineData(
        "SELECT id, u.t FROM o, unnest(o.tags) u(t)",
        "id: o.id; t: o.tags transformation; rows: o.tags filter")]
    [InlineData(
        "SELECT * FROM (PIVOT (SELECT id, customer, amount FROM o) ON customer IN (1, 2) USING sum(amount) GROUP BY id)",
        "id: o.id; 1: o.amount aggregation, o.customer conditional; 2: o.amount aggregation, o.customer conditional; rows: o.id groupby")]
    [InlineData("SELECT * FROM (VALUES (1, 'a')) v(x, y)", "x: ; y: ")]
    [InlineData(
        "SELECT id AS a, customer AS b FROM o UNION ALL BY NAME SELECT k AS b, order_id AS a FROM i",
        "a: o.id, i.order_id; b: o.customer, i.k")]
    [InlineData("SELECT id FROM o EXCEPT SELECT order_id FROM i", "id: o.id; rows: i.order_id filter")]
    [InlineData(
        "SELECT DISTINCT ON (customer) id FROM o ORDER BY customer, day",
        "id: o.id; rows: o.customer groupby, o.customer sort, o.day sort")]
    [InlineData(
        "SELECT CASE WHEN customer > 3 THEN amount ELSE 0 END AS c FROM o",
        "c: o.amount transformation, o.customer conditional")]
    [InlineData(
        "SELECT list(id ORDER BY day) FILTER (customer = 1) AS l, count(*) AS n FROM o",
        "l: o.customer conditional, o.day sort, o.id aggregation; n: ")]
    [InlineData(
        "SELECT list_transform(tags, t -> t || customer) AS l FROM o",
        "l: o.customer transformation, o.tags transformation")]
    [InlineData(
        "SELECT price FROM o ASOF JOIN i ON id = order_id AND id >= k",
        "price: i.price; rows: o.id join, i.k join, i.order_id join")]
    [InlineData(
        "SELECT price FROM o LEFT JOIN i ON id > order_id OR k = customer",
        "price: i.price; rows: o.customer join, o.id join, i.k join, i.order_id join")]
    [InlineData(
        "SELECT id, l.y FROM o, LATERAL (SELECT price * o.customer AS y FROM i WHERE order_id = id) l",
        "id: o.id; y: o.customer transformation, i.price transformation; rows: o.customer join, o.id join, o.id filter, i.order_id filter")]
    [InlineData(
        "SELECT customer, GROUPING(customer) AS g FROM o GROUP BY ROLLUP (customer)",
        "customer: o.customer; g: o.customer conditional; rows: o.customer groupby")]
    [InlineData("SELECT id FROM STREAM(o) LIMIT 3", "id: stream(o).id")]
    [InlineData("SELECT g FROM generate_series(1, 3) t(g), o", "g: ")]
    public void A_column_tells_what_it_is_made_from(string sql, string expected) =>
        Assert.Equal(expected, ToText(sql, Read(sql)));

    [Fact]
    public void A_table_that_is_read_twice_counts_as_two()
    {
        const string sql = "SELECT a.id, b.id AS other FROM o a JOIN o b ON a.customer = b.customer";
        var lineage = Read(sql);
        Assert.NotEqual(lineage.Columns[0].Inputs[0].Table, lineage.Columns[1].Inputs[0].Table);
    }

    /// <summary>
    /// The oracle is the engine: a column that neither is an input of a result's column nor decides about its rows can
    /// have any values, and the result's column stays unchanged.
    /// </summary>
    [Fact]
    public void What_is_no_input_has_no_influence()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var session = engines.Open(Workload.Query);
        for (var round = 0; round < 60; round++)
        {
            var sql = RandomQuery.Of(random);
            var lineage = BoundPlan.ReadLineage(
                session, session.Analyze(sql, Token), t => RandomQuery.ColumnsOf(t.Name), null, Token);
            var before = Run(session, sql, random.Next(), changed: null);
            foreach (var (table, column) in RandomQuery.Columns)
            {
                if (lineage.Conditions.Any(IsIt)) continue;
                var after = Run(session, sql, before.DataSeed, (table, column));
                for (var place = 0; place < lineage.Columns.Count; place++)
                {
                    if (lineage.Columns[place].Inputs.Any(IsIt)) continue;
                    Assert.True(
                        before.Columns[place].SequenceEqual(after.Columns[place]),
                        $"seed {seed}: {lineage.Columns[place].Column.Name} changes with {table}.{column} in {sql}");
                }

                bool IsIt(ColumnInput input) =>
                    input.Column == column && sql.AsSpan(input.Table.Start, input.Table.Length).SequenceEqual(table);
            }
        }
    }

    /// <summary>Returns each column's values, in order, in which an unreported change of rows would show.</summary>
    static (int DataSeed, List<List<string>> Columns) Run(
        EngineSession session, string sql, int dataSeed, (string Table, string Column)? changed)
    {
        foreach (var table in RandomQuery.Tables)
        {
            var columns = RandomQuery.ColumnsOf(table)!.Select((field, place) =>
            {
                var salt = dataSeed % 1000 + place + (changed == (table, field.Name) ? 517 : 0);
                return string.Create(CultureInfo.InvariantCulture, $"(hash(r, {salt}) % 7)::INTEGER AS {field.Name}");
            });
            session.Execute(
                $"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {string.Join(", ", columns)} FROM range(12) t(r)",
                Token);
        }
        using var rows = session.Query(sql, Token);
        var all = rows.Rows(Token).ToList();
        return (dataSeed,
        [
            .. rows.Columns.Select((_, place) => all
                .Select(row => Convert.ToString(row[place], CultureInfo.InvariantCulture) ?? "null")
                .Order(StringComparer.Ordinal).ToList()),
        ]);
    }

    /// <summary>Queries of a small grammar over two tables of numbers.</summary>
    static class RandomQuery
    {
        public static readonly string[] Tables = ["ta", "tb"];

        static readonly Field[] A =
        [
            new("a1", DataType.Integer), new("a2", DataType.Integer), new("a3", DataType.Integer),
        ];
        static readonly Field[] B =
        [
            new("b1", DataType.Integer), new("b2", DataType.Integer), new("b3", DataType.Integer),
        ];

        public static IEnumerable<(string Table, string Column)> Columns =>
            Tables.SelectMany(table => ColumnsOf(table)!.Select(column => (table, column.Name)));

        public static Field[]? ColumnsOf(string table) => table switch { "ta" => A, "tb" => B, _ => null };

        public static string Of(Random random)
        {
            var (from, columns) = From(random, depth: 2);
            return Select(random, from, columns);
        }

        static string Select(Random random, string from, IReadOnlyList<string> columns)
        {
            var text = new StringBuilder("SELECT ");
            var where = random.Next(3) == 0 ? $" WHERE {Condition(random, columns)}" : "";
            switch (random.Next(3))
            {
                case 0:
                    var group = Pick(random, columns);
                    return text.Append(CultureInfo.InvariantCulture,
                        $"{group} AS c1, sum({Value(random, columns)}) AS c2, min({Pick(random, columns)}) FILTER "
                            + $"({Condition(random, columns)}) AS c3 FROM {from}{where} GROUP BY {group}").ToString();
                case 1:
                    return text.Append(CultureInfo.InvariantCulture,
                        $"{Value(random, columns)} AS c1, rank() OVER (PARTITION BY {Pick(random, columns)} ORDER BY "
                            + $"{Pick(random, columns)}) AS c2, {Pick(random, columns)} AS c3 FROM {from}{where}")
                            .ToString();
                default:
                    return text.Append(CultureInfo.InvariantCulture,
                        $"{Value(random, columns)} AS c1, {Value(random, columns)} AS c2, {Subquery(random, columns)} "
                            + $"AS c3 FROM {from}{where}").ToString();
            }
        }

        static (string Text, IReadOnlyList<string> Columns) From(Random random, int depth) =>
            random.Next(depth == 0 ? 2 : 6) switch
            {
                0 => ("ta", ["a1", "a2", "a3"]),
                1 => ("tb", ["b1", "b2", "b3"]),
                2 => ($"ta {Join(random)} JOIN tb ON {Condition(random, ["a1", "b1"])}",
                    ["a1", "a2", "a3", "b1", "b2", "b3"]),
                3 => ("(SELECT a1 AS u1, a2 AS u2, a3 AS u3 FROM ta UNION ALL SELECT b3, b1, b2 FROM tb) u",
                    ["u1", "u2", "u3"]),
                4 => ("(WITH w AS (SELECT a1 AS u1, a2 + a3 AS u2, 1 AS u3 FROM ta) SELECT "
                    + "v.u1, w.u2, v.u3 FROM w, w v) u", ["u1", "u2", "u3"]),
                _ => Nested(random, depth - 1),
            };

        static (string, IReadOnlyList<string>) Nested(Random random, int depth)
        {
            var (from, columns) = From(random, depth);
            return ($"({Select(random, from, columns)}) n", ["c1", "c2", "c3"]);
        }

        static string Join(Random random) => Pick(random, ["INNER", "LEFT", "FULL"]);

        static string Subquery(Random random, IReadOnlyList<string> columns) => random.Next(2) == 0
            ? $"(SELECT max(s.b2) FROM tb s WHERE s.b1 = {Pick(random, columns)})"
            : $"EXISTS (SELECT 1 FROM ta s WHERE s.a3 > {Pick(random, columns)})::INTEGER";

        static string Value(Random random, IReadOnlyList<string> columns) => random.Next(4) switch
        {
            0 => Pick(random, columns),
            1 => $"{Pick(random, columns)} + {Pick(random, columns)}",
            2 => $"CASE WHEN {Condition(random, columns)} THEN {Pick(random, columns)} ELSE 0 END",
            _ => $"coalesce({Pick(random, columns)}, {Pick(random, columns)})",
        };

        static string Condition(Random random, IReadOnlyList<string> columns) =>
            $"{Pick(random, columns)} {Pick(random, ["=", "<", ">"])} "
                + $"{(random.Next(2) == 0 ? "3" : Pick(random, columns))}";

        static string Pick(Random random, IReadOnlyList<string> from) => from[random.Next(from.Count)];
    }
}
