using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.PostgreSql.Translation;

/// <summary>
/// A text of no type has the value that PostgreSQL reads of it for the column or the value beside it, or is refused by
/// name.
/// </summary>
public sealed class UntypedTextTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
        await session.RunAsync(
            "CREATE TABLE silver.typed (i int, n numeric(10,3), f float8, r real, s text, "
                + "b bytea, d date, t timestamp)");
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    /// <summary>Each value of VALUES is assigned by itself, and not by the types of those beside it.</summary>
    [Theory]
    [InlineData("f", "(1.5), ('2.345')", "1.5", "2.345")]
    [InlineData("f", "('2.345'), (1.5), (NULL)", "1.5", "2.345", "NULL")]
    [InlineData("f", "(1.5), ('NaN')", "1.5", "NaN")]
    [InlineData("n", "(1), ('2.7')", "1.000", "2.700")]
    [InlineData("s", "(1), ('2.7')", "1", "2.7")]
    [InlineData("s", "(1), (2.75)", "1", "2.75")]
    [InlineData("s", "(date '2024-01-01'), ('2024-01-02 10:00:00')", "2024-01-01", "2024-01-02 10:00:00")]
    [InlineData("s", "(array_to_string(ARRAY[1, 2], ',')), (3)", "1,2", "3")]
    [InlineData("s", "((ARRAY['a', 'b'])[2]), (3)", "3", "b")]
    [InlineData("b", "('\\xdeadbeef')", "\\xdeadbeef")]
    [InlineData("b", "('\\x6162'), (NULL), ('\\x'), (bytea '\\x00')", "\\x", "\\x00", "\\x6162", "NULL")]
    [InlineData("b", "('a\\\\b'), ('\\001')", "\\x01", "\\x615c62")]
    [InlineData("d", "('2024-02-29'), (date '2024-03-01')", "2024-02-29", "2024-03-01")]
    public async Task Values_are_assigned_each_by_itself(string column, string rows, params string[] expected)
    {
        await session.RunAsync($"INSERT INTO silver.typed ({column}) VALUES {rows}");
        Assert.Equal(
            [.. expected, $"SELECT {expected.Length}"],
            await session.RunAsync($"SELECT {column}::text FROM silver.typed ORDER BY {column}"));
    }

    [Theory]
    [InlineData("INSERT INTO silver.typed (i) VALUES (1), ('2.7')", "22P02")]
    [InlineData("INSERT INTO silver.typed (i) VALUES ('2.7'), (NULL)", "22P02")]
    [InlineData("INSERT INTO silver.typed (b) VALUES ('\\x0')", "22023")]
    [InlineData("INSERT INTO silver.typed (b) VALUES ('a\\x61')", "22P02")]
    [InlineData("INSERT INTO silver.typed (d) VALUES ('0044-03-15 BC')", "0A000")]
    [InlineData("INSERT INTO silver.typed (d) SELECT '0044-03-15 BC'", "0A000")]
    [InlineData("INSERT INTO silver.typed (t) VALUES (now()), ('0044-03-15 10:00:00 BC')", "0A000")]
    [InlineData("UPDATE silver.typed SET d = '0044-03-15 BC'", "0A000")]
    [InlineData("SELECT * FROM silver.typed WHERE d = '0044-03-15 BC'", "0A000")]
    [InlineData("SELECT * FROM silver.typed WHERE d IN ('2024-01-02', '0044-03-15BC')", "0A000")]
    [InlineData("SELECT * FROM silver.typed WHERE t BETWEEN '0044-03-15 BC' AND now()", "0A000")]
    [InlineData("SELECT ('0044-03-15' || ' BC')::date", "0A000")]
    [InlineData("SELECT * FROM silver.typed WHERE i = '1.4'", "22P02")]
    [InlineData("SELECT * FROM silver.typed WHERE '1.4' = i", "22P02")]
    [InlineData("SELECT * FROM silver.typed WHERE i IN ('2', '1.4')", "22P02")]
    [InlineData("SELECT coalesce(nullif(i, 1), '2.7') FROM silver.typed", "22P02")]
    [InlineData("SELECT CASE WHEN i > 5 THEN i ELSE '2.7' END FROM silver.typed", "22P02")]
    [InlineData("SELECT coalesce(nullif(n, 1.5), '2.3456') FROM silver.typed", "0A000")]
    public async Task What_it_cannot_be_is_refused(string sql, string state)
    {
        await session.RunAsync(
            "INSERT INTO silver.typed (i, n, s, d, t) VALUES (1, 1.5, '0044-03-15', '2024-01-01', '2024-01-01')");
        Assert.Equal(state, await session.FailAsync(sql));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.typed"));
    }

    [Theory]
    [InlineData("b = '\\x6162'")]
    [InlineData("'\\x6162' = b")]
    [InlineData("b IN ('\\x00', '\\x6162')")]
    [InlineData("b BETWEEN '\\x6162' AND '\\x6163'")]
    [InlineData("b > '\\x'")]
    [InlineData("b <> '\\xdeadbeef'")]
    [InlineData("coalesce(b, '\\x00') = bytea '\\x6162'")]
    [InlineData("s = '1.50'")]
    [InlineData("s IN ('1.5', '1.50')")]
    [InlineData("coalesce(s, '2.7') = '1.50'")]
    [InlineData("n = '1.50'")]
    [InlineData("f = '1.5'")]
    [InlineData("n < '1.501' AND i <> '2'")]
    [InlineData("CASE WHEN i = 1 THEN '2.345' ELSE 1.5 END = 2.345")]
    [InlineData("CASE WHEN i = 2 THEN 1.5 ELSE '2.345' END = 2.345")]
    [InlineData("s || '\\x' = '1.50\\x'")]
    [InlineData("-n < '-1.4' and i - n > '-0.6'")]
    [InlineData("round(n) > '1.0' and '1.0' < round(n)")]
    [InlineData("i / 2.0 = '0.5' and n * 2 / 3 = '1.0' and n ^ 2 > '2.0'")]
    [InlineData("s::numeric = '1.5' and f::numeric(9,2) = '1.50'")]
    [InlineData("CASE WHEN n > '1.4' THEN n ELSE '9.5' END > '1.4'")]
    [InlineData("n = any(array[1.5]) = 't' and not n <> '1.50'")]
    [InlineData("bytea '\\x6162' = '\\x6162' and '\\x6162'::bytea = b")]
    public async Task A_text_beside_a_value_is_of_its_type(string condition)
    {
        await session.RunAsync("INSERT INTO silver.typed (i, n, f, s, b) VALUES (1, 1.5, 1.5, '1.50', '\\x6162')");
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync($"SELECT i FROM silver.typed WHERE {condition}"));
        Assert.Equal(
            ["UPDATE 1"], await session.RunAsync($"UPDATE silver.typed SET b = '\\xdeadbeef' WHERE {condition}"));
        Assert.Equal(["\\xdeadbeef", "SELECT 1"], await session.RunAsync("SELECT b::text FROM silver.typed"));
    }

    /// <summary>What a text is beside may itself be written otherwise for the engine.</summary>
    [Theory]
    [InlineData("sum(n) OVER (ORDER BY i) > '2.5'", "False", "True")]
    [InlineData("avg(n) OVER (ORDER BY i) > '1.6'", "False", "True")]
    [InlineData("'2.5' < sum(n) OVER (ORDER BY i)", "False", "True")]
    [InlineData("coalesce(sum(n) OVER (ORDER BY i), '2.5') > '2.5'", "False", "True")]
    [InlineData("round(avg(n) OVER (ORDER BY i), 1) IN ('1.5', '2.0')", "True", "False")]
    public async Task A_text_beside_a_function_of_windows_is_of_its_type(string condition, params string[] expected)
    {
        await session.RunAsync("INSERT INTO silver.typed (i, n) VALUES (1, 1.5), (2, 2)");
        Assert.Equal(
            [.. expected, "SELECT 2"], await session.RunAsync($"SELECT {condition} FROM silver.typed ORDER BY i"));
    }

    [Theory]
    [InlineData("sum(n) > '2.5'")]
    [InlineData("avg(n) FILTER (WHERE i > 1) = '2.0'")]
    [InlineData("sum(n) FILTER (WHERE i > 1) BETWEEN '1.9' AND '2.1'")]
    public async Task A_text_beside_an_aggregate_is_of_its_type(string condition)
    {
        await session.RunAsync("INSERT INTO silver.typed (i, n) VALUES (1, 1.5), (2, 2)");
        Assert.Equal(["True", "SELECT 1"], await session.RunAsync($"SELECT {condition} FROM silver.typed"));
    }

    /// <summary>Numbers joined to texts, and other words of texts and lists.</summary>
    [Theory]
    [InlineData("num || 'x'", "1.5x")]
    [InlineData("'x' || num", "x1.5")]
    [InlineData("json_build_object('a', num, 'b', 'c', 'd', NULL)::text", "{\"a\":1.5,\"b\":\"c\",\"d\":null}")]
    [InlineData("array_to_string(ARRAY[NULL]::text[], ',')", "")]
    [InlineData("array_to_string(ARRAY['a', NULL, 'b'], ',')", "a,b")]
    [InlineData("string_to_array('abc', NULL)::text", "{a,b,c}")]
    [InlineData("string_to_array('abc', '')::text", "{abc}")]
    [InlineData("string_to_array('', ',')::text", "{}")]
    [InlineData("string_to_array('a,b', ',')::text", "{a,b}")]
    [InlineData("upper('Straße ä')", "STRAßE Ä")]
    [InlineData("initcap('a_c d-e 1f çA')", "A_C D-E 1f Ça")]
    public async Task Words_of_texts_have_their_values(string expression, string expected)
    {
        await session.RunAsync("CREATE TABLE silver.plain (num numeric)");
        await session.RunAsync("INSERT INTO silver.plain VALUES (1.5)");
        Assert.Equal([expected, "SELECT 1"], await session.RunAsync($"SELECT {expression} FROM silver.plain"));
    }

    [Theory]
    [InlineData("SELECT '1e400'::float8", "22003")]
    [InlineData("SELECT CAST('1e39' AS real)", "22003")]
    [InlineData("SELECT row_to_json(row(1, 'a'))", "0A000")]
    public async Task Other_values_are_refused(string sql, string state) =>
        Assert.Equal(state, await session.FailAsync(sql));

    [Fact]
    public async Task Merges_assign_values_likewise()
    {
        await session.RunAsync("INSERT INTO silver.typed (i, b) VALUES (1, '\\x01')");
        await session.RunAsync(
            "INSERT INTO silver.typed (i, b, f) VALUES (1, '\\x6162', 1.5), (2, '\\xdeadbeef', '2.345') "
                + "ON CONFLICT (i) DO UPDATE SET b = excluded.b, f = excluded.f");
        await session.RunAsync(
            "MERGE INTO silver.typed t USING (SELECT 2 AS i) s ON t.i = s.i WHEN MATCHED THEN UPDATE SET b = '\\xff'");
        Assert.Equal(
            ["1|\\x6162|1.5", "2|\\xff|2.345", "SELECT 2"],
            await session.RunAsync("SELECT i, b::text, f FROM silver.typed ORDER BY i"));
    }
}
