using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Quality;

namespace Foz.Tests.Pipelines.Quality;

public sealed class CheckerTests : IDisposable
{
    readonly EnginePool pool = new(new() { MemoryBytes = 512L << 20, Threads = 2 });
    readonly EngineSession session;

    public CheckerTests() => session = pool.Open(Workload.Query);

    public void Dispose()
    {
        session.Dispose();
        pool.Dispose();
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    IReadOnlyList<CheckResult> Run(string relation, params CheckDefinition[] checks) =>
        new Checker(session, relation)
        {
            RelationOf = name => SqlText.Identifier(name.Name),
            BindQuery = query => query.Replace("silver.t", relation, StringComparison.Ordinal),
        }.Run(checks, Token);

    [Fact]
    public void All_checks_of_a_table_are_counted_and_shown()
    {
        session.Execute(
            """
            CREATE TEMP TABLE t AS FROM (VALUES
                (1, 'paid',    10.5,  '01310-100', 1),
                (2, 'shipped', -1,    '1310100',   2),
                (2, 'lost',    0,     NULL,        9),
                (3, NULL,      NULL,  'x01310-100', NULL),
                (NULL, 'paid', 99,    '01310-100', 1),
                (NULL, 'paid', 100.5, '01310-100', 1)
            ) AS v(id, "status of it", price, cep, customer);
            CREATE TEMP TABLE customers AS FROM (VALUES (1), (2), (NULL)) AS v(id);
            """, Token);

        var results = Run(
            "t",
            new CheckDefinition.NotNull("id"),
            new CheckDefinition.Unique(["id"]),
            new CheckDefinition.Unique(["id", "status of it"]),
            new CheckDefinition.AcceptedValues("status of it", ["paid", "shipped"]),
            new CheckDefinition.AcceptedValues("ID", ["1", "2", "3"]),
            new CheckDefinition.Positive("price"),
            new CheckDefinition.Min("price", new("0", IsNumber: true)),
            new CheckDefinition.Max("price", new("99", IsNumber: true)),
            new CheckDefinition.Pattern("cep", "[0-9]{5}-[0-9]{3}"),
            new CheckDefinition.Pattern("cep", "^[0-9]{5}-[0-9]{3}$"),
            new CheckDefinition.Relationships("customer", new("silver", "customers"), "id"),
            new CheckDefinition.RowCount(1, 10),
            new CheckDefinition.RowCount(8, null),
            new CheckDefinition.RowCount(null, 5),
            new CheckDefinition.Custom("no_lost", "select * from silver.t where \"status of it\" = 'lost'", null),
            new CheckDefinition.Custom("total", "select sum(price) from silver.t", "210"),
            new CheckDefinition.Custom("six", "select count(*) from silver.t", "6"));

        Assert.Equal(
            [
                "not_null(id): 2 of 6 rows", "unique(id): 1 of 6 rows", "unique(id, status of it): passed",
                "accepted_values(status of it): 1 of 6 rows", "accepted_values(ID): passed",
                "positive(price): 2 of 6 rows",
                "min(price): 1 of 6 rows", "max(price): 1 of 6 rows", "pattern(cep): 1 of 6 rows",
                "pattern(cep): 2 of 6 rows",
                "relationships(customer): 1 of 6 rows", "row_count: passed", "row_count: 6 rows, 2 missing",
                "row_count: 6 rows, 1 too many", "no_lost: 1 row", "total: 209.0 instead of 210", "six: passed",
            ],
            results.Select(r => r.Describe()));
        Assert.Equal(
            """{"id":2,"status of it":"shipped","price":-1.0,"cep":"1310100","customer":2}""", results[1].Samples[0]);
        Assert.Equal(2, results[1].Samples.Count);
        Assert.Equal(
            """{"id":2,"status of it":"lost","price":0.0,"cep":null,"customer":9}""",
            Assert.Single(results[10].Samples));
        Assert.All(results, r => Assert.True(r.Samples.Count > 0 || r.Passed || r.Check.Columns.Count == 0));
    }

    [Fact]
    public void Checks_of_values_columns_and_tables_are_counted()
    {
        session.Execute(
            """
            CREATE TEMP TABLE t AS FROM (VALUES
                (1, '529.982.247-25', 'ana@example.com', DATE '2024-01-10', DATE '2024-01-12', '10', 10.0),
                (2, '52998224724',    'ana@',            DATE '2024-01-10', DATE '2024-01-09', 'x',  20.0),
                (3, NULL,             ' ',               DATE '2024-01-11', NULL,              NULL, 30.0),
                (4, '111.111.111-11', NULL,              NULL,              DATE '2024-01-12', '12', 40.0)
            ) AS v(id, cpf, email, ordered, shipped, number, price);
            CREATE TEMP TABLE other AS FROM range(8);
            """, Token);
        var results = new Checker(session, "t")
        {
            RelationOf = name => SqlText.Identifier(name.Name),
            BindQuery = query => query,
            Now = new(2024, 1, 14, 12, 0, 0, TimeSpan.Zero),
        }.Run(
            [
                new CheckDefinition.Format("cpf", "cpf", null),
                new CheckDefinition.Format("email", "email", null),
                new CheckDefinition.Format("number", "date", "%d"),
                new CheckDefinition.NotEmpty("email"),
                new CheckDefinition.Compare("shipped", ">=", "ordered"),
                new CheckDefinition.Expression(null, "price > id * 10"),
                new CheckDefinition.Expression("price", "> 10"),
                new CheckDefinition.Type("number", "INTEGER"),
                new CheckDefinition.Length("number", 2, 2),
                new CheckDefinition.Range("id", new("1", true), new("4", true), IsInclusive: true),
                new CheckDefinition.Range("id", new("1", true), new("4", true), IsInclusive: false),
                new CheckDefinition.NotAcceptedValues("number", ["x", "y"]),
                new CheckDefinition.NotPattern("email", "@$"),
                new CheckDefinition.NotNull("cpf") { Where = "id > 3" },
                new CheckDefinition.Positive("price") { Where = "id > 3" },
                new CheckDefinition.Unique(["ordered"]) { Where = "id > 1" },
                new CheckDefinition.NotNull("cpf") { Mostly = 0.75m },
                new CheckDefinition.NotNull("cpf") { Mostly = 0.8m },
                new CheckDefinition.RowCountTo(new("silver", "other"), 0.4m, 0.5m),
                new CheckDefinition.RowCountTo(new("silver", "other"), 1, 1),
                new CheckDefinition.Statistic("price", new Measure.Mean(), 25, 25),
                new CheckDefinition.Statistic("price", new Measure.Mean(), 26, null),
                new CheckDefinition.Statistic("price", new Measure.Quantile(0.5m), null, 24.5m),
                new CheckDefinition.Statistic("price", new Measure.Quantile(0.9m), 37, 37),
                new CheckDefinition.Statistic("price", new Measure.StandardDeviation(), 12.9m, 12.92m),
                new CheckDefinition.Statistic("price", new Measure.Sum(), 0, 99),
                new CheckDefinition.Statistic("number", new Measure.NullRatio(), 0, 0.2m),
                new CheckDefinition.Statistic("ordered", new Measure.DistinctCount(), 3, null),
                new CheckDefinition.Statistic("ordered", new Measure.DistinctRatio(), 0.5m, null),
                new CheckDefinition.Freshness("shipped", TimeSpan.FromDays(2)),
                new CheckDefinition.Freshness("shipped", TimeSpan.FromDays(3)),
            ], Token);

        Assert.Equal(
            [
                "format(cpf): 2 of 4 rows", "format(email): 2 of 4 rows", "format(number): 1 of 4 rows",
                "not_empty(email): 1 of 4 rows",
                "compare(shipped, ordered): 1 of 4 rows", "expression: 4 of 4 rows", "expression(price): 1 of 4 rows",
                "type(number): 1 of 4 rows", "length(number): 1 of 4 rows", "range(id): passed",
                "range(id): 2 of 4 rows",
                "not_accepted_values(number): 1 of 4 rows", "not_pattern(email): 1 of 4 rows", "not_null(cpf): passed",
                "positive(price): passed", "unique(ordered): passed", "not_null(cpf): passed",
                "not_null(cpf): 1 of 4 rows",
                "row_count_to: passed", "row_count_to: 0.5 of the rows of silver.other (8) instead of 1",
                "mean(price): passed",
                "mean(price): 25 instead of at least 26", "median(price): 25 instead of at most 24.5",
                "quantile(price): passed",
                "stddev(price): passed", "sum(price): 100 instead of 0 to 99",
                "null_ratio(number): 0.25 instead of 0 to 0.2",
                "distinct_count(ordered): 2 instead of at least 3", "distinct_ratio(ordered): passed",
                "freshness(shipped): the newest is 2 days 12 hours old instead of at most 2 days",
                "freshness(shipped): passed",
            ],
            results.Select(r => r.Describe()));
    }

    [Fact]
    public void What_decides_about_rows_one_by_one_looks_at_new_rows_and_the_rest_at_all()
    {
        session.Execute(
            "CREATE TEMP TABLE t AS FROM (VALUES (1), (1), (NULL)) AS v(a); CREATE TEMP "
                + "TABLE n AS SELECT NULL::INT AS a", Token);
        var results = new Checker(session, "t")
        {
            RelationOf = name => "t", BindQuery = query => query, NewRows = "n",
        }.Run([new CheckDefinition.Unique(["a"]), new CheckDefinition.NotNull("a")], Token);
        Assert.Equal(["unique(a): 1 of 3 rows", "not_null(a): 1 of 1 row"], results.Select(r => r.Describe()));
    }

    [Fact]
    public void A_failure_is_one_that_does_not_only_warn()
    {
        session.Execute("CREATE TEMP TABLE t AS SELECT NULL::INT AS a", Token);
        var results = Run(
            "t", new CheckDefinition.NotNull("a"), new CheckDefinition.NotNull("a") { OnViolation = OnViolation.Warn });
        Assert.Equal([true, false], results.Select(r => r.IsFailure));
        Assert.All(results, r => Assert.False(r.Passed));
    }

    [Fact]
    public void A_table_without_rows_passes_all_but_a_row_count()
    {
        session.Execute("CREATE TEMP TABLE t (a INT, b VARCHAR); CREATE TEMP TABLE p (id INT)", Token);
        var results = Run(
            "t", new CheckDefinition.NotNull("a"), new CheckDefinition.Unique(["a"]),
            new CheckDefinition.AcceptedValues("b", ["x"]),
            new CheckDefinition.Positive("a"), new CheckDefinition.Pattern("b", "x"),
            new CheckDefinition.Relationships("a", new("silver", "p"), "id"), new CheckDefinition.RowCount(1, null));
        Assert.Equal([true, true, true, true, true, true, false], results.Select(r => r.Passed));
    }

    [Theory]
    [InlineData("DATE '2024-01-31'", "2024-02-01", 1)]
    [InlineData("DATE '2024-02-01'", "2024-02-01", 0)]
    [InlineData("TIMESTAMP '2024-01-31 23:59:59'", "2024-02-01", 1)]
    [InlineData("'b'", "c", 1)]
    [InlineData("'c'", "c", 0)]
    public void Limits_may_be_texts_that_the_column_reads(string value, string limit, long violations)
    {
        session.Execute($"CREATE TEMP TABLE t AS SELECT {value} AS a", Token);
        Assert.Equal(
            violations, Run("t", new CheckDefinition.Min("a", CheckLimit.Of(limit, isQuoted: false)))[0].Violations);
    }

    [Theory]
    [InlineData("true", "[true]", 0)]
    [InlineData("2.50::DECIMAL(9,2)", "[2.5]", 0)]
    [InlineData("2.5::DOUBLE", "[2.50]", 0)]
    [InlineData("DATE '2024-01-01'", "[2024-01-01]", 0)]
    [InlineData("'it''s'", "[\"it's\"]", 0)]
    [InlineData("'1'", "[01]", 1)]
    [InlineData("7", "[1, 2]", 1)]
    public void Accepted_values_are_compared_as_the_columns_type(string value, string list, long violations)
    {
        session.Execute($"CREATE TEMP TABLE t AS SELECT {value} AS a", Token);
        var values = list[1..^1].Split(", ").Select(v => v.Trim('"')).ToList();
        Assert.Equal(violations, Run("t", new CheckDefinition.AcceptedValues("a", values))[0].Violations);
    }

    [Fact]
    public void Quotes_in_names_and_values_stay_what_they_are()
    {
        session.Execute("""CREATE TEMP TABLE t AS SELECT 'x'' OR 1=1 --' AS "a""b" """, Token);
        var results = Run(
            "t", new CheckDefinition.AcceptedValues("a\"b", ["x' OR 1=1 --"]),
            new CheckDefinition.Pattern("a\"b", "^x'"));
        Assert.All(results, r => Assert.True(r.Passed));
    }

    [Fact]
    public void A_relation_may_be_a_select()
    {
        var result = Run(
            "(SELECT * FROM range(10) AS r(n))", new CheckDefinition.Unique(["n"]),
            new CheckDefinition.Max("n", new("4", true)));
        Assert.Equal([0, 5], result.Select(r => r.Violations));
    }

    [Fact]
    public void A_column_may_refer_to_its_own_table()
    {
        session.Execute("CREATE TEMP TABLE t AS FROM (VALUES (1, NULL), (2, 1), (3, 7)) AS v(id, parent)", Token);
        var result = Run("t", new CheckDefinition.Relationships("parent", new("silver", "t"), "id"));
        Assert.Equal(1, result[0].Violations);
    }

    [Theory]
    [InlineData("500", "nan")]
    [InlineData("1.5", "nan", "inf")]
    [InlineData("1.5", "inf")]
    [InlineData("1.5", "-inf")]
    public void A_number_that_is_none_or_infinite_is_outside_of_all_limits(params string[] values)
    {
        session.Execute(
            $"CREATE TEMP TABLE t AS FROM (VALUES {string.Join(", ", values.Select(v => $"('{v}'::DOUBLE)"))}) AS v(a)",
            Token);
        Measure[] measures = [new Measure.Mean(), new Measure.Sum(), new Measure.StandardDeviation()];
        var results = Run(
            "t",
            [
                .. measures.SelectMany(measure =>
                    new (decimal?, decimal?)[] { (0, 1), (1000, null), (null, 1000), (-1000, null) }
                        .Select(limits => new CheckDefinition.Statistic("a", measure, limits.Item1, limits.Item2))),
            ]);
        Assert.All(results, result => Assert.False(result.Passed, result.Describe()));
        Assert.All(results, result => Assert.Matches("^(NaN|-?Infinity)$", result.Actual!));
        Assert.EndsWith("instead of 0 to 1", results[0].Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("date_br", "31/12/2026", "2026-12-31", "12/31/2026")]
    [InlineData("decimal_comma", "1.234,56", "1234.56", "1,234.56")]
    [InlineData("date", "2026-12-31", "2026-12-31", "31/12/2026")]
    public void What_the_rule_of_a_format_writes_is_of_the_format(
        string format, string value, string written, string other)
    {
        session.Execute(
            $"CREATE TEMP TABLE t AS FROM (VALUES ('{value}'), ('{written}'), (foz_format('{format}', "
                + $"'{value}')), ('{other}')) AS v(a)", Token);
        var result = Assert.Single(Run("t", new CheckDefinition.Format("a", format, null)));
        Assert.Equal(1, result.Violations);
        Assert.Contains(other, result.Samples[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_year_of_a_pattern_has_four_digits()
    {
        session.Execute(
            "CREATE TEMP TABLE t AS FROM (VALUES ('05/01/2024'), ('5/1/2024'), ('01/01/0001'), ('05/01/24')) AS v(a)",
            Token);
        var results = Run(
            "t", new CheckDefinition.Format("a", "date", "%d/%m/%Y"),
            new CheckDefinition.Format("a", "date", "%d/%m/%y"));
        Assert.Equal([1, 3], results.Select(result => result.Violations));
        Assert.Contains("05/01/24", results[0].Samples[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_column_is_told_with_the_place_of_each_check()
    {
        session.Execute("CREATE TEMP TABLE t AS SELECT 1 AS order_id", Token);
        var error = Assert.Throws<FozException>(() => Run(
            "t", new CheckDefinition.NotNull("oder_id") { Place = new("m.sql", 3, 5) },
            new CheckDefinition.RowCount(1, null),
            new CheckDefinition.Unique(["order_id", "item"]) { Place = new("m.sql", 9) }));
        Assert.Equal(
            """
            2 errors
            m.sql:3:5: the check not_null(oder_id) names an unknown column 'oder_id'
              did you mean 'order_id'?
            m.sql:9: the check unique(order_id, item) names an unknown column 'item'
              known: order_id
            """,
            error.Describe());
    }

    [Fact]
    public void A_check_that_cannot_be_run_is_named()
    {
        session.Execute("CREATE TEMP TABLE t AS SELECT 1 AS a, 'x' AS b", Token);
        var error = Assert.Throws<FozException>(() => Run(
            "t", new CheckDefinition.NotNull("a"),
            new CheckDefinition.Pattern("a", "x") { Place = new("m.sql", 4, 2) }));
        Assert.StartsWith(
            "m.sql:4:2: the check pattern(a) cannot be run: ", error.Describe(), StringComparison.Ordinal);

        error = Assert.Throws<FozException>(() =>
            Run("t", new CheckDefinition.Pattern("b", "(") { Place = new("m.sql", 5) }));
        Assert.StartsWith("m.sql:5: the check pattern(b) cannot be run: ", error.Describe(), StringComparison.Ordinal);

        error = Assert.Throws<FozException>(() => Run(
            "t",
            new CheckDefinition.Custom("mine", "select a, b from silver.t", "1") { QueryPlace = new("m.sql", 6) }));
        Assert.StartsWith("m.sql:6: the check mine cannot be run: ", error.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_are_those_of_a_model_over_rows_in_memory()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 25; round++)
        {
            var rows = Enumerable.Range(0, random.Next(0, 60)).Select(_ => (A: Null(random, 8), B: Null(random, 3)))
                .ToList();
            var parents = Enumerable.Range(0, random.Next(0, 6)).Select(_ => Null(random, 8)).ToList();
            session.Execute(
                $"""
                CREATE OR REPLACE TEMP TABLE t AS SELECT * FROM ({Values(rows.Select(r => $"{Sql(r.A)}, {Sql(r.B)}"), "a, b")});
                CREATE OR REPLACE TEMP TABLE p AS SELECT * FROM ({Values(parents.Select(Sql), "id")});
                """, Token);
            var results = Run(
                "t", new CheckDefinition.NotNull("a"), new CheckDefinition.Unique(["a"]),
                new CheckDefinition.Unique(["a", "b"]),
                new CheckDefinition.AcceptedValues("a", ["1", "2", "-1"]), new CheckDefinition.Positive("a"),
                new CheckDefinition.Min("a", new("-2", true)), new CheckDefinition.Max("a", new("2", true)),
                new CheckDefinition.Relationships("a", new("silver", "p"), "id"), new CheckDefinition.RowCount(20, 40));
            long[] expected =
            [
                rows.Count(r => r.A is null),
                rows.Where(r => r.A is not null).GroupBy(r => r.A).Sum(g => g.Count() - 1),
                rows.Where(r => r is { A: not null, B: not null }).GroupBy(r => r).Sum(g => g.Count() - 1),
                rows.Count(r => r.A is not (null or 1 or 2 or -1)), rows.Count(r => r.A <= 0),
                rows.Count(r => r.A < -2),
                rows.Count(r => r.A > 2), rows.Count(r => r.A is not null && !parents.Contains(r.A)),
                Math.Max(0, Math.Max(20 - rows.Count, rows.Count - 40)),
            ];
            Assert.True(expected.SequenceEqual(results.Select(r => r.Violations)), $"seed {seed}, round {round}");
            Assert.All(results, r => Assert.Equal(rows.Count, r.RowsChecked));
            Assert.All(results, r => Assert.True(r.Samples.Count <= 5));
        }
    }

    static int? Null(Random random, int range) => random.Next(5) == 0 ? null : random.Next(-range, range);

    static string Sql(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "NULL";

    static string Values(IEnumerable<string> rows, string columns)
    {
        var all = rows.Select(r => $"({r})").ToList();
        var nulls = string.Join(", ", columns.Split(", ").Select(_ => "NULL::INT"));
        return all.Count == 0
            ? $"SELECT * FROM (SELECT {nulls}) AS v({columns}) WHERE false"
            : $"SELECT * FROM (VALUES {string.Join(", ", all)}) AS v({columns})";
    }
}
