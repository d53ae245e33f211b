using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Tests.Delta.Snapshots;

/// <summary>Replays the logs of other writers that need no Parquet, against a naive replay and stored counts.</summary>
public sealed class GoldenReplayTests(ITestOutputHelper output)
{
    // Not supported on purpose, or demanded to fail by their makers: what the error must name.
    static readonly Dictionary<string, string> refused = new(StringComparer.Ordinal)
    {
        ["connectors/deltalog-state-reconstruction-without-metadata"] = "no action 'metaData'",
        ["kernel-golden/deltalog-state-reconstruction-without-metadata"] = "no action 'metaData'",
        ["kernel-golden/no-delta-log-folder"] = "no Delta table",
        ["kernel-data/crc-malformed"] = "no Delta table",
        ["delta-java-kernel/basic_catalog_managed-delta"] = "not supported: catalogManaged",
        ["delta-rs/simple_table_features"] = "reader version 5",
        ["kernel-data/table-with-geo"] = "not supported: geospatial",
    };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_log_replays_to_what_a_naive_replay_finds()
    {
        var (replayed, needParquet) = (0, 0);
        var faults = new List<string>();
        foreach (var golden in GoldenTable.All())
        {
            try
            {
                var snapshot = await Open(golden).LatestSnapshotAsync(Ct);
                var expected = await NaiveReplayAsync(golden, snapshot.Version);
                var actual = snapshot.Files.Select(file => file.Key).ToHashSet();
                if (expected is not null && !actual.SetEquals(expected.Keys)) faults.Add($"{golden}: other files");
                if (expected is not null && snapshot.TotalBytes != expected.Values.Sum())
                    faults.Add($"{golden}: {snapshot.TotalBytes} bytes instead of {expected.Values.Sum()}");
                if (snapshot.FileCount != actual.Count) faults.Add($"{golden}: {snapshot.FileCount} files counted");
                if (refused.ContainsKey(golden.ToString())) faults.Add($"{golden}: not refused");
                replayed++;
            }
            catch (DeltaException error) when (error.Message.Contains("without a Parquet reader", default))
            {
                needParquet++;
            }
            catch (DeltaException error)
            {
                if (!IsExpected(golden, error.Message))
                    faults.Add($"{golden} ({golden.Kind}; {golden.Features}): {error.Kind}: {error.Message}");
            }
        }
        output.WriteLine($"{replayed} replayed, {needParquet} need Parquet");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.InRange(replayed, 130, int.MaxValue);
    }

    /// <summary>
    /// Rows by version as ClickHouse counted them: the statistics of the files less what deletion vectors delete must
    /// come to the same, wherever all files have statistics.
    /// </summary>
    [Fact]
    public async Task Versions_have_the_rows_that_another_engine_counted()
    {
        var compared = 0;
        foreach (var golden in GoldenTable.All())
            foreach (var (version, rows) in golden.RowCounts())
            {
                Snapshot snapshot;
                try
                {
                    snapshot = await Open(golden).SnapshotAsync(version, Ct);
                }
                catch (DeltaException error) when (error.Kind == DeltaErrorKind.Unsupported)
                {
                    continue;
                }
                if (snapshot.Files.Any(file => RowsOf(file) is null)) continue;
                Assert.Equal((golden, version, rows),
                    (golden, version, snapshot.Files.Sum(file => RowsOf(file)!.Value)));
                compared++;
            }
        output.WriteLine($"{compared} versions compared");
        Assert.InRange(compared, 100, int.MaxValue);
    }

    static long? RowsOf(AddFile file) =>
        !file.Stats.IsNone && JsonDocument.Parse(file.Stats.Utf8).RootElement.TryGetProperty("numRecords", out var rows)
            ? rows.GetInt64() - (file.DeletionVector?.Cardinality ?? 0)
            : null;

    static bool IsExpected(GoldenTable golden, string message) =>
        refused.TryGetValue(golden.ToString(), out var fault)
            ? message.Contains(fault, StringComparison.Ordinal)
            : golden.Features.Contains("feature:variantType", StringComparison.Ordinal)
                && message.Contains("variantType", StringComparison.Ordinal);

    static DeltaTable Open(GoldenTable golden) =>
        new(new LocalObjectStore(golden.Root), null, TimeProvider.System);

    /// <summary>File sizes by key, from the commits alone; null if the log does not begin at version 0.</summary>
    static async Task<Dictionary<FileKey, long>?> NaiveReplayAsync(GoldenTable golden, long version)
    {
        var files = new Dictionary<FileKey, long>();
        for (var v = 0L; v <= version; v++)
        {
            var path = Path.Combine(golden.Root, "_delta_log", $"{v:D20}.json");
            if (!File.Exists(path)) return null;
            await using var stream = File.OpenRead(path);
            await foreach (var action in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(
                stream, topLevelValues: true, cancellationToken: Ct))
                if (action.TryGetProperty("add", out var add))
                    files[KeyOf(add)] = add.GetProperty("size").GetInt64();
                else if (action.TryGetProperty("remove", out var remove)) files.Remove(KeyOf(remove));
        }
        return files;
    }

    static FileKey KeyOf(JsonElement file)
    {
        string? vector = null;
        if (file.TryGetProperty("deletionVector", out var dv) && dv.ValueKind == JsonValueKind.Object)
            vector = dv.GetProperty("storageType").GetString() + dv.GetProperty("pathOrInlineDv").GetString()
                + (dv.TryGetProperty("offset", out var offset) && offset.ValueKind == JsonValueKind.Number
                    ? $"@{offset.GetInt32()}"
                    : "");
        var path = Uri.UnescapeDataString(file.GetProperty("path").GetString()!);
        if (path.StartsWith("file://", StringComparison.Ordinal)) path = path["file://".Length..];
        else if (path.StartsWith("file:", StringComparison.Ordinal)) path = path["file:".Length..];
        return new FileKey(path, vector);
    }
}
