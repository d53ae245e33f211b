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

    async Task<IReadOnlyDictionary<TableName, StepResult>> ReadAsync(
        StepContext context, GraphNode.OfStream node, Connectors.ISource source, CancellationToken cancellationToken)
    {
        if (reader is null || source is not ILoggedSource logged)
            throw new FozException(
                ErrorKind.Configuration, $"{node.Source.Name} is read by its log of changes, which is impossible here")
            {
                Hint = "foz run reads it",
            };
        await using var lease = leaseOf($"{node.Source.Name}.changes");
        // A run that takes over reads the same changes by the same numbers: nothing has to be fenced off.
        await lease.TakeAsync(static (_, _) => Task.CompletedTask, cancellationToken);
        return await reader.ReadAsync(
            new(context.Lake, context.Project!, node.Source, logged)
            {
                RunId = context.RunId,
                Warn = context.Warn,
                Meter = context.Meter,
                DescribeAsync = async (stream, change) =>
                {
                    var tags = await new TagPropagation(context, new GraphNode.OfStream(node.Source, stream))
                        .FindAsync(() => change.Fields, cancellationToken);
                    change.Describe(field => tags.ChangesOf(field, isMadeAnew: false));
                },
                DefineAsync = (stream, stop) => context.DefineTableAsync(
                    stream.Table, stream.Description, node.Source.Owner, stop),
            },
            cancellationToken);
    }
}
