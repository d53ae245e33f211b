using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Governance;

public sealed class AccessTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-access-").FullName;
    ServedLake lake = null!;
    SqlSession ana = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current);
        await lake.ChangeAsync("CREATE TABLE gold.sales (day date, total double)");
        ana = lake.Open("ana", isOwner: false);
    }

    public async ValueTask DisposeAsync()
    {
        await ana.DisposeAsync();
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    void Grant(string yaml)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "access.yml"), yaml);
    }

    [Fact]
    public async Task A_policy_behind_a_link_is_read_again_when_what_it_leads_to_changes()
    {
        var policies = Directory.CreateDirectory(Path.Combine(project, "policies")).FullName;
        var real = Path.Combine(project, "real.yml");
        File.WriteAllText(real, "grants:\n  - to: [ana]\n    on: [silver.orders]\n");
        File.CreateSymbolicLink(Path.Combine(policies, "access.yml"), real);
        Assert.Equal(["5", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM silver.orders"));
        File.WriteAllText(real, "grants:\n  - to: [ana]\n    on: [gold.sales]\n");
        Assert.Equal("42P01", await ana.FailAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task What_is_not_granted_is_not_there()
    {
        foreach (var sql in new[]
        {
            "SELECT * FROM silver.orders", "SELECT count(*) FROM lake.silver.orders AT (VERSION => 0)",
            "SELECT * FROM silver.orders FOR VERSION AS OF 1", "SELECT 1 WHERE EXISTS (SELECT * FROM silver.orders)",
            "WITH o AS (SELECT * FROM silver.orders) SELECT 1", "COPY silver.orders TO STDOUT",
            "SELECT * FROM foz.runs",
            "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM silver.orders", "SELECT 'silver.orders'::regclass",
        })
            Assert.Equal("42P01", await ana.FailAsync(sql));
        Assert.Equal("42883", await ana.FailAsync("SELECT * FROM table_changes('silver.orders', 0)"));
        Assert.Equal("42P01", await ana.FailAsync("EXPLAIN SELECT * FROM silver.orders"));
        Assert.Equal("42P01", await ana.FailAsync("DELETE FROM silver.orders"));
        Assert.Equal(
            ["SELECT 0"],
            await ana.RunAsync("SELECT * FROM information_schema.columns WHERE table_schema IN ('silver', 'gold')"));
        Assert.Equal(["SELECT 0"], await ana.RunAsync("SELECT * FROM pg_class WHERE relname IN ('orders', 'sales')"));
        Assert.Equal(["SELECT 0"], await ana.RunAsync("SELECT * FROM pg_namespace WHERE nspname = 'silver'"));
        Assert.Equal(["0", "SELECT 1"], await ana.RunAsync("SELECT pg_database_size('lake')"));
    }

    [Fact]
    public async Task Names_that_are_not_granted_are_in_no_hint()
    {
        Grant("grants: [{to: [ana], on: [gold]}, {to: [ana], on: [gold], privileges: [insert, delete, create]}]");
        foreach (var sql in new[]
        {
            "SELECT * FROM gold.orders", "INSERT INTO gold.orders VALUES (1)", "DELETE FROM gold.orders",
            "DROP TABLE gold.orders",
        })
        {
            var error = await Assert.ThrowsAsync<FozException>(() => ana.RunAsync(sql));
            Assert.DoesNotContain("silver", $"{error.Message} {error.Hint}", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_column_was_called_and_what_it_no_longer_is_do_not_matter_to_older_versions()
    {
        await lake.ChangeAsync(
            "CREATE TABLE gold.people (id int, cpf string, age int) TBLPROPERTIES "
                + "('delta.columnMapping.mode' = 'name')");
        await lake.ChangeAsync("INSERT INTO gold.people VALUES (1, '390', 40)");
        await lake.ChangeAsync("ALTER TABLE gold.people RENAME COLUMN cpf TO document");
        await lake.ChangeAsync("ALTER TABLE gold.people ALTER COLUMN document SET TAGS ('pii' = 'cpf')");
        await lake.ChangeAsync("ALTER TABLE gold.people ADD COLUMNS (cpf string)");
        await lake.ChangeAsync("ALTER TABLE gold.people DROP COLUMN age");
        Grant("grants: [{to: [ana], on: [gold]}]");
        Assert.Equal(["1|NULL", "SELECT 1"], await ana.RunAsync("SELECT * FROM gold.people"));
        Assert.Equal(["1", "SELECT 1"], await ana.RunAsync("SELECT * FROM gold.people FOR VERSION AS OF 1"));
        Assert.Equal("42703", await ana.FailAsync("SELECT cpf FROM gold.people FOR VERSION AS OF 1"));
        Assert.Equal("42703", await ana.FailAsync("SELECT age FROM gold.people AT (VERSION => 1)"));
        await using var owner = lake.Open();
        Assert.Equal(["1|390|40", "SELECT 1"], await owner.RunAsync("SELECT * FROM gold.people FOR VERSION AS OF 1"));
        // Nor does bringing it back.
        await owner.RunAsync("CREATE TABLE gold.twin DEEP CLONE gold.people VERSION AS OF 1");
        Assert.Equal(["1|40", "SELECT 1"], await ana.RunAsync("SELECT * FROM gold.twin"));
        await owner.RunAsync("RESTORE TABLE gold.people TO VERSION AS OF 1");
        Assert.Equal(["1|40", "SELECT 1"], await ana.RunAsync("SELECT * FROM gold.people"));
    }

    [Fact]
    public async Task Tags_go_with_what_statements_copy()
    {
        await lake.ChangeAsync("CREATE TABLE gold.people (id int, cpf string, name string)");
        await lake.ChangeAsync("INSERT INTO gold.people VALUES (1, '390', 'ana')");
        await lake.ChangeAsync("ALTER TABLE gold.people ALTER COLUMN cpf SET TAGS ('pii' = 'cpf')");
        await lake.ChangeAsync("CREATE TABLE sandbox.later (a int, b string)");
        Grant(
            """
            grants:
              - {to: [ana], on: [gold, sandbox], tags: {pii.cpf: clear}}
              - {to: [ana], on: [sandbox], privileges: [create, insert]}
              - {to: [bia], on: [sandbox]}
            """);
        await ana.RunAsync(
            "CREATE TABLE sandbox.copy AS SELECT id, 'x' || cpf AS document, upper(name) AS name "
                + "FROM gold.people WHERE cpf <> ''");
        await ana.RunAsync("INSERT INTO sandbox.later SELECT id, cpf FROM (SELECT * FROM gold.people)");
        Assert.Equal(["1|x390|ANA", "SELECT 1"], await ana.RunAsync("SELECT * FROM sandbox.copy"));
        await using var bia = lake.Open("bia", isOwner: false);
        Assert.Equal(["1|ANA", "SELECT 1"], await bia.RunAsync("SELECT * FROM sandbox.copy"));
        Assert.Equal("42703", await bia.FailAsync("SELECT document FROM sandbox.copy"));
        Assert.Equal(["1", "SELECT 1"], await bia.RunAsync("SELECT * FROM sandbox.later"));
    }

    [Fact]
    public async Task Tags_go_with_what_UPDATE_and_MERGE_write()
    {
        await lake.ChangeAsync("CREATE TABLE gold.people (id int, cpf string, name string)");
        await lake.ChangeAsync("INSERT INTO gold.people VALUES (1, '390', 'ana'), (2, '391', 'bia')");
        await lake.ChangeAsync("ALTER TABLE gold.people ALTER COLUMN cpf SET TAGS ('pii' = 'cpf')");
        await lake.ChangeAsync("CREATE TABLE sandbox.copy (id int, a string, b string, c string, d string)");
        await lake.ChangeAsync("INSERT INTO sandbox.copy (id) VALUES (1)");
        await lake.ChangeAsync("CREATE TABLE sandbox.plain AS SELECT id, 'x' AS cpf, name FROM gold.people");
        Grant("grants: [{to: [ana], on: [gold, sandbox], tags: {pii.cpf: clear}}, {to: [ana], on: [sandbox], "
            + "privileges: [insert, update]}, {to: [bia], on: [sandbox]}]");
        await using var bia = lake.Open("bia", isOwner: false);
        foreach (var (sql, hidden) in new[]
        {
            ("UPDATE sandbox.copy SET a = 'x', b = upper(a) WHERE id = 1", ""),
            ("UPDATE sandbox.copy SET a = (SELECT min(cpf) FROM gold.people) WHERE id = 5", ""),
            ("UPDATE sandbox.copy SET a = 'x' || (SELECT min(cpf) FROM gold.people), b = 'y' WHERE id = 1", "a"),
            ("UPDATE sandbox.copy AS t SET b = t.a || '!' WHERE id = 1", "a b"),
            ("UPDATE sandbox.copy SET c = p.cpf FROM gold.people AS p WHERE copy.id = p.id", "a b c"),
            ("MERGE INTO sandbox.copy AS t USING gold.people AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET d = "
                + "s.name WHEN NOT MATCHED THEN INSERT (id, a) VALUES (id, name)", "a b c"),
            ("MERGE INTO sandbox.copy AS t USING gold.people AS s ON t.id = s.id AND s.id = 2 WHEN NOT MATCHED BY "
                + "SOURCE THEN UPDATE SET d = c", "a b c d"),
            ("INSERT INTO sandbox.plain SELECT id, name, name FROM gold.people WHERE id > 9", "a b c d"),
            ("MERGE INTO sandbox.plain AS t USING gold.people AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *",
                "a b c d cpf"),
        })
        {
            await ana.RunAsync(sql);
            foreach (var column in new[] { "a", "b", "c", "d" })
                Assert.Equal(hidden.Split(' ').Contains(column), await IsHiddenAsync("sandbox.copy", column));
            Assert.Equal(hidden.Contains("cpf", StringComparison.Ordinal), await IsHiddenAsync("sandbox.plain", "cpf"));
            Assert.False(await IsHiddenAsync("sandbox.plain", "name"), sql);
        }

        async Task<bool> IsHiddenAsync(string table, string column)
        {
            try
            {
                await bia.RunAsync($"SELECT {column} FROM {table}");
                return false;
            }
            catch (FozException e) when (e.SqlState == "42703")
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task A_schema_or_table_is_granted_to_a_user_or_role()
    {
        Grant(
            """
            roles:
              - name: analysts
                members: [bia, ana]
            grants:
              - to: [analysts]
                on: [silver.orders]
              - to: [everyone]
                on: [gold]
            """);
        Assert.Equal(["5", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal(["0", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM gold.sales"));
        Assert.Equal(["orders", "sales", "SELECT 2"], await ana.RunAsync(
            "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('silver', 'gold') ORDER BY 1"));
        await using var eva = lake.Open("eva", isOwner: false);
        Assert.Equal("42P01", await eva.FailAsync("SELECT * FROM silver.orders"));
        Assert.Equal(["SELECT 0"], await eva.RunAsync("SELECT * FROM gold.sales"));
        Grant("grants: []");
        Assert.Equal("42P01", await ana.FailAsync("SELECT * FROM silver.orders"));
    }

    [Fact]
    public async Task Columns_and_rows_that_are_not_granted_are_not_there()
    {
        Grant(
            """
            grants:
              - to: [ana]
                on: [silver.orders]
                columns: [id, name]
                where: id < 3 or name = current_user
            """);
        Assert.Equal(["1|a", "2|b", "SELECT 2"], await ana.RunAsync("SELECT * FROM silver.orders ORDER BY id"));
        Assert.Equal("42703", await ana.FailAsync("SELECT amount FROM silver.orders"));
        Assert.Equal(["SELECT 0"], await ana.RunAsync("SELECT * FROM silver.orders WHERE id = 5"));
        Assert.Equal(["id", "name", "SELECT 2"], await ana.RunAsync(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'silver.orders'::regclass ORDER BY attnum"));
        Assert.Equal(["-1", "SELECT 1"], await ana.RunAsync("SELECT reltuples FROM pg_class WHERE relname = 'orders'"));
        Assert.Equal(["2", "SELECT 1"], await ana.RunAsync("SELECT count(*) FROM silver.orders AT (VERSION => 1)"));
    }

    [Fact]
    public async Task An_expression_never_meets_a_value_that_is_not_shown()
    {
        await lake.ChangeAsync("INSERT INTO silver.orders VALUES (10, '7', 1), (11, '8', 1)");
        Grant("grants:\n  - {to: [ana], on: [silver.orders], where: id >= 10}");
        // It would fail on the names of the other rows.
        Assert.Equal(["7", "8", "SELECT 2"], await ana.RunAsync(
            "SELECT CAST(name AS INTEGER) FROM silver.orders WHERE CAST(name AS INTEGER) > 0 ORDER BY 1"));
        var statement = await ana.PrepareAsync(
            "SELECT CAST(name || 'secret' AS INTEGER) FROM silver.orders", [], Cancel);
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await using var cursor = await statement.ExecuteAsync([], Cancel);
            await ServedSessionExtensions.RowsOfAsync(cursor);
        });
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Masked_columns_show_nothing_of_their_values_but_what_the_mask_leaves()
    {
        await lake.ChangeAsync("INSERT INTO silver.orders VALUES (10, '123.456.789-09', 9)");
        Grant(
            """
            grants:
              - to: [ana]
                on: [silver.orders]
                masks: {name: last4, amount: null}
            """);
        Assert.Equal(["10|****9-09|NULL", "SELECT 1"], await ana.RunAsync("SELECT * FROM silver.orders WHERE id = 10"));
        Assert.Equal(["SELECT 0"], await ana.RunAsync("SELECT * FROM silver.orders WHERE name LIKE '123%'"));
        Assert.Equal(["****", "SELECT 1"], await ana.RunAsync("SELECT name FROM silver.orders WHERE id = 1"));
    }

    [Fact]
    public async Task Grants_add_up_for_each_value()
    {
        Grant(
            """
            grants:
              - {to: [ana], on: [silver.orders], columns: [id, name], where: id = 1}
              - {to: [ana], on: [silver.orders], columns: [id, amount], where: id <= 2}
              - {to: [ana], on: [silver.orders], columns: [id, name], where: id = 2, masks: {name: redact}}
            """);
        Assert.Equal(
            ["1|a|1.50", "2|****|2.50", "SELECT 2"], await ana.RunAsync("SELECT * FROM silver.orders ORDER BY id"));
    }

    [Fact]
    public void A_name_is_no_role_and_a_role_is_no_name()
    {
        Grant("users:\n  - name: ana\nroles:\n  - {name: finance, members: [bia]}\ngrants:\n  - {to: [finance], on: "
            + "[gold.sales]}\n  - {to: [ana], on: [silver.orders]}");
        var list = AccessList.Load(project);
        Foz.Lake.Data.TableName sales = new("gold", "sales"), orders = new("silver", "orders");
        Assert.NotNull(list.Of(new Grantee("bia"), sales));
        Assert.NotNull(list.Of(new Grantee("eva") { Roles = ["finance"] }, sales));
        Assert.NotNull(list.Of(new Grantee("ana"), orders));
        // Names and roles of tokens are what their issuer makes them.
        Assert.Null(list.Of(new Grantee("finance"), sales));
        Assert.Null(list.Of(new Grantee("eva") { Roles = ["ana"] }, orders));
        Assert.False(list.Allows(new("finance"), sales, Privilege.Select));
    }

    [Theory]
    [InlineData("users:\n  - name: a\nroles:\n  - {name: a}", "'a' is a role and a user")]
    [InlineData("grants:\n  - {to: [ana]}", "has no 'on'")]
    [InlineData("grants:\n  - {on: [gold]}", "has no 'to'")]
    [InlineData("grants:\n  - {to: [a], on: [gold], mask: {a: b}}", "mask")]
    [InlineData("grants:\n  - {to: [a], on: [gold], masks: {cpf: blur}}", "no such mask")]
    [InlineData("grants: all", "must be a list")]
    [InlineData("roles:\n  - {name: everyone}", "everyone is everyone")]
    [InlineData("roles:\n  - {name: a}\n  - {name: a}", "twice")]
    [InlineData("grant: []", "grant")]
    public void What_is_wrong_is_told(string yaml, string message)
    {
        Grant(yaml);
        var error = Assert.Throws<FozException>(() => AccessList.Load(project));
        Assert.Contains(message, error.Describe(), StringComparison.Ordinal);
        Assert.Contains("policies", error.Describe(), StringComparison.Ordinal);
    }
}
