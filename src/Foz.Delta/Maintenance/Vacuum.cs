using System.Globalization;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>
/// Deletes the files of a table that no version within the retention needs: removed data files and deletion vectors,
/// change data, and files left by commits that were never made (Delta's VACUUM).
/// </summary>
/// <param name="table">The table.</param>
public sealed class Vacuum(DeltaTable table)
{
    const int DeletesAtOnceMax = 16;

    // So many files are deleted between two reads of the log.
    const int FilesOfLook = 512;

    /// <summary>How long a table's files stay that no version needs any more.</summary>
    /// <exception cref="DeltaException">The table's property is no length of time.</exception>
    public static TimeSpan RetentionOf(Snapshot snapshot) => TableProperties.DeletedFileRetention(snapshot);

    /// <summary>Vacuums the table.</summary>
    /// <param name="options">The options.</param>
    /// <param name="onProgress">Receives how many of the files are deleted; null for no reports.</param>
    /// <param name="cancellationToken">Stops it; what is deleted stays deleted.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: the retention is shorter than the table's;
    /// <see cref="DeltaErrorKind.Unsupported"/>: the table demands of writers what is not supported (feature
    /// <c>vacuumProtocolCheck</c>).
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<VacuumResult> RunAsync(
        VacuumOptions options, Action<int, int>? onProgress, CancellationToken cancellationToken)
    {
        var snapshot = await table.LatestSnapshotAsync(cancellationToken);
        // A program that cannot write a table does not know the purpose of all its files.
        snapshot.CheckWritable();
        var configured = TableProperties.DeletedFileRetention(snapshot);
        var retention = options.Retention ?? configured;
        CheckRetention(retention, configured, options);
        var olderThan = table.Time.GetUtcNow() - retention;
        var candidates = new VacuumCandidates(table, snapshot, olderThan);
        var old = options.IsLite
            ? await candidates.ReadLogAsync(cancellationToken)
            : await candidates.ListAsync(cancellationToken);
        var result = new VacuumResult
        {
            Version = snapshot.Version, OlderThan = olderThan, Files = [.. old.Select(file => file.Path)],
            Bytes = old.Sum(file => file.SizeBytes),
        };
        if (options.IsDryRun || old.Count == 0) return result;
        return await DeleteAsync(snapshot, old, result, (options, configured), onProgress, cancellationToken);
    }

    async Task<VacuumResult> DeleteAsync(
        Snapshot snapshot, List<ObjectInfo> old, VacuumResult result, (VacuumOptions Options, TimeSpan Configured) how,
        Action<int, int>? onProgress, CancellationToken cancellationToken)
    {
        var started = await CommitAsync("VACUUM START", how.Options, StartOf(how.Options, how.Configured),
            [("numFilesToDelete", old.Count), ("sizeOfDataToDelete", result.Bytes)], cancellationToken);
        var folders = new EmptyFolders(table.Store, result.OlderThan, old);
        var deleted = new List<ObjectInfo>();
        var status = "FAILED";
        try
        {
            foreach (var some in old.Chunk(FilesOfLook))
            {
                deleted.AddRange(await DeleteAsync(some, result.OlderThan, cancellationToken));
                onProgress?.Invoke(deleted.Count, old.Count);
            }
            status = "COMPLETED";
        }
        finally
        {
            var removed = folders.Remove();
            result = result with
            {
                Version = started,
                Files = [.. deleted.Select(file => file.Path)],
                Bytes = deleted.Sum(file => file.SizeBytes),
                FoldersRemoved = removed,
            };
            if (status == "COMPLETED" || !cancellationToken.IsCancellationRequested)
                result = result with
                {
                    Version = await CommitAsync("VACUUM END", how.Options, [("status", status)],
                        [("numDeletedFiles", deleted.Count), ("numVacuumedDirectories", removed)],
                        CancellationToken.None),
                };
        }
        return result;
    }

    /// <summary>
    /// Deletes files but those that a version needs again which came meanwhile: a restore brings files back.
    /// </summary>
    async Task<IReadOnlyCollection<ObjectInfo>> DeleteAsync(
        ObjectInfo[] files, DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        var kept = VacuumCandidates.KeptBy(
            table.Store, await table.LatestSnapshotAsync(cancellationToken), olderThan);
        var doomed = files.Where(file => !kept.Contains(file.Path)).ToList();
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = DeletesAtOnceMax,
        };
        await Parallel.ForEachAsync(
            doomed, options, async (file, token) => await table.Store.DeleteAsync(file.Path, token));
        return doomed;
    }

    void CheckRetention(TimeSpan retention, TimeSpan configured, VacuumOptions options)
    {
        if (retention < TimeSpan.Zero)
            throw new DeltaException(DeltaErrorKind.InvalidArgument, "files cannot be kept for less than no time");
        if (options.ChecksRetention && retention < configured)
            throw new DeltaException(DeltaErrorKind.Refused,
                $"{table.Name} keeps its files for {Hours(configured)} hours: a vacuum with a "
                    + $"{Hours(retention)}-hour retention could delete files in use, and those of older versions");
    }

    static (string Key, string Value)[] StartOf(VacuumOptions options, TimeSpan configured)
    {
        var parameters = new List<(string, string)>
        {
            ("retentionCheckEnabled", options.ChecksRetention ? "true" : "false"),
            ("defaultRetentionMillis", Milliseconds(configured)),
        };
        if (options.Retention is { } retention) parameters.Add(("specifiedRetentionMillis", Milliseconds(retention)));
        return [.. parameters];
    }

    async Task<long> CommitAsync(
        string operation, VacuumOptions options, (string Key, string Value)[] parameters,
        (string Key, long Value)[] metrics, CancellationToken cancellationToken)
    {
        var transaction = new Transaction(table, await table.LatestSnapshotAsync(cancellationToken), new()
        {
            Operation = operation, EngineInfo = options.EngineInfo,
            Parameters = new(parameters.Select(p => KeyValuePair.Create(p.Key, (string?)p.Value))),
        })
        {
            Metrics = new(metrics.Select(m =>
                KeyValuePair.Create(m.Key, (string?)m.Value.ToString(CultureInfo.InvariantCulture)))),
        };
        return (await transaction.CommitAsync(cancellationToken)).OrThrow().Version;
    }

    static string Hours(TimeSpan time) => time.TotalHours.ToString("0.##", CultureInfo.InvariantCulture);

    static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
