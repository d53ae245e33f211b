using Foz.Lake.Journal;

namespace Foz.Tests.Connectors;

/// <summary>Snapshots of files that lack a column of their table from some day on.</summary>
public sealed class GoneColumnTests : IDisposable
{
    readonly SourceProject project = new("disk: {type: files, path: data}");

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("evolve", Outcome.Warned)]
    [InlineData("fail", Outcome.Failed)]
    public async Task They_are_reported_and_stopped_where_the_policy_is_fail(string drift, Outcome outcome)
    {
        project.Write("sources/s.yml", $"connection: disk\ndrift: {drift}\nstreams: {{t: {{path: '*.csv', mode: snapshot, settle: 0s}}}}\n");
        project.Write("data/a.csv", "id,name\n1,Ana\n");
        await project.RunWellAsync();
        project.Write("data/a.csv", "id\n1\n2\n");

        var step = Assert.Single((await project.RunAsync()).Steps);
        Assert.Equal(outcome, step.Outcome);
        const string What = "bronze.t: the source does not have the column name of the table";
        if (outcome is Outcome.Failed)
        {
            Assert.StartsWith(What, step.Error!.Message, StringComparison.Ordinal);
            Assert.Equal(["1|Ana"], await project.RowsAsync("SELECT id, name FROM bronze.t"));
        }
        else
        {
            Assert.Contains(What, project.Warnings);
            await project.RunWellAsync();
        }
        await project.RunWellAsync(isFullRefresh: true);
        await project.RunWellAsync();
        Assert.Empty(project.Warnings);
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.t"));
    }
}
