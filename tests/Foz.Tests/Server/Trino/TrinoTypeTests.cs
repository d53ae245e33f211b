using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

public sealed class TrinoTypeTests : IAsyncLifetime
{
    PgTestServer server = null!;
    TrinoTestClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync(isOpen: true);
        client = new(server, password: null);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("true", "boolean", "true")]
    [InlineData("CAST(-7 AS tinyint)", "tinyint", "-7")]
    [InlineData("CAST(-300 AS smallint)", "smallint", "-300")]
    [InlineData("70000", "integer", "70000")]
    [InlineData("9223372036854775807", "bigint", "9223372036854775807")]
    [InlineData("CAST(1.5 AS real)", "real", "1.5")]
    [InlineData("CAST(0.1 AS double)", "double", "0.1")]
    [InlineData("CAST('NaN' AS double)", "double", "\"NaN\"")]
    [InlineData("CAST('-Infinity' AS double)", "double", "\"-Infinity\"")]
    [InlineData("CAST(-0.05 AS decimal(10,2))", "decimal(10,2)", "\"-0.05\"")]
    [InlineData(
        "CAST(12345678901234567890123456789012345678 AS decimal(38,0))", "decimal(38,0)",
        "\"12345678901234567890123456789012345678\"")]
    [InlineData(
        "CAST('-0.12345678901234567890123456789012345678' AS decimal(38,38))", "decimal(38,38)",
        "\"-0.12345678901234567890123456789012345678\"")]
    [InlineData("'it''s \"ção\"'", "varchar", "\"it's \\\"ção\\\"\"")]
    [InlineData("from_hex('00ff10')", "varbinary", "\"AP8Q\"")]
    [InlineData("DATE '2024-02-29'", "date", "\"2024-02-29\"")]
    [InlineData("DATE '0001-01-01'", "date", "\"0001-01-01\"")]
    [InlineData("TIME '12:34:56.789'", "time(6)", "\"12:34:56.789000\"")]
    [InlineData("TIMESTAMP '1969-12-31 23:59:59.5'", "timestamp(6)", "\"1969-12-31 23:59:59.500000\"")]
    [InlineData(
        "CAST('2024-02-29 12:00:00+02' AS timestamp with time zone)", "timestamp(6) with time zone",
        "\"2024-02-29 10:00:00.000000 UTC\"")]
    [InlineData("INTERVAL '1' DAY + INTERVAL '2' HOUR", "interval day to second", "\"1 02:00:00.000\"")]
    [InlineData(
        "CAST('12151fd2-7586-11e9-8f9e-2a86e4085a59' AS uuid)", "uuid", "\"12151fd2-7586-11e9-8f9e-2a86e4085a59\"")]
    [InlineData("ARRAY[1, NULL, 3]", "array(integer)", "[1,null,3]")]
    [InlineData("ARRAY[ARRAY[1], ARRAY[2, 3]]", "array(array(integer))", "[[1],[2,3]]")]
    [InlineData("MAP(ARRAY['a', 'b'], ARRAY[1, 2])", "map(varchar,integer)", "{\"a\":1,\"b\":2}")]
    [InlineData("MAP(ARRAY[1], ARRAY[DATE '2024-01-01'])", "map(integer,date)", "{\"1\":\"2024-01-01\"}")]
    [InlineData("CAST(ROW(1, 'x') AS ROW(a integer, b varchar))", "row(a integer, b varchar)", "[1,\"x\"]")]
    [InlineData("NULL", "integer", "null")]
    public async Task Values_are_told_as_Trino_tells_them(string expression, string type, string value)
    {
        var result = await client.RunAsync($"SELECT {expression} AS x");
        Assert.Null(result.Error);
        Assert.Equal([$"x {type}"], result.Columns);
        Assert.Equal([value], result.Rows);
    }

    [Fact]
    public async Task Clients_that_know_three_digits_of_a_second_get_three()
    {
        client.Headers.Remove("X-Trino-Client-Capabilities");
        var result = await client.RunAsync(
            "SELECT TIMESTAMP '2024-02-29 12:34:56.789123' AS a, TIME '01:02:03.456789' AS b");
        Assert.Equal(["a timestamp", "b time"], result.Columns);
        Assert.Equal(["\"2024-02-29 12:34:56.789\",\"01:02:03.456\""], result.Rows);
    }

    [Fact]
    public async Task Signatures_of_types_are_told_in_parts()
    {
        var result = await client.RunAsync("SELECT CAST(ROW(1, ARRAY[1.5]) AS ROW(a integer, b decimal(3,1)[])) AS x");
        var column = result.Pages.First(p => p.TryGetProperty("columns", out _)).GetProperty("columns")[0];
        Assert.Equal(
            """{"rawType":"row","arguments":[{"kind":"NAMED_TYPE","value":{"fieldName":{"name":"a"},"typeSignature":{"rawType":"integer","arguments":[]}}},{"kind":"NAMED_TYPE","value":{"fieldName":{"name":"b"},"typeSignature":{"rawType":"array","arguments":[{"kind":"TYPE","value":{"rawType":"decimal","arguments":[{"kind":"LONG","value":3},{"kind":"LONG","value":1}]}}]}}}]}""",
            column.GetProperty("typeSignature").GetRawText());
    }

    [Fact]
    public async Task Sums_of_whole_numbers_are_bigint_and_end_there()
    {
        Assert.Equal(["6"], await client.RowsAsync("SELECT sum(x) FROM (VALUES (1), (2), (3)) t(x)"));
        var result = await client.RunAsync("SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) t(x)");
        Assert.StartsWith("NUMERIC_VALUE_OUT_OF_RANGE", result.Error, StringComparison.Ordinal);
    }
}
