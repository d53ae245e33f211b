using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Streams;
using Foz.Storage;

namespace Foz.Tests.Pipelines.Runs.Streams;

/// <summary>A source is notified of committed data only.</summary>
public sealed class ConfirmationTests : IDisposable
{
    readonly RunningProject project = new();
    readonly List<string> warnings = [];

    public ConfirmationTests()
    {
        project["foz.yml"] = "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n";
        project["sources/shop.yml"] =
            "connection: files\nstreams: {orders: {path: o.csv, mode: incremental, cursor: id}}\n";
    }

    public void Dispose() => project.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_is_confirmed_after_its_commit_and_before_the_next_is_planned()
    {
        var source = new Queue(2);
        using (Failpoint.Watch(name => source.Note(name)))
        {
            await RunAsync(source);
            await RunAsync(source);
        }
        Assert.Equal(
            ["planned 1", "step.committed", "confirmed 1", "confirmed 1", "planned 2", "step.committed", "confirmed 2"],
            source.Events);
    }

    [Fact]
    public async Task A_run_that_ends_before_it_confirms_leaves_that_to_the_next()
    {
        var source = new Queue(1);
        using (Failpoint.Watch(name =>
        {
            if (name == "step.committed") throw new InvalidOperationException("it died");
        }))
            await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(source));
        Assert.Equal(["planned 1"], source.Events);

        Assert.Equal(Outcome.Skipped, (await RunAsync(source)).Outcome);
        Assert.Equal(["planned 1", "confirmed 1", "planned nothing"], source.Events);
        var table = await project.Lake.OpenTableAsync(TableName.Parse("bronze.orders"), Cancel);
        Assert.Equal(1, (await table.LatestAsync(Cancel)).RowCount);
    }

    [Fact]
    public async Task A_batch_that_fails_is_not_confirmed()
    {
        var source = new Queue(1) { Fails = true };
        await Assert.ThrowsAsync<FozException>(() => RunAsync(source));
        Assert.Equal(["planned 1"], source.Events);
    }

    [Fact]
    public async Task A_source_that_does_not_take_it_is_a_warning_and_is_told_again()
    {
        var source = new Queue(1) { RefusesConfirmation = true };
        Assert.Equal(Outcome.Succeeded, (await RunAsync(source)).Outcome);
        Assert.Contains(
            "batch 1 is in bronze.orders, and its source could not be informed: no queue", Assert.Single(warnings),
            StringComparison.Ordinal);

        source.RefusesConfirmation = false;
        await RunAsync(source);
        Assert.Equal(["planned 1", "confirmed 1", "planned nothing"], source.Events);
    }

    async Task<StepResult> RunAsync(Queue source)
    {
        var node = project.Load().Graph.Nodes.OfType<GraphNode.OfStream>().Single();
        return await new StreamStep(
            new(project.Lake, "r", IsFullRefresh: false, warning => warnings.Add(warning.Describe())), node, source)
            .RunAsync(Cancel);
    }

    /// <summary>A source of a row for each batch, whose cursor is the row's number.</summary>
    /// <param name="rows">How many rows it has.</param>
    sealed class Queue(int rows) : ISource
    {
        readonly List<string> events = [];

        public IReadOnlyList<string> Events => events;

        public bool Fails { get; init; }

        public bool RefusesConfirmation { get; set; }

        public void Note(string failpoint)
        {
            if (failpoint == "step.committed") events.Add(failpoint);
        }

        public Task<string> CheckAsync(CancellationToken cancellationToken) => Task.FromResult("");

        public Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DiscoveredStream>>([]);

        public Task<BatchPlan> PlanAsync(
            StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
        {
            var next = StreamInputs.OfCursor.Last(history) is { To: { } to } ? int.Parse(to) + 1 : 1;
            events.Add(next > rows ? "planned nothing" : $"planned {next}");
            return Task.FromResult(
                new BatchPlan(next > rows ? null : new StreamInputs.OfCursor { To = $"{next}", Of = "id" }, []));
        }

        public Task<StreamRows> ReadAsync(
            StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken) =>
            Fails
                ? throw new FozException(ErrorKind.Source, "the queue is closed")
                : Task.FromResult<StreamRows>(new StreamRows.Selected(
                    $"SELECT {inputs.As<StreamInputs.OfCursor>(stream).To}::BIGINT AS id, "
                        + "CAST(NULL AS TIMESTAMPTZ) AS _cdc_commit_ts, 'x' AS _cdc_source")
                {
                    Fields = [new("id", DataType.Long)],
                });

        public Task ConfirmAsync(StreamDefinition stream, StreamInputs done, CancellationToken cancellationToken)
        {
            if (RefusesConfirmation) throw new FozException(ErrorKind.Source, "no queue");
            events.Add($"confirmed {((StreamInputs.OfCursor)done).To}");
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
