using System.Globalization;
using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>What a clone came to.</summary>
/// <param name="Snapshot">The clone.</param>
/// <param name="Files">Its files, and their size.</param>
/// <param name="Copied">Those of them that were copied.</param>
public sealed record CloneResult(TableSnapshot Snapshot, FileTotal Files, FileTotal Copied);

/// <summary>
/// Makes a table that is another one at a version: with copies of its files (deep), or with its files themselves
/// (shallow), which then must not be vacuumed away. What happens to one of them later does not change the other.
/// </summary>
/// <param name="source">The table.</param>
/// <param name="version">The table at the version that is cloned.</param>
public sealed class TableClone(LakeTable source, TableSnapshot version)
{
    const int CopiesAtOnceMax = 4;

    // They are about versions and rows of the table that is cloned.
    static readonly string[] ownProperties =
    [
        "delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp",
        "delta.requireCheckpointProtectionBeforeVersion", RowTracking.RowIdColumnProperty,
        RowTracking.CommitVersionColumnProperty,
    ];

    /// <summary>Makes the clone.</summary>
    /// <param name="target">Where; there must be no table.</param>
    /// <param name="isShallow">Whether it has the files of the source instead of copies.</param>
    /// <param name="onProgress">
    /// Receives how many files are copied, and how many there are; null for no reports.
    /// </param>
    /// <param name="cancellationToken">Stops it; nothing is made then.</param>
    /// <exception cref="FozException">
    /// There is a table at the target, or a shallow clone cannot be read there.
    /// </exception>
    /// <exception cref="DeltaException">A file is missing.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<CloneResult> MakeAsync(
        LakeTable target, bool isShallow, Action<int, int>? onProgress, CancellationToken cancellationToken)
    {
        if (await target.FindLatestAsync(cancellationToken) is not null)
            throw new FozException(ErrorKind.Usage, $"there is a table {target.Name} already")
            {
                Hint = "name another one, or delete it first",
            };
        if (isShallow && !version.Store.IsLocal)
            throw new FozException(
                ErrorKind.Usage, $"{source.Name} is in an object store, where a clone needs files of its own")
            {
                Hint = "make a deep clone",
            };
        var files = isShallow
            ? [.. version.State.Files.Select(Borrowed)]
            : await CopyAsync(target.Delta.Store, onProgress, cancellationToken);
        var total = new FileTotal(files.Count, files.Sum(file => file.SizeBytes));
        var columns = PresentTags.Of(version, await source.LatestAsync(cancellationToken));
        var transaction = Create(target, columns, files, isShallow, total);
        var committed = (await transaction.CommitAsync(cancellationToken)).OrThrow();
        return new(new(target.Delta.Store, committed.Snapshot), total, isShallow ? default : total);
    }

    Transaction Create(
        LakeTable target, StructType columns, IReadOnlyList<AddFile> files, bool isShallow, FileTotal total)
    {
        var state = version.State;
        // Rows get ids of the clone's own, by how many each file says to have; columns of files with those of the
        // source are none of the clone's.
        string[] lost = files.All(file => FileStatistics.RecordCount(file) is not null)
            ? ownProperties
            : [.. ownProperties, RowTracking.Property];
        var operation = TableOperation.Of(
            "CLONE", ("source", source.Name), ("sourceVersion", version.Version.ToString(CultureInfo.InvariantCulture)),
            ("isShallow", isShallow ? "true" : "false"));
        var transaction = Transaction.Create(
            target.Delta, new() { Schema = state.Schema },
            new()
            {
                Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
            });
        transaction.SetProtocol(state.Protocol);
        transaction.SetMetadata(state.Metadata with
        {
            Id = $"{Guid.NewGuid():D}",
            SchemaString = columns.Equals(version.Schema.Columns) ? state.Metadata.SchemaString : columns.ToString(),
            CreatedTimeMs = target.Delta.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Configuration = lost.Aggregate(state.Metadata.Configuration, (kept, property) => kept.Without(property)),
        });
        foreach (var (domain, known) in state.Domains)
            if (domain != RowTracking.Domain) transaction.SetDomain(domain, known.Configuration);
        foreach (var file in files)
            transaction.Add(file with { DataChange = true, BaseRowId = null, DefaultRowCommitVersion = null });
        transaction.Metrics = new(new (string Name, long Value)[]
        {
            ("sourceTableSize", state.TotalBytes), ("sourceNumOfFiles", state.FileCount), ("numRemovedFiles", 0),
            ("numCopiedFiles", isShallow ? 0 : total.Files), ("removedFilesSize", 0),
            ("copiedFilesSize", isShallow ? 0 : total.Bytes),
        }.Select(m => KeyValuePair.Create(m.Name, (string?)m.Value.ToString(CultureInfo.InvariantCulture))));
        return transaction;
    }

    /// <summary>A file of the source as another table names it: in full.</summary>
    AddFile Borrowed(AddFile file) => file with
    {
        Path = file.Path.IsAbsolute ? file.Path : FilePath.FromLog($"{Location}/{file.Path.Logged}"),
        DeletionVector = file.DeletionVector is { StorageType: DeletionVectorDescriptor.Relative } vector
            ? vector with
            {
                StorageType = DeletionVectorDescriptor.Absolute,
                PathOrInlineDv = $"{Location}/{FilePath.Relative(DeletionVectorFile.PathOf(vector)!).Logged}",
            }
            : file.DeletionVector,
    };

    string Location =>
        "file://" + string.Join('/', version.Store.Root.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));

    async Task<IReadOnlyList<AddFile>> CopyAsync(
        IObjectStore target, Action<int, int>? onProgress, CancellationToken cancellationToken)
    {
        var files = version.State.Files.ToList();
        var copies = new AddFile[files.Count];
        var done = 0;
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = CopiesAtOnceMax,
        };
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Count), options, async (i, token) =>
        {
            copies[i] = await CopyAsync(target, files[i], token);
            onProgress?.Invoke(Interlocked.Increment(ref done), files.Count);
        });
        return await CopyVectorsAsync(target, copies, cancellationToken);
    }

    async Task<AddFile> CopyAsync(IObjectStore target, AddFile file, CancellationToken cancellationToken)
    {
        var path = file.Path.IsAbsolute ? $"part-{Guid.NewGuid():D}.parquet" : file.Path.Value;
        using var local = await TableFiles.FetchAsync(version, [file], cancellationToken);
        var from = TableFiles.LocalPath(version, file);
        if (!File.Exists(from))
            throw new DeltaException(DeltaErrorKind.Corrupt, $"{file.Path.Value} of {source.Name} is missing")
            {
                Path = file.Path.Value,
            };
        var staged = target.StagingPath(path);
        await Task.Run(() => File.Copy(from, staged, overwrite: true), cancellationToken);
        await target.PublishAsync([path], cancellationToken);
        return file with { Path = FilePath.Relative(path) };
    }

    /// <summary>Vectors in files go to a file of the clone's own; those in the log stay there.</summary>
    async Task<IReadOnlyList<AddFile>> CopyVectorsAsync(
        IObjectStore target, AddFile[] files, CancellationToken cancellationToken)
    {
        var marked = Enumerable.Range(0, files.Length)
            .Where(i => files[i].DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline }).ToList();
        if (marked.Count == 0) return files;
        var rows = new List<RowSet>();
        foreach (var i in marked)
            rows.Add(await DeletionVectorFile.ReadAsync(version.Store, files[i].DeletionVector!, cancellationToken));
        var vectors = await DeletionVectorFile.WriteAsync(target, rows, cancellationToken);
        foreach (var (i, vector) in marked.Zip(vectors)) files[i] = files[i] with { DeletionVector = vector };
        return files;
    }
}
