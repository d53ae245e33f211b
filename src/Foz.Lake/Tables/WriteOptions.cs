using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Readers;
using Foz.Lake.Data;

namespace Foz.Lake.Tables;

/// <summary>The batch of a step that a commit belongs to: Delta's <c>txn</c>.</summary>
/// <param name="Step">The step; the <c>appId</c>.</param>
/// <param name="Number">The batch; the <c>version</c>.</param>
public readonly record struct StepBatch(string Step, long Number)
{
    /// <summary>Makes sure that a table does not carry the batch yet.</summary>
    /// <exception cref="FozException">It does: it would have the rows twice.</exception>
    internal void CheckNew(LakeTable table, TableSnapshot? present)
    {
        if (!(present?.BatchOf(Step) >= Number)) return;
        throw new FozException(
            ErrorKind.Conflict,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Name} carries batch {Number} of {Step} already: another run finished it, or gave it up"))
        {
            Hint = "run again",
        };
    }
}

/// <summary>How rows are written to a table.</summary>
public sealed record WriteOptions
{
    /// <summary>The size from which on a next data file is begun.</summary>
    public const long FileBytesDefault = 128L << 20;

    /// <summary>The batch that the commit belongs to; null where it belongs to none.</summary>
    public StepBatch? Batch { get; init; }

    /// <summary>The columns that a table is partitioned by when it is made.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>Properties that a table gets with the change; null takes one away.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Properties { get; init; } = [];

    /// <summary>The engines that the table stays readable for; null leaves them unchanged.</summary>
    public IReadOnlyList<string>? Readers { get; init; }

    /// <summary>Whether columns that the table lacks are added to it; otherwise they are an error.</summary>
    public bool AddsColumns { get; init; } = true;

    /// <summary>
    /// Whether columns that the statement lacks are taken out of the table, which must then map its columns; otherwise
    /// they are NULL in new rows. Columns that the table fills itself stay.
    /// </summary>
    public bool RemovesColumns { get; init; }

    /// <summary>
    /// Whether columns take a wider type where the statement's values need it, which the table is set to allow then;
    /// else they do where it allows it already.
    /// </summary>
    public bool WidensTypes { get; init; }

    /// <summary>
    /// What is known of columns beyond their types in the statement: source types and comments, by name.
    /// </summary>
    public IReadOnlyList<Field> Fields { get; init; } = [];

    /// <summary>What the table holds, for people; null leaves it unchanged.</summary>
    public string? Description { get; init; }

    /// <summary>The size from which on a next data file is begun, in bytes.</summary>
    public long FileBytes { get; init; } = FileBytesDefault;

    /// <summary>
    /// Of a DELETE that removes rows older than a column's retention, that time; null for other changes. It marks rows
    /// rather than rewriting files, so that readers of new rows are not disturbed.
    /// </summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>
    /// Whether each row that a DELETE removes is found, so that it can be returned, also where all of them go.
    /// </summary>
    internal bool FindsRows { get; init; }

    /// <summary>
    /// How often another commit may come first, where it does not conflict, before this one gives up; those that only
    /// rearrange files are not counted. A change that was checked as a preview allows none: it must be checked again.
    /// </summary>
    public int RacesMax { get; init; } = 1_000;

    /// <summary>The properties of a table as the change leaves them.</summary>
    /// <param name="properties">Those that it has.</param>
    internal StringMap Apply(StringMap properties)
    {
        if (Readers is { } readers) properties = HeldReaders.With(properties, readers);
        foreach (var (property, value) in Properties)
            properties = value is null ? properties.Without(property) : properties.With(property, value);
        return properties;
    }
}
