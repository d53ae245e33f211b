using System.Text.Json.Serialization;

namespace Foz.Streams.Batches;

/// <summary>
/// A batch of a source's changes, written before any table has it: <c>_foz/streams/…/&lt;batch&gt;.json</c>. It ends
/// where a transaction of the source ends, and covers all tables of the source. What it has is determined by where it
/// starts and how many changes it counts, so that a batch that was cut off is read again as it was.
/// </summary>
sealed record ChangeBatch
{
    /// <summary>
    /// Gets its number, which grows by one; the first one is where reading starts, and has no changes.
    /// </summary>
    public required long Number { get; init; }

    /// <summary>Gets the position that it starts after.</summary>
    public required string From { get; init; }

    /// <summary>Gets the position at which all tables of the source stand once they have it.</summary>
    public required string Position { get; init; }

    /// <summary>Gets how many changes it has, over all tables of the source.</summary>
    public long Changes { get; init; }

    /// <summary>Gets the tables in the lake that it changes.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Gets when the last of its transactions was committed; null where it has none.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>Gets when it was read: the <c>_cdc_synced_at</c> of its rows.</summary>
    public required DateTimeOffset SyncedAt { get; init; }

    /// <summary>Gets the run that read it.</summary>
    public required string RunId { get; init; }
}

/// <summary>The reader of a source's log: <c>_foz/streams/…/reader.json</c>.</summary>
/// <param name="Name">The name under which the source keeps changes for this lake, which no other reader has.</param>
sealed record LogReader(string Name)
{
    /// <summary>
    /// Gets the streams whose changes were read without a gap since they were copied, with the source's numbers of
    /// their tables; -1 where it has none. A stream that was not part of the project for a while is none of them, nor
    /// one whose table is another one since.
    /// </summary>
    public IReadOnlyDictionary<string, long> Streams { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Gets the numbers under which the source logs the tables of these streams: another one where it has begun again,
    /// so that changes are missing.
    /// </summary>
    public IReadOnlyDictionary<string, long> Logged { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Gets what is added to numbers of positions, so that those of another server, or of one that was restored, come
    /// after all that bronze has.
    /// </summary>
    public long Offset { get; init; }

    /// <summary>Whether the changes of a stream were read without a gap.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="table">The source's number of its table; -1 where it has none.</param>
    /// <param name="logged">The number under which the source logs it; null where it does not.</param>
    public bool Has(string stream, long table, long? logged) =>
        Streams.TryGetValue(stream, out var known) && known == table
        && logged is not null && (!Logged.TryGetValue(stream, out var before) || before == logged);

    /// <summary>Returns the reader with a stream whose copy has begun.</summary>
    public LogReader With(string stream, long table, long logged) => this with
    {
        Streams = new Dictionary<string, long>(Streams) { [stream] = table },
        Logged = new Dictionary<string, long>(Logged) { [stream] = logged },
    };

    /// <summary>Returns the reader without streams whose changes have a gap.</summary>
    public LogReader Without(IReadOnlyCollection<string> streams) => this with
    {
        Streams = Streams.Where(entry => !streams.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal),
        Logged = Logged.Where(entry => !streams.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal),
    };
}

[JsonSerializable(typeof(ChangeBatch))]
[JsonSerializable(typeof(LogReader))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class ChangeBatchJson : JsonSerializerContext;
