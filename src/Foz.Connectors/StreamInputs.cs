using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Foz.Lake;

namespace Foz.Connectors;

/// <summary>
/// What one batch of a stream reads; kept in the batch's manifest, and given back to the source when it plans the next
/// one. Each kind of source has its own case.
/// </summary>
public abstract record StreamInputs
{
    StreamInputs() { }

    /// <summary>Gets the inputs of the single batches in it; itself, except for <see cref="Folded"/>.</summary>
    [JsonIgnore]
    public virtual ImmutableArray<StreamInputs> Parts => [this];

    /// <summary>These inputs as those of one kind of source.</summary>
    /// <typeparam name="T">The case.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <exception cref="FozException">
    /// Thrown when they are of another kind: the connection got another type while a batch was half committed.
    /// </exception>
    public T As<T>(StreamDefinition stream)
        where T : StreamInputs =>
        this as T ?? throw new FozException(
            ErrorKind.Configuration, $"stream '{stream.Name}' has an open batch of a source of another type")
        {
            Place = stream.Place is { File: not null } place ? place : null,
            Hint = "run it once with the type that its connection had, or begin again with --full-refresh",
        };

    /// <summary>
    /// Returns the inputs of several batches as if they were one: each file as last read, and the last position of each
    /// kind. The next batch is planned from the result as from all of them.
    /// </summary>
    /// <param name="batches">The inputs, oldest first.</param>
    public static StreamInputs Fold(IEnumerable<StreamInputs> batches)
    {
        StreamInputs[] parts = [.. batches.SelectMany(inputs => inputs.Parts)];
        var files = new Dictionary<string, FileInput>(StringComparer.Ordinal);
        foreach (var file in parts.OfType<OfFiles>().SelectMany(inputs => inputs.Files)) files[file.Path] = file;
        StreamInputs?[] folded =
        [
            parts.OfType<OfAll>().LastOrDefault(),
            files.Count == 0
                ? parts.OfType<OfFiles>().LastOrDefault()
                : new OfFiles([.. files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)]),
            OfCursor.Last(parts) is { } cursor ? cursor with { From = null, Rereads = false, ReadsNulls = false }
                : null,
            parts.OfType<OfVersions>().LastOrDefault() is { } versions ? versions with { From = null } : null,
            parts.OfType<OfState>().LastOrDefault(inputs => inputs.State is not null),
        ];
        return folded.OfType<StreamInputs>().ToList() switch
        {
            [] => new OfAll(),
            [var one] => one,
            var several => new Folded([.. several]),
        };
    }

    /// <summary>All rows that the source has.</summary>
    public sealed record OfAll : StreamInputs;

    /// <summary>Files.</summary>
    /// <param name="Files">The files.</param>
    public sealed record OfFiles(ImmutableArray<FileInput> Files) : StreamInputs
    {
        /// <summary>
        /// Whether some of <see cref="Files"/> were read before: the rows that the table has of them go with the commit
        /// that brings the new ones.
        /// </summary>
        public bool Replaces { get; init; }

        /// <summary>
        /// How many rows of <see cref="Files"/> were rejected that are read again since settings of their reader
        /// changed; null for none.
        /// </summary>
        public long? RejectedBefore { get; init; }

        /// <summary>Returns the inputs with how many rows of each file were rejected.</summary>
        /// <param name="rejected">The numbers, by the files' paths.</param>
        public OfFiles WithRejected(IReadOnlyDictionary<string, long> rejected) => this with
        {
            Files =
            [
                .. Files.Select(file =>
                    rejected.TryGetValue(file.Path, out var rows) ? file with { Rejected = rows } : file),
            ],
        };
    }

    /// <summary>The rows whose cursor, a column that grows, is in a range.</summary>
    public sealed record OfCursor : StreamInputs
    {
        /// <summary>
        /// The cursor above which rows are read, as the source's text of it; null where all rows up to
        /// <see cref="To"/> are.
        /// </summary>
        public string? From { get; init; }

        /// <summary>
        /// The cursor up to which rows are read, inclusive; null where it is known only after reading.
        /// </summary>
        public string? To { get; init; }

        /// <summary>
        /// What the cursor is of, in words: its column and that column's table; cursors of one thing mean nothing in
        /// another. Null where unknown.
        /// </summary>
        public string? Of { get; init; }

        /// <summary>
        /// Whether rows that were read before are among those that are read: those of exactly <see cref="From"/>,
        /// because there may be others than those that were read, or all where that is null. The batch leaves out the
        /// rows that the table has.
        /// </summary>
        public bool Rereads { get; init; }

        /// <summary>Whether the rows without a cursor are read beside those above <see cref="From"/>.</summary>
        public bool ReadsNulls { get; init; }

        /// <summary>
        /// The number of rows of <see cref="To"/> that the source had when the batch was planned, and a hash of them:
        /// another one shows that some came, changed or went since. Null where unknown.
        /// </summary>
        public string? EndRows { get; init; }

        /// <summary>The same of the rows without a cursor.</summary>
        public string? NullRows { get; init; }

        /// <summary>
        /// Hashes of the rows whose cursor is <see cref="To"/>, where the source may send them again with the next
        /// batch.
        /// </summary>
        public ImmutableArray<string> Seen { get; init; } = [];

        /// <summary>
        /// Returns the last inputs that say how far the cursor came; null if none do.
        /// </summary>
        /// <param name="history">The inputs, oldest first.</param>
        public static OfCursor? Last(IReadOnlyList<StreamInputs> history) =>
            history.OfType<OfCursor>().LastOrDefault(inputs => (inputs.To ?? inputs.NullRows) is not null);

        /// <summary>Whether the cursor is known to be of something else than the cursor of a next batch.</summary>
        /// <param name="of">What that is of.</param>
        public bool IsOfOther(string? of) => Of is not null && of is not null && Of != of;
    }

    /// <summary>Versions of a table in a format that keeps them.</summary>
    public sealed record OfVersions : StreamInputs
    {
        /// <summary>The version after which changes are read; null where all rows of <see cref="To"/> are.</summary>
        public long? From { get; init; }

        /// <summary>The version that is read, or up to which changes are.</summary>
        public required long To { get; init; }

        /// <summary>
        /// The id of the table, which one that takes its place does not have; null before it was read.
        /// </summary>
        public string? TableId { get; init; }
    }

    /// <summary>What follows the state of a program that reads the source.</summary>
    /// <param name="State">
    /// How far the program has come, in its own words; null before the first batch, and where it said nothing.
    /// </param>
    public sealed record OfState(string? State) : StreamInputs
    {
        /// <summary>The last state that a program gave; null where none did.</summary>
        /// <param name="history">The inputs, oldest first.</param>
        public static string? Last(IReadOnlyList<StreamInputs> history) =>
            history.OfType<OfState>().LastOrDefault(inputs => inputs.State is not null)?.State;
    }

    /// <summary>
    /// What several batches read, where their source was of several kinds. No batch reads it, and no source gets it.
    /// </summary>
    /// <param name="Inputs">One of each kind.</param>
    public sealed record Folded(ImmutableArray<StreamInputs> Inputs) : StreamInputs
    {
        /// <inheritdoc/>
        [JsonIgnore]
        public override ImmutableArray<StreamInputs> Parts => Inputs;
    }
}
