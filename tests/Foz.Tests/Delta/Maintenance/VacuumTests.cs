using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Maintenance;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Maintenance;

public sealed class VacuumTests
{
    readonly ManualTime time = new();
    readonly MemoryObjectStore store;
    readonly TransactionTable table;

    public VacuumTests()
    {
        store = new(time);
        table = new(store, time);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removed_files_go_when_their_time_is_over_and_not_before()
    {
        await table.CreateAsync();
        await AppendAsync("a", "b");
        time.Now += TimeSpan.FromDays(30);
        await RemoveAsync("a");

        time.Now += TimeSpan.FromDays(6);
        Assert.Empty((await RunAsync(new())).Files);
        time.Now += TimeSpan.FromDays(2);
        Assert.Equal(["a"], (await RunAsync(new() { IsDryRun = true })).Files);
        Assert.Equal(["a", "b"], await FilesAsync());
        var result = await RunAsync(new());

        Assert.Equal("a", Assert.Single(result.Files));
        Assert.Equal(4, result.Version);
        Assert.Equal(["b"], await FilesAsync());
        var history = await table.Table.HistoryAsync(Cancel).Take(2).Select(entry => entry.Info!).ToListAsync(Cancel);
        Assert.Equal(["VACUUM END", "VACUUM START"], history.Select(info => info.Operation));
        Assert.Equal(
            ("COMPLETED", "1"),
            (history[0].OperationParameters["status"], history[0].OperationMetrics["numDeletedFiles"]));
        Assert.Equal(
            ("604800000", "1"),
            (history[1].OperationParameters["defaultRetentionMillis"],
                history[1].OperationMetrics["numFilesToDelete"]));
        Assert.Empty((await RunAsync(new())).Files);
        Assert.Equal(result.Version, (await table.Table.LatestSnapshotAsync(Cancel)).Version);
    }

    [Fact]
    public async Task What_is_not_the_tables_stays()
    {
        await table.CreateAsync();
        await AppendAsync("region=sul/a");
        string[] foreign =
        [
            ".hidden", "_started", "_committed_1/x", "a/.crc/b", "region=sul/_temporary/x", "inner/_delta_log/0.json",
            "inner/data.parquet",
            "_symlink_format_manifest/manifest",
        ];
        string[] own =
        [
            "orphan.parquet", "_change_data/cdc-1.parquet", "_delta_index/i", "sub/deletion_vector_x.bin",
            "region=norte/_x",
        ];
        foreach (var path in foreign.Concat(own)) await store.PutAsync(path, new byte[10], Cancel);
        time.Now += TimeSpan.FromDays(8);
        await store.PutAsync("young.parquet", new byte[10], Cancel);

        var result = await RunAsync(new());

        Assert.Equal(own.Where(path => path != "region=norte/_x").Order(StringComparer.Ordinal), result.Files);
        Assert.Equal(
            foreign.Append("region=norte/_x").Append("region=sul/a").Append("young.parquet")
                .Order(StringComparer.Ordinal),
            (await FilesAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Folders_of_partition_columns_with_an_underscore_are_the_tables()
    {
        var schema = new StructType(new StructField("id", DeltaType.Long), new StructField("_day", DeltaType.String));
        var transaction = Transaction.Create(
            table.Table, new() { Schema = schema, PartitionColumns = ["_day"] }, new() { Operation = "CREATE TABLE" });
        (await transaction.CommitAsync(Cancel)).OrThrow();
        await store.PutAsync("_day=1/x.parquet", new byte[10], Cancel);
        await store.PutAsync("_days/x.parquet", new byte[10], Cancel);
        time.Now += TimeSpan.FromDays(8);

        Assert.Equal(["_day=1/x.parquet"], (await RunAsync(new())).Files);
    }

    [Fact]
    public async Task Deletion_vectors_live_as_long_as_a_version_needs_them()
    {
        await table.CreateAsync();
        await AppendAsync("a");
        var vectors = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            time.Now += TimeSpan.FromDays(5);
            var transaction = await table.BeginAsync("DELETE");
            var file = transaction.ReadSnapshot!.Files.Single();
            var vector =
                (await DeletionVectorFile.WriteAsync(
                    store, [RowSet.Of([.. Enumerable.Range(0, i + 1).Select(row => (long)row)])], Cancel))[0];
            vectors.Add(DeletionVectorFile.PathOf(vector)!);
            transaction.SetDeletionVector(file, vector);
            (await transaction.CommitAsync(Cancel)).OrThrow();
        }
        time.Now += TimeSpan.FromDays(4);

        // The first was replaced nine days ago, the second four.
        Assert.Equal([vectors[0]], (await RunAsync(new())).Files);
        Assert.Equal(vectors[1..].Append("a").Order(StringComparer.Ordinal), await FilesAsync());
    }

    [Fact]
    public async Task A_time_below_the_tables_own_must_be_forced()
    {
        await table.CreateAsync();
        await AppendAsync("a");
        await RemoveAsync("a");
        time.Now += TimeSpan.FromHours(1);

        var error = await Assert.ThrowsAsync<DeltaException>(() => RunAsync(new() { Retention = TimeSpan.Zero }));
        Assert.Equal(DeltaErrorKind.Refused, error.Kind);
        Assert.Contains("168 hours", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], (await RunAsync(new() { Retention = TimeSpan.Zero, ChecksRetention = false })).Files);
    }

    [Fact]
    public async Task The_tables_own_time_may_be_short()
    {
        await table.CreateAsync(("delta.deletedFileRetentionDuration", "interval 1 hours"));
        await AppendAsync("a", "b");
        await RemoveAsync("a");
        time.Now += TimeSpan.FromMinutes(59);
        Assert.Empty((await RunAsync(new())).Files);
        time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(["a"], (await RunAsync(new())).Files);
    }

    [Fact]
    public async Task A_lite_vacuum_knows_what_commits_removed_only()
    {
        await table.CreateAsync();
        await AppendAsync("a", "b");
        await store.PutAsync("orphan", new byte[10], Cancel);
        await RemoveAsync("a");
        time.Now += TimeSpan.FromDays(8);

        Assert.Equal(["a"], (await RunAsync(new() { IsLite = true })).Files);
        Assert.Equal(["orphan"], (await RunAsync(new())).Files);
    }

    [Fact]
    public async Task Files_that_a_shallow_clone_reads_elsewhere_are_never_deleted()
    {
        await table.CreateAsync();
        var source = new MemoryObjectStore(time);
        var transaction = await table.BeginAsync();
        transaction.Add(TransactionTable.File("x") with { Path = FilePath.FromLog("/elsewhere/x") });
        (await transaction.CommitAsync(Cancel)).OrThrow();
        transaction = await table.BeginAsync();
        transaction.RemoveAll();
        (await transaction.CommitAsync(Cancel)).OrThrow();
        await source.PutAsync("x", new byte[10], Cancel);
        time.Now += TimeSpan.FromDays(8);

        Assert.Empty((await RunAsync(new())).Files);
        Assert.Empty((await RunAsync(new() { IsLite = true })).Files);
    }

    [Fact]
    public async Task Empty_folders_of_local_tables_go_too()
    {
        using var folder = new TempFolder();
        var local = new LocalObjectStore(folder.Path);
        var clock = new ManualTime { Now = TimeProvider.System.GetUtcNow() };
        var here = new TransactionTable(local, clock);
        await here.CreateAsync();
        foreach (var path in new[] { "region=sul/deep/a", "region=norte/b" })
        {
            await local.PutAsync(path, new byte[10], Cancel);
            await here.AppendAsync(TransactionTable.File(path));
        }
        var transaction = await here.BeginAsync();
        transaction.Remove(transaction.ReadSnapshot!.Files.First(file => file.Path.Value == "region=sul/deep/a"));
        (await transaction.CommitAsync(Cancel)).OrThrow();
        clock.Now += TimeSpan.FromDays(8);

        var result = await new Vacuum(here.Table).RunAsync(new(), null, Cancel);

        Assert.Equal((1, 2), (result.Files.Count, result.FoldersRemoved));
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "region=sul")));
        Assert.True(File.Exists(Path.Combine(folder.Path, "region=norte", "b")));
    }

    Task<VacuumResult> RunAsync(VacuumOptions options) => new Vacuum(table.Table).RunAsync(options, null, Cancel);

    async Task AppendAsync(params string[] paths)
    {
        foreach (var path in paths) await store.PutAsync(path, new byte[10], Cancel);
        await table.AppendAsync([.. paths.Select(path => TransactionTable.File(path))]);
    }

    async Task RemoveAsync(string path)
    {
        var transaction = await table.BeginAsync("DELETE");
        transaction.Remove(transaction.ReadSnapshot!.Files.First(file => file.Path.Value == path));
        (await transaction.CommitAsync(Cancel)).OrThrow();
    }

    async Task<List<string>> FilesAsync() => await store.ListAsync("", null, Cancel).Select(file => file.Path)
        .Where(path => !path.StartsWith("_delta_log/", StringComparison.Ordinal)).ToListAsync(Cancel);
}
