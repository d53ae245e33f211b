using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Tests.Connectors;
using Foz.Tests.Pipelines.Materializations;

namespace Foz.Tests.Pipelines.Runs.Steps;

/// <summary>
/// What a step does whose table is not as its manifests say: no row comes twice, and none is left out.
/// </summary>
public sealed class LastCommittedBatchTests : IDisposable
{
    readonly ModelLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_table_that_was_renamed_there_and_back_goes_on()
    {
        await MakeAsync();
        await RenameAsync("silver.m", "silver.kept");
        await RenameAsync("silver.kept", "silver.m");
        await lake.AppendAsync("SELECT 3 AS id");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await lake.RowsAsync());
    }

    [Fact]
    public async Task What_a_renamed_table_had_is_read_again_for_the_one_that_takes_its_name()
    {
        await MakeAsync();
        await RenameAsync("silver.m", "silver.kept");
        await lake.AppendAsync("SELECT 3 AS id");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await lake.RowsAsync());
        Assert.Equal(["1", "2"], await lake.RowsAsync("silver.kept"));
        await lake.AppendAsync("SELECT 4 AS id");
        await lake.RunWellAsync();
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        Assert.Equal(["1", "2", "3", "4"], await lake.RowsAsync());
    }

    [Fact]
    public async Task Rows_are_not_added_to_a_table_of_which_nothing_is_known()
    {
        await MakeAsync();
        Directory.Delete(Path.Combine(lake.Folder, "lake/_foz/steps"), recursive: true);
        await lake.AppendAsync("SELECT 3 AS id");
        var error = await lake.FailAsync();
        Assert.Equal(
            "the table silver.m carries batch 2 of its step, and nothing is known of what that read", error.Message);
        Assert.Equal("foz run silver.m --full-refresh rebuilds it", error.Hint);
        Assert.Equal(["1", "2"], await lake.RowsAsync());

        await lake.RunWellAsync(isFullRefresh: true);
        await lake.AppendAsync("SELECT 4 AS id");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3", "4"], await lake.RowsAsync());
        Assert.Equal(4, (await lake.SnapshotAsync()).BatchOf("silver.m"));
    }

    [Fact]
    public async Task Rows_are_not_added_to_another_table()
    {
        await MakeAsync();
        await lake.ReplaceAsync("SELECT 9 AS id", "silver.other");
        await RenameAsync("silver.m", "silver.kept");
        await RenameAsync("silver.other", "silver.m");
        await lake.AppendAsync("SELECT 3 AS id");
        Assert.Equal(
            "the table silver.m carries no batch of its step, whose last one was 2: it is "
                + "another table, or an old copy", (await lake.FailAsync()).Message);
        Assert.Equal(["9"], await lake.RowsAsync());
    }

    [Fact]
    public async Task Files_are_read_again_for_a_table_that_was_renamed_and_once_for_one_that_came_back()
    {
        using var project = new SourceProject("disk: {type: files, path: data}");
        project.Write("sources/disk.yml", "connection: disk\nstreams: {t: {path: '*.csv', columns: {id: bigint}}}\n");
        project.Write("data/1.csv", "id\n1\n");
        await project.RunWellAsync();
        project.Write("data/2.csv", "id\n2\n");
        await project.RunWellAsync();
        await project.RenameAsync("bronze.t", "bronze.u");
        await project.RenameAsync("bronze.u", "bronze.t");
        project.Write("data/3.csv", "id\n3\n");
        await project.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.t ORDER BY id"));
        await project.RenameAsync("bronze.t", "bronze.u");
        await project.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.t ORDER BY id"));
    }

    /// <summary>A model that appends, after two batches.</summary>
    async Task MakeAsync()
    {
        lake.Model("{type: incremental, strategy: append}", "SELECT id FROM STREAM(bronze.t)");
        foreach (var id in (int[])[1, 2])
        {
            await lake.AppendAsync($"SELECT {id} AS id");
            await lake.RunWellAsync();
        }
    }

    async Task RenameAsync(string from, string to)
    {
        var definition = await lake.Lake.Catalog.FindAsync(TableName.Parse(from), Cancel);
        await lake.Lake.Catalog.RenameAsync(definition!, TableName.Parse(to), Cancel);
    }
}
