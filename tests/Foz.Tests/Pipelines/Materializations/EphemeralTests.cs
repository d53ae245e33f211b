using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>Models that are inlined, and snapshots in a folder of their own.</summary>
public sealed class EphemeralTests : IDisposable
{
    const string Ephemeral = "/* @foz\nmaterialization: ephemeral\n@foz */\n";

    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task An_ephemeral_model_stands_in_what_reads_it_and_is_made_nowhere()
    {
        lake.Write(
            "foz.yml", "name: t\nlake: lake\nenvironments: {dev: {schema_prefix: dev_}}\ndefault_environment: dev\n");
        lake.Write("models/silver/base.sql", "SELECT id, v FROM bronze.t");
        lake.Write("models/silver/clean.sql", Ephemeral + "SELECT id, upper(v) AS v FROM silver.base");
        lake.Write(
            "models/silver/good.sql",
            Ephemeral + "WITH silver AS (SELECT 1) SELECT c.id, c.v FROM silver.clean AS c WHERE id > 1");
        lake.Write("models/gold/kept.sql", "SELECT count(*) AS n, max(good.v) AS v FROM silver.good");
        lake.Write(
            "models/gold/shown.sql",
            "/* @foz\nmaterialization: view\n@foz */\nSELECT v FROM silver.good JOIN silver.clean USING (id, v)");
        lake.Write("tests/good.sql", "SELECT * FROM silver.good WHERE v IS NULL");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c')) v(id, v)");
        var run = await lake.RunWellAsync();

        Assert.Equal(["base", "kept", "shown"], run.Steps.Select(step => step.Step.Name).Order());
        Assert.Equal(["2|C"], await lake.RowsAsync("dev_gold.kept"));
        Assert.Equal(["B", "C"], await lake.RowsAsync("dev_gold.shown"));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));

        // What it says is part of what reads it.
        lake.Write("models/silver/clean.sql", Ephemeral + "SELECT id, v || '!' AS v FROM silver.base");
        await lake.RunWellAsync();
        Assert.Equal(["2|c!"], await lake.RowsAsync("dev_gold.kept"));
        await lake.AppendAsync("SELECT 4 AS id, 'd' AS v");
        await lake.RunWellAsync();
        Assert.Equal(["3|d!"], await lake.RowsAsync("dev_gold.kept"));
    }

    [Fact]
    public void Ephemeral_models_that_read_each_other_are_a_cycle()
    {
        lake.Write("models/silver/a.sql", Ephemeral + "SELECT * FROM silver.b");
        lake.Write("models/silver/b.sql", Ephemeral + "SELECT * FROM silver.a");
        lake.Write("models/silver/c.sql", "SELECT * FROM silver.b");

        Assert.Contains(
            "a cycle: silver.a → silver.b → silver.a", Assert.Throws<Foz.Lake.FozException>(lake.Load).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_the_folder_snapshots_are_snapshots()
    {
        lake.Write("snapshots/customers.sql", """
            /* @foz
            materialization: {unique_key: id, strategy: check, check_cols: all}
            @foz */
            SELECT id, v FROM bronze.t
            """);
        lake.Write("models/gold/now.sql", "SELECT id, v FROM snapshots.customers WHERE is_current");
        await lake.ReplaceAsync("SELECT 1 AS id, 'a' AS v");
        await lake.RunWellAsync();
        await lake.ReplaceAsync("SELECT 1 AS id, 'b' AS v");
        await lake.RunWellAsync();

        Assert.Equal(["1|b"], await lake.RowsAsync("gold.now"));
        Assert.Equal(["2"], await lake.QueryAsync("SELECT count(*) FROM snapshots.customers"));
        Assert.Equal("snapshot", lake.Load().FindModel(new("snapshots", "customers"))!.Materialization.Name);
    }
}
