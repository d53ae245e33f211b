using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Statements;
using Foz.Lake.Tables.Alterations;
using Foz.Storage;

namespace Foz.Tests.Lake.Statements;

public sealed class StatementRunnerTests : StatementLake
{
    [Fact]
    public async Task Rows_are_inserted_changed_merged_and_deleted()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint NOT NULL, name string, n int DEFAULT 7)");
        Assert.Equal("2|2|1", await RunAsync("INSERT INTO silver.o (id, name) VALUES (1, 'a'), (2, 'b')"));
        Assert.Equal("1|1|2", await RunAsync("INSERT INTO silver.o SELECT 3, 'c', 30"));
        Assert.Equal(["1|a|7", "2|b|7", "3|c|30"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal("2|3", await RunAsync(
            "UPDATE silver.o AS x SET n = x.n + (SELECT count(*) FROM silver.o), name = upper(x.name) WHERE x.id < 3"));
        Assert.Equal(["1|A|10", "2|B|10", "3|c|30"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal("3|1|1|1|4", await RunAsync(
            """
            MERGE INTO silver.o t USING (SELECT id + 1 AS id FROM silver.o WHERE id > 1) s ON t.id = s.id
            WHEN MATCHED THEN UPDATE SET n = 0
            WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'new')
            WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN DELETE
            """));
        Assert.Equal(["2|B|10", "3|c|0", "4|new|7"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal("1|5", await RunAsync("DELETE FROM silver.o WHERE id IN (SELECT max(id) FROM silver.o)"));
        Assert.Equal("2|6", await RunAsync("DELETE FROM silver.o"));
        Assert.Empty(await RowsAsync("SELECT * FROM silver.o"));
    }

    [Theory]
    [InlineData("delta.universalFormat.enabledFormats = 'iceberg'", "metadata/version-hint.text")]
    [InlineData("delta.columnMapping.mode = 'id'", "_delta_log/00000000000000000001.json")]
    [InlineData(
        "delta.compatibility.symlinkFormatManifest.enabled = true", "_symlink_format_manifest/day=2026-01-02/manifest")]
    public async Task A_table_is_created_for_other_engines(string property, string file)
    {
        await RunAsync($"CREATE TABLE silver.o (id bigint, day date) PARTITIONED BY (day) TBLPROPERTIES ({property})");
        await RunAsync(
            $"CREATE TABLE silver.p PARTITIONED BY (day) TBLPROPERTIES ({property}) AS SELECT 1::BIGINT "
                + "AS id, DATE '2026-01-02' AS day");
        foreach (var table in new[] { "o", "p" })
        {
            await RunAsync($"INSERT INTO silver.{table} VALUES (2, DATE '2026-01-02')");
            await RunAsync($"DELETE FROM silver.{table} WHERE id = 1");
            Assert.Equal(["2|2026-01-02"], await RowsAsync($"SELECT * FROM silver.{table}"));
            Assert.True(File.Exists(Path.Combine(Folder, "silver", table, file)), $"{table} has no {file}");
        }
    }

    [Fact]
    public async Task Fields_of_structs_are_changed_and_the_others_stay()
    {
        await RunAsync(
            "CREATE TABLE silver.o (id bigint, s struct<a: int, b: struct<c: string, d: int>>, t struct<id: int>)");
        await RunAsync(
            "INSERT INTO silver.o VALUES (1, {'a': 1, 'b': {'c': 'x', 'd': 1}}, {'id': 5}), (2, NULL, NULL), "
                + "(3, {'a': 3, 'b': NULL}, NULL)");
        await RunAsync("UPDATE silver.o SET s.b.c = s.b.c || 'y', S.A = s.a + 10 WHERE id < 3");
        await RunAsync("UPDATE silver.o AS x SET x.s.b.d = 7, x.t = {'id': 6} WHERE x.id = 3");
        // An alias that is also a column's name means the table if the table has such a column.
        await RunAsync("UPDATE silver.o AS t SET t.id = t.id + 100 WHERE t.id = 1");
        string[] expected = ["2||||", "3|3||7|6", "101|11|xy|1|5"];
        const string fields = "SELECT id, s.a, s.b.c, s.b.d, t.id FROM silver.o";
        Assert.Equal(expected, await RowsAsync(fields));
        Assert.Equal(["2"], await RowsAsync("SELECT id FROM silver.o WHERE s IS NOT NULL AND s.a IS NULL"));
        await RunAsync(
            """
            MERGE INTO silver.o AS t USING (SELECT 3 AS id) AS s ON t.id = s.id
            WHEN MATCHED THEN UPDATE SET t.s.b.c = 'm', t.t.id = s.id
            WHEN NOT MATCHED BY SOURCE AND t.id = 2 THEN UPDATE SET s.a = 1
            """);
        Assert.Equal(["2|1|||", "3|3|m|7|3", "101|11|xy|1|5"], await RowsAsync(fields));
    }

    [Theory]
    [InlineData("UPDATE silver.o SET s.x = 1", "no column 's.x'", "s.a")]
    [InlineData("UPDATE silver.o SET nme = 1", "no column 'nme'", "name")]
    [InlineData("UPDATE silver.o SET id.a = 1", "no column 'id.a'", null)]
    [InlineData("UPDATE silver.o SET s.a = 1, s = NULL", "both s and its field s.a are given a value", null)]
    [InlineData("UPDATE silver.o AS x SET x.id = 1, id = 2", "second value for id", null)]
    [InlineData(
        "MERGE INTO silver.o t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET t.s.x = 1",
        "no column 's.x'", "s.a")]
    public async Task Assignments_that_name_nothing_or_one_thing_twice_are_refused(
        string sql, string message, string? hint)
    {
        await RunAsync("CREATE TABLE silver.o (id bigint, name string, s struct<a: int>)");
        var error = await Assert.ThrowsAsync<FozException>(() => RunAsync(sql));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conditions_and_values_of_a_MERGE_may_hold_queries()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint, name string, n int)");
        await RunAsync("INSERT INTO silver.o VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
        await RunAsync("CREATE TABLE silver.blocked (id bigint)");
        await RunAsync("INSERT INTO silver.blocked VALUES (2), (5)");
        await RunAsync(
            """
            MERGE INTO silver.o AS t USING (SELECT * FROM (VALUES (1), (2), (4), (5)) v(id)) AS s
            ON t.id = s.id AND t.id < (SELECT max(id) FROM silver.o)
            WHEN MATCHED AND t.id IN (SELECT id FROM silver.blocked) THEN DELETE
            WHEN MATCHED THEN UPDATE SET n = t.n + (SELECT count(*) FROM silver.blocked)
            WHEN NOT MATCHED AND NOT EXISTS (SELECT 1 FROM silver.blocked b WHERE b.id = s.id)
                THEN INSERT (id, name, n) VALUES (s.id, 'new', (SELECT sum(id) FROM silver.blocked))
            """);
        Assert.Equal(["1|a|3", "3|c|3", "4|new|7"], await RowsAsync("SELECT * FROM silver.o"));
        await RunAsync(
            """
            MERGE INTO silver.o AS t USING (SELECT 1 AS id) AS s ON t.id = s.id
            WHEN NOT MATCHED BY SOURCE AND id > (SELECT min(id) + 1 FROM silver.blocked) THEN DELETE
            """);
        Assert.Equal(["1|a|3", "3|c|3"], await RowsAsync("SELECT * FROM silver.o"));
        var error = await Assert.ThrowsAsync<FozException>(() => RunAsync(
            "MERGE INTO silver.o t USING (SELECT 1 AS id) s ON t.id IN (SELECT id FROM silver.blocked) WHEN NOT "
                + "MATCHED BY SOURCE THEN DELETE"));
        Assert.Contains("cannot hold a query", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_lost_to_an_OPTIMIZE_is_carried_out_again()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint)");
        await RunAsync("INSERT INTO silver.o VALUES (1), (2)");
        await RunAsync("INSERT INTO silver.o VALUES (3), (4)");
        var reads = 0;
        async IAsyncEnumerable<ColumnBatch> IdsAsync()
        {
            if (reads++ == 0)
            {
                // Moves the rows that the statement is about to delete.
                using var other = Lake.Engines.Open(Workload.Query);
                await new StatementRunner(new(other, Names, Lake.Tables)).RunAsync(
                    StatementReader.Read("OPTIMIZE silver.o")!, Cancel);
            }
            yield return new(1, [new FixedColumn<long>([2], null)]);
        }
        using var ids = Session.Register(new ColumnStream([new("id", DataType.Long)], [IdsAsync()]));

        Assert.StartsWith(
            "1|", await RunAsync($"DELETE FROM silver.o WHERE id IN (SELECT id FROM {ids.Sql})"),
            StringComparison.Ordinal);

        Assert.Equal(["1", "3", "4"], await RowsAsync("SELECT * FROM silver.o ORDER BY id"));
        Assert.True(reads > 1, "the statement was carried out once");
    }

    [Fact]
    public async Task An_overwrite_keeps_the_columns_and_replaces_the_rows()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint, day date)");
        await RunAsync("INSERT INTO silver.o SELECT i, DATE '2026-01-01' + i::INTEGER FROM range(4) r(i)");
        Assert.Equal("3|1|2|2", await RunAsync(
            "INSERT INTO silver.o REPLACE WHERE day >= '2026-01-03' SELECT 9 AS id, DATE '2026-02-01' AS day"));
        Assert.Equal(["0|2026-01-01", "1|2026-01-02", "9|2026-02-01"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal("4|1|3|3", await RunAsync("INSERT OVERWRITE silver.o VALUES ('5', NULL)"));
        Assert.Equal(["5|"], await RowsAsync("SELECT * FROM silver.o"));
    }

    [Fact]
    public async Task A_table_that_is_created_keeps_its_rules()
    {
        await RunAsync(
            """
            CREATE TABLE silver.o (
                id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5),
                at timestamp NOT NULL, day date GENERATED ALWAYS AS (CAST(at AS DATE)), n int,
                CONSTRAINT positive CHECK (n > 0))
            PARTITIONED BY (day) TBLPROPERTIES (delta.columnMapping.mode = 'name')
            """);
        await RunAsync(
            "INSERT INTO silver.o (at, n) VALUES (TIMESTAMP '2026-01-02 03:04:05', 1), "
                + "(TIMESTAMP '2026-01-03 00:00:00', 2)");

        Assert.Equal(["10|2026-01-02|1", "15|2026-01-03|2"], await RowsAsync("SELECT id, day, n FROM silver.o"));
        var fault = await Assert.ThrowsAsync<FozException>(() =>
            RunAsync("INSERT INTO silver.o (at, n) VALUES (TIMESTAMP '2026-01-02 00:00:00', 0)"));
        Assert.Contains("positive", fault.Message, StringComparison.Ordinal);
        var table = await (await Lake.OpenTableAsync(new("silver", "o"), Cancel)).LatestAsync(Cancel);
        Assert.Equal(["day"], table.PartitionColumns);
        Assert.Equal("auto", table.Properties["foz.deletionVectors"]);
    }

    [Theory]
    [InlineData("CREATE TABLE silver.x (a int, CONSTRAINT c CHECK (no_such(a)))", "no_such")]
    [InlineData("CREATE TABLE silver.x (a int, b int GENERATED ALWAYS AS (z + 1))", "z")]
    [InlineData("CREATE TABLE silver.x (a int) PARTITIONED BY (b)", "no partition column b")]
    [InlineData("CREATE TABLE silver.x (a inty)", "inty")]
    [InlineData("CREATE TABLE silver.x (a int, A int)", "a")]
    [InlineData("CREATE TABLE silver.x (a int) TBLPROPERTIES (delta.apendOnly = true)", "delta.apendOnly")]
    [InlineData("CREATE TABLE silver.x (a int) CLUSTER BY (b)", "b")]
    [InlineData(
        "CREATE TABLE silver.x (a int) TBLPROPERTIES (delta.universalFormat.enabledFormats = 'iceberg', delta.enableDeletionVectors = true)", "Iceberg")]
    [InlineData(
        "CREATE TABLE silver.x TBLPROPERTIES (delta.compatibility.symlinkFormatManifest.enabled = true, delta.enableDeletionVectors = true) AS SELECT 1 AS a", "manifests")]
    public async Task A_table_that_could_not_be_written_to_is_not_created(string sql, string named)
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(sql));

        Assert.True(fault is FozException or DeltaException or StorageException, fault.ToString());
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Null(await Lake.Tables.Open("silver/x").FindLatestAsync(Cancel));
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "x"), Cancel));
    }

    [Fact]
    public async Task A_query_makes_a_table_and_replaces_it()
    {
        Assert.Equal("3|0", await RunAsync(
            "CREATE TABLE gold.t CLUSTER BY (k) TBLPROPERTIES ('team' = 'a') COMMENT 'c' AS SELECT i AS k, "
                + "i % 2 AS v FROM range(3) r(i)"));
        var fault = await Assert.ThrowsAsync<FozException>(() => RunAsync("CREATE TABLE gold.t AS SELECT 1 AS k"));
        Assert.Contains("already exists", fault.Message, StringComparison.Ordinal);
        Assert.Equal("0", await RunAsync("CREATE TABLE IF NOT EXISTS gold.t AS SELECT 1 AS k"));

        var made = await (await Lake.OpenTableAsync(new("gold", "t"), Cancel)).LatestAsync(Cancel);
        Assert.Equal(("c", "a", "k"), (
            made.Description, made.Properties["team"],
            Assert.Single(Assert.Single(PropertyAlterations.ClusteringColumns(made)!))));
        Assert.Equal("1|1", await RunAsync("CREATE OR REPLACE TABLE gold.t AS SELECT 'x' AS other"));
        Assert.Equal(["x"], await RowsAsync("SELECT * FROM gold.t"));
        Assert.Equal(["0|0", "1|1", "2|0"], await RowsAsync("SELECT * FROM gold.t AT (VERSION => 0)"));
        Assert.Equal("2", await RunAsync("CREATE OR REPLACE TABLE gold.t (a int NOT NULL)"));
        Assert.Empty(await RowsAsync("SELECT a FROM gold.t"));
    }

    [Fact]
    public async Task Tables_are_altered_described_and_restored()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint)");
        await RunAsync("INSERT INTO silver.o VALUES (1)");
        Assert.Equal("2", await RunAsync("ALTER TABLE silver.o ADD COLUMN note string COMMENT 'n'"));
        Assert.Equal("3", await RunAsync("ALTER TABLE silver.o SET TBLPROPERTIES ('team' = 'sales')"));
        Assert.Equal("3", await RunAsync("ALTER TABLE silver.o SET TBLPROPERTIES ('team' = 'sales')"));

        var history = await ResultAsync("DESCRIBE HISTORY silver.o LIMIT 2");
        Assert.Equal(
            [(3L, "SET TBLPROPERTIES"), (2L, "ADD COLUMNS")],
            history.Rows.Select(row => ((long)row[0]!, (string)row[2]!)));
        Assert.Contains(["team", "sales"], (await ResultAsync("SHOW TBLPROPERTIES silver.o")).Rows);
        var detail = await ResultAsync("DESC DETAIL silver.o");
        var values = detail.Columns.Zip(Assert.Single(detail.Rows))
            .ToDictionary(pair => pair.First.Name, pair => pair.Second);
        Assert.Equal(
            ("delta", 1L, 3L), ((string)values["format"]!, (long)values["numFiles"]!, (long)values["version"]!));
        Assert.Equal("1|4", await RunAsync("RESTORE TABLE silver.o TO VERSION AS OF 1"));
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
    }

    [Fact]
    public async Task Rows_that_do_not_fit_their_columns_are_refused_with_what_is_missing()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint, name string)");

        var few = await Assert.ThrowsAsync<FozException>(() => RunAsync("INSERT INTO silver.o VALUES (1)"));
        var unknown =
            await Assert.ThrowsAsync<FozException>(() => RunAsync("INSERT INTO silver.o (id, nam) VALUES (1, 'a')"));
        var text = await Assert.ThrowsAsync<FozException>(() => RunAsync("INSERT INTO silver.o VALUES ('one', 'a')"));
        var missing = await Assert.ThrowsAsync<FozException>(() => RunAsync("DELETE FROM silver.p"));
        var column = await Assert.ThrowsAsync<FozException>(() => RunAsync("UPDATE silver.o SET nam = 'x'"));

        Assert.Contains("given 1 columns, but takes 2: id, name", few.Message, StringComparison.Ordinal);
        Assert.Contains("nam", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("one", text.Message, StringComparison.Ordinal);
        Assert.Equal("did you mean silver.o?", missing.Hint);
        Assert.Contains("no column 'nam'", column.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await Lake.Tables.Open("silver/o").LatestAsync(Cancel)).Version);
    }

    [Fact]
    public async Task An_environment_changes_its_own_tables()
    {
        var environment = new EnvironmentNameResolver(Lake, "dev_", static _ => null);
        await RunAsync("CREATE TABLE silver.o (id bigint)");
        await RunAsync("CREATE TABLE silver.o (id bigint)", environment);
        await RunAsync("INSERT INTO silver.o VALUES (1)", environment);

        Assert.Empty(await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM dev_silver.o"));
        await RunAsync("CREATE TABLE silver.copy DEEP CLONE silver.o", environment);
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM dev_silver.copy"));
    }

    [Theory]
    [InlineData("INSERT INTO silver.o VALUES (2)")]
    [InlineData("INSERT OVERWRITE silver.o VALUES (2)")]
    [InlineData("UPDATE silver.o SET id = 2")]
    [InlineData("DELETE FROM silver.o")]
    [InlineData("MERGE INTO silver.o t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE")]
    [InlineData("ALTER TABLE silver.o ADD COLUMN b int")]
    [InlineData("RESTORE TABLE silver.o TO VERSION AS OF 0")]
    [InlineData("OPTIMIZE silver.o")]
    [InlineData("VACUUM silver.o")]
    [InlineData("FSCK REPAIR TABLE silver.o")]
    [InlineData("ANALYZE TABLE silver.o COMPUTE DELTA STATISTICS")]
    [InlineData("GENERATE symlink_format_manifest FOR TABLE silver.o")]
    public async Task An_environment_does_not_change_what_it_only_reads(string sql)
    {
        await RunAsync("CREATE TABLE silver.o (id bigint)");
        await RunAsync("INSERT INTO silver.o VALUES (1)");
        var beside = new EnvironmentNameResolver(Lake, "dev_", static _ => null) { Environment = "dev", Base = "prod" };
        var above = new EnvironmentNameResolver(Lake, "dev_", static _ => null, "prod_") { Environment = "dev" };

        var fault = await Assert.ThrowsAsync<FozException>(() => RunAsync(sql, beside));
        await Assert.ThrowsAsync<FozException>(() => RunAsync(sql, above));

        Assert.Equal(ErrorKind.Denied, fault.Kind);
        Assert.Equal("silver.o is the table of prod: dev only reads it, and has no dev_silver.o", fault.Message);
        Assert.Equal(
            "change it there, with --target prod, or make dev one of its own: foz clone silver.o silver.o --target dev",
            fault.Hint);
        Assert.Equal(1, (await Lake.Tables.Open("silver/o").LatestAsync(Cancel)).Version);
        await RunAsync("CREATE TABLE silver.o SHALLOW CLONE silver.o", beside);
        await RunAsync("INSERT INTO silver.o VALUES (2)", beside);
        await RunAsync("INSERT INTO dev_silver.o VALUES (3)", beside);
        Assert.Equal(["1", "2", "3"], await RowsAsync("SELECT * FROM dev_silver.o"));
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
    }

    [Fact]
    public async Task An_environment_without_prefix_does_not_take_its_own_tables_for_those_of_its_base()
    {
        var main = new EnvironmentNameResolver(Lake, "", static _ =>
            null, "prod_")
        { Environment = "main", Base = "prod" };
        await RunAsync("CREATE TABLE prod_silver.o (id bigint)");
        var fault = await Assert.ThrowsAsync<FozException>(() => RunAsync("DELETE FROM silver.o", main));
        Assert.StartsWith("prod_silver.o is the table of prod", fault.Message, StringComparison.Ordinal);

        await RunAsync("CREATE TABLE silver.o (id bigint)", main);
        await RunAsync("INSERT INTO silver.o VALUES (1)", main);

        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Empty(await RowsAsync("SELECT * FROM prod_silver.o"));
    }

    [Theory]
    [InlineData("CREATE OR REPLACE TABLE gold.v (a int)")]
    [InlineData("CREATE TABLE gold.v AS SELECT 1 AS a")]
    [InlineData("CREATE TABLE gold.v SHALLOW CLONE silver.o")]
    public async Task A_table_does_not_take_the_name_of_a_view(string sql)
    {
        await RunAsync("CREATE TABLE silver.o (id bigint)");
        await Lake.Catalog.DefineAsync(
            new("gold", "v"),
            _ => new() { Schema = "gold", Name = "v", Kind = DefinitionKind.View, Sql = "SELECT 7 AS x" }, Cancel);

        var fault = await Assert.ThrowsAsync<FozException>(() => RunAsync(sql));

        Assert.Contains("gold.v is a view", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["7"], await RowsAsync("SELECT * FROM gold.v"));
    }

    [Fact]
    public async Task A_table_outside_of_any_lake_is_named_by_its_folder()
    {
        var path = Path.Combine(Folder, "else where");
        var runner = new StatementRunner(new(Session, names: null, Lake.Tables));
        await runner.RunAsync(StatementReader.Read($"CREATE TABLE delta.`{path}` (id bigint)")!, Cancel);
        await runner.RunAsync(StatementReader.Read($"INSERT INTO delta.`{path}` VALUES (1)")!, Cancel);

        Assert.Equal(1, (await Lake.Tables.OpenFolder(path).LatestAsync(Cancel)).RowCount);
        var fault = await Assert.ThrowsAsync<FozException>(() =>
            runner.RunAsync(StatementReader.Read("DELETE FROM a.b")!, Cancel));
        Assert.Contains("there is no lake", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_are_looked_after()
    {
        await RunAsync("CREATE TABLE silver.o (id bigint, v int)");
        for (var i = 0; i < 4; i++) await RunAsync($"INSERT INTO silver.o SELECT i, {i} FROM range(10) r(i)");
        var optimized = await RunAsync("OPTIMIZE silver.o ZORDER BY (id)");
        Assert.StartsWith("4|1|", optimized, StringComparison.Ordinal);
        await RunAsync("DELETE FROM silver.o WHERE id = 3 AND v = 2");
        Assert.StartsWith("1|1|", await RunAsync("REORG TABLE silver.o APPLY (PURGE)"), StringComparison.Ordinal);
        Assert.Equal(39, (await Lake.Tables.Open("silver/o").LatestAsync(Cancel)).RowCount);
        Assert.Empty((await ResultAsync("VACUUM silver.o DRY RUN")).Rows);
        var refused = await Assert.ThrowsAsync<FozException>(() => RunAsync("VACUUM silver.o RETAIN 0 HOURS"));
        Assert.Equal(ErrorKind.Usage, refused.Kind);
        Assert.Empty((await ResultAsync("FSCK REPAIR TABLE silver.o")).Rows);
        Assert.StartsWith(
            "1|", await RunAsync("ANALYZE TABLE silver.o COMPUTE DELTA STATISTICS"), StringComparison.Ordinal);
        Assert.StartsWith("1|1|", await RunAsync("CREATE TABLE dev.o DEEP CLONE silver.o"), StringComparison.Ordinal);
        Assert.Equal("39", Assert.Single(await RowsAsync("SELECT count(*) FROM dev.o")));
    }

    [Fact]
    public async Task A_folder_of_Parquet_files_is_converted()
    {
        var parquet = Path.Combine(Folder, "parquet", "day=2026-01-02");
        Directory.CreateDirectory(parquet);
        Session.Execute($"COPY (SELECT i AS id FROM range(5) r(i)) TO '{parquet}/a.parquet' (FORMAT parquet)", Cancel);

        Assert.StartsWith(
            "1|", await RunAsync($"CONVERT TO DELTA parquet.`{Folder}/parquet` PARTITIONED BY (day date)"),
            StringComparison.Ordinal);

        Assert.Equal(
            ["5|2026-01-02"],
            await RowsAsync($"SELECT count(*), day FROM delta_scan('{Folder}/parquet') GROUP BY day"));
    }

    async Task<string> RunAsync(string sql, EnvironmentNameResolver? environment = null) =>
        string.Join('|', Assert.Single((await ResultAsync(sql, environment)).Rows));
}
