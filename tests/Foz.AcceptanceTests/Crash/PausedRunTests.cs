using Foz.Storage;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// A run that is stopped for longer than its lease lasts, as on a suspended machine, and then continues.
/// </summary>
public sealed class PausedRunTests
{
    [Fact]
    public async Task A_run_that_wakes_between_its_tables_commits_nothing_twice()
    {
        using var project = new CrashProject();
        project.AddRound();
        await project.FinishAsync();
        project.AddRound();
        // Its rejected rows are committed: the next run ends the batch with the same files.
        using var paused = await PauseAsync(project.Folder);
        project.AddRound();
        await project.FinishAsync(paused: 1);
        paused.Continue();
        Assert.NotEqual(0, (await paused.WaitAsync()).ExitCode);
        project.AddRound();
        await project.FinishAsync();

        await project.AssertUndisturbedAsync("a pause between side table and table");
        var commits = Directory.GetFiles(
            Path.Combine(project.Folder, "lake/bronze"), "*.json", SearchOption.AllDirectories);
        Assert.Contains(commits, file => File.ReadAllText(file).Contains("TAKE OVER STEP", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_of_another_model_does_not_wait_for_one_that_stands_still()
    {
        using var project = new CrashProject();
        project.AddRound();
        await project.FinishAsync();
        project.AddRound();
        using var paused = await PauseAsync(project.Folder, "bronze.orders");

        (await FozProcess.RunAsync(project.Folder, "run", "bronze.customers", "--wait", "0s")).Expect(0);
        var held = await FozProcess.RunAsync(project.Folder, "run", "bronze.orders", "--wait", "0s");
        held.Expect(1);
        Assert.Contains("has held bronze.orders since", held.Output + held.Errors, StringComparison.Ordinal);

        paused.Continue();
        (await paused.WaitAsync()).Expect(0);
        await project.FinishAsync();
        await project.AssertUndisturbedAsync("a run beside one that stands still");
    }

    [Fact]
    public async Task A_run_that_wakes_before_its_first_commit_commits_nothing()
    {
        using var folder = new BackfillProject();
        (await FozProcess.RunAsync(folder.Path, "run", "bronze.days", "--log-format", "json")).Expect(0);
        File.WriteAllText(
            Path.Combine(folder.Path, "sources/files.yml"),
            "connection: files\nschema: bronze\nstreams: {days: {path: '*.csv', columns: {day: date}}}\n");
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "data/more.csv"), "day,n\n2026-02-01,1\n", TestContext.Current.CancellationToken);
        using var paused = await PauseAsync(folder.Path, "bronze.days");
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "data/other.csv"), "day,n\n2026-02-01,2\n",
            TestContext.Current.CancellationToken);
        (await FozProcess.RunAsync(folder.Path, "run", "bronze.days", "--wait", "5m")).Expect(0);
        paused.Continue();
        Assert.NotEqual(0, (await paused.WaitAsync()).ExitCode);
        (await FozProcess.RunAsync(folder.Path, "run", "bronze.days")).Expect(0);

        using var lake = new TestLake(folder.Path);
        Assert.Equal(
            ["1", "2"], await lake.QueryAsync("SELECT n FROM bronze.days WHERE day = DATE '2026-02-01' ORDER BY n"));
    }

    [Fact]
    public async Task A_run_that_wakes_before_an_export_takes_its_place_leaves_the_newer_one()
    {
        using var project = new CrashProject();
        project.AddRound();
        await project.FinishAsync();
        project.AddRound();
        using var paused = await PauseAtAsync(project.Folder, "export.file-checked");
        project.AddRound();
        await project.FinishAsync(paused: 1);
        paused.Continue();
        (await paused.WaitAsync()).Expect(1);

        await project.AssertUndisturbedAsync("a pause before the rename of an export");
    }

    /// <summary>Starts a run that is stopped before the commit of a stream's table.</summary>
    static Task<FozProcess> PauseAsync(string folder, params string[] tables) =>
        PauseAtAsync(folder, "step.side-committed", tables);

    static async Task<FozProcess> PauseAtAsync(string folder, string failpoint, params string[] tables)
    {
        var command = FozProcess.Command(folder, ["run", "--log-format", "json", .. tables]);
        command.Environment[Failpoint.Variable] = failpoint;
        command.Environment[Failpoint.StopsVariable] = "1";
        var run = FozProcess.Start(command);
        await run.WaitUntilStoppedAsync();
        return run;
    }
}
