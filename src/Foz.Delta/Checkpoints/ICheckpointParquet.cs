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
    /// Writes a checkpoint file: one row per action, in which the other columns are null.
    /// </summary>
    /// <param name="file">A local file that is not there yet.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="isSidecar">Whether the file is a sidecar, which has the columns of <c>add</c> and <c>remove</c>
    /// only.</param>
    /// <param name="cancellationToken">Ends the writing; the file may be left unfinished.</param>
    ValueTask WriteAsync(
        string file, IEnumerable<LogAction> actions, bool isSidecar, CancellationToken cancellationToken);
}
