using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Changes;

/// <summary>
/// Columns of types for which tables keep texts have PostgreSQL's values all the same, or are refused by name.
/// </summary>
public sealed class DeclaredTypeTests : IAsyncLifetime
{
    const string Id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    const string Capital = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11";

    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
        await session.RunAsync("CREATE TABLE silver.kept (i int, u uuid, us uuid[], j jsonb)");
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    /// <summary>However a UUID is written, it is found by any of its other forms, and shown in one.</summary>
    [Theory]
    [InlineData($"VALUES (1, '{Capital}')")]
    [InlineData("VALUES (1, '{a0eebc99-9c0b4ef8-bb6d-6bb9bd380a11}')")]
    [InlineData("SELECT 1, 'a0eebc999c0b4ef8bb6d6bb9bd380a11'")]
    [InlineData($"SELECT 1, upper('{Id}')::uuid")]
    public async Task A_uuid_is_kept_in_one_form(string rows)
    {
        Assert.Equal(["INSERT 0 1"], await session.RunAsync($"INSERT INTO silver.kept (i, u) {rows}"));
        foreach (var condition in new[]
        {
            $"u = '{Capital}'", $"u IN ('{Id}', '{Capital}')", $"u::text = '{Id}'", $"u BETWEEN '{Id}' AND '{Capital}'",
        })
            Assert.Equal(
                [$"{Id}|uuid", "SELECT 1"],
                await session.RunAsync($"SELECT u, pg_typeof(u) FROM silver.kept WHERE {condition}"));
        Assert.Equal(
            ["1", "SELECT 1"],
            await session.RunAsync(
                $"SELECT count(*) FROM silver.kept a JOIN (SELECT '{Capital}'::uuid AS u) b USING (u)"));
        Assert.Equal(
            ["UPDATE 1"],
            await session.RunAsync($"UPDATE silver.kept SET u = '{Capital[..^1]}F' WHERE u = '{Capital}'"));
        Assert.Equal(
            [$"{Id[..^1]}f", "DELETE 1"],
            await session.RunAsync($"DELETE FROM silver.kept WHERE u = '{Capital[..^1]}F' RETURNING u"));
    }

    [Theory]
    [InlineData("INSERT INTO silver.kept (u) VALUES ('not-a-uuid')")]
    [InlineData("INSERT INTO silver.kept (u) VALUES ('a-0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')")]
    [InlineData("INSERT INTO silver.kept (u) SELECT name FROM silver.orders")]
    [InlineData("INSERT INTO silver.kept (us) SELECT ARRAY[name] FROM silver.orders")]
    [InlineData("UPDATE silver.kept SET u = 'x'")]
    [InlineData("SELECT * FROM silver.kept WHERE u = 'x'")]
    [InlineData("INSERT INTO silver.kept (j) VALUES ('notjson')")]
    [InlineData("INSERT INTO silver.kept (j) SELECT name FROM silver.orders")]
    [InlineData("UPDATE silver.kept SET j = '{'")]
    public async Task What_is_no_value_of_the_type_is_refused(string sql)
    {
        await session.RunAsync($"INSERT INTO silver.kept (i, u) VALUES (1, '{Id}')");
        Assert.Equal("22P02", await session.FailAsync(sql));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.kept"));
    }

    [Fact]
    public async Task Keys_meet_in_any_form()
    {
        await session.RunAsync("CREATE TABLE silver.keyed (u uuid, v int)");
        await session.RunAsync($"INSERT INTO silver.keyed VALUES ('{Capital}', 1)");
        await session.RunAsync(
            $"INSERT INTO silver.keyed VALUES ('{Capital}', 2) ON CONFLICT (u) DO UPDATE SET v = excluded.v");
        Assert.Equal([$"{Id}|2", "SELECT 1"], await session.RunAsync("SELECT * FROM silver.keyed"));
        await session.RunAsync(
            $"MERGE INTO silver.keyed t USING (SELECT '{Capital}'::uuid AS u, 3 AS v) s ON t.u = s.u WHEN MATCHED THEN "
                + "UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (u, v) VALUES (s.u, s.v)");
        Assert.Equal([$"{Id}|3", "SELECT 1"], await session.RunAsync("SELECT * FROM silver.keyed"));
        Assert.Equal(
            "22P02", await session.FailAsync("INSERT INTO silver.keyed VALUES ('x', 2) ON CONFLICT (u) DO NOTHING"));
        Assert.Equal(
            "22P02",
            await session.FailAsync(
                $"INSERT INTO silver.keyed VALUES ('{Id}', '3.5') ON CONFLICT (u) DO UPDATE SET v = excluded.v"));
    }

    [Fact]
    public async Task Arrays_views_and_tables_made_of_queries_have_the_type()
    {
        await session.RunAsync(
            $"INSERT INTO silver.kept (i, u, us) VALUES (1, '{Capital}', ARRAY['{Capital}', NULL]::uuid[])");
        Assert.Equal(
            [$"{{{Id},NULL}}|uuid[]", "SELECT 1"],
            await session.RunAsync("SELECT us::text, pg_typeof(us) FROM silver.kept"));
        Assert.Equal(
            ["1", "SELECT 1"], await session.RunAsync($"SELECT i FROM silver.kept WHERE '{Capital}' = ANY (us)"));
        await session.RunAsync("CREATE VIEW silver.seen AS SELECT i, u FROM silver.kept");
        await session.RunAsync("CREATE TABLE silver.made AS SELECT i, u FROM silver.kept");
        await session.RunAsync("ALTER TABLE silver.made ADD COLUMN w uuid");
        await session.RunAsync($"UPDATE silver.made SET w = '{Capital}'");
        foreach (var table in new[] { "seen WHERE u", "made WHERE u", "made WHERE w" })
            Assert.Equal(["1", "SELECT 1"], await session.RunAsync($"SELECT i FROM silver.{table} = '{Capital}'"));
        Assert.Equal(
            ["u|uuid", "us|uuid[]", "SELECT 2"],
            await session.RunAsync(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
                    + "'silver.kept'::regclass AND attname LIKE 'u%' ORDER BY 1"));
        Assert.Equal("0A000", await session.FailAsync("ALTER TABLE silver.orders ALTER COLUMN name TYPE uuid"));
        Assert.Equal("0A000", await session.FailAsync("CREATE TABLE silver.lists (j jsonb[])"));
    }

    /// <summary>
    /// A column without digits shows those that it was given, and refuses what it would have to round.
    /// </summary>
    [Fact]
    public async Task A_numeric_without_digits_is_exact_or_refused()
    {
        await session.RunAsync("CREATE TABLE silver.sums (i int, a numeric, d numeric(12,4))");
        await session.RunAsync(
            "INSERT INTO silver.sums VALUES (1, 1.5, 1.5), (2, '1e3', 2), (3, -0.0000000001, 3), (4, "
                + "1234567890123456789012345, NULL)");
        await session.RunAsync("INSERT INTO silver.sums VALUES (5, 0.1::float8, 1)");
        Assert.Equal(
            [
                "1.5|1.5000", "1000|2.0000", "-0.0000000001|3.0000", "1234567890123456789012345|NULL", "0.1|1.0000",
                "SELECT 5",
            ],
            await session.RunAsync("SELECT a::text, d::text FROM silver.sums ORDER BY i"));
        Assert.Equal(
            ["1|numeric|1.5", "SELECT 1"],
            await session.RunAsync(
                "SELECT i, pg_typeof(a), max(a)::text FROM silver.sums WHERE a = 1.5 GROUP BY 1, 2"));
        Assert.Equal(["UPDATE 1"], await session.RunAsync("UPDATE silver.sums SET a = a + 0.25 WHERE i = 1"));
        Assert.Equal(["1.75", "SELECT 1"], await session.RunAsync("SELECT a::text FROM silver.sums WHERE i = 1"));
        Assert.Equal(
            ["-1", "SELECT 1"],
            await session.RunAsync(
                "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'silver.sums'::regclass AND attname = 'a'"));
        foreach (var value in new[] { "0.00000000000001", "'1e-20'", "1e30::float8", "'NaN'", "1.12345678901" })
            Assert.Equal("0A000", await session.FailAsync($"INSERT INTO silver.sums (a) VALUES ({value})"));
        Assert.Equal("22P02", await session.FailAsync("INSERT INTO silver.sums (a) VALUES ('x')"));
    }

    [Fact]
    public async Task A_jsonb_is_kept_in_one_form()
    {
        await session.RunAsync(
            "INSERT INTO silver.kept (i, j) VALUES (1, '{\"b\":1,\"aa\":[1,2],\"b\":2.50}'), (2, ' [1,  2]')");
        Assert.Equal(
            ["{\"b\": 2.50, \"aa\": [1, 2]}", "[1, 2]", "SELECT 2"],
            await session.RunAsync("SELECT j FROM silver.kept ORDER BY i"));
        Assert.Equal(
            ["1", "SELECT 1"],
            await session.RunAsync("SELECT i FROM silver.kept WHERE j::jsonb = '{\"aa\": [1, 2.0], \"b\": 2.5}'"));
        Assert.Equal(
            ["2", "SELECT 1"],
            await session.RunAsync(
                "SELECT i FROM silver.kept WHERE j::jsonb <> '{\"aa\": [1, 2.0], \"b\": 2.5}'::jsonb"));
        Assert.Equal(
            ["[1, 2, 3]", "SELECT 1"],
            await session.RunAsync("SELECT j::jsonb || '3'::jsonb FROM silver.kept WHERE i = 2"));
        await session.RunAsync("UPDATE silver.kept SET j = '{\"x\":true}' WHERE j IS NOT NULL AND i = 2");
        Assert.Equal(
            ["{\"x\": true}|true", "SELECT 1"],
            await session.RunAsync("SELECT j, j->>'x' FROM silver.kept WHERE i = 2"));
    }

    /// <summary>Two documents can be equal, or in another order, than their texts.</summary>
    [Theory]
    [InlineData("SELECT * FROM silver.kept WHERE j = '[1,2]'")]
    [InlineData("SELECT * FROM silver.kept WHERE coalesce(j, '1') <> '[1,2]'")]
    [InlineData("SELECT * FROM silver.kept WHERE j IN ('[1,2]')")]
    [InlineData("SELECT * FROM silver.kept a JOIN silver.kept b ON a.j = b.j")]
    [InlineData("SELECT * FROM silver.kept a JOIN silver.kept b USING (j)")]
    [InlineData("SELECT j FROM silver.kept ORDER BY j")]
    [InlineData("SELECT i, j FROM silver.kept ORDER BY 2")]
    [InlineData("SELECT j, count(*) FROM silver.kept GROUP BY j")]
    [InlineData("SELECT j, count(*) FROM silver.kept GROUP BY 1")]
    [InlineData("SELECT DISTINCT j FROM silver.kept")]
    [InlineData("SELECT DISTINCT * FROM silver.kept")]
    [InlineData("SELECT count(DISTINCT j) FROM silver.kept")]
    [InlineData("SELECT row_number() OVER (ORDER BY j) FROM silver.kept")]
    [InlineData("SELECT max(j) FROM silver.kept")]
    [InlineData("SELECT j FROM silver.kept UNION SELECT j FROM silver.kept")]
    [InlineData("SELECT * FROM (SELECT j AS x FROM silver.kept) s WHERE x > '1'")]
    [InlineData("SELECT j || '{}' FROM silver.kept")]
    [InlineData("SELECT * FROM silver.kept WHERE (j->'a') = '1'")]
    [InlineData("SELECT '[2]'::jsonb < '[10]'::jsonb")]
    [InlineData("DELETE FROM silver.kept WHERE j = '1'")]
    [InlineData("UPDATE silver.kept SET i = 1 WHERE j = '1'")]
    public async Task Values_of_jsonb_are_not_compared_as_texts(string sql) =>
        Assert.Equal("0A000", await session.FailAsync(sql));

    /// <summary>A query that does none of it is not refused.</summary>
    [Theory]
    [InlineData("SELECT i, j FROM silver.kept WHERE i = 1 ORDER BY i")]
    [InlineData("SELECT count(j), j IS NULL FROM silver.kept GROUP BY 2 ORDER BY 2")]
    [InlineData("SELECT DISTINCT i, j->>'a' FROM silver.kept WHERE j->>'a' = '1' ORDER BY j->>'a'")]
    [InlineData("SELECT j FROM silver.kept UNION ALL SELECT j FROM silver.kept")]
    [InlineData("SELECT DISTINCT name FROM silver.orders")]
    public async Task Other_queries_of_tables_with_jsonb_are_answered(string sql) =>
        Assert.StartsWith("SELECT", (await session.RunAsync(sql))[^1], StringComparison.Ordinal);
}
