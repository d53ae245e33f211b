using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Tests.Delta.Transactions;

public sealed class ConcurrentWriterTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_commit_of_concurrent_writers_in_memory_lands_once(bool isOneProcess) =>
        await RunAsync(new MemoryObjectStore(TimeProvider.System), isOneProcess, writers: 8, commits: 25);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_commit_of_concurrent_writers_on_disk_lands_once(bool isOneProcess)
    {
        var folder = Directory.CreateTempSubdirectory("foz-writers").FullName;
        try
        {
            await RunAsync(new LocalObjectStore(folder), isOneProcess, writers: 4, commits: 10);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_store_that_fails_before_or_after_the_write_loses_and_repeats_nothing(int seed)
    {
        var inner = new MemoryObjectStore(TimeProvider.System);
        await new TransactionTable(inner, TimeProvider.System).CreateAsync();
        var landed = new System.Collections.Concurrent.ConcurrentBag<string>();
        var undecided = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var store = new FaultyStore(inner, seed * 100 + writer);
            var table = new TransactionTable(store, TimeProvider.System);
            for (var i = 0; i < 15; i++)
            {
                var path = $"w{writer}-{i}";
                try
                {
                    store.IsFaulty = false;
                    var transaction = await table.BeginAsync();
                    store.IsFaulty = true;
                    transaction.Add(TransactionTable.File(path));
                    Assert.IsType<CommitResult.Committed>(await transaction.CommitAsync(Cancellation));
                    landed.Add(path);
                }
                catch (StorageException fault) when (fault.Kind == StorageErrorKind.Failed)
                {
                    undecided.Add(path);
                }
            }
        }, Cancellation)));
        var paths = await AddedAsync(inner);
        Assert.Equal(paths.Distinct(), paths);
        Assert.Empty(landed.Except(paths, StringComparer.Ordinal));
        Assert.Empty(paths.Except(landed.Concat(undecided), StringComparer.Ordinal));
        Assert.True(landed.Count > 40, $"only {landed.Count} commits succeeded (seed {seed})");
    }

    [Fact]
    public async Task A_lost_answer_is_recognized_by_the_transactions_identifier()
    {
        var inner = new MemoryObjectStore(TimeProvider.System);
        var store = new FaultyStore(inner, 0) { IsFaulty = false };
        var table = new TransactionTable(store, TimeProvider.System);
        await table.CreateAsync();
        var transaction = await table.BeginAsync();
        transaction.Add(TransactionTable.File("a"));
        store.NextPuts.Enqueue(Fault.After);
        var committed = (await transaction.CommitAsync(Cancellation)).OrThrow();
        Assert.Equal(1, committed.Version);
        Assert.Equal(["a"], await AddedAsync(inner));
        store.NextPuts.Enqueue(Fault.Before);
        store.NextPuts.Enqueue(Fault.After);
        Assert.Equal(2, (await table.AppendAsync(TransactionTable.File("b"))).Version);
        Assert.Equal(["a", "b"], await AddedAsync(inner));
    }

    [Fact]
    public async Task A_store_that_stays_down_is_an_error_and_the_version_stays_free()
    {
        var inner = new MemoryObjectStore(TimeProvider.System);
        var store = new FaultyStore(inner, 0) { IsFaulty = false };
        var table = new TransactionTable(store, TimeProvider.System);
        await table.CreateAsync();
        var transaction = await table.BeginAsync();
        transaction.Add(TransactionTable.File("a"));
        for (var i = 0; i < 20; i++) store.NextPuts.Enqueue(Fault.Before);
        var fault = await Assert.ThrowsAsync<StorageException>(() => transaction.CommitAsync(Cancellation));
        Assert.Equal(StorageErrorKind.Failed, fault.Kind);
        store.NextPuts.Clear();
        Assert.Equal(1, (await table.AppendAsync(TransactionTable.File("b"))).Version);
    }

    static async Task RunAsync(IObjectStore store, bool isOneProcess, int writers, int commits)
    {
        var shared = new TransactionTable(store, TimeProvider.System);
        await shared.CreateAsync(("delta.enableInCommitTimestamps", "true"));
        var versions = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var table = isOneProcess ? shared : shared.Other();
            var made = new List<long>();
            for (var i = 0; i < commits; i++)
            {
                var transaction = await table.BeginAsync();
                transaction.Add(TransactionTable.File($"w{writer}-{i}"));
                transaction.SetApplicationVersion($"writer {writer}", i);
                var committed = (await transaction.CommitAsync(Cancellation)).OrThrow();
                Assert.Equal(committed.Version, committed.Snapshot.Version);
                Assert.Contains($"w{writer}-{i}", committed.Snapshot.Files.Select(file => file.Path.Value));
                made.Add(committed.Version);
            }
            return made;
        }, Cancellation)));
        Assert.Equal(Enumerable.Range(1, writers * commits).Select(v => (long)v), versions.SelectMany(v => v).Order());
        var latest = await shared.Other().Table.LatestSnapshotAsync(Cancellation);
        Assert.Equal(writers * commits, latest.FileCount);
        for (var writer = 0; writer < writers; writer++)
            Assert.Equal(commits - 1, latest.TransactionVersion($"writer {writer}"));
        var previous = DateTimeOffset.MinValue;
        await foreach (var entry in shared.Table.HistoryAsync(Cancellation).Reverse())
        {
            Assert.True(entry.Timestamp > previous, $"version {entry.Version} is not later than the one before");
            previous = entry.Timestamp;
        }
    }

    static async Task<List<string>> AddedAsync(IObjectStore store)
    {
        var paths = new List<string>();
        var table = new TransactionTable(store, TimeProvider.System).Table;
        for (var version = 0; await table.ReadCommitAsync(version, Cancellation) is { } commit; version++)
            paths.AddRange(commit.Actions.OfType<AddFile>().Select(file => file.Path.Value));
        return paths;
    }
}
