using System.Collections.Immutable;
using System.Text.Json;
using Foz.Connectors;
using Foz.Lake;
using Foz.Pipelines.Batches;
using Foz.Storage;

namespace Foz.Tests.Pipelines.Batches;

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
        Assert.Equal(FilesOf(Manifest(3)), FilesOf(manifests[2]));
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
    public async Task Only_the_run_that_opened_a_batch_says_otherwise_what_it_is()
    {
        await Log.OpenAsync(Manifest(1), Cancel);
        var other = Manifest(1) with { Fingerprint = "other" };
        await Log.ReopenAsync(Manifest(1), other, Cancel);
        await Assert.ThrowsAsync<FozException>(async () =>
            await Log.ReopenAsync(other with { RunId = "r2" }, Manifest(1), Cancel));

        Assert.Equal("other", (await Log.ReadLastAsync(Cancel))!.Fingerprint);
        await Log.ReopenAsync(other, other with { GivenUpBy = "r2" }, Cancel);
        await Assert.ThrowsAsync<FozException>(async () => await Log.ReopenAsync(other, Manifest(1), Cancel));
        await Assert.ThrowsAsync<FozException>(async () => await Log.EnsureOpenAsync(other, Cancel));
        Assert.Empty(await Log.ReadAllAsync(Cancel));
        Assert.Equal("r2", Assert.Single(await Log.ReadEachAsync(Cancel)).GivenUpBy);
    }

    [Fact]
    public async Task Batches_that_were_given_up_are_in_no_fold()
    {
        for (var batch = 1; batch <= StepLog.FoldMin + 8; batch++)
            await Log.OpenAsync(
                Manifest(batch) with { Stream = Inputs(batch), GivenUpBy = batch % 2 == 0 ? "r2" : null }, Cancel);
        await Log.FoldAsync(StepLog.FoldMin + 7, Cancel);

        Assert.Equal(
            Enumerable.Range(1, StepLog.FoldMin + 7).Where(batch => batch % 2 == 1),
            (await Log.ReadAllAsync(Cancel)).SelectMany(FilesOf)
                .Select(file =>
                    int.Parse(
                        Path.GetFileNameWithoutExtension(file.Path),
                        System.Globalization.CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task A_step_with_a_long_past_opens_with_as_few_reads_as_another()
    {
        for (var batch = 1; batch <= 2_000; batch++)
        {
            await Log.FoldAsync(batch - 1, Cancel);
            await Log.OpenAsync(Manifest(batch) with { Stream = Inputs(batch) }, Cancel);
        }
        var counting = new CrashingStore(lake);

        var manifests = await new StepLog(counting, "bronze.orders").ReadAllAsync(Cancel);

        Assert.InRange(counting.Reads, 2, StepLog.FoldMin + 3);
        Assert.Equal(2_000, manifests.SelectMany(FilesOf).Select(f => f.Path).Distinct().Count());
        Assert.Equal((2_000, 1_999), (manifests[^1].Batch, manifests[^2].Batch));
        Assert.Equal("2000.csv", Path.GetFileName(Assert.Single(FilesOf(manifests[^1])).Path));
    }

    [Fact]
    public async Task Who_reads_while_manifests_are_folded_misses_none()
    {
        var writing = Task.Run(
            async () =>
            {
                for (var batch = 1; batch <= 500; batch++)
                {
                    await Log.FoldAsync(batch - 1, Cancel);
                    await Log.OpenAsync(Manifest(batch) with { Stream = Inputs(batch) }, Cancel);
                }
            },
            Cancel);
        while (!writing.IsCompleted)
        {
            var manifests = await Log.ReadAllAsync(Cancel);
            if (manifests.Count == 0) continue;
            Assert.Equal(manifests[^1].Batch, manifests.SelectMany(FilesOf).Distinct().Count());
            Assert.True((await Log.ReadLastAsync(Cancel))!.Batch >= manifests[^1].Batch);
        }
        await writing;
    }

    [Fact]
    public async Task An_object_that_is_no_manifest_is_not_folded_and_not_deleted()
    {
        for (var batch = 1; batch <= StepLog.FoldMin + 2; batch++) await Log.OpenAsync(Manifest(batch), Cancel);
        await lake.PutAsync("_foz/steps/bronze.orders/notes.txt", "mine"u8.ToArray(), Cancel);

        await Log.FoldAsync(StepLog.FoldMin + 2, Cancel);

        Assert.NotNull(await lake.GetAsync("_foz/steps/bronze.orders/notes.txt", Cancel));
        var error = await Assert.ThrowsAsync<FozException>(async () => await Log.ReadAllAsync(Cancel));
        Assert.Contains("notes.txt", error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Random batches, opened, opened again and done, by processes that die around random operations: what a step read
    /// is known at any moment, by what reads folded manifests and by what read them one by one before there were any.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_crashes_no_batch_is_forgotten(int seed)
    {
        var random = new Random(seed);
        var done = new List<StepManifest>();
        StepManifest? open = null;
        var crashes = 0;
        for (var i = 0; i < 600; i++)
        {
            // A batch takes two or three operations, one that folds others as many as they are.
            var store = random.Next(3) switch
            {
                0 => new CrashingStore(lake, random.Next(1, 4), random.Next(2) == 0),
                1 => new CrashingStore(lake, random.Next(1, 3 * StepLog.FoldMin), random.Next(2) == 0),
                _ => new CrashingStore(lake),
            };
            var log = new StepLog(store, "bronze.orders");
            var next = Random(random, (open ?? done.LastOrDefault())?.Batch ?? 0, isSame: open is not null);
            try
            {
                if (open is not null)
                {
                    await log.ReopenAsync(open, next, Cancel);
                }
                else
                {
                    await log.FoldAsync(done.LastOrDefault()?.Batch ?? 0, Cancel);
                    await log.OpenAsync(next, Cancel);
                }
                open = next;
            }
            catch (CrashException)
            {
                crashes++;
                // The next process sees which of the two it is.
                var last = await Log.ReadLastAsync(Cancel);
                if (last?.Batch == next.Batch && last.RunId == next.RunId) open = next;
            }
            await AssertKnownAsync(done, open);
            if (open is null || random.Next(4) == 0) continue;
            done.Add(open);
            open = null;
        }
        Assert.True(crashes > 20 && done.Count > 5 * StepLog.FoldMin, $"{crashes} crashes, {done.Count} batches");
    }

    async Task AssertKnownAsync(List<StepManifest> done, StepManifest? open)
    {
        var all = open is null ? done : [.. done, open];
        var manifests = await Log.ReadAllAsync(Cancel);
        Assert.Equal(Text(all.LastOrDefault()), Text(manifests.Count == 0 ? null : manifests[^1]));
        Assert.Equal(Text(all.LastOrDefault()), Text(await Log.ReadLastAsync(Cancel)));
        if (open is not null && done.Count > 0) Assert.Equal(Text(done[^1]), Text(manifests[^2]));
        AssertSameHistory(all, manifests);
        var oneByOne = new List<StepManifest>();
        await foreach (var info in lake.ListAsync("_foz/steps/bronze.orders", startAfter: null, Cancel))
            oneByOne.Add(JsonSerializer.Deserialize(
                (await lake.GetAsync(info.Path, Cancel))!.Content.Span, StepManifestJson.Default.StepManifest)!);
        Assert.Equal(Text(all.LastOrDefault()), Text(oneByOne.LastOrDefault()));
        AssertSameHistory(all, oneByOne);
    }

    static void AssertSameHistory(IEnumerable<StepManifest> expected, IEnumerable<StepManifest> actual) => Assert.Equal(
        Text(Manifest(1) with { Stream = StreamInputs.Fold(expected.Select(m => m.Stream!)) }),
        Text(Manifest(1) with { Stream = StreamInputs.Fold(actual.Select(m => m.Stream!)) }));

    static IEnumerable<FileInput> FilesOf(StepManifest manifest) =>
        manifest.Stream!.Parts.OfType<StreamInputs.OfFiles>().SelectMany(inputs => inputs.Files);

    static string? Text(StepManifest? manifest) =>
        manifest is null ? null : JsonSerializer.Serialize(manifest, StepManifestJson.Default.StepManifest);

    /// <summary>
    /// A batch after the last one, or the same one again; of few files, so that some come again, or of another kind.
    /// </summary>
    static StepManifest Random(Random random, long last, bool isSame) => Manifest(isSame ? last : last + 1) with
    {
        RunId = $"r{random.Next()}",
        Stream = random.Next(8) switch
        {
            0 => new StreamInputs.OfAll(),
            1 => new StreamInputs.OfCursor { To = $"{random.Next()}", Of = "id", Seen = ["a"] },
            2 => new StreamInputs.OfVersions { From = 1, To = random.Next(), TableId = "t" },
            3 => new StreamInputs.OfState(random.Next(2) == 0 ? $"{random.Next()}" : null),
            _ => new StreamInputs.OfFiles(
            [
                .. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(300)).Distinct()
                    .Select(file => new FileInput($"{file}.csv", random.Next(100), DateTimeOffset.UnixEpoch)),
            ]),
        },
    };

    static StreamInputs.OfFiles Inputs(long batch) =>
        new([new FileInput($"data/{batch}.csv", 10, DateTimeOffset.UnixEpoch)]);

    static StepManifest Manifest(long batch) => new()
    {
        Step = "bronze.orders",
        Batch = batch,
        RunId = "r1",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Fingerprint = "f",
        Stream = new StreamInputs.OfFiles(
            [new FileInput("data/a.csv", 10, DateTimeOffset.UnixEpoch.AddSeconds(batch))]),
        Tables = ImmutableSortedDictionary<string, TableInput>.Empty.Add("bronze.a", new(batch, batch - 1)),
    };
}
