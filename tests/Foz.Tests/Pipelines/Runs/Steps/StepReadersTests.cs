using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;

namespace Foz.Tests.Pipelines.Runs.Steps;

/// <summary>
/// Tables name the readers that the project names for them: all, those of their folder, or their own.
/// </summary>
public sealed class StepReadersTests : IDisposable
{
    const string Names = "name: t\nlake: lake\nreaders:\n  all: [spark]\n  tables:\n    gold: [trino, delta-rs]\n";

    readonly LakeProject project = new();

    public StepReadersTests()
    {
        project.Write("models/silver/a.sql", "select 1 as id");
        project.Write(
            "models/gold/b.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: merge, unique_key: "
                + "id}\n@foz */\nselect id from silver.a");
        project.Write("models/gold/c.sql", "/* @foz\nreaders: [polars]\n@foz */\nselect id from silver.a");
        project.Write("models/gold/d.sql", "/* @foz\nreaders: []\n@foz */\nselect id from silver.a");
        project.Write("seeds/e.csv", "id\n1\n");
        project.Write("seeds/e.yml", "readers: athena\n");
    }

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_table_names_its_own_those_of_its_folder_or_those_of_all()
    {
        project.Write("foz.yml", Names);
        await RunAsync();
        Assert.Equal(
            ["spark", "trino,delta-rs", "polars", "", "athena"],
            await Task.WhenAll(new[] { "silver.a", "gold.b", "gold.c", "gold.d", "seeds.e" }.Select(ReadersAsync)));
    }

    [Fact]
    public async Task Other_names_come_into_tables_that_get_no_rows_and_go_with_an_empty_list()
    {
        await RunAsync();
        Assert.Empty(await ReadersAsync("silver.a"));
        project.Write("foz.yml", Names);
        await RunAsync();
        Assert.Equal(("spark", "trino,delta-rs"), (await ReadersAsync("silver.a"), await ReadersAsync("gold.b")));
        var version = await VersionAsync("silver.a");
        await RunAsync();
        Assert.Equal(version, await VersionAsync("silver.a"));
        project.Write("foz.yml", "name: t\nlake: lake\nreaders: []\n");
        await RunAsync();
        Assert.Equal(("", ""), (await ReadersAsync("silver.a"), await ReadersAsync("gold.b")));
    }

    [Fact]
    public async Task A_table_that_a_reader_does_not_read_fails_its_step_by_name()
    {
        await RunAsync();
        using (var session = project.OpenSession())
            await new TableAlterer(session).AlterAsync(
                await OpenAsync("silver.a"), new TableAlteration.SetProperties(
                    new Dictionary<string, string>(StringComparer.Ordinal) { ["delta.columnMapping.mode"] = "name" }),
                    Cancel);
        project.Write("foz.yml", "name: t\nlake: lake\nreaders: [delta-rs]\n");
        var failed = (await project.RunAsync()).Steps.Single(step => step.Step.ToString() == "silver.a");
        Assert.Equal(Outcome.Failed, failed.Outcome);
        Assert.Contains("delta-rs does not read columnMapping", failed.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("take the engine out of 'readers'", failed.Error.Hint!, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_readers_and_tables_give_the_nearest_name()
    {
        project.Write("foz.yml", "name: t\nlake: lake\nreaders: {all: [sparc], tables: {gold.bb: [trino]}}\n");
        project.Write("models/gold/c.sql", "/* @foz\nreaders: [duckdbb]\n@foz */\nselect id from silver.a");
        var errors = string.Join('\n', project.Errors());
        Assert.Contains("foz.yml:3:17: unknown reader 'sparc'", errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'spark'?", errors, StringComparison.Ordinal);
        Assert.Contains("the project has no table or schema 'gold.bb'", errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'gold.b'?", errors, StringComparison.Ordinal);
        Assert.Contains("models/gold/c.sql:2:11: unknown reader 'duckdbb'", errors, StringComparison.Ordinal);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task RunAsync() =>
        Assert.All(
            (await project.RunAsync()).Steps,
            step => Assert.True(step.Error is null, $"{step.Step}: {step.Error?.Message}"));

    async Task<LakeTable> OpenAsync(string name) => await project.Lake.OpenTableAsync(TableName.Parse(name), Cancel);

    async Task<string> ReadersAsync(string name) =>
        (await (await OpenAsync(name)).LatestAsync(Cancel)).Properties.GetValueOrDefault("foz.readers") ?? "";

    async Task<long> VersionAsync(string name) => (await (await OpenAsync(name)).LatestAsync(Cancel)).Version;
}
