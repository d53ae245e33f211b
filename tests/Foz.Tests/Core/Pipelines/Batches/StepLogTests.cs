using System.Collections.Immutable;
using Foz.Core;
using Foz.Core.Connectors;
using Foz.Core.Pipelines.Batches;
using Foz.Delta.Storage;

namespace Foz.Tests.Core.Pipelines.Batches;

public sealed class StepLogTests
{
    readonly MemoryObjectStore lake = new(TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    StepLog Log => new(lake, "bronze.orders");

    [Fact]
    public async Task Manifests_come_back_as_they_were_written_oldest_first()
    {
        for (var batch = 1; batch <= 12; batch++) await Log.OpenAsync(Manifest(batch), Cancel);

        var manifests = await Log.ReadAllAsync(Cancel);
        Assert.Equal(Enumerable.Range(1, 12).Select(b => (long)b), manifests.Select(m => m.Batch));
        Assert.Equal(12, (await Log.ReadLastAsync(Cancel))!.Batch);
        Assert.Equal(Manifest(3).Stream!.Files.AsEnumerable(), manifests[2].Stream!.Files);
        Assert.True(manifests[2].ReadsSameAs(Manifest(3)));
        Assert.False(manifests[2].ReadsSameAs(Manifest(4)));
    }

    [Fact]
    public async Task A_step_without_batches_has_no_last_one() => Assert.Null(await Log.ReadLastAsync(Cancel));

    [Fact]
    public async Task Only_one_run_opens_a_batch()
    {
        await Log.OpenAsync(Manifest(1), Cancel);

        var error = await Assert.ThrowsAsync<FozException>(
            async () => await Log.OpenAsync(Manifest(1) with { RunId = "other" }, Cancel));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Equal("r1", (await Log.ReadLastAsync(Cancel))!.RunId);
    }

    [Fact]
    public async Task A_batch_is_reopened_with_other_inputs()
    {
        await Log.OpenAsync(Manifest(1), Cancel);
        await Log.ReopenAsync(Manifest(1) with { Fingerprint = "other" }, Cancel);

        Assert.Equal("other", (await Log.ReadLastAsync(Cancel))!.Fingerprint);
    }

    static StepManifest Manifest(long batch) => new()
    {
        Step = "bronze.orders",
        Batch = batch,
        RunId = "r1",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fingerprint = "f",
        Stream = new() { Files = [new FileInput("data/a.csv", 10, DateTimeOffset.UnixEpoch.AddSeconds(batch))] },
        Tables = ImmutableSortedDictionary<string, TableInput>.Empty.Add("bronze.a", new(batch, batch - 1)),
    };
}
