using System.Text;
using Foz.Storage;

namespace Foz.Tests;

/// <summary>What every <see cref="IObjectStore"/> must do; one subclass per store.</summary>
public abstract class ObjectStoreContract
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected abstract IObjectStore CreateStore();

    [Fact]
    public async Task An_absent_object_reads_as_null()
    {
        var store = CreateStore();
        Assert.Null(await store.GetAsync("a/b", Ct));
        Assert.Null(await store.GetRangeAsync("a/b", 0, 10, Ct));
        Assert.Null(await store.GetInfoAsync("a/b", Ct));
    }

    [Fact]
    public async Task What_is_put_is_read_back()
    {
        var store = CreateStore();
        await store.PutAsync("a/b", Bytes("first"), Ct);
        var info = await store.PutAsync("a/b", Bytes("second!"), Ct);
        var read = await store.GetAsync("a/b", Ct);
        Assert.Equal("second!", Text(read!.Content));
        Assert.Equal(7, read.Info.SizeBytes);
        Assert.Equal("a/b", read.Info.Path);
        Assert.Equal(info.LastModified, read.Info.LastModified, TimeSpan.FromSeconds(1));
        Assert.Equal(read.Info, (await store.GetInfoAsync("a/b", Ct))!.Value);
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        var store = CreateStore();
        await store.PutAsync("empty", Bytes(""), Ct);
        Assert.Equal(0, (await store.GetAsync("empty", Ct))!.Content.Length);
        Assert.Equal(0, (await store.GetRangeAsync("empty", 0, 5, Ct))!.Value.Length);
    }

    [Theory]
    [InlineData(0, 4, "0123")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 4, "89")]
    [InlineData(10, 4, "")]
    [InlineData(99, 4, "")]
    [InlineData(0, 0, "")]
    public async Task A_range_ends_at_the_end_of_the_object(long offset, int length, string expected)
    {
        var store = CreateStore();
        await store.PutAsync("digits", Bytes("0123456789"), Ct);
        Assert.Equal(expected, Text((await store.GetRangeAsync("digits", offset, length, Ct))!.Value));
    }

    [Fact]
    public async Task Only_the_first_creation_writes()
    {
        var store = CreateStore();
        var first = await store.PutIfAbsentAsync("log/0", Bytes("mine"), Ct);
        var second = await store.PutIfAbsentAsync("log/0", Bytes("yours"), Ct);
        var created = Assert.IsType<PutIfAbsentResult.Created>(first);
        Assert.IsType<PutIfAbsentResult.AlreadyExists>(second);
        Assert.Equal("mine", Text((await store.GetAsync("log/0", Ct))!.Content));
        Assert.Equal(created.Info, (await store.GetInfoAsync("log/0", Ct))!.Value);
    }

    [Fact]
    public async Task Of_concurrent_creators_one_wins_each_name()
    {
        var store = CreateStore();
        const int writers = 8, names = 50;
        var wins = new int[names];
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var name = 0; name < names; name++)
                if (await store.PutIfAbsentAsync($"log/{name:D20}", Bytes($"{writer}"), Ct)
                    is PutIfAbsentResult.Created)
                {
                    Interlocked.Increment(ref wins[name]);
                    Assert.Equal($"{writer}", Text((await store.GetAsync($"log/{name:D20}", Ct))!.Content));
                }
        }, Ct)));
        Assert.All(wins, count => Assert.Equal(1, count));
        Assert.Equal(names, await store.ListAsync("", null, Ct).CountAsync(Ct));
    }

    [Fact]
    public async Task Concurrent_writers_may_share_folders_that_are_not_there_yet()
    {
        var store = CreateStore();
        for (var round = 0; round < 200; round++)
        {
            var folder = $"a{round}/b/c";
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait(Ct);
                return store.PutIfAbsentAsync($"{folder}/{writer}", Bytes("x"), Ct).AsTask();
            }, Ct, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        }
        Assert.Equal(800, await store.ListAsync("", null, Ct).CountAsync(Ct));
    }

    [Fact]
    public async Task A_reader_never_sees_a_part_of_an_object()
    {
        var store = CreateStore();
        var contents = Enumerable.Range(0, 2).Select(i => new string((char)('a' + i), 50_000 + i)).ToArray();
        await store.PutAsync("x", Bytes(contents[0]), Ct);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++) await store.PutAsync("x", Bytes(contents[i % 2]), Ct);
        }, Ct);
        do
        {
            var seen = Text((await store.GetAsync("x", Ct))!.Content);
            Assert.Equal(contents[seen[0] - 'a'], seen);
        }
        while (!writing.IsCompleted);
        await writing;
    }

    [Fact]
    public async Task A_replacement_needs_the_tag_of_what_it_replaces()
    {
        var store = CreateStore();
        await store.PutAsync("x", Bytes("1"), Ct);
        var tag = (await store.GetAsync("x", Ct))!.ETag;
        var written = Assert.IsType<PutIfMatchResult.Written>(await store.PutIfMatchAsync("x", Bytes("2"), tag, Ct));
        Assert.IsType<PutIfMatchResult.Mismatch>(await store.PutIfMatchAsync("x", Bytes("3"), tag, Ct));
        var read = await store.GetAsync("x", Ct);
        Assert.Equal("2", Text(read!.Content));
        Assert.Equal(written.ETag, read.ETag);
    }

    [Fact]
    public async Task An_object_that_is_gone_matches_no_tag()
    {
        var store = CreateStore();
        await store.PutAsync("x", Bytes("1"), Ct);
        var tag = (await store.GetAsync("x", Ct))!.ETag;
        await store.DeleteAsync("x", Ct);
        Assert.IsType<PutIfMatchResult.Mismatch>(await store.PutIfMatchAsync("x", Bytes("2"), tag, Ct));
        Assert.Null(await store.GetAsync("x", Ct));
    }

    [Fact]
    public async Task Concurrent_replacements_lose_no_update()
    {
        var store = CreateStore();
        const int writers = 4, rounds = 25;
        await store.PutAsync("counter", Bytes("0"), Ct);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < rounds; round++)
            {
                PutIfMatchResult result;
                do
                {
                    var read = (await store.GetAsync("counter", Ct))!;
                    var next = int.Parse(Text(read.Content), null) + 1;
                    result = await store.PutIfMatchAsync("counter", Bytes($"{next}"), read.ETag, Ct);
                }
                while (result is PutIfMatchResult.Mismatch);
            }
        }, Ct)));
        Assert.Equal($"{writers * rounds}", Text((await store.GetAsync("counter", Ct))!.Content));
    }

    [Fact]
    public async Task Objects_are_listed_in_ordinal_order_at_any_depth()
    {
        var store = CreateStore();
        string[] paths = ["b", "a/1", "a/10", "a/2", "a.txt", "a/x/y", "A", "a-b/c", "c/_d/e", "ä", "a/x.z"];
        foreach (var path in paths) await store.PutAsync(path, Bytes(path), Ct);
        var listed = await store.ListAsync("", null, Ct).ToListAsync(Ct);
        Assert.Equal(paths.Order(StringComparer.Ordinal), listed.Select(info => info.Path));
        Assert.All(listed, info => Assert.Equal(Bytes(info.Path).Length, info.SizeBytes));
        Assert.Equal(["a/1", "a/10", "a/2", "a/x.z", "a/x/y"], await PathsAsync(store, "a", null));
        Assert.Empty(await PathsAsync(store, "nothing", null));
        Assert.Empty(await PathsAsync(store, "b", null));
    }

    [Fact]
    public async Task A_listing_starts_after_any_path()
    {
        var store = CreateStore();
        string[] paths = ["a/1", "a/2", "a/b/1", "a/b/2", "a/b.c", "a/c", "b/1"];
        foreach (var path in paths) await store.PutAsync(path, Bytes(path), Ct);
        string[] starts = [.. paths, "a", "a/", "a/b", "a/b/", "a/b/1x", "a/bb", "0", "z", "a/b0", "a/b-", "b"];
        foreach (var start in starts)
            foreach (var folder in new[] { "", "a", "a/b" })
                Assert.Equal(
                    paths.Where(path => folder.Length == 0 || path.StartsWith($"{folder}/", StringComparison.Ordinal))
                        .Where(path => string.CompareOrdinal(path, start) > 0).Order(StringComparer.Ordinal),
                    await PathsAsync(store, folder, start));
    }

    [Fact]
    public async Task Deleting_twice_is_the_same_as_once()
    {
        var store = CreateStore();
        await store.PutAsync("a/b", Bytes("1"), Ct);
        await store.DeleteAsync("a/b", Ct);
        await store.DeleteAsync("a/b", Ct);
        await store.DeleteAsync("never/was", Ct);
        Assert.Null(await store.GetAsync("a/b", Ct));
        Assert.Empty(await PathsAsync(store, "", null));
    }

    [Fact]
    public async Task A_folder_is_a_store_of_its_own()
    {
        var store = CreateStore();
        var orders = store.Within("silver/orders");
        await orders.PutAsync("_delta_log/0", Bytes("x"), Ct);
        await store.PutAsync("silver/customers/1", Bytes("y"), Ct);
        Assert.Equal("x", Text((await store.GetAsync("silver/orders/_delta_log/0", Ct))!.Content));
        Assert.Equal(["_delta_log/0"], await PathsAsync(orders, "", null));
        Assert.Equal(["_delta_log/0"], await PathsAsync(orders, "_delta_log", "_delta_log/"));
        Assert.Same(store, store.Within(""));
        Assert.EndsWith("silver/orders", orders.Root.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Staged_files_appear_when_they_are_published()
    {
        var store = CreateStore();
        string[] paths = ["p=1/part-1.parquet", "p=2/part-2.parquet", "part-3.parquet"];
        foreach (var path in paths) await File.WriteAllTextAsync(store.StagingPath(path), path, Ct);
        await store.PublishAsync(paths, Ct);
        foreach (var path in paths) Assert.Equal(path, Text((await store.GetAsync(path, Ct))!.Content));
        Assert.Equal(paths, await PathsAsync(store, "", null));
        await store.PublishAsync([], Ct);
    }

    [Fact]
    public async Task Staged_files_are_there_with_the_object_that_tells_of_them()
    {
        var store = CreateStore();
        string[] paths = ["p=1/part-1.parquet", "part-2.parquet"];
        foreach (var path in paths) await File.WriteAllTextAsync(store.StagingPath(path), path, Ct);
        var created = Assert.IsType<PutIfAbsentResult.Created>(
            await store.PublishAndPutIfAbsentAsync(paths, "_delta_log/0.json", "commit"u8.ToArray(), Ct));
        Assert.Equal(("_delta_log/0.json", 6), (created.Info.Path, created.Info.SizeBytes));
        foreach (var path in paths) Assert.Equal(path, Text((await store.GetAsync(path, Ct))!.Content));
        await File.WriteAllTextAsync(store.StagingPath("part-3.parquet"), "3", Ct);
        Assert.IsType<PutIfAbsentResult.AlreadyExists>(
            await store.PublishAndPutIfAbsentAsync(["part-3.parquet"], "_delta_log/0.json", "other"u8.ToArray(), Ct));
        Assert.Equal("commit", Text((await store.GetAsync("_delta_log/0.json", Ct))!.Content));
    }

    [Fact]
    public async Task Nothing_tells_of_a_staged_file_that_cannot_be_published()
    {
        var store = CreateStore();
        var error = await Assert.ThrowsAsync<StorageException>(
            async () =>
                await store.PublishAndPutIfAbsentAsync(["gone"], "_delta_log/0.json", "commit"u8.ToArray(), Ct));
        Assert.Equal((StorageErrorKind.Failed, "gone"), (error.Kind, error.Path));
        Assert.Empty(await PathsAsync(store, "", null));
    }

    [Fact]
    public async Task Publishing_a_file_that_nobody_wrote_fails()
    {
        var store = CreateStore();
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.PublishAsync(["gone"], Ct));
        Assert.Equal(StorageErrorKind.Failed, error.Kind);
        Assert.Equal("gone", error.Path);
    }

    [Fact]
    public async Task A_local_file_is_moved_in_over_what_was_there()
    {
        var store = CreateStore();
        await store.PutAsync("log/checkpoint", Bytes("old"), Ct);
        var staged = store.StagingPath("log/.foz-temp");
        await File.WriteAllTextAsync(staged, "checkpoint", Ct);
        Assert.Equal(["log/checkpoint"], await PathsAsync(store, "", null));
        var info = await store.PutFileAsync(staged, "log/checkpoint", Ct);
        Assert.False(File.Exists(staged));
        Assert.Equal("checkpoint", Text((await store.GetAsync("log/checkpoint", Ct))!.Content));
        Assert.Equal(info, (await store.GetInfoAsync("log/checkpoint", Ct))!.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    public async Task A_path_outside_the_root_is_refused(string path)
    {
        var store = CreateStore();
        Func<Task>[] calls =
        [
            async () => await store.GetAsync(path, Ct),
            async () => await store.GetRangeAsync(path, 0, 1, Ct),
            async () => await store.GetInfoAsync(path, Ct),
            async () => await store.PutAsync(path, Bytes("x"), Ct),
            async () => await store.PutIfAbsentAsync(path, Bytes("x"), Ct),
            async () => await store.PutIfMatchAsync(path, Bytes("x"), "tag", Ct),
            async () => await store.DeleteAsync(path, Ct),
            () => Task.FromResult(store.LocalPath(path)),
            () => Task.FromResult(store.StagingPath(path)),
        ];
        foreach (var call in calls)
            Assert.Equal(StorageErrorKind.InvalidArgument, (await Assert.ThrowsAsync<StorageException>(call)).Kind);
        if (path.Length > 0) Assert.Throws<StorageException>(() => store.Within(path));
    }

    [Fact]
    public async Task Odd_names_are_only_names()
    {
        var store = CreateStore();
        string[] paths = ["a b", "a%20b", "p=x:y/ü#?&", "..a", "a..", "...", "-rf", "a\nb", "💧"];
        foreach (var path in paths) await store.PutAsync(path, Bytes(path), Ct);
        foreach (var path in paths) Assert.Equal(path, Text((await store.GetAsync(path, Ct))!.Content));
        Assert.Equal(paths.Order(StringComparer.Ordinal), await PathsAsync(store, "", null));
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        var store = CreateStore();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.PutAsync("x", Bytes("1"), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.PutIfAbsentAsync("x", Bytes("1"), cancelled));
        Assert.Null(await store.GetAsync("x", Ct));
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    protected static async Task<List<string>> PathsAsync(IObjectStore store, string folder, string? startAfter) =>
        await store.ListAsync(folder, startAfter, Ct).Select(info => info.Path).ToListAsync(Ct);
}
