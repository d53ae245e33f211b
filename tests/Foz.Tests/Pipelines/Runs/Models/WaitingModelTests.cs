using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Runs.Models;

/// <summary>Current rows of a stream whose source has none yet, so that its columns are not known.</summary>
public sealed class WaitingModelTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Current_rows_wait_for_the_first_row_without_failing()
    {
        project.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        project.Write(
            "sources/s.yml",
            "connection: files\nsilver: current\nstreams: {t: {path: '*.jsonl', mode: incremental, keys: [id]}}\n");
        Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
        var step = (await project.RunAsync()).Steps.Single(step => $"{step.Step}" == "silver.t");
        Assert.Equal((Outcome.Skipped, null), (step.Outcome, step.Error));
        Assert.Equal("bronze.t has no rows yet: silver.t waits for the first", Assert.Single(step.Warnings).Message);
        project.Write("data/a.jsonl", "{\"id\": 1}\n");
        File.SetLastWriteTimeUtc(Path.Combine(project.Folder, "data/a.jsonl"), new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.DoesNotContain((await project.RunAsync()).Steps, step => step.Error is not null);
        Assert.Equal(["1"], await project.QueryAsync("SELECT id FROM silver.t"));
    }
}
