using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Storage;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>A lake that goes away while a run works, as with the disk that it is on.</summary>
public sealed class GoneLakeTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("host.started")]
    [InlineData("lease.taken")]
    [InlineData("commit.before")]
    public async Task A_run_writes_nothing_after_its_lake_went_away(string moment)
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS id");
        project.Write("models/silver/b.sql", "SELECT * FROM silver.a");
        await project.RunAsync();
        project.Write("models/silver/a.sql", "SELECT 2 AS id");
        var away = project.Lake.Folder + ".away";
        var isGone = false;
        using (Failpoint.Watch(name =>
        {
            if (isGone || name != moment) return;
            isGone = true;
            Directory.Move(project.Lake.Folder, away);
        }))
            try
            {
                Assert.NotEqual(Outcome.Succeeded, (await project.RunAsync()).Outcome);
            }
            catch (FozException e)
            {
                Assert.Contains("is gone", e.Message, StringComparison.Ordinal);
            }
        Assert.True(isGone);
        Assert.False(File.Exists(Path.Combine(project.Lake.Folder, "_foz", "format.json")));
        Assert.Empty(Directory.Exists(project.Lake.Folder)
            ? Directory.EnumerateFiles(project.Lake.Folder, "*.json", SearchOption.AllDirectories)
            : []);
        if (Directory.Exists(project.Lake.Folder)) Directory.Delete(project.Lake.Folder, recursive: true);
        Directory.Move(away, project.Lake.Folder);
        await project.RunAsync();
        Assert.Equal(["2"], await project.RowsAsync("silver.b"));
    }
}
