using System.Text;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving;

/// <summary>
/// The walls between what others send and what the engine runs (docs/internals/security.md), each with the others off,
/// and all of them against statements that are changed by chance.
/// </summary>
public sealed class DoorTests : IAsyncLifetime
{
    const int StatementsOfSoak = 1_000_000;
    const int Statements = 3_000;

    /// <summary>
    /// Statements that a user may or may not send; what is in none of the tables that are granted must not come
    /// through.
    /// </summary>
    static readonly string[] seeds =
    [
        "SELECT id, name FROM silver.orders WHERE amount > 1 ORDER BY id",
        "WITH x AS (SELECT id FROM silver.orders) SELECT x.id, o.name FROM x JOIN silver.orders o ON o.id = x.id",
        "WITH duck AS (SELECT 1 AS id) SELECT * FROM duck, silver.orders, duckdb_settings()",
        "WITH x AS (SELECT 1) SELECT * FROM x, silver.read_text, read_text('/etc/passwd')",
        "SELECT * FROM silver.read_text r, read_text('/etc/passwd') AS t",
        "SELECT * FROM silver.read_text, silver.secrets",
        "SELECT (SELECT max(name) FROM silver.orders), (SELECT max(word) FROM silver.secrets)",
        "SELECT count(*) FROM silver.duckdb_settings WHERE name IN (SELECT name FROM duckdb_settings())",
        "SELECT E'it\\'s', $q$ FROM silver.secrets $q$, 'x' FROM silver.orders",
        "SELECT U&'\\0061', x'61', \"name\" FROM \"silver\".\"orders\" -- FROM silver.secrets\n",
        "SELECT /* FROM /* silver.secrets */ */ silver.orders.id FROM silver.orders",
        "SELECT * FROM generate_series(1, 3) AS g(i) LEFT JOIN silver.orders ON id = i",
        "SELECT o.id, unnest([1, 2]) FROM silver.orders o WHERE EXISTS (SELECT 1 FROM "
            + "silver.orders i WHERE i.id = o.id)",
        "SELECT relname FROM pg_class WHERE oid = 'silver.orders'::regclass",
        "SELECT getvariable('x'), current_setting('TimeZone') FROM silver.orders",
        "SELECT * FROM (VALUES (1, 'a')) v(a, b) UNION ALL SELECT id, name FROM silver.orders",
    ];

    /// <summary>What is put in somewhere, taken out, or takes the place of something.</summary>
    static readonly string[] pieces =
    [
        " ", "\t", "\n", "\r", "\f", "\v", "\u0001", "\u00a0", "\u00a0\u00a0\u00a0\u00a0", "\u2003", "\u200b", "\u2060",
        "\ufeff", "\u3000", "\u0085",
        "/**/", "/* ' */", "/* \u00e9\u00e9 */", "--\n", "-- '\r", "/*", "*/", "'", "''", "\"", "\"\"", "\\", "\\'",
        "E'\\''", "e'", "1e'\\'", "x'", "$$", "$a$", "$a$ '$a$",
        "`", ";", ",", "(", ")", "[", "]", "::", ":=", ".", "*", "\u00e9", "\ud83d\ude00", "\ud800", "U&", "$1", "1e5",
        "0x1",
        "silver.", "silver.secrets", "read_text", "read_text('/etc/passwd')", "duckdb_settings()", " FROM ", " AS ",
        "x", "SELECT ", " UNION ALL ", "orders",
    ];

    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var project = Directory.CreateTempSubdirectory("foz-door-").FullName;
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        await File.WriteAllTextAsync(
            Path.Combine(project, "policies", "access.yml"),
            "grants:\n  - {to: [ana], on: [silver.orders, silver.read_text, silver.duckdb_settings]}\n", Cancel);
        var access = AccessList.Load(project);
        Directory.Delete(project, recursive: true);
        lake = await ServedLake.CreateAsync(() => access);
        await lake.ChangeAsync("CREATE TABLE silver.read_text AS SELECT 1 AS content");
        await lake.ChangeAsync("CREATE TABLE silver.duckdb_settings AS SELECT 'x' AS name");
        await lake.ChangeAsync("CREATE TABLE silver.secrets AS SELECT 'open sesame' AS word");
        session = lake.Open("ana", isOwner: false);
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    /// <summary>The first wall off: the engine tells places of a text whose spaces it has shortened.</summary>
    [Theory]
    [InlineData("SELECT *\u00a0FROM silver.orders, duckdb_settings()")]
    [InlineData("WITH\u00a0\u00a0x AS (SELECT 1) SELECT * FROM x, silver.orders")]
    [InlineData("SELECT\u2003\u2003\u2003* FROM read_text('x'), t")]
    public void A_place_that_is_not_the_start_of_its_name_is_refused(string sql)
    {
        var error = Assert.Throws<FozException>(() => SqlAnalysis.Read(sql, SqlTokens.Read(sql), Tree(sql)));
        Assert.Equal("0A000", error.SqlState);
    }

    [Fact]
    public void Two_names_at_one_place_are_refused()
    {
        const string sql = "SELECT * FROM t, t";
        var tree = Encoding.UTF8.GetString(Tree(sql).Span);
        var (first, second) = (sql.IndexOf("t,", StringComparison.Ordinal), sql.LastIndexOf('t'));
        Assert.Equal(2, SqlAnalysis.Read(sql, SqlTokens.Read(sql), Encoding.UTF8.GetBytes(tree)).Tables.Count);
        tree = tree.Replace($"\"query_location\":{second}", $"\"query_location\":{first}", StringComparison.Ordinal);
        Assert.Equal(
            "0A000",
            Assert.Throws<FozException>(() =>
                SqlAnalysis.Read(sql, SqlTokens.Read(sql), Encoding.UTF8.GetBytes(tree))).SqlState);
    }

    /// <summary>DuckDB's parser copies what it compares and what windows are named for.</summary>
    [Theory]
    [InlineData("SELECT CASE (SELECT count(*) FROM silver.orders) WHEN 4 THEN 'four' WHEN 5 THEN 'five' END", "five")]
    [InlineData(
        "SELECT CASE (SELECT count(*) FROM silver.orders, generate_series(1, 2)) WHEN 9 THEN 1 WHEN 10 THEN 2 END",
        "2")]
    [InlineData(
        "SELECT rank() OVER w + count(*) OVER w FROM silver.orders x WINDOW w AS (ORDER BY (SELECT max(o.id) FROM silver.orders o)) LIMIT 1", "6")]
    public async Task Subqueries_that_the_parser_copies_are_read_once(string sql, string row) =>
        Assert.Equal(row, (await session.RunAsync(sql))[0]);

    /// <summary>The engine computes these while a statement is described, before its time-out counts.</summary>
    [Theory]
    [InlineData("SELECT 1 LIMIT len(list_transform(range(1000000), x -> repeat('x', 1000000)))", "list_transform")]
    [InlineData("SELECT 1 OFFSET len(list_transform(range(1000000), x -> x))", "list_transform")]
    [InlineData("SELECT i FROM generate_series(1, len(list_sort(range(1000000)))) t(i)", "list_sort")]
    [InlineData("SELECT string_agg(name, array_to_string(range(1000000), ',')) FROM silver.orders", "array_to_string")]
    public async Task What_is_computed_while_a_statement_is_bound_is_small(string sql, string function)
    {
        var error = await Assert.ThrowsAsync<FozException>(() => session.PrepareAsync(sql, [], Cancel));
        Assert.Equal(("0A000", true), (error.SqlState, error.Message.StartsWith(function, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("SELECT id FROM silver.orders ORDER BY id LIMIT length(repeat('x', 1))", "1")]
    [InlineData("SELECT id FROM silver.orders ORDER BY id LIMIT (SELECT len(list_transform(range(1), x -> x)))", "1")]
    [InlineData("SELECT string_agg(array_to_string(ARRAY[id], ','), '-' ORDER BY id) FROM silver.orders", "1-2-3-4-5")]
    public async Task Small_values_and_subqueries_stand_there_as_ever(string sql, string row) =>
        Assert.Equal(row, (await session.RunAsync(sql))[0]);

    /// <summary>The first two walls off: whatever was checked, this is what would run.</summary>
    [Theory]
    [InlineData("SELECT * FROM a, (SELECT 1) AS t")]
    [InlineData("SELECT * FROM (SELECT 1) AS t, (SELECT 1) AS t2")]
    [InlineData("SELECT * FROM (SELECT 1) AS t, duckdb_settings()")]
    [InlineData("SELECT * FROM (SELECT 1) AS t, read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM (SELECT getvariable('x')) AS t, (SELECT 1) AS t2")]
    [InlineData("SELECT upper('x') FROM (SELECT 1) AS t, other.secrets")]
    [InlineData("SELECT * FROM query('SELECT 1')")]
    public void A_final_text_with_other_names_is_refused(string text)
    {
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        var statement = engine.Analyze("SELECT lower('x') FROM a, b", Cancel);
        var put = statement.Tables.ToDictionary(table => table.Span, table => "(SELECT 1)");
        BoundTextCheck.Check(lake.Lake.Engines, statement, put, statement.Rewrite(_ => "(SELECT 1)").Text, Cancel);
        Assert.Equal(
            "0A000",
            Assert.Throws<FozException>(() =>
                BoundTextCheck.Check(lake.Lake.Engines, statement, put, text, Cancel)).SqlState);
    }

    [Theory]
    [InlineData("select count(\"id\")from\"silver\".\"orders\"", "5")]
    [InlineData("select id from\"silver\".\"orders\"o where id=1", "1")]
    [InlineData("select'silver.orders'::regclass::text", "silver.orders")]
    [InlineData("select'int4'::regtype::text", "integer")]
    public async Task Names_in_quotes_need_no_space_beside_words(string sql, string row) =>
        Assert.Equal(row, (await session.RunAsync(sql))[0]);

    [Theory]
    [InlineData(
        "UPDATE silver.orders SET name = (WITH q AS (SELECT 'x' AS a) SELECT a FROM q) WHERE id IN (WITH x AS (SELECT 1 AS a) SELECT a FROM x)")]
    [InlineData("DELETE FROM silver.orders WHERE id IN (WITH x AS (SELECT 100 AS a) SELECT a FROM x)")]
    public async Task Expressions_may_hold_queries_with_names_of_their_own(string sql)
    {
        await using var owner = lake.Open("eva");
        await owner.RunAsync(sql);
    }

    [Theory]
    [InlineData("CREATE TABLE silver.\"orders/_delta_log\" AS SELECT 1 AS a")]
    [InlineData("CREATE TABLE silver.\"orders/_delta_log/00000000000000000001.json\" AS SELECT 1 AS a")]
    [InlineData("CREATE TABLE silver.\"orders/x\" (a bigint)")]
    [InlineData("CREATE TABLE silver.\"_delta_log\" (a bigint)")]
    [InlineData("CREATE TABLE \"_foz\".steps (a bigint)")]
    [InlineData("CREATE TABLE silver.\"a.b\" (a bigint)")]
    [InlineData("CREATE VIEW silver.\"orders/v\" AS SELECT 1 AS a")]
    [InlineData("ALTER TABLE silver.orders RENAME TO \"secrets/_delta_log\"")]
    public async Task A_table_cannot_lie_in_the_folder_of_another(string sql)
    {
        await using var owner = lake.Open("eva");
        Assert.Equal("42602", await owner.FailAsync(sql));
        Assert.Equal(["5", "SELECT 1"], await owner.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Theory]
    [InlineData("SELECT '\0' FROM silver.orders --'", "22021")]
    [InlineData("SELECT 1 --\0\n, 2", "22021")]
    [InlineData("SELECT U&'\\0000'", "42601")]
    public async Task A_text_cannot_hold_what_ends_it_for_the_engine(string sql, string state) =>
        Assert.Equal(state, await session.FailAsync(sql));

    [Theory]
    [InlineData("UPDATE silver.orders SET name = (1) FROM (SELECT 1")]
    [InlineData("DELETE FROM silver.orders WHERE id = 1) OR (true")]
    public async Task An_expression_that_leaves_its_parentheses_is_refused(string sql)
    {
        await using var owner = lake.Open("eva");
        Assert.StartsWith("42", await owner.FailAsync(sql), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT * FROM silver.orders\u00a0o WHERE\u2003o.id = 1 -- caf\u00e9", "1|a|1.50")]
    [InlineData(
        "WITH /* \u00e9\u00a0 */\u00a0x\u00a0AS (SELECT 7 AS n) SELECT n, '\u00a0' = chr(160) FROM x", "7|True")]
    [InlineData("SELECT E'\\'\\u00e9\\x41\\101\\n' || '\u00a0' = '''\u00e9AA' || chr(10) || chr(160)", "True")]
    public async Task Spaces_of_Unicode_are_spaces_and_values_stay(string sql, string row) =>
        Assert.Equal(row, (await session.RunAsync(sql))[0]);

    /// <summary>Names of the final text are names that are granted, whatever was done to a statement.</summary>
    [Fact]
    public async Task No_name_comes_through_that_is_not_granted()
    {
        var (seed, count) = (Soak.Seed(), Soak.Is ? StatementsOfSoak : Statements);
        var (random, passed) = (new Random(seed), 0);
        for (var i = 0; i < count; i++)
        {
            var sql = Mutated(random);
            string? text;
            try
            {
                text = await FinalTextAsync(sql);
            }
            catch (FozException)
            {
                continue;
            }
            catch (Exception e)
            {
                Assert.Fail(
                    $"FOZ_SEED={seed}: statement {i} is no error that clients can read: "
                        + $"{JsonSerializer.Serialize(sql)}: {e}");
                throw;
            }
            passed++;
            if (Ungranted(text) is { } name)
                Assert.Fail(
                    $"FOZ_SEED={seed}: statement {i} names {name}: {JsonSerializer.Serialize(sql)} becomes {text}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{passed} of {count} statements came through");
        Assert.InRange(passed, count / 100, count);
    }

    /// <summary>What the engine would run, found as a query finds it.</summary>
    async Task<string> FinalTextAsync(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        EngineScanner.Check(tokens.Blanked, tokens);
        var context = new ServedContext(session, sql);
        var names = new SessionNameResolver(context, Workload.Serving);
        var translated = await session.Dialect.TranslateAsync(context, tokens.Blanked, [], Cancel);
        var statement = await new StatementResolver(names, lake.Lake.Engines).ResolveAsync(translated.Text, Cancel);
        using var engine = lake.Lake.Engines.Open(Workload.Query);
        using var bound = await new StatementBinder(engine, names).BindAsync(statement, Cancel);
        return bound.Sql;
    }

    /// <summary>
    /// A name of a text that ana may not read, by the engine's own reading of it; null where there is none.
    /// </summary>
    string? Ungranted(string text)
    {
        using var document = JsonDocument.Parse(Tree(text), new() { MaxDepth = 10_000 });
        var common = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var named = new List<(string Kind, string Name)>();
        Collect(document.RootElement, common, named);
        string[] granted = ["/silver/orders", "/silver/read_text", "/silver/duckdb_settings"];
        return named.Where(n => n.Kind switch
        {
            "table" =>
                !common.Contains(n.Name)
                    && !(n.Name.Split('.') is [var schema, _, ..]
                        && schema.StartsWith(OwnNames.Of("catalog"), StringComparison.Ordinal)),
            "function" =>
                !ServedFunctions.Allows(ServedFunctions.Call, n.Name)
                    && !ServedFunctions.Allows(ServedFunctions.Syntax, n.Name) && !OwnNames.Has(n.Name),
            "file" => !granted.Any(folder => n.Name.Contains(folder, StringComparison.Ordinal)),
            _ => n.Name != "read_parquet" && !ServedFunctions.Allows(ServedFunctions.Table, n.Name),
        }).Select(n => $"the {n.Kind} {n.Name}").FirstOrDefault();
    }

    static void Collect(JsonElement element, HashSet<string> common, List<(string Kind, string Name)> named)
    {
        if (element.ValueKind is JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) Collect(item, common, named);
        if (element.ValueKind is not JsonValueKind.Object) return;
        if (element.TryGetProperty("key", out var key) && element.TryGetProperty("value", out _)
            && key.ValueKind is JsonValueKind.String)
            common.Add(key.GetString()!);
        var type = element.TryGetProperty("type", out var t) && t.ValueKind is JsonValueKind.String
            ? t.GetString()
            : null;
        if (type == "BASE_TABLE")
            named.Add(
                ("table",
                    string.Join(
                        '.',
                        new[] { "schema_name", "table_name" }.Select(p => element.GetProperty(p).GetString())
                            .Where(p => p!.Length > 0))));
        else if (type == "SHOW_REF") named.Add(("function", "show"));
        else if (type == "TABLE_FUNCTION")
        {
            var function = element.GetProperty("function");
            var name = function.GetProperty("function_name").GetString()!.ToLowerInvariant();
            named.Add(("table function", name));
            if (name == "read_parquet") Texts(function.GetProperty("children")[0], named);
            else Collect(function.GetProperty("children"), common, named);
        }
        else if (element.TryGetProperty("function_name", out var called)
            && !(element.TryGetProperty("is_operator", out var isOperator) && isOperator.GetBoolean()))
            named.Add(("function", called.GetString()!.ToLowerInvariant()));
        foreach (var property in element.EnumerateObject())
            if (!(type == "TABLE_FUNCTION" && property.NameEquals("function"))) Collect(property.Value, common, named);
    }

    static void Texts(JsonElement element, List<(string Kind, string Name)> named)
    {
        if (element.ValueKind is JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) Texts(item, named);
        else if (element.ValueKind is JsonValueKind.Object)
        {
            if (element.TryGetProperty("class", out var c) && c.ValueEquals("CONSTANT"))
                named.Add(("file", element.GetProperty("value").GetProperty("value").ToString()));
            else foreach (var property in element.EnumerateObject()) Texts(property.Value, named);
        }
    }

    ReadOnlyMemory<byte> Tree(string sql)
    {
        using var engine = lake.Lake.Engines.Open(Workload.Serving);
        return Encoding.UTF8.GetBytes(
            engine.QueryScalar<string>("SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", Cancel, sql));
    }

    static string Mutated(Random random)
    {
        var sql = new StringBuilder(seeds[random.Next(seeds.Length)]);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(sql.Length + 1);
            var piece = pieces[random.Next(pieces.Length)];
            switch (random.Next(5))
            {
                case 0 when at < sql.Length:
                    sql.Remove(at, Math.Min(random.Next(1, 4), sql.Length - at));
                    break;
                case 1 when at < sql.Length:
                    sql[at] = char.IsUpper(sql[at]) ? char.ToLowerInvariant(sql[at]) : char.ToUpperInvariant(sql[at]);
                    break;
                case 2:
                    // Between words a space of any kind is most like what a client could send.
                    var space = sql.ToString().IndexOf(' ', Math.Min(at, sql.Length - 1));
                    sql.Insert(space < 0 ? at : space, piece);
                    break;
                default:
                    sql.Insert(at, piece);
                    break;
            }
        }
        return sql.ToString();
    }
}
