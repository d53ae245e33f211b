using Foz.Delta.Log;
using Foz.Delta.Scans;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>Files of one partition whose rows go to new files together.</summary>
/// <param name="Files">The files.</param>
sealed record FileBin(IReadOnlyList<AddFile> Files)
{
    /// <summary>The size of the files.</summary>
    public FileTotal Total => new(Files.Count, Files.Sum(file => file.SizeBytes));

    /// <summary>The size of the rows that are not deleted, as far as statistics show it.</summary>
    public long LiveBytes => Files.Sum(OptimizePlan.LiveBytes);
}

/// <summary>Which files of a table are rewritten, and which of them together.</summary>
/// <param name="options">The options.</param>
/// <param name="fileBytes">The size that files get.</param>
/// <param name="order">How rows are ordered; null where they are not.</param>
sealed class OptimizePlan(OptimizeOptions options, long fileBytes, RowOrder? order)
{
    readonly long smallBytes = options.SmallFileBytes ?? fileBytes;

    /// <summary>The bins of files, one partition after the other.</summary>
    public IEnumerable<FileBin> BinsOf(IEnumerable<AddFile> files) =>
        files.GroupBy(PartitionOf, StringComparer.Ordinal).SelectMany(partition => order switch
        {
            null => Packed([.. partition.Where(IsCandidate)]),
            { IsClustering: true } => Cubes([.. partition]),
            _ => Whole([.. partition]),
        });

    /// <summary>Bins for commits of bounded size.</summary>
    public IEnumerable<IReadOnlyList<FileBin>> Batches(IEnumerable<FileBin> bins)
    {
        var batch = new List<FileBin>();
        var bytes = 0L;
        foreach (var bin in bins)
        {
            if (batch.Count > 0 && bytes + bin.Total.Bytes > options.CommitBytesMax)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
            batch.Add(bin);
            bytes += bin.Total.Bytes;
        }
        if (batch.Count > 0) yield return batch;
    }

    /// <summary>A partition by its values, the same for equal ones.</summary>
    public static string PartitionOf(AddFile file) => file.PartitionValues.Count == 0
        ? ""
        : string.Join('\n', file.PartitionValues.OrderBy(value => value.Key, StringComparer.Ordinal)
            .Select(value => $"{value.Key}\t{(string.IsNullOrEmpty(value.Value) ? "\0" : value.Value)}"));

    /// <summary>Returns the size of a file without its deleted rows, as far as statistics show it.</summary>
    public static long LiveBytes(AddFile file) => (long)(file.SizeBytes * (1 - DeletedShare(file)));

    static double DeletedShare(AddFile file) =>
        file.DeletionVector is not { } vector ? 0
        : FileStatistics.RecordCount(file) is > 0 and var rows ? Math.Min(1, (double)vector.Cardinality / rows)
        : 0;

    bool IsCandidate(AddFile file) => file.SizeBytes < smallBytes || HasManyDeleted(file);

    bool HasManyDeleted(AddFile file) =>
        file.DeletionVector is not null
            && (options.DeletedShareMax <= 0 || DeletedShare(file) > options.DeletedShareMax);

    /// <summary>
    /// Fills one bin after the other, the smallest files first, so that what is as large as it should be stays.
    /// </summary>
    IEnumerable<FileBin> Packed(List<AddFile> files)
    {
        var bin = new List<AddFile>();
        var bytes = 0L;
        foreach (var file in files.OrderBy(LiveBytes).ThenBy(file => file.Path.Value, StringComparer.Ordinal))
        {
            var live = LiveBytes(file);
            if (options.IsAuto && bin.Count > 0 && live > 2 * bytes && !HasManyDeleted(file)) continue;
            if (bin.Count > 0 && bytes + live > fileBytes)
            {
                if (IsWorthIt(bin)) yield return new(bin);
                (bin, bytes) = ([], 0);
            }
            bin.Add(file);
            bytes += live;
        }
        if (IsWorthIt(bin)) yield return new(bin);
    }

    bool IsWorthIt(List<AddFile> bin) => bin.Count > 1 || bin.Exists(HasManyDeleted);

    /// <summary>Returns all files of a partition, ordered again.</summary>
    IEnumerable<FileBin> Whole(List<AddFile> files)
    {
        if (IsWorthIt(files)) yield return new(files);
    }

    /// <summary>
    /// What is not clustered, and of what is clustered those cubes that are not greater than what is ordered anyway: so
    /// each row is written a few times only, and there are a few cubes only, however often the table grows.
    /// </summary>
    IEnumerable<FileBin> Cubes(List<AddFile> files)
    {
        var cubes = files.GroupBy(order!.CubeOf).ToList();
        var settled = cubes.Where(cube => cube.Key is not null && !options.IsFull).ToList();
        var taken = cubes.Except(settled).SelectMany(cube => cube).ToList();
        settled.RemoveAll(cube => cube.Key == RowOrder.OtherCube);
        foreach (var cube in settled) taken.AddRange(cube.Where(HasManyDeleted));
        if (taken.Count == 0) yield break;
        var keys = taken.Select(file => file.Key).ToHashSet();
        var bytes = taken.Sum(LiveBytes);
        foreach (var cube in settled.OrderBy(cube => cube.Sum(LiveBytes)))
        {
            var rest = cube.Where(file => !keys.Contains(file.Key)).ToList();
            var size = rest.Sum(LiveBytes);
            if (size > bytes) break;
            taken.AddRange(rest);
            bytes += size;
        }
        yield return new(taken);
    }
}
