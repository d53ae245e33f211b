using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Statements;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;

namespace Foz.Tests.Lake.Statements;

public sealed class StatementReaderTests
{
    static readonly TableTarget Orders = new(new TableName("silver", "orders"), null);

    public static TheoryData<string, TableAlteration> Alterations => new()
    {
        { "ADD COLUMN note string", new TableAlteration.AddColumns(new NewColumn("note", "string")) },
        {
            "ADD COLUMNS (a struct<x: int, y: array<string>> COMMENT 'it''s', b.`c d` decimal(10,2) AFTER a)",
            new TableAlteration.AddColumns(
                new NewColumn("a", "struct<x: int, y: array<string>>") { Comment = "it's" },
                new NewColumn("b.`c d`", "decimal(10,2)") { Place = ColumnPlace.AfterColumn("a") })
        },
        { "ADD COLUMN id bigint FIRST", new TableAlteration.AddColumns(new NewColumn("id", "bigint") { Place = ColumnPlace.First }) },
        { "RENAME COLUMN address.zip TO postcode", new TableAlteration.RenameColumn("address.zip", "postcode") },
        { "DROP COLUMN note", new TableAlteration.DropColumns(["note"]) },
        { "DROP COLUMNS IF EXISTS (a, b.c)", new TableAlteration.DropColumns(["a", "b.c"], IfExists: true) },
        { "ALTER COLUMN a FIRST", new TableAlteration.MoveColumn("a", ColumnPlace.First) },
        { "CHANGE COLUMN a AFTER b", new TableAlteration.MoveColumn("a", ColumnPlace.AfterColumn("b")) },
        { "ALTER COLUMN a TYPE decimal(18, 2)", new TableAlteration.ChangeType("a", "decimal(18, 2)") },
        { "ALTER COLUMN a SET NOT NULL", new TableAlteration.SetNotNull("a") },
        { "ALTER a DROP NOT NULL", new TableAlteration.DropNotNull("a") },
        { "ALTER COLUMN a SET DEFAULT upper('x') || ', y';", new TableAlteration.SetDefault("a", "upper('x') || ', y'") },
        { "ALTER COLUMN a DROP DEFAULT", new TableAlteration.DropDefault("a") },
        { "ALTER COLUMN a COMMENT 'in cents'", new TableAlteration.Comment("a", "in cents") },
        { "ALTER COLUMN a COMMENT ''", new TableAlteration.Comment("a", null) },
        { "ALTER COLUMN a SYNC IDENTITY", new TableAlteration.SyncIdentity("a") },
        {
            "SET TBLPROPERTIES (delta.appendOnly = true, 'team' = 'sales')",
            new TableAlteration.SetProperties(
                new Dictionary<string, string> { ["delta.appendOnly"] = "true", ["team"] = "sales" })
        },
        {
            "UNSET TBLPROPERTIES IF EXISTS ('team', delta.appendOnly)",
            new TableAlteration.UnsetProperties(["team", "delta.appendOnly"], IfExists: true)
        },
        { "SET TAGS ('pii' = 'no')", new TableAlteration.Tag(null, new Dictionary<string, string?> { ["pii"] = "no" }) },
        { "ALTER COLUMN a UNSET TAGS ('pii')", new TableAlteration.Tag("a", new Dictionary<string, string?> { ["pii"] = null }) },
        { "ADD CONSTRAINT positive CHECK (a > 0 AND (b IS NULL))", new TableAlteration.AddConstraint("positive", "a > 0 AND (b IS NULL)") },
        { "DROP CONSTRAINT IF EXISTS positive", new TableAlteration.DropConstraint("positive", IfExists: true) },
        { "CLUSTER BY (a, b.c)", new TableAlteration.ClusterBy("a", "b.c") },
        { "CLUSTER BY NONE", new TableAlteration.ClusterBy() },
        { "DROP FEATURE checkConstraints", new TableAlteration.DropFeature("checkConstraints") },
    };

    [Theory]
    [MemberData(nameof(Alterations))]
    public void Alterations_are_read(string change, TableAlteration expected)
    {
        var alter = Assert.IsType<Statement.Alter>(StatementReader.Read("alter table silver.orders " + change));

        Assert.Equal(Orders, alter.Table);
        Assert.Equivalent(expected, alter.Alteration, strict: true);
    }

    [Fact]
    public void Comments_are_alterations_too()
    {
        var table = Assert.IsType<Statement.Alter>(StatementReader.Read("COMMENT ON TABLE lake.silver.orders IS 'one row an order'"));
        var column = Assert.IsType<Statement.Alter>(StatementReader.Read("COMMENT ON COLUMN silver.orders.address.zip IS NULL"));

        Assert.Equal((Orders, new TableAlteration.Comment(null, "one row an order")), (table.Table, table.Alteration));
        Assert.Equal((Orders, new TableAlteration.Comment("address.zip", null)), (column.Table, column.Alteration));
    }

    [Fact]
    public void Inserts_are_read()
    {
        Assert.Equivalent(
            new Statement.Insert(default, "SELECT 1, -- one\n2") { Columns = ["a", "b"] },
            ReadInsert("INSERT INTO silver.orders (a, b) SELECT 1, -- one\n2 -- two\n;"));
        Assert.Equivalent(
            new Statement.Insert(default, "(SELECT 1)") { Overwrites = true },
            ReadInsert("insert overwrite table silver.orders (SELECT 1)"));
        Assert.Equivalent(
            new Statement.Insert(default, "VALUES (1, ';')") { IsByName = true },
            ReadInsert("INSERT INTO silver.orders BY NAME VALUES (1, ';');"));
        Assert.Equivalent(
            new Statement.Insert(default, "FROM x") { ReplacedWhere = "day > '2026-01-01' AND \"a b\" IN (1, 2)" },
            ReadInsert("INSERT INTO delta.`/data/my table` REPLACE WHERE day > '2026-01-01' AND `a b` IN (1, 2) FROM x"));

        static Statement.Insert ReadInsert(string sql)
        {
            var insert = Assert.IsType<Statement.Insert>(StatementReader.Read(sql));
            Assert.Equal(sql.Contains('`', StringComparison.Ordinal) ? new(null, "/data/my table") : Orders, insert.Table);
            return insert with { Table = default };
        }
    }

    [Fact]
    public void Updates_and_deletes_are_read()
    {
        var update = Assert.IsType<Statement.Update>(StatementReader.Read(
            "UPDATE silver.orders AS o SET a = CASE WHEN o.b > 1 THEN (SELECT max(x) FROM y WHERE z) END, `c d` = [1, 2], s.t = o.a WHERE o.id = 3"));
        Assert.Equal("o", update.Alias);
        Assert.Equal(
            ["a = CASE WHEN o.b > 1 THEN (SELECT max(x) FROM y WHERE z) END", "c d = [1, 2]", "s.t = o.a"],
            update.Assignments.Select(pair => $"{pair.Key} = {pair.Value}"));
        Assert.Equal("o.id = 3", update.Condition);
        Assert.Equal(new Statement.Delete(Orders, "orders", "true"), StatementReader.Read("DELETE FROM silver.orders"));
        Assert.Equal(new Statement.Delete(Orders, "x", "x.a = 1"), StatementReader.Read("DELETE FROM silver.orders x WHERE x.a = 1;"));
    }

    [Fact]
    public void Merges_are_read()
    {
        var merge = Assert.IsType<Statement.Merge>(StatementReader.Read(
            """
            MERGE WITH SCHEMA EVOLUTION INTO silver.orders AS t
            USING bronze.orders s ON t.id = s.id AND CASE WHEN s.x THEN true ELSE false END
            WHEN MATCHED AND s.op = 'd' THEN DELETE
            WHEN MATCHED THEN UPDATE SET a = CASE WHEN s.b IS NULL THEN t.a ELSE s.b END, c = s.c
            WHEN NOT MATCHED BY TARGET AND s.op <> 'd' THEN INSERT (id, a) VALUES (s.id, coalesce(s.b, 0))
            WHEN NOT MATCHED BY SOURCE THEN UPDATE SET c = 0
            """));

        Assert.Equal(Orders, merge.Table);
        Assert.Equivalent(
            new MergeDefinition
            {
                Source = "SELECT * FROM \"bronze\".\"orders\"",
                SourceAlias = "s",
                TargetAlias = "t",
                On = "t.id = s.id AND CASE WHEN s.x THEN true ELSE false END",
                EvolvesSchema = true,
                Clauses =
                [
                    new(MergeMatch.Matched, new MergeAction.Delete(), "s.op = 'd'"),
                    new(MergeMatch.Matched, new MergeAction.Update(new Dictionary<string, string>
                    {
                        ["a"] = "CASE WHEN s.b IS NULL THEN t.a ELSE s.b END", ["c"] = "s.c",
                    })),
                    new(MergeMatch.NotMatched, new MergeAction.Insert(new Dictionary<string, string>
                    {
                        ["id"] = "s.id", ["a"] = "coalesce(s.b, 0)",
                    }), "s.op <> 'd'"),
                    new(MergeMatch.NotMatchedBySource, new MergeAction.Update(new Dictionary<string, string> { ["c"] = "0" })),
                ],
            },
            merge.Definition);
    }

    [Fact]
    public void A_merge_of_a_query_writes_all_columns_by_name()
    {
        var merge = Assert.IsType<Statement.Merge>(StatementReader.Read(
            "MERGE INTO silver.orders USING (SELECT 1 AS id) ON orders.id = source.id "
            + "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"));

        Assert.Equal(("SELECT 1 AS id", "source", "orders"), (merge.Definition.Source, merge.Definition.SourceAlias, merge.Definition.TargetAlias));
        Assert.Equal([new MergeAction.UpdateAll(), new MergeAction.InsertAll()], merge.Definition.Clauses.Select(c => c.Action));
    }

    [Fact]
    public void Tables_are_created_with_rules()
    {
        var created = Assert.IsType<Statement.CreateTable>(StatementReader.Read(
            """
            CREATE TABLE IF NOT EXISTS silver.orders (
                id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5),
                customer struct<name: string, tags: array<string>> NOT NULL COMMENT 'who',
                amount decimal(10, 2) DEFAULT round(1.5, 1),
                day date GENERATED ALWAYS AS (CAST(at AS DATE)),
                at timestamp,
                CONSTRAINT positive CHECK (amount > 0)
            ) USING DELTA PARTITIONED BY (day) CLUSTER BY (id) TBLPROPERTIES ('delta.appendOnly' = 'true') COMMENT 'orders'
            """));

        Assert.Equal(Orders, created.Table);
        Assert.Equivalent(
            new Statement.CreateTable(
                default,
                [
                    new("id", "bigint") { Identity = new IdentityColumn(10, 5, AllowsExplicit: false) },
                    new("customer", "struct<name: string, tags: array<string>>") { IsNotNull = true, Comment = "who" },
                    new("amount", "decimal(10, 2)") { Default = "round(1.5, 1)" },
                    new("day", "date") { Generation = "CAST(at AS DATE)" },
                    new("at", "timestamp"),
                ])
            {
                IfNotExists = true,
                PartitionedBy = ["day"],
                ClusteredBy = ["id"],
                Constraints = new Dictionary<string, string> { ["positive"] = "amount > 0" },
                Properties = new Dictionary<string, string> { ["delta.appendOnly"] = "true" },
                Comment = "orders",
            },
            created with { Table = default }, strict: true);
    }

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("FROM silver.orders")]
    [InlineData("WITH x AS (SELECT 1) SELECT * FROM x")]
    [InlineData("DESCRIBE SELECT 1")]
    [InlineData("SHOW TABLES")]
    [InlineData("")]
    public void Queries_are_left_to_others(string sql) => Assert.Null(StatementReader.Read(sql));

    [Theory]
    [InlineData("UPDATE silver.orders SET", "sql:1:25: the statement ends where a column should follow")]
    [InlineData("DELETE silver.orders", "sql:1:1: a statement such as DELETE FROM or ALTER TABLE should stand at 'DELETE'")]
    [InlineData("DELETE FROM orders WHERE a", "sql:1:13: 'orders' is no table name")]
    [InlineData("ALTER TABLE silver.orders\n  PUT note string", "sql:2:3: ADD, ALTER COLUMN, CLUSTER BY, DROP, RENAME COLUMN, SET or UNSET should stand at 'PUT'")]
    [InlineData("ALTER TABLE s.t ADD CONSTRAINT c CHECK a > 0", "sql:1:40: a condition should stand at 'a'")]
    [InlineData("MERGE INTO s.t USING s.u ON a = b", "sql:1:34: the statement ends where WHEN MATCHED or WHEN NOT MATCHED should follow")]
    [InlineData("MERGE INTO s.t USING s.u ON a = b WHEN NOT MATCHED THEN DELETE", "sql:1:57: INSERT should stand at 'DELETE'")]
    [InlineData("INSERT INTO s.t (a) ", "sql:1:21: the statement ends where SELECT or VALUES should follow")]
    [InlineData("RESTORE s.t TO VERSION 3", "sql:1:16: TIMESTAMP AS OF should stand at 'VERSION'")]
    [InlineData("TRUNCATE TABLE s.t WHERE a", "sql:1:20: the end of the statement should stand at 'WHERE'")]
    [InlineData("CREATE TABLE s.t (a int", "sql:1:24: the statement ends where NOT NULL")]
    public void What_is_malformed_is_told_with_its_place(string sql, string expected)
    {
        var fault = Assert.Throws<FozException>(() => StatementReader.Read(sql));

        Assert.Equal(ErrorKind.Sql, fault.Kind);
        Assert.StartsWith(expected, fault.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Maintenance_is_read()
    {
        Assert.Equivalent(
            new OptimizeOptions { Where = "day > '2026-01-01'", ZOrderBy = ["a", "b"] },
            Options("OPTIMIZE silver.orders WHERE day > '2026-01-01' ZORDER BY (a, b)"));
        Assert.Equivalent(
            new OptimizeOptions { IsFull = true }, Options("OPTIMIZE silver.orders FULL"));
        Assert.Equivalent(
            new OptimizeOptions { SmallFileBytes = 0, DeletedShareMax = 0 },
            Options("REORG TABLE silver.orders APPLY (PURGE)"));
        Assert.Equal(
            new Statement.Vacuum(Orders, new() { Retention = TimeSpan.FromHours(200), IsDryRun = true }),
            StatementReader.Read("VACUUM silver.orders RETAIN 200 HOURS DRY RUN"));
        Assert.Equal(new Statement.Vacuum(Orders, new() { IsLite = true }), StatementReader.Read("VACUUM silver.orders LITE"));
        Assert.Equal(new Statement.Repair(Orders, IsDryRun: true), StatementReader.Read("FSCK REPAIR TABLE silver.orders DRY RUN"));
        Assert.Equal(
            new Statement.GenerateManifests(Orders), StatementReader.Read("GENERATE symlink_format_manifest FOR TABLE silver.orders"));
        Assert.Equal(new Statement.Analyze(Orders), StatementReader.Read("ANALYZE TABLE silver.orders COMPUTE DELTA STATISTICS"));
        Assert.Equal(
            new Statement.CloneTable(new(new TableName("dev", "o"), null), Orders, IsShallow: true, IfNotExists: true) { Version = 3 },
            StatementReader.Read("CREATE TABLE IF NOT EXISTS dev.o SHALLOW CLONE silver.orders VERSION AS OF 3"));
        Assert.Equal(
            new Statement.ConvertToDelta("/data/old", "day date, n int"),
            StatementReader.Read("CONVERT TO DELTA parquet.`/data/old` PARTITIONED BY (day date, n int)"));

        static OptimizeOptions Options(string sql) =>
            Assert.IsType<Statement.Optimize>(StatementReader.Read(sql)).Options;
    }
}
