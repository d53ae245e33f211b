using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables.Merging;

/// <summary>
/// The merge that makes a table: its rows are written as they arrive, and their keys are checked afterwards.
/// </summary>
public sealed class FirstMergeTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-merge-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    readonly LakeTable table;

    public FirstMergeTests()
    {
        session = engines.Open(Workload.Query);
        table = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open(
            "silver/t", new("silver", "t"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("i", "id")]
    [InlineData("i - 2500", "id")]
    [InlineData("(i - 2500)::INTEGER", "id")]
    [InlineData("i * 1000003", "id")]
    [InlineData("9223372036854775807 - i", "id")]
    [InlineData("CASE i WHEN 0 THEN -9223372036854775807 WHEN 1 THEN 9223372036854775807 ELSE i END", "id")]
    [InlineData("'k' || i", "id")]
    [InlineData("(i / 2)::DOUBLE", "id, more")]
    public async Task Rows_of_one_key_are_refused_and_leave_nothing_and_others_are_all_there(string key, string keys)
    {
        var rows = $"SELECT {key} AS id, i % 2 AS more, 'r' || i AS text FROM range(5000) r(i)";
        var error = await Assert.ThrowsAsync<FozException>(() =>
            MergeAsync($"SELECT * FROM ({rows}) UNION ALL (SELECT * FROM ({rows}) LIMIT 1)", keys));
        Assert.Contains("2 rows to merge into silver.t have the key", error.Message, StringComparison.Ordinal);
        Assert.Null(await table.FindLatestAsync(Cancel));
        Assert.Empty(Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories));

        await using var change = await MergeAsync(rows, keys);
        Assert.Equal((5000, 0), (change.RowsAdded, change.RowsDeleted));
        Assert.Equal(keys.Split(", "), change.MergedBy);
        Assert.Equal(5000, change.Metrics["numSourceRows"]);
        await change.CommitAsync(Cancel);
        Assert.Equal(5000, (await table.LatestAsync(Cancel)).RowCount);
    }

    [Fact]
    public async Task Rows_without_a_key_are_no_repeated_ones()
    {
        await using var change = await MergeAsync("SELECT nullif(i, i % 3) AS id FROM range(7) r(i)", "id");
        Assert.Equal(7, change.RowsAdded);
        Assert.Equal(3, change.NullsWritten("ID"));
        Assert.Null(change.NullsWritten("none"));
        await using var none = await MergeAsync("SELECT NULL::BIGINT AS id FROM range(3)", "id");
        Assert.Equal(3, none.NullsWritten("id"));
    }

    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(4, 5, 6)]
    public async Task Whatever_the_keys_repeated_ones_are_found(int one, int two, int three)
    {
        foreach (var seed in (int[])[one, two, three])
        {
            var random = new Random(seed);
            var keys = Enumerable.Range(0, random.Next(2, 400))
                .Select(_ => random.NextInt64(-300, 300) * random.Next(1, 4)).ToList();
            var rows = $"SELECT unnest([{string.Join(", ", keys)}]::BIGINT[]) AS id";
            var isRepeated = keys.Distinct().Count() < keys.Count;
            var error = await Record.ExceptionAsync(async () => await (await MergeAsync(rows, "id")).DisposeAsync());
            Assert.True(isRepeated == error is FozException, $"seed {seed}: {error?.Message}");
        }
    }

    Task<TableChange> MergeAsync(string rows, string keys) =>
        new TableWriter(session).MergeAsync(table, rows, new MergeOptions { Keys = keys.Split(", ") }, Cancel);
}
