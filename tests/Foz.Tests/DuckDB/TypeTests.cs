using Foz.DuckDB;
using Foz.DuckDB.Connections;

namespace Foz.Tests.DuckDB;

public sealed class TypeTests : IDisposable
{
    readonly Database database = Database.OpenInMemory();
    readonly Connection connection;

    public TypeTests()
    {
        connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
    }

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Rows), MemberType = typeof(TypeSamples))]
    public void A_value_is_read_between_nulls(string type, string sql)
    {
        using var result = connection.Query(
            $"SELECT NULL::{type} AS v UNION ALL SELECT CAST({sql} AS {type}) UNION ALL SELECT NULL");
        Assert.Equal(LogicalType.Parse(type), result.Columns[0].Type);
        var rows = result.Rows(TestContext.Current.CancellationToken).Select(r => r[0]).ToList();
        Assert.Equal([null, TypeSamples.ValueOf(type, sql), null], rows);
    }

    [Theory]
    [InlineData(25, 2, 2, "0.25")]
    [InlineData(-5, 2, 2, "-0.05")]
    [InlineData(0, 38, 38, "0.00000000000000000000000000000000000000")]
    [InlineData(0, 1, 0, "0")]
    [InlineData(150, 3, 2, "1.50")]
    public void The_text_of_a_decimal_is_a_number_of_JSON(long unscaled, byte width, byte scale, string expected)
    {
        var value = new DecimalValue(unscaled, width, scale);
        Assert.Equal(expected, value.ToString());
        Assert.Equal(
            System.Text.Json.JsonValueKind.Number, System.Text.Json.JsonElement.Parse(value.ToString()).ValueKind);
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Rows), MemberType = typeof(TypeSamples))]
    public void A_value_is_bound_as_its_type(string type, string sql)
    {
        var value = TypeSamples.ValueOf(type, sql);
        using var statement = connection.Prepare(
            $"SELECT $1 AS v, typeof($1), $1 IS NOT DISTINCT FROM CAST({sql} AS {type})");
        statement.Bind(1, value, LogicalType.Parse(type));
        using var result = statement.Query(TestContext.Current.CancellationToken);
        var row = result.Rows(TestContext.Current.CancellationToken).Single();
        Assert.Equal(value, row[0]);
        if (type != "JSON") Assert.Equal(LogicalType.Parse(type), LogicalType.Parse((string)row[1]!));
        Assert.Equal(true, row[2]);
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Rows), MemberType = typeof(TypeSamples))]
    public void A_value_is_written_between_nulls(string type, string sql)
    {
        var value = TypeSamples.ValueOf(type, sql);
        connection.Execute($"CREATE TABLE t (v {type})");
        using (var appender = connection.OpenAppender("t"))
        {
            Assert.Equal(LogicalType.Parse(type), appender.Types[0]);
            using var chunk = appender.CreateChunk();
            var writer = chunk.Writer(0);
            for (var row = 0; row < 100; row++) writer.SetValue(row, row % 3 == 0 ? value : null);
            chunk.RowCount = 100;
            appender.Append(chunk);
            appender.Close();
        }
        Assert.Equal(34, connection.QueryScalar<long>($"SELECT count(*) FROM t WHERE v = CAST({sql} AS {type})"));
        Assert.Equal(66, connection.QueryScalar<long>("SELECT count(*) FROM t WHERE v IS NULL"));
        using var result = connection.Query("SELECT v FROM t");
        var rows = result.Rows(TestContext.Current.CancellationToken).Select(r => r[0]).ToList();
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i % 3 == 0 ? value : null), rows);
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Types), MemberType = typeof(TypeSamples))]
    public void A_type_is_described_as_duckdb_describes_it(string type)
    {
        var described = connection.QueryScalar<string>($"SELECT typeof(CAST(NULL AS {type}))");
        Assert.Equal(LogicalType.Parse(type), LogicalType.Parse(described));
        Assert.Equal(type, LogicalType.Parse(type).ToString());
        Assert.Equal(LogicalType.Parse(type).GetHashCode(), LogicalType.Parse(described).GetHashCode());
    }

    [Theory]
    [MemberData(nameof(TypeSamples.Rows), MemberType = typeof(TypeSamples))]
    public void A_null_is_bound_as_its_type(string type, string sql)
    {
        Assert.NotNull(sql);
        using var statement = connection.Prepare($"SELECT CAST($1 AS {type})");
        statement.Bind(1, null, LogicalType.Parse(type));
        using var result = statement.Query(TestContext.Current.CancellationToken);
        Assert.Null(result.Rows(TestContext.Current.CancellationToken).Single()[0]);
    }

    [Theory]
    [InlineData("INTERVAL '1 year 2 months 3 days 4 hours 5.5 seconds'")]
    [InlineData("INTERVAL '-1 month -2 days -00:00:01'")]
    [InlineData("INTERVAL '0 seconds'")]
    [InlineData("INTERVAL '25 months 100 hours'")]
    [InlineData("DATE '0044-03-15 (BC)'")]
    [InlineData("DATE '294247-01-10'")]
    [InlineData("DATE '1969-12-31'")]
    [InlineData("TIME '23:59:59.999999'")]
    [InlineData("TIMETZ '12:34:56.5-02:30'")]
    [InlineData("TIMESTAMP '1969-12-31 23:59:59.000001'")]
    [InlineData("TIMESTAMP '0001-01-01 (BC) 00:00:00'")]
    [InlineData("TIMESTAMP 'infinity'")]
    [InlineData("TIMESTAMPTZ '2024-02-29 12:34:56.1+01'")]
    [InlineData("TIMESTAMP_NS '2024-02-29 12:34:56.123456789'")]
    [InlineData("TIMESTAMP_MS '1900-02-28 12:34:56.123'")]
    [InlineData("TIMESTAMP_S '9999-12-31 23:59:59'")]
    [InlineData("-0.05::DECIMAL(3,2)")]
    [InlineData("12345678901234567890.5::DECIMAL(38,1)")]
    [InlineData("7::DECIMAL(5,0)")]
    public void A_value_is_written_as_text_as_duckdb_writes_it(string sql)
    {
        using var result = connection.Query($"SELECT v, v::VARCHAR FROM (SELECT {sql} AS v)");
        var row = result.Rows(TestContext.Current.CancellationToken).Single();
        Assert.Equal((string)row[1]!, row[0]!.ToString());
    }

    [Fact]
    public void Every_type_of_the_library_is_read()
    {
        using var result = connection.Query("SELECT * FROM test_all_types()");
        using var chunk = result.Fetch(TestContext.Current.CancellationToken)!;
        Assert.Equal(3, chunk.RowCount);
        for (var column = 0; column < chunk.ColumnCount; column++)
            for (var row = 0; row < chunk.RowCount; row++)
                Assert.Equal((column, row, row == 2), (column, row, chunk[column].GetValue(row) is null));
        Assert.Equal("GEOMETRY", connection.QueryScalar<string>("SELECT typeof('POINT(1 2)'::GEOMETRY)"));
        Assert.NotEmpty(connection.QueryScalar<byte[]>("SELECT 'POINT(1 2)'::GEOMETRY"));
    }

    [Theory]
    [MemberData(nameof(TypeSamples.VariantRows), MemberType = typeof(TypeSamples))]
    public void A_variant_is_read_as_what_it_holds(string type, string sql)
    {
        using var result = connection.Query(
            $"SELECT CASE WHEN i = 1 THEN CAST({sql} AS {type})::VARIANT END FROM range(3) t(i) ORDER BY i");
        Assert.Equal(LogicalType.Of(TypeId.Variant), result.Columns[0].Type);
        var values = result.Rows(TestContext.Current.CancellationToken).Select(r => r[0]).ToList();
        Assert.Equal([null, Held(TypeSamples.ValueOf(type, sql)), null], values);

        // A map is a list of entries inside of a VARIANT.
        static object? Held(object? value) => value switch
        {
            object?[] list => Array.ConvertAll(list, Held),
            StructValue s => new StructValue(s.Select(f => (f.Key, Held(f.Value)))),
            MapValue map =>
                map.Select(e => (object?)new StructValue(("key", Held(e.Key)), ("value", Held(e.Value)))).ToArray(),
            _ => value,
        };
    }

    [Fact]
    public void A_variant_is_made_by_a_cast()
    {
        var value = new StructValue(("a", 1), ("b", new object?[] { "x", null }));
        Assert.Equal(value, connection.QueryScalar<object>("SELECT $1::VARIANT", [value]));
        using var statement = connection.Prepare("SELECT $1");
        Assert.Contains(
            "cast", Assert.Throws<DuckDBException>(() => statement.Bind(1, 1, LogicalType.Of(TypeId.Variant))).Message);
    }

    [Theory]
    [InlineData("decimal", "DECIMAL(18,3)")]
    [InlineData("numeric(5)", "DECIMAL(5,0)")]
    [InlineData("int", "INTEGER")]
    [InlineData("text", "VARCHAR")]
    [InlineData("varchar(10)", "VARCHAR")]
    [InlineData("timestamptz", "TIMESTAMP WITH TIME ZONE")]
    [InlineData(" timestamp without time zone ", "TIMESTAMP")]
    [InlineData("time with time zone", "TIME WITH TIME ZONE")]
    [InlineData("double precision", "DOUBLE")]
    [InlineData(
        "struct(\"a\"\"b\" int[3], c map(text, text)[])",
        "STRUCT(\"a\"\"b\" INTEGER[3], \"c\" MAP(VARCHAR, VARCHAR)[])")]
    [InlineData("list(int)", "INTEGER[]")]
    [InlineData("row(int, decimal(3,1))", "STRUCT(INTEGER, DECIMAL(3,1))")]
    public void A_synonym_is_parsed(string text, string type) => Assert.Equal(type, LogicalType.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("INTEGER x")]
    [InlineData("WHAT")]
    [InlineData("STRUCT(a)")]
    [InlineData("STRUCT(a INTEGER")]
    [InlineData("DECIMAL(39,1)")]
    [InlineData("DECIMAL(5,6)")]
    [InlineData("ENUM(a)")]
    [InlineData("ENUM('a)")]
    [InlineData("INTEGER[x]")]
    [InlineData("TIMESTAMP WITH ZONE")]
    public void What_is_no_type_is_refused_with_its_place(string text)
    {
        var failure = Assert.Throws<FormatException>(() => LogicalType.Parse(text));
        Assert.Contains("character", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_struct_without_names_is_read_and_bound()
    {
        var value = new StructValue(("", 1), ("", "x"));
        using var result = connection.Query("SELECT row(1, 'x'), $1", [value]);
        Assert.Equal("STRUCT(INTEGER, VARCHAR)", result.Columns[0].Type.ToString());
        Assert.Equal([value, value], result.Rows(TestContext.Current.CancellationToken).Single());
    }

    [Fact]
    public void A_type_nested_without_end_is_refused() =>
        Assert.Throws<FormatException>(() => LogicalType.Parse(string.Concat(Enumerable.Repeat("STRUCT(a ", 10_000))));
}
