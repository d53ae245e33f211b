using Foz.Core;
using Foz.Core.Catalog;
using Foz.Core.Engine;
using Foz.Core.Statements;

namespace Foz.Tests.Core.Statements;

public sealed class DefinitionStatementsTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-definitions-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    readonly Lake lake;
    readonly EnvironmentNames names;

    public DefinitionStatementsTests()
    {
        lake = new(folder, engines, TimeProvider.System);
        session = engines.Open(Workload.Query);
        names = new(lake, prefix: "", static _ => null);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_table_that_is_dropped_is_gone_with_its_files_and_what_its_step_knew()
    {
        await RunAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await RunAsync("CREATE TABLE silver.orders AS SELECT 2 AS id");
        await lake.Store.PutAsync("_foz/steps/silver.o/00000000000000000001.json", "{}"u8.ToArray(), Cancel);

        var dropped = await RunAsync("DROP TABLE silver.o");

        Assert.True((long)dropped.Rows[0][0]! >= 2, "a log and a data file");
        Assert.Null(await lake.Catalog.FindAsync(new("silver", "o"), Cancel));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "silver", "o"), "*", SearchOption.AllDirectories));
        Assert.Null(await lake.Store.GetInfoAsync("_foz/steps/silver.o/00000000000000000001.json", Cancel));
        Assert.Equal(["2"], await RowsAsync("SELECT id FROM silver.orders"));
        var fault = await FaultAsync("DROP TABLE silver.order");
        Assert.Equal((ErrorKind.NotFound, "did you mean silver.orders?"), (fault.Kind, fault.Hint));
        await RunAsync("DROP TABLE IF EXISTS silver.o");
        await RunAsync("CREATE TABLE silver.o AS SELECT 'new' AS name");
        Assert.Equal(["new"], await RowsAsync("SELECT * FROM silver.o"));
    }

    [Fact]
    public async Task A_table_that_lies_in_the_lake_without_a_definition_is_dropped_too()
    {
        await RunAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await lake.Catalog.DropAsync(new("silver", "o"), Cancel);

        await RunAsync("DROP TABLE silver.o");

        Assert.Null(await lake.Catalog.FindAsync(new("silver", "o"), Cancel));
    }

    [Fact]
    public async Task A_view_shows_what_its_query_finds_now()
    {
        await RunAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await RunAsync("CREATE VIEW gold.v COMMENT 'all of them' AS SELECT count(*) AS orders FROM silver.o");
        await RunAsync("INSERT INTO silver.o VALUES (2)");
        Assert.Equal(["2"], await RowsAsync("SELECT * FROM gold.v"));
        Assert.Equal("all of them", (await lake.Catalog.FindAsync(new("gold", "v"), Cancel))!.Description);

        Assert.Contains("exists already", (await FaultAsync("CREATE VIEW gold.v AS SELECT 1 AS a")).Message, StringComparison.Ordinal);
        await RunAsync("CREATE VIEW IF NOT EXISTS gold.v AS SELECT 1 AS a");
        Assert.Equal(["2"], await RowsAsync("SELECT orders FROM gold.v"));
        await RunAsync("CREATE OR REPLACE VIEW gold.v AS SELECT max(id) AS last FROM silver.o");
        Assert.Equal(["2"], await RowsAsync("SELECT last FROM gold.v"));
        await RunAsync("DROP VIEW gold.v");
        await RunAsync("DROP VIEW IF EXISTS gold.v");
        Assert.Contains("no table or view gold.v", (await FaultAsync("DROP VIEW gold.v")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE VIEW gold.v AS SELECT nothing FROM silver.o", "nothing")]
    [InlineData("CREATE VIEW gold.v AS SELECT * FROM silver.no_such", "silver.no_such")]
    [InlineData("CREATE VIEW silver.o AS SELECT 1 AS a", "silver.o is a table, not a view")]
    [InlineData("CREATE OR REPLACE VIEW gold.there AS SELECT * FROM gold.there", "the view gold.there would read itself")]
    [InlineData("CREATE VIEW foz.v AS SELECT 1 AS a", "foz.v is Foz's own")]
    [InlineData("CREATE VIEW gold.v AS", "SELECT")]
    [InlineData("DROP TABLE gold.there", "gold.there is a view, not a table")]
    [InlineData("DROP VIEW silver.o", "silver.o is a table, not a view")]
    [InlineData("DROP TABLE foz.runs", "foz.runs is Foz's own")]
    [InlineData("DROP TABLE delta.`/data/o`", "only names of a lake are created and dropped, not delta.`/data/o`")]
    [InlineData("DROP SCHEMA gold", "TABLE or VIEW should stand at 'SCHEMA'")]
    public async Task What_cannot_be_defined_or_dropped_is_told_and_changes_nothing(string sql, string says)
    {
        await RunAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await RunAsync("CREATE VIEW gold.there AS SELECT 7 AS a");

        Assert.Contains(says, (await FaultAsync(sql)).Message, StringComparison.Ordinal);

        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
        Assert.Equal(["7"], await RowsAsync("SELECT * FROM gold.there"));
        Assert.Null(await lake.Catalog.FindAsync(new("gold", "v"), Cancel));
    }

    [Fact]
    public async Task An_environment_defines_and_drops_its_own()
    {
        var dev = new EnvironmentNames(lake, "dev_", static _ => null);
        await RunAsync("CREATE TABLE silver.o AS SELECT 1 AS id");
        await RunAsync("CREATE TABLE silver.o AS SELECT 2 AS id", dev);
        await RunAsync("CREATE VIEW gold.v AS SELECT id FROM silver.o", dev);

        // Whoever reads it sees the environment's rows.
        Assert.Equal(["2"], await RowsAsync("SELECT * FROM dev_gold.v"));
        await RunAsync("DROP TABLE silver.o", dev);
        await Assert.ThrowsAsync<FozException>(() => RunAsync("DROP TABLE silver.o", dev));
        Assert.Equal(["1"], await RowsAsync("SELECT * FROM silver.o"));
    }

    async Task<StatementResult> RunAsync(string sql, EnvironmentNames? environment = null) =>
        await new StatementRunner(session, environment ?? names, lake.Tables).RunAsync(StatementReader.Read(sql)!, Cancel);

    Task<FozException> FaultAsync(string sql) => Assert.ThrowsAsync<FozException>(() => RunAsync(sql));

    async Task<List<string>> RowsAsync(string sql)
    {
        using var bound = await new StatementBinder(session, names).BindAsync(sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row))];
    }
}
