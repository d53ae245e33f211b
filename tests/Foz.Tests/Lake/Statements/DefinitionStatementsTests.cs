using Foz.Lake;
using Foz.Lake.Catalog;

namespace Foz.Tests.Lake.Statements;

public sealed class DefinitionStatementsTests : StatementLake
{
    [Fact]
    public async Task A_table_that_is_dropped_is_gone_with_its_files_and_what_its_step_knew()
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("CREATE TABLE silver.orders AS SELECT 2 AS id");
        await Lake.Store.PutAsync("_foz/steps/silver.o/00000000000000000001.json", "{}"u8.ToArray(), Cancel);

        var dropped = await ResultAsync("DROP TABLE silver.o");

        Assert.True((long)dropped.Rows[0][0]! >= 2, "a log and a data file");
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Folder, "silver", "o"), "*", SearchOption.AllDirectories));
        Assert.Null(await Lake.Store.GetInfoAsync("_foz/steps/silver.o/00000000000000000001.json", Cancel));
        Assert.Equal(["2"], await RowsAsync("SELECT id FROM silver.orders"));
        var fault = await FaultAsync("DROP TABLE silver.order");
        Assert.Equal((ErrorKind.NotFound, "did you mean silver.orders?"), (fault.Kind, fault.Hint));
        await ResultAsync("DROP TABLE IF EXISTS silver.o");
        await ResultAsync("CREATE TABLE silver.o AS SELECT 'new' AS name");
        Assert.Equal(["new"], await RowsAsync("SELECT * FROM silver.o"));
    }

    [Fact]
    public async Task A_table_that_lies_in_the_lake_without_a_definition_is_dropped_too()
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await Lake.Catalog.DropAsync(new("silver", "o"), Cancel);

        await ResultAsync("DROP TABLE silver.o");

        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
    }

    [Fact]
    public async Task A_table_keeps_its_folder_under_another_name_and_what_is_made_under_its_name_has_another()
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("ALTER TABLE silver.o RENAME TO kept");
        Assert.Equal("silver/o", (await Lake.Catalog.FindAsync(new("silver", "kept"), Cancel))!.Location);
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        Assert.Equal(ErrorKind.NotFound, (await FaultAsync("INSERT INTO silver.o VALUES (2)")).Kind);

        await ResultAsync("CREATE TABLE silver.o AS SELECT 2 AS id");
        await ResultAsync("INSERT INTO silver.kept VALUES (10)");
        await ResultAsync("ALTER TABLE silver.o RENAME TO gold.o");
        await ResultAsync("CREATE TABLE silver.o AS SELECT 3 AS id");
        Assert.Equal(["11"], await RowsAsync("SELECT sum(id) FROM silver.kept"));
        Assert.Equal(["2"], await RowsAsync("SELECT id FROM gold.o"));
        Assert.Equal(["3"], await RowsAsync("SELECT id FROM silver.o"));
        await ResultAsync("DROP TABLE silver.o RESTRICT");
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        Assert.Equal(["11"], await RowsAsync("SELECT sum(id) FROM silver.kept"));
        await ResultAsync("DROP TABLE silver.kept CASCADE");
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        await ResultAsync("ALTER TABLE IF EXISTS gold.o RENAME TO silver.o");
        await ResultAsync("ALTER TABLE IF EXISTS gold.o RENAME TO silver.p");
        Assert.Equal(["2"], await RowsAsync("SELECT id FROM silver.o"));
    }

    [Fact]
    public async Task A_name_that_stands_for_something_is_not_taken_by_another()
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("CREATE TABLE silver.p AS SELECT 2 AS id");
        await ResultAsync("CREATE VIEW gold.v AS SELECT id FROM silver.o");
        await ResultAsync("ALTER VIEW gold.v RENAME TO w");
        Assert.Equal(["1"], await RowsAsync("SELECT id FROM gold.w"));
        foreach (var (sql, message, hint) in new[]
        {
            ("ALTER TABLE silver.o RENAME TO p", "already exists", "DROP it first"),
            ("ALTER TABLE silver.o RENAME TO o", "already exists", "DROP it first"),
            ("ALTER TABLE gold.w RENAME TO x", "is a view", "ALTER VIEW gold.w RENAME TO x"),
            ("ALTER VIEW silver.o RENAME TO x", "is a table", "ALTER TABLE silver.o RENAME TO x"),
            ("ALTER TABLE silver.oo RENAME TO x", "no table or view silver.oo", "did you mean silver.o?"),
            ("ALTER TABLE foz.runs RENAME TO x", "Foz's own", ""),
            ("ALTER TABLE silver.o RENAME TO foz.runs", "Foz's own", ""),
        })
        {
            var fault = await FaultAsync(sql);
            Assert.Contains(message, fault.Message, StringComparison.Ordinal);
            Assert.Contains(hint, fault.Hint ?? "", StringComparison.Ordinal);
        }
        // Who was cut off has left two names.
        var definition = (await Lake.Catalog.FindAsync(new("silver", "o"), Cancel))!;
        await Lake.Catalog.DefineAsync(new("silver", "q"), _ => definition with { Name = "q" }, Cancel);
        await ResultAsync("ALTER TABLE silver.o RENAME TO q");
        Assert.Null(await Lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        Assert.Equal(["1"], await RowsAsync("SELECT id FROM silver.q"));
    }

    [Fact]
    public async Task A_view_shows_what_its_query_finds_now()
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("CREATE VIEW gold.v COMMENT 'all of them' AS SELECT count(*) AS orders FROM silver.o");
        await ResultAsync("INSERT INTO silver.o VALUES (2)");
        Assert.Equal(["2"], await RowsAsync("SELECT * FROM gold.v"));
        Assert.Equal("all of them", (await Lake.Catalog.FindAsync(new("gold", "v"), Cancel))!.Description);

        Assert.Contains(
            "already exists", (await FaultAsync("CREATE VIEW gold.v AS SELECT 1 AS a")).Message,
            StringComparison.Ordinal);
        await ResultAsync("CREATE VIEW IF NOT EXISTS gold.v AS SELECT 1 AS a");
        Assert.Equal(["2"], await RowsAsync("SELECT orders FROM gold.v"));
        await ResultAsync("CREATE OR REPLACE VIEW gold.v AS SELECT max(id) AS last FROM silver.o");
        Assert.Equal(["2"], await RowsAsync("SELECT last FROM gold.v"));
        await ResultAsync("DROP VIEW gold.v");
        await ResultAsync("DROP VIEW IF EXISTS gold.v");
        Assert.Contains(
            "no table or view gold.v", (await FaultAsync("DROP VIEW gold.v")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE VIEW gold.v AS SELECT nothing FROM silver.o", "nothing")]
    [InlineData("CREATE VIEW gold.v AS SELECT * FROM silver.no_such", "silver.no_such")]
    [InlineData("CREATE VIEW silver.o AS SELECT 1 AS a", "silver.o is a table, not a view")]
    [InlineData(
        "CREATE OR REPLACE VIEW gold.there AS SELECT * FROM gold.there", "the view gold.there would read itself")]
    [InlineData("CREATE VIEW foz.v AS SELECT 1 AS a", "foz.v is Foz's own")]
    [InlineData("CREATE VIEW gold.v AS", "SELECT")]
    [InlineData("DROP TABLE gold.there", "gold.there is a view, not a table")]
    [InlineData("DROP VIEW silver.o", "silver.o is a table, not a view")]
    [InlineData("DROP TABLE foz.runs", "foz.runs is Foz's own")]
    [InlineData("DROP TABLE delta.`/data/o`", "only names of a lake are created and dropped, not delta.`/data/o`")]
    [InlineData("DROP SCHEMA gold", "TABLE or VIEW should stand at 'SCHEMA'")]
    public async Task What_cannot_be_defined_or_dropped_is_told_and_changes_nothing(string sql, string says)
    {
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("CREATE VIEW gold.there AS SELECT 7 AS a");

        Assert.Contains(says, (await FaultAsync(sql)).Message, StringComparison.Ordinal);

        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal(["7"], await RowsAsync("SELECT * FROM gold.there"));
        Assert.Null(await Lake.Catalog.FindAsync(new("gold", "v"), Cancel));
    }

    [Fact]
    public async Task An_environment_defines_and_drops_its_own()
    {
        var dev = new EnvironmentNameResolver(Lake, "dev_", static _ => null);
        await ResultAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await ResultAsync("CREATE TABLE silver.o AS SELECT 2 AS id", dev);
        await ResultAsync("CREATE VIEW gold.v AS SELECT id FROM silver.o", dev);

        // Readers see the environment's rows.
        Assert.Equal(["2"], await RowsAsync("SELECT * FROM dev_gold.v"));
        await ResultAsync("DROP TABLE silver.o", dev);
        await Assert.ThrowsAsync<FozException>(() => ResultAsync("DROP TABLE silver.o", dev));
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
    }

    Task<FozException> FaultAsync(string sql) => Assert.ThrowsAsync<FozException>(() => ResultAsync(sql));
}
