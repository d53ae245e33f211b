using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>Steps whose names differ from before in their case only: they are the same steps.</summary>
public sealed class RenamedStepTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_model_and_a_seed_that_are_renamed_by_case_stay_the_same_steps()
    {
        await project.AppendAsync("bronze.o", "SELECT 1 AS id");
        project.Write("models/silver/orders.sql", "SELECT 1 AS id");
        project.Write(
            "models/silver/log.sql", "/* @foz\nmaterialization: incremental\n@foz */\nSELECT id FROM STREAM(bronze.o)");
        project.Write("seeds/regions.csv", "id,name\n1,north\n");
        await ExpectAsync(Outcome.Succeeded);
        Rename("models/silver/orders.sql", "models/silver/Orders.sql");
        Rename("models/silver/log.sql", "models/silver/LOG.sql");
        await ExpectAsync(Outcome.Skipped);
        // A seed's statement names its file: its table is made again.
        Rename("seeds/regions.csv", "seeds/Regions.csv");
        await project.AppendAsync("bronze.o", "SELECT 2 AS id");
        project.Write("models/silver/Orders.sql", "SELECT 2 AS id");
        project.Write("seeds/Regions.csv", "id,name\n1,south\n");
        await ExpectAsync(Outcome.Succeeded);
        await ExpectAsync(Outcome.Skipped);
        Assert.Equal(["2"], await project.RowsAsync("silver.orders"));
        Assert.Equal(["1", "2"], await project.RowsAsync("silver.log"));
        Assert.Equal(["1|south"], await project.RowsAsync("seeds.regions"));
        Rename("models/silver/Orders.sql", "models/silver/orders.sql");
        await ExpectAsync(Outcome.Skipped);
    }

    async Task ExpectAsync(Outcome outcome)
    {
        var steps = (await project.RunAsync()).Steps;
        Assert.Equal(3, steps.Count);
        Assert.All(steps, step => Assert.Equal(outcome, step.Outcome));
    }

    void Rename(string from, string to) =>
        File.Move(Path.Combine(project.Folder, from), Path.Combine(project.Folder, to));
}
