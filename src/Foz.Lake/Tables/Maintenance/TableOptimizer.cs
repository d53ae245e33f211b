using Foz.Delta;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>
/// Puts rows of small files, and of files with many deleted rows, together in new files (Delta's OPTIMIZE). Rows only
/// move: a commit conflicts with none that adds files, and gives way to each one that changes the files that it has
/// read.
/// </summary>
/// <param name="session">The session that reads and writes rows; sorts spill to its disk.</param>
public sealed class TableOptimizer(EngineSession session)
{
    /// <summary>Optimizes a table.</summary>
    /// <param name="table">The table; it must exist.</param>
    /// <param name="options">How.</param>
    /// <param name="onProgress">Receives the progress; null for no reports.</param>
    /// <param name="cancellationToken">Stops it; what is committed stays.</param>
    /// <exception cref="FozException">An option does not fit the table, or its rows cannot be written.</exception>
    /// <exception cref="DeltaException">There is no table.</exception>
    /// <exception cref="StorageException">The storage failed; what is committed stays.</exception>
    public async Task<OptimizeResult> OptimizeAsync(
        LakeTable table, OptimizeOptions options, Action<FileProgress>? onProgress, CancellationToken cancellationToken)
    {
        var snapshot = await table.LatestAsync(cancellationToken);
        CheckOptimizable(snapshot);
        var fileBytes = options.FileBytes ?? TargetSize.Of(snapshot);
        var plan = new OptimizePlan(options, fileBytes, RowOrder.Of(snapshot, options));
        var bins = plan.BinsOf(PartitionFilter.Files(session, snapshot, options.Where, cancellationToken)).ToList();
        var all = Sum(bins);
        if (all.Files < options.FilesMin) return new() { Version = snapshot.Version };
        if (options.IsDryRun) return Expected(snapshot, bins, all, fileBytes);
        var result = new OptimizeResult { Version = snapshot.Version };
        var done = default(FileTotal);
        foreach (var batch in plan.Batches(bins).Take(options.CommitsMax))
        {
            onProgress?.Invoke(new(done, all));
            result = await RunAsync(table, options, batch, result, cancellationToken);
            done += Sum(batch);
        }
        onProgress?.Invoke(new(done, all));
        return result;
    }

    /// <summary>Refuses tables whose rows cannot be moved unchanged.</summary>
    static void CheckOptimizable(TableSnapshot table)
    {
        table.State.CheckWritable();
        var (protocol, metadata) = (table.State.Protocol, table.State.Metadata);
        if (RowTracking.IsOn(protocol, metadata) && TrackedRows.Of(protocol, metadata) is null)
            throw new FozException(
                ErrorKind.Table,
                $"the rows of {table.State.Table} have ids, and no property names the columns "
                    + "of files that would keep them")
            {
                Hint = "turn row tracking off and on again: foz alter <table> set delta.enableRowTracking=false",
            };
    }

    /// <summary>
    /// Completes a batch: as often as others change its files meanwhile, half of it is written again without them. Less
    /// is written sooner, so that one of the attempts comes between two of the others' commits.
    /// </summary>
    async Task<OptimizeResult> RunAsync(
        LakeTable table, OptimizeOptions options, IReadOnlyList<FileBin> batch, OptimizeResult result,
        CancellationToken cancellationToken)
    {
        var wanted = Sum(batch).Files;
        var left = batch;
        for (var attempt = 0; attempt < options.AttemptsMax && left.Count > 0; attempt++)
        {
            var snapshot = await table.LatestAsync(cancellationToken);
            left = Present(snapshot, left);
            if (left.Count == 0) break;
            var commit = new OptimizeCommit(session, table, snapshot, options);
            if (await commit.TryAsync(left, cancellationToken) is not { } committed)
            {
                left = Half(left);
                continue;
            }
            return result with
            {
                Version = committed.Version,
                Commits = result.Commits + 1,
                Removed = result.Removed + commit.Removed,
                Added = result.Added + commit.Added,
                VectorsRemoved = result.VectorsRemoved + commit.VectorsRemoved,
                FilesGivenUp = result.FilesGivenUp + wanted - commit.Removed.Files,
                Warnings = committed.Warning is { } warning ? [.. result.Warnings, warning] : result.Warnings,
            };
        }
        return result with { FilesGivenUp = result.FilesGivenUp + wanted };
    }

    /// <summary>The first half of the bins, or of the files of the only one: two files at least.</summary>
    static IReadOnlyList<FileBin> Half(IReadOnlyList<FileBin> bins) => bins is [{ Files: var files }]
        ? [new([.. files.Take(Math.Max(2, files.Count / 2))])]
        : [.. bins.Take(bins.Count / 2)];

    /// <summary>The bins with those files only that the table still has, and as it has them now.</summary>
    static List<FileBin> Present(TableSnapshot snapshot, IReadOnlyList<FileBin> bins)
    {
        if (bins.All(bin => bin.Files.All(file => snapshot.State.Files.Find(file.Key) is not null))) return [.. bins];
        var wanted = bins.SelectMany(bin => bin.Files).Select(file => file.Path).ToHashSet();
        var present = snapshot.State.Files.Where(file => wanted.Contains(file.Path)).ToDictionary(file => file.Path);
        return
        [
            .. bins.Select(bin => new FileBin(
                    [.. bin.Files.Where(file => present.ContainsKey(file.Path)).Select(file => present[file.Path])]))
                .Where(bin => bin.Files.Count > 1 || bin.Files.Any(file => file.DeletionVector is not null)),
        ];
    }

    static OptimizeResult Expected(TableSnapshot snapshot, List<FileBin> bins, FileTotal all, long fileBytes) => new()
    {
        Version = snapshot.Version,
        Removed = all,
        Added = new(
            bins.Sum(bin => (int)Math.Max(bin.LiveBytes > 0 ? 1 : 0, (bin.LiveBytes + fileBytes / 2) / fileBytes)),
            bins.Sum(bin => bin.LiveBytes)),
        VectorsRemoved = bins.Sum(bin => bin.Files.Count(file => file.DeletionVector is not null)),
    };

    static FileTotal Sum(IEnumerable<FileBin> bins) =>
        bins.Aggregate(default(FileTotal), (sum, bin) => sum + bin.Total);
}
