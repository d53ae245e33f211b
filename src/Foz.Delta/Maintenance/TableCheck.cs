using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>The kind of a table's fault.</summary>
public enum FaultKind
{
    /// <summary>The log cannot be replayed to the newest version.</summary>
    Log,

    /// <summary>A data file is missing, or has another size than the log says.</summary>
    DataFile,

    /// <summary>A data file has other bytes than were written, or cannot be decoded.</summary>
    Content,

    /// <summary>The log says of a data file what is not so: readers that trust it leave rows out.</summary>
    Statistics,

    /// <summary>A deletion vector is missing or broken.</summary>
    DeletionVector,

    /// <summary>A checkpoint cannot be read, or contradicts the commits.</summary>
    Checkpoint,

    /// <summary><c>_last_checkpoint</c> is broken, or names a checkpoint that is not there.</summary>
    LastCheckpoint,

    /// <summary>A commit removed a file without naming its deletion vector, so that its rows are there twice.</summary>
    HalfRemoved,

    /// <summary>The <c>.crc</c> of a version contradicts the log.</summary>
    Checksum,
}

/// <summary>A fault of a table.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">The object, below the table's folder or absolute.</param>
/// <param name="Message">What is wrong with it, in words.</param>
/// <param name="RowCount">
/// The rows that cannot be read for it; null where that is not known or none are concerned.
/// </param>
public sealed record TableFault(FaultKind Kind, string Path, string Message, long? RowCount = null)
{
    /// <summary>Whether rows or versions cannot be read for it; otherwise it only costs time.</summary>
    public bool IsLoss => Kind is FaultKind.Log or FaultKind.DataFile or FaultKind.Content or FaultKind.Statistics
        or FaultKind.DeletionVector or FaultKind.HalfRemoved;

    /// <summary>The file whose rows cannot be read; null where it is about none.</summary>
    internal AddFile? File { get; init; }

    /// <summary>Whether a repair takes a file out of the table for it.</summary>
    public bool TakesOutFile => File is not null;

    /// <summary>A fault of a data file, which its repair takes out of the table with all rows.</summary>
    public static TableFault Of(AddFile file, FaultKind kind, string message) =>
        new(kind, file.Path.Value, message,
            FileStatistics.RecordCount(file) - (file.DeletionVector?.Cardinality ?? 0))
        { File = file };
}

/// <summary>The findings of a check of a whole table.</summary>
/// <param name="Version">The newest version; null where it cannot be built.</param>
/// <param name="FilesChecked">The data files and deletion vectors that were checked.</param>
/// <param name="Faults">The faults; empty where there are none.</param>
public sealed record TableCheckResult(long? Version, int FilesChecked, IReadOnlyList<TableFault> Faults)
{
    /// <summary>Whether a file, as far as was looked, is as the log says.</summary>
    public bool IsSound(AddFile file) => !Faults.Any(fault => fault.File?.Key == file.Key);

    /// <summary>This, and what else was found.</summary>
    public TableCheckResult With(IEnumerable<TableFault> faults) => this with { Faults = [.. Faults, .. faults] };
}

/// <summary>
/// Checks everything that a table consists of: whether each file of the newest version is there with its size, each
/// deletion vector can be read, no commit is missing, and checkpoints and checksums say the same as the commits.
/// </summary>
/// <param name="table">The table.</param>
public sealed class TableCheck(DeltaTable table)
{
    const int VectorsAtOnceMax = 16;

    /// <summary>Looks.</summary>
    /// <exception cref="DeltaException">There is no table, or readers must support what is not supported.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<TableCheckResult> RunAsync(CancellationToken cancellationToken)
    {
        var faults = new List<TableFault>();
        Snapshot snapshot;
        try
        {
            snapshot = await table.LatestSnapshotAsync(cancellationToken);
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            var log = await new LogCheck(table).RunAsync(cancellationToken);
            return new(null, 0, log.Any(fault => fault.Kind is FaultKind.Log)
                ? log
                : [.. log, new(FaultKind.Log, error.Path ?? LogFiles.Folder, error.Message)]);
        }
        faults.AddRange(await new LogCheck(table).RunAsync(cancellationToken));
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var file in table.Store.ListAsync("", startAfter: null, cancellationToken))
            if (!file.Path.StartsWith(LogFiles.Folder + "/", StringComparison.Ordinal))
                sizes[file.Path] = file.SizeBytes;
        foreach (var file in snapshot.Files)
            if (Missing(file, sizes) is { } fault) faults.Add(fault);
        faults.AddRange(snapshot.HalfRemoved.Select(file => TableFault.Of(
            file, FaultKind.HalfRemoved,
            "was removed without its deletion vector: its rows stand in another file too")));
        var lost = faults.Where(fault => fault.File is not null).Select(fault => fault.File!.Key).ToHashSet();
        var marked = snapshot.Files.Where(file => file.DeletionVector is not null && !lost.Contains(file.Key)).ToList();
        faults.AddRange(await VectorFaultsAsync(marked, cancellationToken));
        return new(snapshot.Version, snapshot.FileCount + marked.Count, faults);
    }

    TableFault? Missing(AddFile file, Dictionary<string, long> sizes)
    {
        var path = file.Path.Value;
        var root = table.Store.Root + "/";
        if (path.StartsWith(root, StringComparison.Ordinal)) path = path[root.Length..];
        else if (file.Path.IsAbsolute) return MissingElsewhere(file);
        if (!sizes.TryGetValue(path, out var size)) return Fault(file, "is missing");
        return size == file.SizeBytes ? null : Fault(file, $"has {size} bytes, the log says {file.SizeBytes}");
    }

    /// <summary>Files outside of the table are checked where they are on this machine.</summary>
    static TableFault? MissingElsewhere(AddFile file)
    {
        if (!file.Path.Value.StartsWith('/')) return null;
        var there = new FileInfo(file.Path.Value);
        if (!there.Exists) return Fault(file, "is missing");
        return there.Length == file.SizeBytes
            ? null
            : Fault(file, $"has {there.Length} bytes, the log says {file.SizeBytes}");
    }

    async Task<IReadOnlyCollection<TableFault>> VectorFaultsAsync(
        List<AddFile> files, CancellationToken cancellationToken)
    {
        var faults = new System.Collections.Concurrent.ConcurrentBag<TableFault>();
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = VectorsAtOnceMax,
        };
        await Parallel.ForEachAsync(files, options, async (file, token) =>
        {
            try
            {
                await DeletionVectorFile.ReadAsync(table.Store, file.DeletionVector!, token);
            }
            catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
            {
                faults.Add(TableFault.Of(
                    file, FaultKind.DeletionVector,
                    $"{error.Message}; it tells which rows of {file.Path.Value} are deleted")
                    with
                { Path = error.Path ?? file.Path.Value });
            }
        });
        return [.. faults.OrderBy(fault => fault.File!.Path.Value, StringComparer.Ordinal)];
    }

    static TableFault Fault(AddFile file, string what) => TableFault.Of(file, FaultKind.DataFile, what);
}
