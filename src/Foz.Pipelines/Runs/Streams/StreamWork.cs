using Foz.Connectors;
using Foz.Lake;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Decides and says what the next batch of a stream reads.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The stream.</param>
/// <param name="source">Its source, open.</param>
sealed class StreamWork(StepContext context, GraphNode.OfStream node, ISource source)
{
    StreamDefinition Stream => node.Stream.Definition;

    /// <summary>Plans the batch after the completed ones, and reports warnings to the user.</summary>
    /// <param name="done">The completed batches, oldest first.</param>
    /// <param name="onWait">
    /// Receives inputs that are waited for, as another program may still be writing them; null to wait for none.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<BatchPlan> PlanAsync(
        IEnumerable<StepManifest> done, Action<string, TimeSpan>? onWait, CancellationToken cancellationToken)
    {
        var history = context.IsFullRefresh ? [] : done.SelectMany(manifest => manifest.Stream?.Parts ?? []).ToList();
        var plan = onWait is null
            ? await source.PlanAsync(Stream, history, cancellationToken)
            : await source.PlanSettledAsync(Stream, history, onWait, cancellationToken);
        foreach (var warning in plan.Warnings) context.Warn(warning);
        if (plan.Inputs is StreamInputs.OfCursor { NullRows: not null } next && history is [.., StreamInputs.OfAll])
            context.Warn(ModeChanged(next));
        if (StreamInputs.OfCursor.Last(history) is { Of: { } before } last
            && plan.Inputs is StreamInputs.OfCursor { Of: { } now } && last.IsOfOther(now))
            context.Warn(CursorChanged(before, now));
        return plan;
    }

    /// <summary>What a batch reads in words, for a plan.</summary>
    /// <param name="inputs">What the batch reads.</param>
    public string Of(StreamInputs inputs) => inputs switch
    {
        StreamInputs.OfFiles { RejectedBefore: { } rejected, Files: var files } =>
            $"{Count(files.Length, "file")} to read; {Count(rejected, "row")} "
                + $"{(rejected == 1 ? "was" : "were")} rejected with other "
            + "settings of the reader",
        StreamInputs.OfFiles { Replaces: true, Files: var files } => Count(files.Length, "new or changed file"),
        StreamInputs.OfFiles { Files: { Length: > 0 } files } => Count(files.Length, "new file"),
        StreamInputs.OfCursor { To: null, NullRows: not null } => $"rows without {Stream.Cursor}",
        StreamInputs.OfCursor { ReadsNulls: true, From: { } at } =>
            $"rows of {Stream.Cursor} = {at} and after it, and those without",
        StreamInputs.OfCursor { Rereads: true, From: { } at } => $"rows of {Stream.Cursor} = {at} and after it",
        StreamInputs.OfCursor { Rereads: true, Of: var of } => $"all rows, whose cursor is now {of}",
        StreamInputs.OfCursor { From: { } from } => $"rows after {Stream.Cursor} = {from}",
        StreamInputs.OfVersions { From: { } version } => $"changes after version {version}",
        _ => Stream.Mode is StreamMode.Snapshot ? "snapshot" : "all rows",
    };

    /// <summary>Warns that a stream that was read as snapshots is incremental now.</summary>
    Warning ModeChanged(StreamInputs.OfCursor next) => new(
        $"{node.Table} holds a snapshot, and its mode is now incremental: "
        + (next.From is { } from ? $"the rows after {Stream.Cursor} = {from}" : "all rows")
        + " are appended to those that it has",
        $"foz run {node.Name} --full-refresh rebuilds it with each row once");

    /// <summary>Warns that the stream is read again, as its cursor is of another column or table.</summary>
    Warning CursorChanged(string before, string now) => new(
        $"{node.Table} was read by the cursor {before}, and its cursor is now {now}: it is read from the "
            + "beginning; rows that the table "
        + "has are left out, and its other rows stay",
        $"foz run {node.Name} --full-refresh rebuilds the table from all rows");

    static string Count(long count, string what) => $"{count:N0} {what}{(count == 1 ? "" : "s")}";
}
