using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class OptimizePlanTests
{
    const long FileBytes = 128L << 20;

    [Fact]
    public void A_table_that_grows_for_ever_keeps_few_files_and_moves_each_row_a_few_times()
    {
        const int Commits = 20_000, SmallFiles = 50;
        const long CommitBytes = 10_000;
        var plan = new OptimizePlan(new() { IsAuto = true, FilesMin = SmallFiles }, FileBytes, order: null);
        var files = new List<AddFile>();
        var (moved, most) = (0L, 0);
        for (var commit = 0; commit < Commits; commit++)
        {
            files.Add(File($"{commit}", CommitBytes));
            if (files.Count < SmallFiles) continue;
            var bins = plan.BinsOf(files).ToList();
            if (bins.Sum(bin => bin.Files.Count) < SmallFiles) continue;
            foreach (var bin in bins)
            {
                files.RemoveAll(bin.Files.Contains);
                files.Add(File($"c{commit}", bin.Total.Bytes));
                moved += bin.Total.Bytes;
            }
            most = Math.Max(most, files.Count);
        }

        Assert.InRange(files.Count, 2, 2 * SmallFiles);
        Assert.InRange(most, 1, SmallFiles);
        // Two to the eighth times as much as is put together at once: each row moves at most that often.
        Assert.InRange((double)moved / (Commits * CommitBytes), 1, 9);
    }

    [Fact]
    public void Bins_are_filled_to_the_size_of_files_per_partition_and_what_is_large_enough_stays()
    {
        var plan = new OptimizePlan(new(), fileBytes: 100, order: null);
        var files = new[] { 60L, 30, 50, 120, 99, 10 }.Select((size, i) => File($"{i}", size)).ToList();
        Assert.Equal(["10+30+50"], Sizes(plan.BinsOf(files)));
        Assert.Equal(
            ["10+20", "10+20"],
            Sizes(plan.BinsOf(new[] { "x", "y", null, "" }.SelectMany((p, i) => p is null or ""
                ? [File($"{i}", 10, p)]
                : new[]
                {
                    File($"{i}a", 20, p), File($"{i}b", 10, p),
                })).Where(bin => bin.Files[0].PartitionValues.Values.Single() is "x" or "y")));
        Assert.Equal(["10+10"], Sizes(plan.BinsOf([File("a", 10, null), File("b", 10, ""), File("c", 10, "x")])));
    }

    [Fact]
    public void Files_with_many_deleted_rows_are_written_anew_alone_and_take_the_place_of_their_live_rows()
    {
        var plan = new OptimizePlan(new(), fileBytes: 100, order: null);
        Assert.Empty(plan.BinsOf([File("a", 150, deleted: 5)]));
        Assert.Equal(["150"], Sizes(plan.BinsOf([File("a", 150, deleted: 6)])));
        Assert.Equal(["40+150"], Sizes(plan.BinsOf([File("a", 150, deleted: 60), File("b", 40)])));
        Assert.Equal(
            ["150"],
            Sizes(new OptimizePlan(new() { DeletedShareMax = 0 }, 100, null).BinsOf([File("a", 150, deleted: 1)])));
    }

    static string[] Sizes(IEnumerable<FileBin> bins) =>
        [.. bins.Select(bin => string.Join('+', bin.Files.Select(file => file.SizeBytes).Order()))];

    static AddFile File(string path, long bytes, string? partition = "p", int deleted = 0) => new()
    {
        Path = FilePath.Relative(path),
        PartitionValues = new(["p"], [partition]),
        SizeBytes = bytes,
        ModificationTimeMs = 1,
        Stats = JsonText.FromString("""{"numRecords":100}"""),
        DeletionVector = deleted == 0
            ? null
            : DeletionVectorFile.Inline(RowSet.Of([.. Enumerable.Range(0, deleted).Select(row => (long)row)])),
    };
}
