using System.Globalization;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>Logs whose data files were never published: the result of their replay.</summary>
public sealed class GoldenLogTests(GoldenEngine engine) : IClassFixture<GoldenEngine>
{
    const string Date = "date";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Files and bytes as the commits and checkpoints say when read by hand.
    [Theory]
    [InlineData("delta-dotnet/checkpoints", 12, 12, 18_024, Date)]
    [InlineData("delta-rs/checkpoints", 12, 12, 18_024, Date)]
    [InlineData("delta-rs/checkpoints_vacuumed", 12, 12, 18_024, Date)]
    [InlineData("dremio/ending_with_checkpoint_dataset", 10, 11, 14_663, "")]
    [InlineData("dremio/multipartCheckpointSkips", 13, 4, 2_836, "")]
    [InlineData("kernel-golden/canonicalized-paths-special-b", 1, 0, 0, "")]
    [InlineData("kernel-golden/delete-re-add-same-file-different-transactions", 3, 2, 2, "")]
    public async Task The_log_replays(string name, long version, int files, long bytes, string partitions)
    {
        var snapshot = await engine.Table(GoldenTable.Find(name)).LatestAsync(Cancel);

        Assert.Equal((version, files, bytes), (snapshot.Version, snapshot.FileCount, snapshot.TotalBytes));
        Assert.Equal(partitions, string.Join(", ", snapshot.PartitionColumns));
        Assert.NotEmpty(snapshot.Fields);
    }

    /// <summary>Of the checkpoints at versions 3, 6, 9 and 12, those at 3 and 9 lack parts.</summary>
    [Fact]
    public async Task Incomplete_checkpoints_of_several_parts_are_passed_over()
    {
        var golden = GoldenTable.Find("dremio/multipartCheckpointSkips");
        var table = engine.Table(golden);
        var files = new HashSet<string>(StringComparer.Ordinal);
        for (var version = 0; version <= 13; version++)
        {
            var file = Path.Combine(
                golden.Root, "_delta_log", version.ToString("D20", CultureInfo.InvariantCulture) + ".json");
            Replay(files, await File.ReadAllLinesAsync(file, Cancel));
            var snapshot = await table.VersionAsync(version, Cancel);
            Assert.Equal((version, files.Count), (snapshot.Version, snapshot.FileCount));
        }
    }

    [Fact]
    public void All_logs_without_data_are_here() => Assert.Equal(
        7, GoldenTable.All().Count(table => table.Kind == "log-only"));

    static void Replay(HashSet<string> files, IEnumerable<string> lines)
    {
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            using var action = JsonDocument.Parse(line);
            if (action.RootElement.TryGetProperty("remove", out var removed)) files.Remove(PathOf(removed));
            if (action.RootElement.TryGetProperty("add", out var added)) files.Add(PathOf(added));
        }
    }

    static string PathOf(JsonElement file) => file.GetProperty("path").GetString()!;
}
