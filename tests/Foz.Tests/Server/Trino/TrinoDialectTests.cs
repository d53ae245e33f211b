using Foz.Serving.Trino.Functions;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

public sealed class TrinoDialectTests : IAsyncLifetime
{
    PgTestServer server = null!;
    TrinoTestClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync(isOpen: true);
        client = new(server, password: null);
        client.Headers["X-Trino-Schema"] = "silver";
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Each_function_of_the_list_gives_what_the_list_says()
    {
        var wrong = new List<string>();
        foreach (var function in TrinoFunctions.All.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            var result = await client.RunAsync(
                $"SELECT {(function.IsRefused ? $"{function.Name}(1)" : function.Example)}");
            var got = result.Error ?? Assert.Single(result.Rows);
            var expected = function.IsRefused
                ? $"NOT_SUPPORTED: line 1:8: the function {function.Name} is not supported"
                : function.Value;
            if (got != expected)
                wrong.Add($"{function.Name}: {function.Example}\n  expected {expected}\n  got      {got}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Theory]
    [InlineData(
        "SELECT 1, 'a' AS b, 2 + 3, id, upper(name) FROM orders WHERE id = 1",
        "_col0 integer|b varchar|_col2 integer|id bigint|_col4 varchar")]
    [InlineData("SELECT count(*), max(id) FROM orders", "_col0 bigint|_col1 bigint")]
    [InlineData(
        "SELECT CASE WHEN true THEN 1 END, CAST(1 AS varchar(10)) x, NULL IS NULL",
        "_col0 integer|x varchar|_col2 boolean")]
    [InlineData("SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2)", "a integer")]
    [InlineData("SELECT * FROM (SELECT 1, 2)", "_col0 integer|_col1 integer")]
    [InlineData("SELECT current_date, DATE '2024-01-01' + INTERVAL '1' DAY", "_col0 date|_col1 date")]
    public async Task Columns_without_names_are_numbered(string sql, string columns)
    {
        var result = await client.RunAsync(sql);
        Assert.Null(result.Error);
        Assert.Equal(columns, string.Join('|', result.Columns));
    }

    [Theory]
    [InlineData("SELECT 7 / 2, 7e0 / 2, -7 / 2, 7 % 4", "3,3.5,-3,3")]
    [InlineData("SELECT 1.5 + 1, DECIMAL '12.30', DECIMAL '-0.5'", "\"2.5\",\"12.30\",\"-0.5\"")]
    [InlineData("SELECT X'00FF', U&'\\00e7'", "\"AP8=\",\"ç\"")]
    [InlineData(
        "SELECT TIMESTAMP '2024-02-29 13:00:00 UTC', TIMESTAMP '2024-02-29 08:00:00 +00:00'",
        "\"2024-02-29 13:00:00.000000 UTC\",\"2024-02-29 08:00:00.000000 UTC\"")]
    [InlineData("SELECT DATE '2024-01-31' + INTERVAL '1' MONTH - INTERVAL '1' DAY", "\"2024-02-28\"")]
    [InlineData("SELECT TIMESTAMP '2024-01-31 10:00:00' - INTERVAL '2' HOUR", "\"2024-01-31 08:00:00.000000\"")]
    [InlineData("SELECT DATE '2024-01-31' - INTERVAL '1-2' YEAR TO MONTH", "\"2022-11-30\"")]
    [InlineData(
        "SELECT TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1 02:03:04' DAY TO SECOND",
        "\"2024-02-01 12:03:04.000000\"")]
    [InlineData("SELECT INTERVAL '1 02:03:04.5' DAY TO SECOND", "\"1 02:03:04.500\"")]
    [InlineData("SELECT EXTRACT(DAY_OF_WEEK FROM DATE '2024-03-03'), EXTRACT(YEAR FROM DATE '2024-03-03')", "7,2024")]
    [InlineData("SELECT CAST(ROW(1, 'x') AS ROW(a integer, b varchar(3))).b", "\"x\"")]
    [InlineData("SELECT CAST(ARRAY[1] AS array(double)), CAST(NULL AS map(varchar, array(bigint)))", "[1.0],null")]
    [InlineData(
        "SELECT TRY_CAST('x' AS decimal), CAST('2024-01-01 10:00:00' AS timestamp(3)), CAST('a' AS varbinary)",
        "null,\"2024-01-01 10:00:00.000000\",\"YQ==\"")]
    [InlineData("SELECT CAST('a' AS json), CAST(ARRAY[1, 2] AS json)", "\"\\\"a\\\"\",\"[1,2]\"")]
    [InlineData("SELECT x FROM (VALUES 1, 2, 3) AS t(x) ORDER BY x DESC FETCH FIRST 2 ROWS ONLY", "3|2")]
    [InlineData("VALUES 1, 2", "1|2")]
    [InlineData("VALUES ROW(1, 'a'), ROW(2, 'b')", "1,\"a\"|2,\"b\"")]
    [InlineData("SELECT x FROM (VALUES 1, 2, 3) t(x) OFFSET 1 LIMIT 1", "2")]
    [InlineData("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC", "2|1|null")]
    [InlineData("SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n) ORDER BY n", "\"a\",1|\"b\",2")]
    [InlineData(
        "SELECT o.id, u.x FROM orders o CROSS JOIN UNNEST(ARRAY[o.id, 10]) AS u(x) WHERE o.id = 1 ORDER BY 2",
        "1,1|1,10")]
    [InlineData("SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b) ORDER BY a", "1,\"x\"|2,null")]
    [InlineData("SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v) ORDER BY k", "\"a\",1|\"b\",2")]
    [InlineData(
        "SELECT t.id, k, v FROM (VALUES (1, MAP(ARRAY['a'], ARRAY[9]))) t(id, m) CROSS JOIN UNNEST(m) AS u(k, v)",
        "1,\"a\",9")]
    [InlineData(
        "SELECT filter(ARRAY[1, 2], x -> x > 1), transform(ARRAY[1], x -> transform(ARRAY[2], y -> x + y))",
        "[2],[[3]]")]
    [InlineData("SELECT \"ID\", \"Name\" FROM \"Silver\".\"ORDERS\" WHERE \"iD\" = 1", "1,\"a\"")]
    [InlineData("SELECT current_user, current_catalog", "\"ana\",\"lake\"")]
    [InlineData("SELECT current_timestamp(3) > TIMESTAMP '2020-01-01 00:00:00 UTC'", "true")]
    [InlineData("SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (100)", "5")]
    [InlineData("SELECT count(*) FROM orders FOR VERSION AS OF 0", "0")]
    [InlineData(
        "SELECT date_trunc('hour', TIMESTAMP '2024-02-29 10:59:00'), date_add('hour', -1, TIMESTAMP '2024-02-29 10:59:00')", "\"2024-02-29 10:00:00.000000\",\"2024-02-29 09:59:00.000000\"")]
    [InlineData("SELECT date_add('day', CAST(-7 AS bigint), current_date) < current_date", "true")]
    [InlineData("SELECT format('%s', if(1 < 2, 'yes', 'no')), regexp_replace('aXb', '[A-Z]')", "\"yes\",\"ab\"")]
    [InlineData("SELECT approx_percentile(x, ARRAY[0.5]) FROM (VALUES 1, 2, 3) t(x)", "[2]")]
    [InlineData(
        "SELECT name FROM orders WHERE id BETWEEN 1 AND 2 AND name LIKE 'a!%' ESCAPE '!' OR name IS NOT DISTINCT FROM 'b'", "\"b\"")]
    [InlineData(
        "WITH t(a) AS (SELECT id FROM orders) SELECT grouping(a), count(*) FROM t GROUP BY GROUPING SETS ((a), ()) ORDER BY 1 DESC LIMIT 1", "1,5")]
    [InlineData("SELECT 'a' || NULL, 'a' || 'b', concat('x', NULL)", "null,\"ab\",null")]
    [InlineData(
        "SELECT CAST('abcdef' AS varchar(3)), TRY_CAST('abcdef' AS varchar(2)) AS x, CAST('ab  ' AS char(3)), CAST('abc' AS varchar)", "\"abc\",\"ab\",\"ab\",\"abc\"")]
    [InlineData(
        "SELECT CAST(TIMESTAMP '2024-01-01 10:00:00.6' AS timestamp(0)), CAST(CAST('2024-01-01 10:00:00.1236' AS timestamp) AS timestamp(3))", "\"2024-01-01 10:00:01.000000\",\"2024-01-01 10:00:00.124000\"")]
    [InlineData(
        "SELECT greatest(1, NULL, 3), least(NULL, 1), greatest(1, 3), least(2.5, 1), greatest('a', 'b')",
        "null,null,3,\"1.0\",\"b\"")]
    [InlineData(
        "SELECT array_max(ARRAY[1, NULL]), array_min(ARRAY[NULL, 1]), contains(ARRAY[1, NULL], 2), contains(ARRAY[1, NULL], 1), contains(ARRAY[1], 2)", "null,null,null,true,false")]
    [InlineData(
        "SELECT any_match(ARRAY[1, NULL], x -> x > 1), all_match(ARRAY[2, NULL], x -> x > 1), none_match(ARRAY[1, NULL], x -> x > 1), all_match(ARRAY[1, NULL], x -> x > 1)", "null,null,null,false")]
    [InlineData(
        "SELECT split_part('a,b', ',', 5), split_part('a,b', ',', 2), substr('abcd', 0), substr('abcd', 2), substr('abcd', -2), substr('abcd', 2, -1), substring('abcd' FROM 3), substring('abcd', 2, 2)", "null,\"b\",\"\",\"bcd\",\"cd\",\"\",\"cd\",\"bc\"")]
    [InlineData("SELECT sequence(5, 1), sequence(1, 3), sequence(5, 1, -2)", "[5,4,3,2,1],[1,2,3],[5,3,1]")]
    [InlineData(
        "SELECT bitwise_right_shift(-8, 2), bitwise_right_shift(CAST(-8 AS bigint), 2), bitwise_right_shift(16, 2)",
        "1073741822,4611686018427387902,4")]
    [InlineData(
        "SELECT format('%s and %s: %d%%', 1, DATE '2024-01-01' + INTERVAL '1' DAY, 7), format('plain'), format('%s', CAST('abc' AS varchar(2)))", "\"1 and 2024-01-02: 7%\",\"plain\",\"ab\"")]
    [InlineData("SELECT format_datetime(TIMESTAMP '2024-02-09 01:00:00', 'D DDD ww')", "\"40 040 06\"")]
    public async Task Trinos_SQL_gives_what_Trino_gives(string sql, string rows)
    {
        var result = await client.RunAsync(sql);
        Assert.Null(result.Error);
        Assert.Equal(rows, string.Join('|', result.Rows));
    }

    [Theory]
    [InlineData("SELECT * FROM orders MATCH_RECOGNIZE (PATTERN (a))", "MATCH_RECOGNIZE is not supported")]
    [InlineData("SELECT CAST('x' AS ipaddress)", "the type ipaddress is not supported")]
    [InlineData("SELECT date_format(current_timestamp, '%U')", "date_format with the pattern '%U' is not supported")]
    [InlineData(
        "SELECT format_datetime(current_timestamp, 'yyyy Z')",
        "format_datetime with the pattern 'yyyy Z' is not supported")]
    [InlineData("SELECT format('%2$s', 1, 2)", "format with the pattern '%2$s' is not supported")]
    [InlineData("SELECT INTERVAL '3' MONTH", "an interval of months cannot be a column (add it to a date)")]
    [InlineData("SHOW STATS FOR (SELECT 1)", "SHOW STATS FOR a query is not supported, only for a table")]
    public async Task What_is_not_supported_is_named(string sql, string message)
    {
        var error = (await client.RunAsync(sql)).Error;
        Assert.StartsWith("NOT_SUPPORTED: ", error, StringComparison.Ordinal);
        Assert.EndsWith(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM \"/etc/passwd\"")]
    [InlineData("SELECT getvariable('x')")]
    [InlineData("SELECT foz_trino_plus(1, 2)")]
    [InlineData("SELECT Foz_Catalog_Text(0, 'x')")]
    [InlineData("ATTACH '/tmp/x.db'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x'")]
    [InlineData("PRAGMA database_list")]
    [InlineData("SET memory_limit = '1GB'")]
    [InlineData("EXECUTE IMMEDIATE 'SELECT * FROM read_text(''/etc/passwd'')'")]
    [InlineData("SELECT transform(ARRAY['/etc/passwd'], x -> (SELECT content FROM read_text(x)))")]
    [InlineData("SELECT 1; SELECT 2")]
    public async Task Nothing_but_the_lake_is_reached(string sql)
    {
        var result = await client.RunAsync(sql);
        Assert.NotNull(result.Error);
        Assert.DoesNotContain("GENERIC_INTERNAL_ERROR", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Rows);
    }
}
