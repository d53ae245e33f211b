using Foz.Delta.Log;

namespace Foz.Delta.Checkpoints;

/// <summary>
/// Reads and writes the Parquet files of checkpoints (PROTOCOL.md, "Checkpoint Schema"), the one place where the
/// protocol's core needs Parquet. The implementer may be called from several threads at once.
/// </summary>
public interface ICheckpointParquet
{
    /// <summary>
    /// The actions of a checkpoint file or sidecar in batches of any size and order: <c>add</c>, <c>remove</c>,
    /// <c>metaData</c>, <c>protocol</c>, <c>txn</c>, <c>domainMetadata</c>, <c>checkpointMetadata</c> and
    /// <c>sidecar</c>. Columns and fields that a file lacks are absent values, those not named here are ignored.
    /// <see cref="FileAction.Stats"/> comes from <c>stats</c> or, where that is null, from <c>stats_parsed</c> as
    /// JSON. A <see cref="Utf8Pool"/> per file keeps texts that repeat once and makes
    /// <see cref="Utf8Pool.Map"/> share keys.
    /// </summary>
    /// <param name="file">A local file.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="DeltaException">The file is no checkpoint (<see cref="DeltaErrorKind.Corrupt"/>).</exception>
    IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAsync(string file, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a classic checkpoint: one row per action, in which the other columns are null; <c>dataChange</c> is
    /// false for all files.
    /// </summary>
    /// <param name="file">A local file that is not there yet.</param>
    /// <param name="content">What to write.</param>
    /// <param name="cancellationToken">Ends the writing; the file may be left unfinished.</param>
    ValueTask WriteAsync(string file, CheckpointContent content, CancellationToken cancellationToken);
}

/// <summary>The state of a table at one version, as a checkpoint holds it.</summary>
public sealed record CheckpointContent
{
    /// <summary>The version.</summary>
    public required long Version { get; init; }

    /// <summary>The protocol.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>The metadata.</summary>
    public required Metadata Metadata { get; init; }

    /// <summary>One entry per application.</summary>
    public required IReadOnlyCollection<SetTransaction> Transactions { get; init; }

    /// <summary>The domains, without removed ones.</summary>
    public required IReadOnlyCollection<DomainMetadata> Domains { get; init; }

    /// <summary>The files of the table.</summary>
    public required IReadOnlyCollection<AddFile> Files { get; init; }

    /// <summary>The tombstones that have not expired.</summary>
    public required IReadOnlyCollection<RemoveFile> Tombstones { get; init; }

    /// <summary>The number of all actions, which are the rows of the file.</summary>
    public long ActionCount => 2L + Transactions.Count + Domains.Count + Files.Count + Tombstones.Count;
}
