using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.PostgreSql.Translation;

/// <summary>
/// What PostgreSQL's SQL means, tried on a session: expected are names of columns and rows as PostgreSQL 15 gives them.
/// </summary>
public sealed class PgTranslatorTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
        await session.RunAsync("SET search_path TO silver");
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [InlineData("10/4, -7/2, 7.5/2, 10 / 4", "2|-3|3.75|2")]
    [InlineData(
        "'abc' ~ 'b', 'abc' ~ '^b', 'aBc' ~* 'B', 'abc' !~ 'b', 'abc' !~* 'X', 'a.c' ~ ('^' || 'a')",
        "True|False|True|False|True|True")]
    [InlineData(
        "'abc' OPERATOR(pg_catalog.~) '^(abc)$' COLLATE pg_catalog.\"default\", 1 OPERATOR(pg_catalog.+) 2", "True|3")]
    [InlineData("'x' ~~ 'x%', 'X' ~~* 'x', 'y' !~~ 'x'", "True|True|True")]
    [InlineData(
        "2 = ANY('{1,2}'::int[]), 3 <> ALL(ARRAY[1,2]), 1 = ANY(SELECT 2), 'a' = any('{a,b}'::text[])",
        "True|True|False|True")]
    [InlineData("'{a,\"b c\"}'::text[], CAST('{1,2}' AS int4[]), ('{x}'::text[])[1]", "[a,b c]|[1,2]|x")]
    [InlineData("E'a\\tb', U&'\\0041\\+000062', $$it's$$, $q$x$q$", "a\tb|Ab|it's|x")]
    [InlineData("U&'d\\0061t\\0027s'", "dat's")]
    [InlineData("U&\"a\\0027b\" || U&\"a\\0022b\" FROM (SELECT 'quote' AS \"a'b\", 's' AS \"a\"\"b\") x", "quotes")]
    [InlineData("'[1]'::jsonb IS NULL, '{\"[1]\"}'::jsonb[] IS NULL", "False|False")]
    [InlineData("'5'::int4 + 1::int8, '1'::oid, 'x'::name, 'y'::\"char\", 'z'::character varying(3)", "6|1|x|y|z")]
    [InlineData(
        "'silver.orders'::regclass::oid = 'orders'::regclass, 'pg_class'::regclass::oid, 'int4'::regtype::oid",
        "True|1259|23")]
    [InlineData(
        "current_user, session_user, current_database(), current_schema(), current_schemas(false), current_schema",
        "ana|ana|lake|silver|[silver]|silver")]
    [InlineData("current_setting('TimeZone'), current_setting('no.such', true)", "UTC|NULL")]
    [InlineData(
        "to_char(DATE '2026-03-04', 'YYYY-MM-DD'), to_date('04/03/2026', 'DD/MM/YYYY')::text", "2026-03-04|2026-03-04")]
    [InlineData(
        "array_upper(ARRAY[5,6], 1), array_lower(ARRAY[5], 1), array_length(ARRAY[5,6], 1), cardinality(ARRAY[1,2,3])",
        "2|1|2|3")]
    [InlineData("quote_ident('A b'), quote_literal('it''s'), initcap('ana maria')", "\"A b\"|'it''s'|Ana Maria")]
    [InlineData("generate_series(1, 2)", "1;2")]
    [InlineData(
        "format_type(1700, ((10 << 16) | 2) + 4), format_type(1043, 14), format_type(23, NULL), format_type(1007, -1)",
        "numeric(10,2)|character varying(10)|integer|integer[]")]
    [InlineData(
        "obj_description('orders'::regclass), col_description('orders'::regclass, 2), pg_table_is_visible('orders'::regclass)", "NULL|who|True")]
    [InlineData("{'a': 1, 'b': ['x', 'y']}::json::text, ({'a': 7/2, 'b': 2}).a", "{\"a\":1,\"b\":[\"x\",\"y\"]}|3")]
    [InlineData("hex('\\x00ff'::bytea), hex(CAST('\\x' AS bytea)), octet_length('\\xABcd'::bytea)", "00FF||2")]
    [InlineData("json_build_object('a', 1)::text, pg_size_pretty(2048::bigint)", "{\"a\":1}|2048 bytes")]
    public async Task Expressions_mean_what_they_mean_in_PostgreSQL(string expressions, string rows) =>
        Assert.Equal(rows, string.Join(';', (await session.RunAsync($"SELECT {expressions}")).SkipLast(1)));

    [Theory]
    [InlineData("count(*), sum(id), max(o.name), avg(amount)", "count|sum|max|avg")]
    [InlineData(
        "1, 'x', NULL, id + 1, -id, NOT true, (id), (id + 1), o.id",
        "?column?|?column?|?column?|?column?|?column?|?column?|id|?column?|id")]
    [InlineData(
        "id::int, 1::int, 'x'::text, CAST(id AS text), CAST(1 AS bigint), '1'::double precision, 1::numeric(3,1)",
        "id|int4|text|id|int8|float8|numeric")]
    [InlineData(
        "true, date '2026-01-01', interval '1 day', '2026-01-01'::timestamp with time zone",
        "bool|date|interval|timestamptz")]
    [InlineData(
        "CASE WHEN id = 1 THEN 2 END, CASE id WHEN 1 THEN 2 ELSE id END, coalesce(name, 'x'), nullif(id, 1)",
        "case|id|coalesce|nullif")]
    [InlineData(
        "EXISTS (SELECT 1), ARRAY[1], ARRAY(SELECT 1), (SELECT max(id) FROM orders), (ARRAY[1,2])[1]",
        "exists|array|array|max|array")]
    [InlineData("id a, id AS \"B c\", id AS Bc, name \"Q\", count(*) n, extract(year from now()) y", "a|B c|bc|Q|n|y")]
    [InlineData(
        "current_user, current_date, extract(year FROM now()), now() AT TIME ZONE 'UTC'",
        "current_user|current_date|extract|timezone")]
    [InlineData("ID, Name, upper(NAME), count(*) filter (where id > 1)", "id|name|upper|count")]
    public async Task Columns_are_called_as_in_PostgreSQL(string list, string names)
    {
        var groups = list.Contains("count", StringComparison.Ordinal) ? "GROUP BY ALL" : "";
        var statement = await session.PrepareAsync($"SELECT {list} FROM orders o {groups}", [], Cancel);
        Assert.Equal(names, string.Join('|', statement.Columns!.Select(c => c.Name)));
    }

    [Theory]
    [InlineData("SELECT id FROM orders ORDER BY amount DESC, id LIMIT 2", "3|5")]
    [InlineData("SELECT id FROM orders ORDER BY amount LIMIT ALL OFFSET 4", "3")]
    [InlineData("SELECT id FROM ONLY orders WHERE id = 1", "1")]
    [InlineData("SELECT count(*) FROM orders FOR VERSION AS OF 0", "0")]
    [InlineData("SELECT a.id FROM orders a LEFT JOIN orders b ON a.id = ANY(ARRAY[b.id]) WHERE a.id = 2", "2")]
    [InlineData("SELECT s FROM generate_series(1, 2) AS s", "1|2")]
    [InlineData("SELECT id FROM orders WHERE name LIKE ANY (ARRAY['a%', 'd_', '\\e', NULL]) ORDER BY id", "1|5")]
    [InlineData("SELECT id FROM orders WHERE name || '_' ILIKE SOME ('{\"A\\\\_\",x}') ORDER BY id", "1")]
    [InlineData(
        "SELECT id FROM orders WHERE name NOT LIKE ALL (ARRAY['a', 'b']) AND 'x' LIKE ALL ('{}'::text[]) ORDER BY id",
        "4|5")]
    [InlineData("SELECT l.tableoid FROM pg_language l WHERE l.lanname = 'sql'", "2612")]
    [InlineData(
        "SELECT 1 FROM pg_catalog.pg_am a JOIN pg_catalog.pg_class AS c ON c.oid = a.tableoid AND c.tableoid = 1259 WHERE a.oid = 2", "1")]
    [InlineData("SELECT id FROM orders ORDER BY id FETCH FIRST 1 ROW ONLY", "1")]
    [InlineData("SELECT count FROM (SELECT count(*) FROM orders) t", "5")]
    [InlineData(
        "SELECT * FROM (PIVOT (SELECT id, name FROM orders WHERE id < 3) ON id IN (1, 2) USING max(name)) p", "a|b")]
    public async Task Queries_mean_what_they_mean_in_PostgreSQL(string sql, string rows) =>
        Assert.Equal(rows, string.Join('|', (await session.RunAsync(sql)).SkipLast(1)));

    [Theory]
    [InlineData("SELECT '1'::numeric[(")]
    [InlineData("SELECT 'orders'::regc[lass(")]
    [InlineData("SELECT CAST('x' AS varchar(")]
    [InlineData("SELECT (1]")]
    [InlineData("SELECT * FROM")]
    [InlineData("SELECT * FROM orders a JOIN orders b USING")]
    [InlineData("SELECT 1)")]
    public async Task What_is_not_closed_is_an_error_of_the_statement(string sql) =>
        Assert.Equal("42601", await session.FailAsync(sql));

    [Theory]
    [InlineData("SELECT 10/4, 'a' ~ 'b', ?nothing FROM orders")]
    [InlineData("SELECT x::regclass::text, 1 = ANY(ARRAY[1]), ?nothing FROM orders")]
    public async Task Errors_keep_their_place(string marked)
    {
        var sql = marked.Replace("?", "", StringComparison.Ordinal).Replace(
            "x::regclass", "'orders'::regclass", StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<Foz.Lake.FozException>(() => session.PrepareAsync(sql, [], Cancel));
        Assert.Equal(sql.IndexOf("nothing", StringComparison.Ordinal) + 1, SqlPosition.Of(sql, error));
    }

    [Fact]
    public async Task A_plan_is_told_without_files()
    {
        var plan = string.Join('\n', await session.RunAsync("EXPLAIN SELECT count(*) FROM silver.orders WHERE id > 1"));
        Assert.Contains("silver.orders", plan, StringComparison.Ordinal);
        Assert.DoesNotContain(lake.Lake.Folder, plan, StringComparison.Ordinal);
        Assert.Contains("Rows: 4", await session.RunAsync("EXPLAIN ANALYZE SELECT id FROM orders WHERE id > 1"));
    }
}
