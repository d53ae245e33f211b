using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Governance;

/// <summary>
/// Hash masks: equal values have equal hashes within a family, and no user sees a hash to compare with that of a value
/// of their own. Ana sees hashes of silver.people, and may write the schema sandbox.
/// </summary>
public sealed class HashMaskTests : IAsyncLifetime
{
    const string Guess = "11122233344";

    const string Policies = """
        roles: [{name: readers, members: [ana]}]
        grants:
          - {to: [ana], on: [silver, sandbox, gold], tags: {pii: hash}, masks: {document: hash}}
          - {to: [ana], on: [sandbox], privileges: [insert, update, delete, create, drop, alter]}
        """;

    readonly string project = Directory.CreateTempSubdirectory("foz-hash-").FullName;
    AccessList access = AccessList.Empty;
    ServedLake lake = null!;
    SqlSession ana = null!;

    public async ValueTask InitializeAsync()
    {
        Grant(Policies);
        lake = await ServedLake.CreateAsync(
            () => access, choose: static options => options with { MaskKey = "key" }, sessionsMax: 10);
        await lake.ChangeAsync(
            $"CREATE TABLE silver.people AS SELECT * FROM (VALUES (1, '{Guess}', 'a@b'), (2, "
                + "'55566677788', 'c@d')) v(id, cpf, document)");
        await TagAsync("silver.people", "cpf");
        ana = lake.Open("ana", isOwner: false);
    }

    public async ValueTask DisposeAsync()
    {
        await ana.DisposeAsync();
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    void Grant(string policies)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "a.yml"), policies);
        access = AccessList.Load(project);
    }

    async Task TagAsync(string table, string column, string tag = "cpf") =>
        await lake.ChangeAsync($"ALTER TABLE {table} ALTER COLUMN {column} SET TAGS ('pii' = '{tag}')");

    async Task<string> OneAsync(string sql) => (await ana.RunAsync(sql))[0];

    [Theory]
    [InlineData(
        "INSERT … SELECT", "CREATE TABLE sandbox.mine AS SELECT '11122233344' AS c",
        "INSERT INTO sandbox.mine SELECT cpf FROM silver.people")]
    [InlineData(
        "CREATE TABLE AS of a union",
        "CREATE TABLE sandbox.mine AS SELECT '11122233344' AS c UNION ALL SELECT cpf FROM silver.people")]
    [InlineData(
        "CASE",
        "CREATE TABLE sandbox.mine AS SELECT CASE WHEN id = 1 THEN '11122233344' ELSE cpf END AS c FROM silver.people")]
    [InlineData("coalesce", "CREATE TABLE sandbox.mine AS SELECT coalesce('11122233344', cpf) AS c FROM silver.people")]
    [InlineData(
        "UPDATE", "CREATE TABLE sandbox.mine AS SELECT '11122233344' AS c, 1 AS id",
        "UPDATE sandbox.mine SET c = CASE WHEN id = 1 THEN '11122233344' ELSE (SELECT max(cpf) FROM silver.people) END")]
    [InlineData(
        "MERGE", "CREATE TABLE sandbox.mine AS SELECT '11122233344' AS c, 1 AS id",
        "MERGE INTO sandbox.mine t USING (SELECT id + 10 AS id, cpf FROM silver.people) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, c) VALUES (s.id, s.cpf)")]
    [InlineData("a name that masks", "CREATE TABLE sandbox.mine AS SELECT '11122233344' AS document")]
    [InlineData(
        "a column renamed", "CREATE TABLE sandbox.mine (c string) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        "INSERT INTO sandbox.mine VALUES ('11122233344')", "ALTER TABLE sandbox.mine RENAME COLUMN c TO document")]
    [InlineData(
        "RENAME TO", "CREATE TABLE sandbox.other AS SELECT '11122233344' AS c",
        "ALTER TABLE sandbox.other RENAME TO sandbox.mine",
        "INSERT INTO sandbox.mine SELECT cpf FROM silver.people")]
    public async Task What_somebody_wrote_is_never_hashed_for_him(string way, params string[] statements)
    {
        var cpf = await OneAsync("SELECT cpf FROM silver.people WHERE id = 1");
        Assert.Equal(64, cpf.Length);
        foreach (var sql in statements) await ana.RunAsync(sql);
        var seen = await ana.RunAsync("SELECT * FROM sandbox.mine");
        Assert.All(seen.SkipLast(1), row => Assert.Contains("****", row, StringComparison.Ordinal));
        Assert.Equal(
            ["SELECT 0"],
            await ana.RunAsync(
                $"SELECT p.id FROM silver.people p JOIN sandbox.mine m ON p.cpf = "
                    + $"m.{(way.StartsWith("a ", StringComparison.Ordinal) ? "document" : "c")}"));
        foreach (var version in new[] { 0, 1 }.Take(statements.Length))
            Assert.DoesNotContain(
                cpf, string.Join(' ', await TryAsync($"SELECT * FROM sandbox.mine AT (VERSION => {version})")),
                StringComparison.Ordinal);
        await using var owner = lake.Open();
        await owner.RunAsync("CREATE VIEW gold.seen AS SELECT * FROM sandbox.mine");
        Assert.DoesNotContain(
            cpf, string.Join(' ', await TryAsync("SELECT * FROM gold.seen")), StringComparison.Ordinal);
    }

    async Task<IReadOnlyList<string>> TryAsync(string sql)
    {
        try
        {
            return await ana.RunAsync(sql);
        }
        catch (FozException)
        {
            return [];
        }
    }

    [Theory]
    [InlineData("insert", "INSERT INTO silver.people VALUES (9, '11122233344', 'x') RETURNING cpf, document")]
    [InlineData("insert", "INSERT INTO silver.people SELECT 9, '11122233344', 'x' RETURNING *")]
    public async Task Who_adds_rows_sees_no_hash_of_them(string privilege, string sql)
    {
        Grant($"{Policies}\n  - {{to: [readers], on: [silver.people], privileges: [{privilege}]}}");
        Assert.Contains("****|****", (await ana.RunAsync(sql))[0], StringComparison.Ordinal);
        Assert.Equal("****|****", await OneAsync("SELECT cpf, document FROM silver.people WHERE id = 9"));
        Assert.Equal("****|****", await OneAsync("SELECT cpf, document FROM silver.people WHERE id = 1"));
        // Another log-in of the same user, limited to a role that only reads, is the same user.
        Grant("""
            roles: [{name: readers, members: [ana]}, {name: writers, members: [ana]}]
            grants:
              - {to: [readers], on: [silver], tags: {pii: hash}}
              - {to: [writers], on: [silver.people], privileges: [insert]}
            """);
        await using var limited = lake.Service.Open(new("ana", IsOwner: false) { Scope = ["readers"] }, new());
        Assert.Equal("****", (await limited.RunAsync("SELECT cpf FROM silver.people WHERE id = 1"))[0]);
    }

    [Theory]
    [InlineData("UPDATE silver.people SET cpf = '11122233344' WHERE id = 2")]
    [InlineData(
        "MERGE INTO silver.people t USING (SELECT 2 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET cpf = '11122233344'")]
    [InlineData("INSERT OVERWRITE silver.people SELECT 1, '11122233344', 'x'")]
    [InlineData("ALTER TABLE silver.people ALTER COLUMN cpf SET DEFAULT '11122233344'")]
    public async Task What_is_hashed_is_not_changed_by_who_sees_the_hash(string sql)
    {
        Grant($"{Policies}\n  - {{to: [ana], on: [silver], privileges: [all]}}");
        Assert.Equal("42501", await ana.FailAsync(sql));
    }

    [Theory]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('pii' = 'cpf')")]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('PII.cpf' = 'x')")]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('minor' = 'x')")]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('shop.customer' = 'x')")]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('released.pii.cpf' = 'x')")]
    [InlineData("ALTER TABLE sandbox.mine ALTER COLUMN c UNSET TAGS ('pii')")]
    [InlineData("ALTER TABLE sandbox.mine SET TAGS ('pii' = 'cpf')")]
    public async Task Tags_that_policies_rule_are_the_owners(string sql)
    {
        Grant($"tags: {{shop: hash}}\n{Policies}");
        await ana.RunAsync("CREATE TABLE sandbox.mine AS SELECT 'x' AS c");
        Assert.Equal("42501", await ana.FailAsync(sql));
        Assert.Equal(
            ["ALTER TABLE"], await ana.RunAsync("ALTER TABLE sandbox.mine ALTER COLUMN c SET TAGS ('team' = 'sales')"));
        await using var owner = lake.Open();
        Assert.Equal(["ALTER TABLE"], await owner.RunAsync(sql));
    }

    [Fact]
    public async Task Equal_values_are_equal_within_a_family_and_no_further()
    {
        await lake.ChangeAsync(
            $"CREATE TABLE silver.orders2 AS SELECT '{Guess}' AS buyer, '{Guess}' AS seller, '{Guess}' "
                + $"AS document, '{Guess}' AS note");
        await TagAsync("silver.orders2", "buyer");
        await TagAsync("silver.orders2", "seller", "cnpj");
        const string Hashes =
            "SELECT p.cpf = o.buyer, p.cpf = o.seller, p.cpf = o.document, p.document = o.document FROM silver.people "
                + "p, silver.orders2 o WHERE p.id = 1";
        Assert.Equal("True|False|False|False", await OneAsync(Hashes));
        await lake.ChangeAsync($"INSERT INTO silver.people VALUES (3, NULL, '{Guess}')");
        Assert.Equal(
            "1",
            await OneAsync("SELECT count(*) FROM silver.people p JOIN silver.orders2 o ON p.document = o.document"));
        // Owners say what belongs together.
        Grant($"families: {{customer: [pii, silver.orders2.document]}}\n{Policies}");
        Assert.Equal("True|True|True|False", await OneAsync(Hashes));
    }

    [Theory]
    [InlineData("families: [a]", "'families' must be")]
    [InlineData("families: {a: b}", "the family 'a' must be a list")]
    [InlineData("families: {a: ['x y']}", "neither a tag nor a column")]
    [InlineData("families: {a: [pii.cpf], b: [pii.cpf]}", "twice")]
    [InlineData("families: {a: [s.t.c], b: [S.T.C]}", "twice")]
    public void What_is_wrong_of_families_is_told(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FozException>(() => Grant(text)).Describe(), StringComparison.Ordinal);
}
