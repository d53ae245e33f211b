using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>Runs that are started, watched, canceled and resumed by one service.</summary>
public sealed class RunServiceTests : IDisposable
{
    readonly LakeProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_watcher_that_comes_late_gets_the_events_of_the_one_that_was_there_from_the_start()
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS a");
        var first = new List<RunEvent>();
        var run = new RunService(project.Lake).Start(new() { Project = project.Load() }, first.Add, Cancel);
        var result = await run.Result;

        var late = new List<RunEvent>();
        run.Watch(late.Add);
        Assert.Equal(first, late);
        Assert.Equal(
            [
                typeof(RunEvent.Started), typeof(RunEvent.StepStarted), typeof(RunEvent.StepFinished),
                typeof(RunEvent.Finished),
            ],
            late.Select(what => what.GetType()));
        Assert.Equal(run.RunId, ((RunEvent.Started)late[0]).RunId);
        Assert.Same(result, ((RunEvent.Finished)late[^1]).Result);
        run.Cancel();
    }

    [Fact]
    public async Task A_step_is_in_the_journal_before_its_end_is_watched()
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS a");
        var journaled = new List<int>();
        await new RunService(project.Lake).Start(
            new() { Project = project.Load() },
            what =>
            {
                if (what is RunEvent.StepFinished)
                    journaled.Add(Directory.GetFiles(project.Lake.JournalFolder, "*.segment").Length);
            },
            Cancel).Result;
        Assert.Equal([1], journaled);
    }

    [Fact]
    public async Task A_canceled_run_is_resumed_with_what_it_did_not_try_and_with_its_options()
    {
        project.Write("models/silver/a.sql", "SELECT 1 AS a");
        project.Write("models/silver/b.sql", "SELECT a FROM silver.a");
        var service = new RunService(project.Lake);
        ActiveRun? active = null;
        var started = new TaskCompletionSource();
        active = service.Start(
            new() { Project = project.Load(), IsFullRefresh = true },
            what =>
            {
                if (what is not RunEvent.StepFinished) return;
                started.Task.Wait(Cancel);
                active!.Cancel();
            },
            Cancel);
        started.SetResult();
        var canceled = await active.Result;
        Assert.True(canceled.IsStopped);
        Assert.Equal(Outcome.Canceled, canceled.Steps.Single(step => step.Step.Name == "b").Outcome);

        var resumed = await service.FindResumedAsync(project.Load(), _ => throw new InvalidOperationException(), Cancel);
        Assert.Equal(active.RunId, resumed.RunId);
        Assert.Equal((true, "fqn:silver.b"), (resumed.Request!.IsFullRefresh, resumed.Request.Selection.Select.Single()));
        Assert.Null((await service.Start(resumed.Request, static _ => { }, Cancel).Result).Error);
        Assert.Null(
            (await service.FindResumedAsync(project.Load(), _ => throw new InvalidOperationException(), Cancel)).Request);
    }

    [Fact]
    public async Task What_keeps_a_run_from_beginning_comes_with_its_result()
    {
        var run = new RunService(project.Lake).Start(
            new() { Project = project.Load(), Selection = new() { Select = ["silver.nothing"] } }, static _ => { },
            Cancel);
        await Assert.ThrowsAsync<FozException>(() => run.Result);
    }
}
