using System.Security.Cryptography;
using System.Text;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Serving.Changes;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Serving.Governance;

/// <summary>Grants to write, and views that are read with their owner's rights.</summary>
public sealed class WriteGrantTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-write-grants-").FullName;
    ServedLake lake = null!;
    SqlSession ana = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current, isAudited: true);
        await lake.ChangeAsync("CREATE TABLE silver.people (id bigint, cpf string, state string)");
        await lake.ChangeAsync("INSERT INTO silver.people VALUES (1, '11122233344', 'SP'), (2, '55566677788', 'RJ')");
        await lake.ChangeAsync("ALTER TABLE silver.people ALTER COLUMN cpf SET TAGS ('pii' = 'cpf')");
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

    async Task ViewAsync(string name, string sql) => await lake.Lake.Catalog.DefineAsync(
        new("gold", name), _ => new() { Schema = "gold", Name = name, Kind = DefinitionKind.View, Sql = sql }, Cancel);

    [Theory]
    [InlineData("INSERT INTO silver.orders VALUES (9, 'x', 1)", "insert")]
    [InlineData("DELETE FROM silver.orders WHERE id = 1", "delete")]
    [InlineData("TRUNCATE TABLE silver.orders", "delete")]
    [InlineData("UPDATE silver.orders SET name = 'x' WHERE id = 1", "update")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE", "delete")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT 7 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)", "insert")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x' WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id) WHEN NOT MATCHED BY SOURCE THEN DELETE", "insert, update, delete")]
    [InlineData(
        "MERGE WITH SCHEMA EVOLUTION INTO silver.orders t USING (SELECT 7 AS id, 1 AS z) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT *", "insert, alter")]
    [InlineData("INSERT INTO silver.orders VALUES (1, 'x', 1) ON CONFLICT (id) DO NOTHING", "insert")]
    [InlineData(
        "INSERT INTO silver.orders VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "insert, update")]
    [InlineData("INSERT INTO silver.orders SELECT id + 100, name, amount FROM silver.orders", "insert")]
    [InlineData(
        "UPDATE silver.orders SET name = s.st FROM (SELECT id, state AS st FROM silver.people) AS s WHERE orders.id = s.id", "update")]
    [InlineData("DELETE FROM silver.orders USING silver.people AS p WHERE orders.id = p.id", "delete")]
    [InlineData("COPY silver.orders FROM STDIN", "insert")]
    [InlineData("COPY silver.orders (name, id) FROM STDIN", "insert")]
    [InlineData("INSERT OVERWRITE silver.orders SELECT 1, 'a', 1", "insert, delete")]
    [InlineData("ALTER TABLE silver.orders ADD COLUMN note string", "alter")]
    [InlineData("COMMENT ON TABLE silver.orders IS 'x'", "alter")]
    [InlineData("DROP TABLE silver.orders", "drop")]
    [InlineData("ALTER TABLE silver.orders RENAME TO sales", "drop, create")]
    [InlineData("OPTIMIZE silver.orders", "maintain")]
    [InlineData("DESCRIBE HISTORY silver.orders", "maintain")]
    [InlineData("CREATE TABLE silver.fresh (id bigint)", "create")]
    [InlineData("CREATE TABLE silver.fresh AS SELECT id FROM silver.orders", "create")]
    public async Task A_statement_needs_each_privilege_that_it_takes(string sql, string privileges)
    {
        // In a transaction as outside of one, where it can be there.
        string?[] begins = firstWordsOfRows.Contains(sql.Split(' ')[0]) ? ["BEGIN", null] : [null];
        var (refused, needed) = (0, privileges.Split(", "));
        foreach (var begin in begins)
        {
            foreach (var left in needed.Append("all"))
            {
                var rest = needed.Where(p => p != left && left != "all").Append("select");
                Grant($"grants: [{{to: [ana], on: [silver], privileges: [{string.Join(", ", rest)}]}}]");
                if (begin is not null) await ana.RunAsync(begin);
                var error = await Assert.ThrowsAsync<FozException>(() => DoAsync(sql));
                Assert.Equal("42501", error.SqlState ?? error.Kind.SqlState);
                if (begin is not null) await ana.RunAsync("ROLLBACK");
                Assert.Equal(++refused, lake.Audited().Count(record => record.Decision is AuditDecision.Denied));
            }
            Grant($"grants: [{{to: [ana], on: [silver], privileges: [select, {privileges}]}}]");
            if (begin is not null) await ana.RunAsync(begin);
            await DoAsync(sql);
            if (begin is not null) await ana.RunAsync("ROLLBACK");
        }
    }

    static readonly string[] firstWordsOfRows = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "COPY"];

    /// <summary>Runs a statement; one that takes rows is given one.</summary>
    async Task DoAsync(string sql)
    {
        var statement = await ana.PrepareAsync(sql, [], Cancel);
        if (!statement.TakesRows)
        {
            await (await statement.ExecuteAsync([], Cancel)).DisposeAsync();
            return;
        }
        await using var load = await statement.BeginLoadAsync(Cancel);
        load.Write(
            Encoding.UTF8.GetBytes(sql.Contains("(name, id)", StringComparison.Ordinal) ? "x\t9\n" : "9\tx\t1\n"),
            Cancel);
        Assert.Equal("COPY 1", await load.CompleteAsync(Cancel));
    }

    [Fact]
    public async Task Who_may_only_add_rows_copies_without_seeing_the_table()
    {
        Grant("grants: [{to: [ana], on: [silver.orders], privileges: [insert]}]");
        await DoAsync("COPY silver.orders FROM STDIN");
        Assert.Equal("42P01", await ana.FailAsync("SELECT * FROM silver.orders"));
        Assert.Equal(
            "42P01", (await Assert.ThrowsAsync<FozException>(() => DoAsync("COPY silver.people FROM STDIN"))).SqlState);
        await using var owner = lake.Open();
        Assert.Equal(["6", "SELECT 1"], await owner.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task Parameters_are_of_their_columns_types_for_who_may_write()
    {
        Grant("grants: [{to: [ana], on: [silver.orders], privileges: [select, insert, update]}]");
        var insert = await ana.PrepareAsync("INSERT INTO silver.orders VALUES ($1, $2, $3)", [], Cancel);
        Assert.Equal([TypeOids.Int8, TypeOids.Text, TypeOids.Numeric], insert.ParameterTypes.Select(type => type.Oid));
        await ana.RunAsync("UPDATE silver.orders SET amount = $1 WHERE id = $2", 7, 1);
        Assert.Equal("42501", await ana.FailAsync("DELETE FROM silver.orders WHERE id = $1", 1));
    }

    [Fact]
    public async Task A_plan_tells_no_value_that_is_hidden()
    {
        Grant("grants: [{to: [ana], on: [silver.people], where: \"state = 'XYZ'\", masks: {cpf: "
            + "last_four}}, {to: [ana], on: [gold]}]");
        await ViewAsync("by_state", "SELECT state, count(*) AS n FROM silver.people GROUP BY state");
        foreach (var sql in new[]
        {
            "EXPLAIN SELECT * FROM silver.people WHERE id > 5",
            "EXPLAIN SELECT min(cpf), max(state) FROM silver.people",
            "EXPLAIN VERBOSE SELECT p.id FROM silver.people p JOIN gold.by_state s ON p.state = s.state",
            "EXPLAIN (VERBOSE) SELECT * FROM gold.by_state",
        })
        {
            var before = await PlanAsync(sql);
            Assert.DoesNotContain("XYZ", before, StringComparison.Ordinal);
            Assert.DoesNotContain("CASE", before, StringComparison.Ordinal);
            Assert.DoesNotContain("foz_", before, StringComparison.Ordinal);
            // Nor does it know of rows.
            await lake.ChangeAsync("INSERT INTO silver.people VALUES (7, '99988877766', 'XYZ')");
            Assert.Equal(before, await PlanAsync(sql));
        }
        // What runs counts the rows that are shown.
        Assert.Contains("Rows: 4", await ana.RunAsync("EXPLAIN ANALYZE SELECT * FROM silver.people"));
        Grant("grants: [{to: [ana], on: [silver.people], columns: [id]}]");
        Assert.Equal("42703", await ana.FailAsync("EXPLAIN SELECT cpf FROM silver.people"));
        Assert.DoesNotContain("cpf", await PlanAsync("EXPLAIN SELECT * FROM silver.people"), StringComparison.Ordinal);
        Assert.Equal("42P01", await ana.FailAsync("EXPLAIN SELECT * FROM silver.orders"));

        async Task<string> PlanAsync(string sql) => string.Join('\n', await ana.RunAsync(sql));
    }

    [Fact]
    public async Task What_is_not_granted_at_all_is_not_there_to_be_written()
    {
        foreach (var sql in new[]
        {
            "DELETE FROM silver.orders", "DROP TABLE silver.orders",
            "INSERT INTO silver.orders SELECT * FROM silver.orders",
        })
            Assert.Equal("42P01", await ana.FailAsync(sql));
        Assert.Equal("42P01", await ana.FailAsync("DELETE FROM silver.nothing"));
    }

    [Theory]
    [InlineData("DELETE FROM silver.people WHERE cpf LIKE '111%'")]
    [InlineData("UPDATE silver.people SET state = 'SP' WHERE cpf LIKE '111%'")]
    [InlineData(
        "MERGE INTO silver.people t USING (SELECT '11122233344' AS cpf) s ON t.cpf = s.cpf WHEN MATCHED THEN DELETE")]
    [InlineData("ALTER TABLE silver.people ADD CONSTRAINT c CHECK (cpf <> '11122233344')")]
    [InlineData("ALTER TABLE silver.people ALTER COLUMN cpf UNSET TAGS ('pii')")]
    public async Task Who_does_not_see_all_of_a_table_does_not_change_it_by_what_is_hidden(string sql)
    {
        Grant("grants: [{to: [ana], on: [silver], privileges: [all]}]");
        Assert.Equal("42501", await ana.FailAsync(sql));
        Grant("grants:\n  - {to: [ana], on: [silver], where: id = 2, tags: {pii: clear}}\n  - {to: [ana], on: "
            + "[silver], privileges: [insert, update, delete, alter]}");
        Assert.Equal("42501", await ana.FailAsync(sql));
        Grant("grants: [{to: [ana], on: [silver], privileges: [insert], tags: {pii: clear}}]");
        Assert.Equal(["INSERT 0 1"], await ana.RunAsync("INSERT INTO silver.people VALUES (3, '1', 'SP')"));
    }

    [Theory]
    [InlineData("INSERT INTO silver.orders SELECT id, cpf, 1 FROM silver.people", "42703")]
    [InlineData("UPDATE silver.orders SET name = lower(getvariable('x')) WHERE id = 1", "42883")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = getvariable('x')", "42883")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT getvariable('x') AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE",
        "42883")]
    [InlineData("INSERT INTO silver.orders REPLACE WHERE name = getvariable('x') SELECT 1, 'a', 1", "42883")]
    [InlineData("CREATE TABLE silver.copy AS SELECT cpf FROM silver.people", "42703")]
    [InlineData("UPDATE silver.orders SET name = (SELECT max(cpf) FROM silver.people)", "42703")]
    [InlineData("UPDATE silver.orders SET name = getvariable('x')", "42883")]
    [InlineData("DELETE FROM silver.orders WHERE name = current_setting('memory_limit')", "42")]
    [InlineData("DELETE FROM silver.orders WHERE name IN (SELECT content FROM read_text('/etc/passwd'))", "42883")]
    [InlineData("INSERT INTO delta.`/tmp/foz-nowhere` SELECT 1", "42501")]
    [InlineData("CONVERT TO DELTA parquet.`/tmp/foz-nowhere`", "42501")]
    [InlineData("CREATE VIEW silver.v AS SELECT cpf FROM silver.people", "42501")]
    [InlineData("CREATE TABLE silver.c SHALLOW CLONE silver.people", "42501")]
    public async Task What_is_written_reads_only_what_may_be_read(string sql, string state)
    {
        Grant("grants: [{to: [ana], on: [silver], privileges: [all]}]");
        Assert.StartsWith(state, await ana.FailAsync(sql), StringComparison.Ordinal);
        Assert.Contains(lake.Audited(), record => record.Decision is AuditDecision.Denied);
    }

    [Fact]
    public async Task A_view_that_is_granted_reads_with_its_owners_rights()
    {
        await ViewAsync("by_state", "SELECT state, count(*) AS n FROM silver.people GROUP BY state");
        await ViewAsync("nested", "SELECT n FROM gold.by_state WHERE state = 'SP'");
        Grant("grants: [{to: [ana], on: [gold]}]");
        Assert.Equal(["RJ|1", "SP|1", "SELECT 2"], await ana.RunAsync("SELECT * FROM gold.by_state ORDER BY 1"));
        Assert.Equal(["1", "SELECT 1"], await ana.RunAsync("WITH x AS (SELECT * FROM gold.nested) SELECT * FROM x"));
        Assert.Equal("42P01", await ana.FailAsync("SELECT * FROM silver.people"));
        Assert.Equal(
            "42P01", await ana.FailAsync("SELECT v.n FROM gold.by_state v JOIN silver.people p ON v.state = p.state"));
        // Rows that are hidden of a table are hidden through views too.
        Grant("grants: [{to: [ana], on: [gold]}, {to: [ana], on: [silver.people], where: state = 'SP'}]");
        Assert.Equal(["SP|1", "SELECT 1"], await ana.RunAsync("SELECT * FROM gold.by_state"));
        Grant("grants: [{to: [ana], on: [silver]}]");
        Assert.Equal("42P01", await ana.FailAsync("SELECT * FROM gold.by_state"));
    }

    [Fact]
    public async Task Protected_columns_are_protected_through_views()
    {
        await ViewAsync("contacts", "SELECT id, cpf || '!' AS label FROM silver.people");
        Grant("grants: [{to: [ana], on: [gold]}]");
        Assert.Equal("42703", await ana.FailAsync("SELECT * FROM gold.contacts"));
        Grant("grants: [{to: [ana], on: [gold], tags: {pii: last_four}}]");
        Assert.Equal(
            ["****3344!", "****7788!", "SELECT 2"], await ana.RunAsync("SELECT label FROM gold.contacts ORDER BY id"));
    }

    [Fact]
    public async Task A_hash_is_made_with_the_servers_key()
    {
        const string Policies = "grants: [{to: [ana], on: [silver], masks: {cpf: hash}}]";
        Grant(Policies);
        var access = AccessList.Load(project);
        var shown = new List<string>();
        foreach (var key in new[] { "one", "two", null, null })
        {
            await using var served = await ServedLake.CreateAsync(
                () => access, choose: options => options with { MaskKey = key });
            await served.ChangeAsync(
                "CREATE TABLE silver.people AS SELECT * FROM (VALUES (1, '11122233344'), (2, NULL), (3, "
                    + "'11122233344')) t(id, cpf)");
            await using var session = served.Open("ana", isOwner: false);
            var rows = await session.RunAsync("SELECT cpf FROM silver.people ORDER BY id");
            Assert.Equal((rows[0], "NULL"), (rows[2], rows[1]));
            Assert.Equal(
                [rows[0], "SELECT 1"],
                await session.RunAsync(
                    "SELECT a.cpf FROM silver.people a JOIN silver.people b ON a.cpf = "
                        + "b.cpf WHERE a.id = 1 AND b.id = 3"));
            Assert.Equal("42883", await session.FailAsync("SELECT foz_masked('11122233344', 'column cpf')"));
            if (key is not null)
            {
                var family = HKDF.DeriveKey(
                    HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key), 32,
                    info: "foz hash mask, column cpf"u8.ToArray());
                Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(family, "11122233344"u8)), rows[0]);
            }
            shown.Add(rows[0]);
        }
        Assert.Equal(4, shown.Distinct().Count());
        Assert.DoesNotContain(Convert.ToHexStringLower(SHA256.HashData("11122233344"u8)), shown);
    }

    [Fact]
    public async Task Current_user_in_a_view_is_who_reads_it()
    {
        await using var owner = lake.Open("bia");
        await owner.RunAsync(
            "CREATE VIEW gold.mine AS SELECT id, current_user AS reader, upper(user) AS who FROM "
                + "silver.people WHERE state <> session_user");
        await owner.RunAsync("CREATE VIEW gold.nested AS SELECT * FROM gold.mine WHERE reader = CURRENT_USER");
        Grant("grants: [{to: [ana], on: [gold]}]");
        Assert.Equal(
            ["1|ana|ANA", "2|ana|ANA", "SELECT 2"], await ana.RunAsync("SELECT * FROM gold.nested ORDER BY id"));
        Assert.Equal(["bia|BIA", "SELECT 1"], await owner.RunAsync("SELECT reader, who FROM gold.mine WHERE id = 1"));
        Assert.Equal(["bia", "SELECT 1"], await owner.RunAsync("SELECT current_user"));
    }

    [Fact]
    public async Task Tables_of_the_platform_are_there_before_their_first_rows()
    {
        await using var owner = lake.Open();
        foreach (var table in JournalTables.Names)
            Assert.Equal(["0", "SELECT 1"], await owner.RunAsync($"SELECT count(*) FROM {table}"));
        await owner.RunAsync("BEGIN");
        Assert.Equal(["SELECT 0"], await owner.RunAsync("SELECT run_id, started_at FROM foz.runs WHERE outcome = 'x'"));
        await owner.RunAsync("COMMIT");
        Grant("grants: [{to: [ana], on: [foz.audit], where: user = current_user}]");
        Assert.Equal(["SELECT 0"], await ana.RunAsync("SELECT statement FROM foz.audit"));
        Assert.Equal("42P01", await ana.FailAsync("SELECT * FROM foz.runs"));
        Assert.Equal("42P01", await owner.FailAsync("SELECT * FROM foz.nothing"));
    }

    [Theory]
    [InlineData("privileges: [selekt]", "no privilege 'selekt'")]
    [InlineData("privileges: [select, insert], where: id = 1", "all of a table")]
    [InlineData("privileges: [all], masks: {id: null}", "all of a table")]
    public void What_is_wrong_is_told(string keys, string message)
    {
        Grant($"grants: [{{to: [ana], on: [silver], {keys}}}]");
        Assert.Contains(
            message, Assert.Throws<FozException>(() => AccessList.Load(project)).Describe(), StringComparison.Ordinal);
    }
}
