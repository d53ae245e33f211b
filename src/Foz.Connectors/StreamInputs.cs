using System.Collections.Immutable;
using Foz.Lake;

namespace Foz.Connectors;

/// <summary>A stream that a source offers.</summary>
/// <param name="Definition">How to take it: name, keys and a mode that works; settings as they go into YAML.</param>
/// <param name="Fields">Its columns, as they arrive in bronze without the change columns.</param>
public sealed record DiscoveredStream(StreamDefinition Definition, IReadOnlyList<Foz.Lake.Data.Field> Fields)
{
    /// <summary>About how many rows it has; null where unknown.</summary>
    public long? RowCountEstimate { get; init; }

    /// <summary>
    /// Looks at what it reads, for settings to write beside those of its definition; null where nothing is to be found
    /// so.
    /// </summary>
    public Func<CancellationToken, StreamProposal>? Propose { get; init; }
}

/// <summary>What looking at the data of a stream proposes.</summary>
/// <param name="Settings">Settings with their values, as YAML writes them.</param>
/// <param name="Fields">The columns that arrive with them; empty where none is known.</param>
/// <param name="Notes">What else the user should know, such as a file that cannot be read.</param>
public sealed record StreamProposal(
    IReadOnlyList<(string Name, string Value)> Settings, IReadOnlyList<Foz.Lake.Data.Field> Fields,
    IReadOnlyList<string> Notes);

/// <summary>What one batch of a stream reads; kept in the batch's manifest.</summary>
public sealed record StreamInputs
{
    /// <summary>The files it reads; empty where the stream is not of files.</summary>
    public ImmutableArray<FileInput> Files { get; init; } = [];

    /// <summary>
    /// Whether some of <see cref="Files"/> were read before: the rows that the table has of them go with the commit
    /// that brings the new ones.
    /// </summary>
    public bool ReplacesFiles { get; init; }

    /// <summary>
    /// How many rows of <see cref="Files"/> were rejected that are read again since settings of their reader changed;
    /// null for none.
    /// </summary>
    public long? RejectedBefore { get; init; }

    /// <summary>
    /// The cursor above which rows are read, as the source's text of it; null where all rows up to
    /// <see cref="CursorTo"/> are.
    /// </summary>
    public string? CursorFrom { get; init; }

    /// <summary>
    /// What the cursor is of, in words: its column and that column's table; cursors of one thing mean nothing in
    /// another. Null where unknown, and where the stream has no cursor.
    /// </summary>
    public string? CursorOf { get; init; }

    /// <summary>
    /// Whether rows that were read before are among those that are read: those of exactly <see cref="CursorFrom"/>,
    /// because there may be others than those that were read, or all where that is null. The batch leaves out the rows
    /// that the table has.
    /// </summary>
    public bool RereadsCursor { get; init; }

    /// <summary>The cursor up to which rows are read, itself included; null where the stream has no cursor.</summary>
    public string? CursorTo { get; init; }

    /// <summary>
    /// How many rows of <see cref="CursorTo"/> the source had when the batch was planned: another number tells that
    /// some came or went since; null where they were not counted.
    /// </summary>
    public long? CursorRows { get; init; }

    /// <summary>
    /// Hashes of the rows whose cursor is <see cref="CursorTo"/>, where the source may send them again with the next
    /// batch.
    /// </summary>
    public ImmutableArray<string> CursorSeen { get; init; } = [];

    /// <summary>
    /// How far a program has come that reads the source, in its own words; null where none does, or it said nothing.
    /// </summary>
    public string? State { get; init; }

    /// <summary>The inputs with how many rows of each file were rejected.</summary>
    /// <param name="rejected">The numbers, by the files' paths.</param>
    public StreamInputs WithRejected(IReadOnlyDictionary<string, long> rejected) => this with
    {
        Files =
        [
            .. Files.Select(file =>
                rejected.TryGetValue(file.Path, out var rows) ? file with { Rejected = rows } : file),
        ],
    };

    /// <summary>The inputs of the last batch that had a cursor; null where none had.</summary>
    /// <param name="history">The inputs, oldest first.</param>
    public static StreamInputs? LastOfCursor(IReadOnlyList<StreamInputs> history) =>
        history.LastOrDefault(inputs => inputs.CursorTo is not null);

    /// <summary>Whether the cursor is known to be of something else than the cursor of a next batch.</summary>
    /// <param name="of">What that is of.</param>
    public bool IsOfOther(string? of) => CursorOf is not null && of is not null && CursorOf != of;

    /// <summary>
    /// What several batches read, as if it were one: each file as it was read last, and the last cursor. A next batch
    /// is planned behind it as behind all of them.
    /// </summary>
    /// <param name="batches">The inputs, oldest first.</param>
    public static StreamInputs Fold(IReadOnlyList<StreamInputs> batches)
    {
        var files = new Dictionary<string, FileInput>(StringComparer.Ordinal);
        foreach (var file in batches.SelectMany(inputs => inputs.Files)) files[file.Path] = file;
        var last = LastOfCursor(batches);
        return new()
        {
            Files = [.. files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)],
            CursorTo = last?.CursorTo,
            CursorOf = last?.CursorOf,
            CursorRows = last?.CursorRows,
            CursorSeen = last?.CursorSeen ?? [],
            State = batches.LastOrDefault(inputs => inputs.State is not null)?.State,
        };
    }
}

/// <summary>A file that a batch reads, with what tells whether it changed since.</summary>
/// <param name="Path">Its path, relative to the project where it lies inside it; with <c>/</c>.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="ModifiedAt">When it was last modified.</param>
public sealed record FileInput(string Path, long SizeBytes, DateTimeOffset ModifiedAt)
{
    /// <summary>The file's number in its file system; null where unknown.</summary>
    public ulong? Inode { get; init; }

    /// <summary>
    /// When anything about it changed last, in nanoseconds since 1970, which programs cannot set; null where unknown.
    /// </summary>
    public long? ChangedNs { get; init; }

    /// <summary>
    /// The tag that a store gives the object's content; null where it gives none, and of files elsewhere.
    /// </summary>
    public string? Tag { get; init; }

    /// <summary>A hash of the bytes that were read; null as long as they were not.</summary>
    public string? Hash { get; init; }

    /// <summary>A hash of the settings that it was read with; null where unknown.</summary>
    public string? Reader { get; init; }

    /// <summary>How many of its rows were rejected; null where none was, or it is unknown.</summary>
    public long? Rejected { get; init; }
}

/// <summary>What planning a batch came to.</summary>
/// <param name="Inputs">What to read; null where nothing is new.</param>
/// <param name="Warnings">What the user should know, such as a file that changed after it was read.</param>
public sealed record BatchPlan(StreamInputs? Inputs, ImmutableArray<Warning> Warnings);
