using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>
/// The steps of streams of mode <c>cdc</c> in a run. A source has one log for all of its streams: the first step of a
/// source reads it for all, and the others take their results from there. Safe for use by many threads.
/// </summary>
/// <param name="reader">Reads the logs; null where the run cannot.</param>
/// <param name="leaseOf">The lease of a source's log, by a name.</param>
sealed class ChangeSteps(IChangeReader? reader, Func<string, StepLease> leaseOf)
{
    readonly Lock gate = new();
    readonly Dictionary<string, Task<IReadOnlyDictionary<TableName, StepResult>>> bySource =
        new(StringComparer.Ordinal);

    /// <summary>Whether a node is a stream of changes.</summary>
    public static bool IsOf(GraphNode node) =>
        node is GraphNode.OfStream { Stream.Definition.Mode: Connectors.StreamMode.Changes };

    /// <summary>Runs the step of a stream.</summary>
    /// <param name="context">The step.</param>
    /// <param name="node">The stream.</param>
    /// <param name="source">Its source, open.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The source's log could not be read.</exception>
    public async Task<StepResult> RunAsync(
        StepContext context, GraphNode.OfStream node, Connectors.ISource source, CancellationToken cancellationToken)
    {
        Task<IReadOnlyDictionary<TableName, StepResult>> all;
        lock (gate)
            if (!bySource.TryGetValue(node.Source.Name, out all!))
                bySource[node.Source.Name] = all = ReadAsync(context, node, source, cancellationToken);
        var result = (await all)[node.Table];
        var version = await new StepReaders(context, node).ReconcileAsync(cancellationToken);
        version = await new TagPropagation(context, node).ReconcileAsync(isMadeAnew: false, cancellationToken)
            ?? version;
        return version is null ? result : result with
        {
            Outcome = result.Outcome is Outcome.Skipped ? Outcome.Succeeded : result.Outcome,
            TableVersion = version,
        };
    }

    /// <summary>Follows the log of a source until it is stopped.</summary>
    /// <param name="context">The run.</param>
    /// <param name="node">One of the source's streams.</param>
    /// <param name="source">The source, open.</param>
    /// <param name="committed">Called after each batch with what its tables got.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The source's log could not be read.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task FollowAsync(
        StepContext context, GraphNode.OfStream node, Connectors.ISource source,
        Func<IReadOnlyDictionary<TableName, StepResult>, Task> committed, CancellationToken cancellationToken)
    {
        await using var lease = leaseOf(LeaseOf(node));
        await ReaderOf(node, source).FollowAsync(
            WorkOf(context, node, (ILoggedSource)source, lease), committed, cancellationToken);
    }

    static string LeaseOf(GraphNode.OfStream node) => $"{node.Source.Name}.changes";

    async Task<IReadOnlyDictionary<TableName, StepResult>> ReadAsync(
        StepContext context, GraphNode.OfStream node, Connectors.ISource source, CancellationToken cancellationToken)
    {
        await using var lease = leaseOf(LeaseOf(node));
        return await ReaderOf(node, source).ReadAsync(
            WorkOf(context, node, (ILoggedSource)source, lease), cancellationToken);
    }

    IChangeReader ReaderOf(GraphNode.OfStream node, Connectors.ISource source) =>
        source is ILoggedSource && reader is not null
            ? reader
            : throw new FozException(
                ErrorKind.Configuration, $"{node.Source.Name} is read by its log of changes, which is impossible here")
            {
                Hint = "foz run reads it",
            };

    static ChangeWork WorkOf(StepContext context, GraphNode.OfStream node, ILoggedSource source, StepLease lease) =>
        new(context.Lake, context.Project!, node.Source, source)
        {
            RunId = context.RunId,
            Warn = context.Warn,
            Meter = context.Meter,
            // A run that takes over reads the same changes by the same numbers: nothing has to be fenced off.
            TakeAsync = stop => lease.TakeAsync(static (_, _) => Task.CompletedTask, stop),
            DescribeAsync = async (stream, change) =>
            {
                var tags = await new TagPropagation(context, new GraphNode.OfStream(node.Source, stream))
                    .FindAsync(() => change.Fields, CancellationToken.None);
                change.Describe(field => tags.ChangesOf(field, isMadeAnew: false));
            },
            DefineAsync = (name, description, stop) => context.DefineTableAsync(
                name, description, node.Source.Owner, stop),
        };
}
