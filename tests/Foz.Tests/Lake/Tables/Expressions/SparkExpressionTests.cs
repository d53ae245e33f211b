using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Expressions;

namespace Foz.Tests.Lake.Tables.Expressions;

public sealed class SparkExpressionTests : IDisposable
{
    const string Row = """
        SELECT 7 AS i, 2.5::DOUBLE AS d, 12.345::DECIMAL(9,3) AS n, 'Olá mundo' AS s, DATE '2024-02-29' AS day,
            TIMESTAMPTZ '2024-12-31 23:30:15.250+00' AS ts, [10, 20] AS l, MAP {'k': 5} AS m, {'a': {'b c': 4}} AS st,
            NULL::INTEGER AS z
        """;

    static readonly StructType schema = new(
        new StructField("i", DeltaType.Integer), new("d", DeltaType.Double), new("n", new DecimalType(9, 3)),
        new("s", DeltaType.String), new("day", DeltaType.Date), new("ts", DeltaType.Timestamp),
        new("l", new ArrayType(DeltaType.Integer, true)),
        new("m", new MapType(DeltaType.String, DeltaType.Integer, true)),
        new("st", new StructType(new StructField("a", new StructType(new StructField("b c", DeltaType.Integer))))),
        new("z", DeltaType.Integer));

    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 29, Threads = 1 });

    public void Dispose() => engines.Dispose();

    // The expected values are what Spark documents for these functions.
    [Theory]
    [InlineData("i + 1 * 2", "9")]
    [InlineData("I / 2", "3.5")]
    [InlineData("7 div 2", "3")]
    [InlineData("-7 % 4", "-3")]
    [InlineData("pmod(-7, 4)", "1")]
    [InlineData("i & 3 | 8 ^ 1", "11")]
    [InlineData("z <=> NULL AND NOT i <=> z", "true")]
    [InlineData("i BETWEEN 1 AND 7 AND i NOT IN (1, 2)", "true")]
    [InlineData("i = 7 OR z > 1", "true")]
    [InlineData("i == 7 and i != 8 and i <> 9", "true")]
    [InlineData("z IS NULL AND i IS NOT NULL", "true")]
    [InlineData("CASE WHEN i > 5 THEN 'big' ELSE 'small' END", "big")]
    [InlineData("CASE i WHEN 7 THEN 'seven' END", "seven")]
    [InlineData("if(i > 9, 1, 2)", "2")]
    [InlineData("coalesce(z, i)", "7")]
    [InlineData("`s` LIKE 'Ol_ %'", "true")]
    [InlineData(@"'50%' LIKE '50\%'", "true")]
    [InlineData(@"'501' LIKE '50\%'", "false")]
    [InlineData("s RLIKE '^Ol'", "true")]
    [InlineData(@"'it\'s' || "" \""q\""""", "it's \"q\"")]
    [InlineData(@"'a\tb' = concat('a', '\u0009', 'b')", "true")]
    [InlineData(@"r'a\tb'", @"a\tb")]
    [InlineData("CAST(d AS INT)", "2")]
    [InlineData("CAST(-2.5D AS INT)", "-2")]
    [InlineData("int(2.9)", "2")]
    [InlineData("CAST(n AS DECIMAL(10,1))", "12.3")]
    [InlineData("n::string", "12.345")]
    [InlineData("CAST(ts AS DATE)", "2024-12-31")]
    [InlineData("CAST(ts AS STRING)", "2024-12-31 23:30:15.25")]
    [InlineData("CAST(ts AS BIGINT)", "1735687815")]
    [InlineData("CAST('2024-03-01' AS DATE) > day", "true")]
    [InlineData("DATE '2024-03-01' - INTERVAL 1 DAY = day", "true")]
    [InlineData("year(ts) * 100 + month(ts)", "202412")]
    [InlineData("year('2023-05-06')", "2023")]
    [InlineData("hour(ts) + minute(ts) + second(ts)", "68")]
    [InlineData("dayofweek(day)", "5")]
    [InlineData("weekday(day)", "3")]
    [InlineData("extract(quarter FROM day)", "1")]
    [InlineData("date_format(ts, 'yyyy-MM-dd''T''HH:mm')", "2024-12-31T23:30")]
    [InlineData("date_trunc('MONTH', ts) = timestamp '2024-12-01'", "true")]
    [InlineData("trunc(day, 'YEAR')", "2024-01-01")]
    [InlineData("date_add(day, 1)", "2024-03-01")]
    [InlineData("datediff(DATE '2024-03-01', day)", "1")]
    [InlineData("add_months(day, 12)", "2025-02-28")]
    [InlineData("last_day(DATE '2023-02-01')", "2023-02-28")]
    [InlineData("unix_timestamp(ts)", "1735687815")]
    [InlineData("upper(left(s, 2)) || length(s)", "OL9")]
    [InlineData("substring(s, 0, 3)", "Olá")]
    [InlineData("substr(s, -5)", "mundo")]
    [InlineData("concat_ws('-', 'a', NULL, i)", "a-7")]
    [InlineData("lpad('7', 3, '0')", "007")]
    [InlineData("instr(s, 'm') + locate('m', s)", "10")]
    [InlineData("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")]
    [InlineData("round(d)", "3.0")]
    [InlineData("ceil(d) + floor(d)", "5")]
    [InlineData("greatest(i, z, 9)", "9")]
    [InlineData("l[0]", "10")]
    [InlineData("m['k'] + size(l)", "7")]
    [InlineData("array_contains(l, 20)", "true")]
    [InlineData("st.a.`b c`", "4")]
    [InlineData("5BD + 1.50 + 1e1", "16.5")]
    [InlineData("9000000000 > 1L", "true")]
    public void An_expression_gives_what_Spark_gives(string expression, string expected)
    {
        using var session = engines.Open(Workload.Query);
        var translated = SparkExpression.Translate(expression, schema, field => $"r.{SqlText.Identifier(field.Name)}");
        Assert.Equal(expected, session.QueryScalar<string?>(
            $"SELECT CAST({translated.Value.Sql} AS VARCHAR) FROM ({Row}) AS r",
            TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("xxhash64(i) > 0", "the function xxhash64 is not supported")]
    [InlineData("yaer(ts)", "did you mean year?")]
    [InlineData("year(ts, 2)", "takes 1 arguments, not 2")]
    [InlineData("i +", "it ends too early")]
    [InlineData("i > 1 2", "'2' is not expected")]
    [InlineData("missing > 1", "there is no column missing")]
    [InlineData("'open", "the quote is not closed")]
    [InlineData("i > ; 1", "';' has no meaning")]
    [InlineData("CAST(i AS integre)", "there is no type integre")]
    [InlineData("date_format(ts, 'GGGG')", "not supported with these arguments")]
    [InlineData("i[0]", "neither an array nor a map")]
    public void What_cannot_be_translated_is_named(string expression, string fault)
    {
        var error =
            Assert.Throws<FozException>(() => SparkExpression.Translate(expression, schema, field => field.Name));
        Assert.Equal(ErrorKind.Sql, error.Kind);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains(expression, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_and_volatile_functions_are_told()
    {
        var expression = SparkExpression.Translate(
            "st.a.`b c` + I > i OR ts < current_timestamp()", schema, field => field.Name);
        Assert.Equal(["st.a.`b c`", "I", "ts"], expression.Columns.Select(path => path.ToString()));
        Assert.Equal("current_timestamp", expression.VolatileFunction);
    }

    [Fact]
    public void Every_function_is_named_once() => Assert.Equal(SparkFunctions.Names.Distinct(), SparkFunctions.Names);

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var text = new string('(', 100_000) + "1";
        Assert.Throws<FozException>(() => SparkExpression.Translate(text, _ => null));
        Assert.Throws<FozException>(() =>
            SparkExpression.Translate(string.Concat(Enumerable.Repeat("NOT ", 100_000)) + "true", _ => null));
    }
}
