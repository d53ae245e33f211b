using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>What reading a stream needs of its step.</summary>
static class StreamReading
{
    /// <summary>Returns what a source is given to read a batch with.</summary>
    /// <param name="context">The run.</param>
    /// <param name="node">The stream.</param>
    /// <param name="present">The table as it is; null where it does not exist yet.</param>
    /// <param name="workFolder">An empty folder for the batch's files.</param>
    public static ReadContext ContextOf(
        StepContext context, GraphNode.OfStream node, TableSnapshot? present, string workFolder)
    {
        var change = ChangeColumns.Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // What a rule makes of a column says nothing of how it arrives.
        change.UnionWith(node.Stream.Columns.Where(column => column.Mask is not null).Select(column => column.Name));
        change.UnionWith(node.Clean.OfType<CleanRule.Cast>().SelectMany(rule => rule.Columns));
        var discardsRows = node.Stream.Drift is DriftPolicy.DiscardRow;
        return new()
        {
            TableFields = present?.Fields.Where(f => !change.Contains(f.Name)).ToList() ?? [],
            Widen = node.Stream.Drift is DriftPolicy.Evolve ? DeltaTypes.Wider : null,
            Meter = context.Meter,
            NumbersRows = node.Stream.Definition is { Mode: StreamMode.Incremental, Keys.Count: > 0 } || discardsRows,
            // A row that is taken out says its line at once.
            NumbersLate = !discardsRows,
            Engine = context.Lake.Engines,
            WorkFolder = workFolder,
        };
    }
}
