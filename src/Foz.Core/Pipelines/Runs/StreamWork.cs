using Foz.Core.Connectors;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Runs;

/// <summary>Says what the next batch of a stream would read.</summary>
static class StreamWork
{
    /// <summary>It in words, for a plan.</summary>
    /// <param name="inputs">What the batch reads.</param>
    /// <param name="stream">The stream.</param>
    public static string Of(StreamInputs inputs, StreamDefinition stream) => inputs switch
    {
        { RejectedBefore: { } rejected, Files: var files } =>
            $"{Count(files.Length, "file")} to read; {Count(rejected, "row")} {(rejected == 1 ? "was" : "were")} rejected with other "
            + "settings of the reader",
        { ReplacesFiles: true, Files: var files } => Count(files.Length, "new or changed file"),
        { Files: { Length: > 0 } files } => Count(files.Length, "new file"),
        { RereadsCursor: true, CursorFrom: { } at } => $"rows of {stream.Cursor} = {at} and behind it",
        { RereadsCursor: true } => $"all rows, whose cursor is now {inputs.CursorOf}",
        { CursorFrom: { } from } => stream.Cursor is { } cursor ? $"rows behind {cursor} = {from}" : $"changes behind version {from}",
        _ => stream.Mode is StreamMode.Snapshot ? "snapshot" : "all rows",
    };

    /// <summary>That a batch goes on from a cursor, or begins with one, after one that read the whole table.</summary>
    /// <param name="node">The stream.</param>
    /// <param name="next">What the batch reads.</param>
    public static Warning ModeChanged(GraphNode.OfStream node, StreamInputs next) => new(
        $"{node.Table} holds a snapshot, and its mode is now incremental: "
        + (next.CursorFrom is { } from ? $"the rows behind {node.Stream.Definition.Cursor} = {from}" : "all rows")
        + " are appended to those that it has",
        $"foz run {node.Name} --full-refresh makes it anew with each row once");

    /// <summary>That a batch begins again, since the cursor is of another column or table.</summary>
    /// <param name="node">The stream.</param>
    /// <param name="before">What the cursor of the last batch was of.</param>
    /// <param name="now">What it is of now.</param>
    public static Warning CursorChanged(GraphNode.OfStream node, string before, string now) => new(
        $"{node.Table} was read by the cursor {before}, and its cursor is now {now}: it is read from the beginning; rows that the table "
        + "has are left out, and its other rows stay",
        $"foz run {node.Name} --full-refresh makes the table again from all rows");

    static string Count(long count, string what) => $"{count:N0} {what}{(count == 1 ? "" : "s")}";
}
