using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.OpenLineage;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// Records the events of a run: in the journal, and in OpenLineage's words where the project says. Safe for use by many
/// threads.
/// </summary>
sealed class RunReports : IAsyncDisposable
{
    readonly Lakehouse lake;
    readonly Project project;
    readonly string runId;
    readonly RunRecorder recorder;
    readonly ProjectLineage lineage;
    readonly LineageReporter? openLineage;
    readonly Dictionary<TableName, GraphNode> nodes;
    readonly DateTimeOffset startedAt;
    readonly Lazy<Task<IReadOnlySet<string>>> watched;

    /// <summary>Reports of a run that begins now.</summary>
    public RunReports(Lakehouse lake, Project project, string runId, RunRecorder recorder)
    {
        (this.lake, this.project, this.runId, this.recorder) = (lake, project, runId, recorder);
        startedAt = lake.Clock.GetUtcNow();
        watched = new(() =>
            new WatchedSteps(lake.Store, project.Name, project.Environment).ReadAsync(CancellationToken.None));
        nodes = project.Graph.Nodes.ToDictionary(node => node.Table);
        lineage = new(project, lake);
        openLineage = LineageReporter.Start(project, lake.Root, runId, lake.Clock);
        openLineage?.RunStarted();
    }

    /// <summary>
    /// Records an event; a step that found nothing new, and nothing to warn of, is not kept in the journal, unless an
    /// incident or a rule waits for it.
    /// </summary>
    public Task RecordAsync(RunEvent what)
    {
        switch (what)
        {
            case RunEvent.StepStarted { Step: var step }:
                openLineage?.StepStarted(nodes[step]);
                return Task.CompletedTask;
            case RunEvent.StepFinished { Result: var result, StartedAt: { } stepStartedAt }:
                return RecordAsync(nodes[result.Step], result, stepStartedAt);
            case RunEvent.StepFinished { Result: { Outcome: Outcome.Skipped } result }:
                return RecordIdleAsync(nodes[result.Step], result);
            default:
                return Task.CompletedTask;
        }
    }

    async Task RecordAsync(GraphNode node, StepResult result, DateTimeOffset stepStartedAt)
    {
        var columns = result.Outcome is Outcome.Succeeded or Outcome.Warned
            ? await lineage.FindAsync(node.Table, CancellationToken.None)
            : null;
        if (result.Outcome is Outcome.Skipped && result.Warnings.Length == 0)
            await RecordIdleAsync(node, result);
        else
            await recorder.AddAsync(
                RunRecords.OfStep(
                    runId, node, result, columns, stepStartedAt, lake.Clock.GetUtcNow(), project.File.Prices));
        openLineage?.StepFinished(node, result, columns);
    }

    async Task RecordIdleAsync(GraphNode node, StepResult result)
    {
        if (!(await watched.Value).Contains(node.Table.ToString())) return;
        var now = lake.Clock.GetUtcNow();
        await recorder.AddAsync(RunRecords.OfStep(runId, node, result, lineage: null, now, now, prices: null));
    }

    /// <summary>Keeps a record of what was done beside the steps.</summary>
    public Task AddAsync(JournalRecord record) => recorder.AddAsync(record);

    /// <summary>Reports the end of the run.</summary>
    /// <param name="result">Its result.</param>
    /// <param name="warn">Receives warnings about failures.</param>
    /// <returns>Why records of the run are lost; null if none are.</returns>
    public async Task<FozException?> FinishAsync(RunResult result, Action<Warning> warn)
    {
        await recorder.AddAsync(RunRecords.OfRun(project, result, startedAt, lake.Clock.GetUtcNow()));
        var error = await recorder.FlushAsync(warn);
        if (openLineage is null) return error;
        openLineage.RunFinished(result with { Error = error });
        if (await openLineage.FinishAsync() is { } warning) warn(warning);
        return error;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lineage.Dispose();
        if (openLineage is not null) await openLineage.DisposeAsync();
    }
}
