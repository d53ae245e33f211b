using Foz.Delta.DeletionVectors;
using Foz.Delta.Maintenance;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Maintenance;

/// <summary>
/// Two writers and a vacuum at once on a store that loses answers, at random: no version that is younger than the
/// retention ever lacks a file.
/// </summary>
public sealed class VacuumRaceTests
{
    const int Steps = 40;

    readonly ManualTime time = new();
    readonly MemoryObjectStore inner;
    readonly TransactionTable truth;

    public VacuumRaceTests()
    {
        inner = new(time);
        truth = new(inner, time);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_version_that_can_be_read_lacks_a_file()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        await truth.CreateAsync(("delta.deletedFileRetentionDuration", "interval 2 hours"));
        var stores = new[]
        {
            new FaultyStore(inner, seed + 1), new FaultyStore(inner, seed + 2), new FaultyStore(inner, seed + 3),
        };
        var deleted = 0;
        for (var step = 0; step < Steps; step++)
        {
            time.Now += TimeSpan.FromMinutes(random.Next(1, 30));
            var writers = new[]
            {
                await StartAsync(stores[0], random, step * 2), await StartAsync(stores[1], random, step * 2 + 1),
            };
            // The vacuum comes before, between or after their commits.
            var at = random.Next(3);
            for (var i = 0; i < 3; i++)
            {
                if (i == at) deleted += await TryVacuumAsync(stores[2]);
                if (i < 2 && writers[i] is { } writer) await TryCommitAsync(writer);
            }
            // A write that is later than the retention would be a commit of files that were taken for forgotten.
            foreach (var store in stores) await store.ReleaseLateAsync();
            await CheckAsync($"seed {seed}, step {step}");
        }
        Assert.True(deleted > 10, $"the vacuums deleted {deleted} files only (seed {seed})");
    }

    async Task<Transaction?> StartAsync(FaultyStore store, Random random, int number)
    {
        store.IsFaulty = false;
        var table = new DeltaTable(store, null, time);
        var transaction = new Transaction(
            table, await table.LatestSnapshotAsync(Cancel), new() { Operation = "WRITE", AttemptsMax = 5 });
        var files = transaction.ReadSnapshot!.Files.ToList();
        var path = $"region=sul/f{number}";
        await inner.PutAsync(path, new byte[10], Cancel);
        transaction.Add(TransactionTable.File(path));
        foreach (var file in files.Where(_ => random.Next(4) == 0))
        {
            var old = file.DeletionVector is { } vector
                ? await DeletionVectorFile.ReadAsync(inner, vector, Cancel)
                : RowSet.Empty;
            if (random.Next(2) == 0 || old.Cardinality > 90) transaction.Remove(file);
            else
            {
                var rows = old.Union(RowSet.Of(old.Cardinality + random.Next(5)));
                if (rows.Cardinality == old.Cardinality) continue;
                transaction.SetDeletionVector(file, (await DeletionVectorFile.WriteAsync(inner, [rows], Cancel))[0]);
            }
        }
        store.IsFaulty = true;
        return transaction;
    }

    async Task TryCommitAsync(Transaction transaction)
    {
        try
        {
            await transaction.CommitAsync(Cancel);
        }
        catch (StorageException e) when (e.Kind is StorageErrorKind.Failed)
        {
            // Whether it is committed, the log says.
        }
    }

    async Task<int> TryVacuumAsync(FaultyStore store)
    {
        store.IsFaulty = false;
        var table = new DeltaTable(store, null, time);
        await table.LatestSnapshotAsync(Cancel);
        store.IsFaulty = true;
        try
        {
            return (await new Vacuum(table).RunAsync(new(), null, Cancel)).Files.Count;
        }
        catch (StorageException e) when (e.Kind is StorageErrorKind.Failed)
        {
            return 0;
        }
    }

    /// <summary>Every version that was the newest within the retention has all its files.</summary>
    async Task CheckAsync(string when)
    {
        var table = truth.Other().Table;
        var since = time.Now - TimeSpan.FromHours(2);
        for (var version = (await table.LatestSnapshotAsync(Cancel)).Version; version >= 0; version--)
        {
            var snapshot = await table.SnapshotAsync(version, Cancel);
            foreach (var file in snapshot.Files)
            {
                await AssertThereAsync(file.Path.Value, $"{when}: version {version}");
                if (file.DeletionVector is { } vector && DeletionVectorFile.PathOf(vector) is { } path)
                    await AssertThereAsync(path, $"{when}: version {version}");
            }
            if (snapshot.Timestamp < since) break;
        }
    }

    async Task AssertThereAsync(string path, string what) =>
        Assert.True(await inner.GetInfoAsync(path, Cancel) is not null, $"{what} lacks {path}");
}
