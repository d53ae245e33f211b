using Foz.Storage;
using Foz.Storage.Caching;
using Foz.Tests.Delta;

namespace Foz.Tests.Storage.Caching;

public sealed class FileCacheTests : IDisposable
{
    const string Root = "s3://lake";

    readonly TempFolder folder = new();
    int downloads;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    FileCache Open(long bytesMax = 1 << 20) => new(Path.Combine(folder.Path, "cache"), bytesMax, TimeProvider.System);

    async Task<long?> DownloadAsync(string path, string file, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref downloads);
        await Task.Yield();
        await File.WriteAllTextAsync(file, new string('x', 1000), cancellationToken);
        return 1000;
    }

    ValueTask<LocalObjects> FetchAsync(FileCache cache, params IEnumerable<string> paths) =>
        cache.OpenAsync(Root, [.. paths.Select(path => new ObjectRef(path, 1000))], DownloadAsync, Ct);

    long SizeOfFiles() => new DirectoryInfo(Path.Combine(folder.Path, "cache", "files"))
        .EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    [Fact]
    public async Task A_file_that_many_ask_for_at_once_is_downloaded_once()
    {
        using var one = Open();
        using var two = Open();
        var held = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Task.Run(async () => await FetchAsync(i % 2 == 0 ? one : two, "a.parquet"), Ct)));
        Assert.Equal(1, downloads);
        Assert.True(File.Exists(one.LocalPath(Root, "a.parquet")) && File.Exists(two.LocalPath(Root, "a.parquet")));
        foreach (var each in held) each.Dispose();
        Assert.False(File.Exists(one.LocalPath(Root, "a.parquet")));
    }

    [Fact]
    public async Task What_was_not_used_for_longest_goes_first_and_what_is_used_stays()
    {
        using var cache = Open(bytesMax: 10_000);
        var held = await FetchAsync(cache, "first");
        for (var i = 0; i < 30; i++) (await FetchAsync(cache, $"{i}")).Dispose();
        Assert.InRange(SizeOfFiles(), 1, 11_000);
        Assert.Equal(1000, new FileInfo(cache.LocalPath(Root, "first")).Length);
        held.Dispose();
        var before = downloads;
        (await FetchAsync(cache, "29")).Dispose();
        Assert.Equal(before, downloads);
        (await FetchAsync(cache, "0")).Dispose();
        Assert.Equal(before + 1, downloads);
    }

    [Fact]
    public async Task A_scan_that_needs_more_than_the_cache_holds_gets_it()
    {
        using var cache = Open(bytesMax: 3_000);
        var paths = Enumerable.Range(0, 20).Select(i => $"{i}").ToList();
        using var held = await FetchAsync(cache, paths);
        Assert.All(paths, path => Assert.True(File.Exists(cache.LocalPath(Root, path))));
    }

    [Fact]
    public async Task A_file_that_was_cut_short_is_downloaded_again()
    {
        using var cache = Open();
        (await FetchAsync(cache, "a")).Dispose();
        var file = Directory.GetFiles(Path.Combine(cache.Folder, "files"), "*", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(file, "torn", Ct);
        using var held = await FetchAsync(cache, "a");
        Assert.Equal(1000, new FileInfo(cache.LocalPath(Root, "a")).Length);
        Assert.Equal(2, downloads);
    }

    [Fact]
    public async Task What_a_process_left_that_died_is_deleted()
    {
        var processes = Path.Combine(folder.Path, "cache", "processes");
        var dead = Directory.CreateDirectory(Path.Combine(processes, "dead", "staging"));
        await File.WriteAllTextAsync(Path.Combine(processes, "dead", "lock"), "", Ct);
        using var living = Open();
        (await FetchAsync(living, "a")).Dispose();
        Assert.False(dead.Exists && Directory.Exists(dead.FullName));
        using var other = Open();
        (await FetchAsync(other, "a")).Dispose();
        Assert.Equal(2, Directory.GetDirectories(processes).Length);
    }

    [Fact]
    public async Task A_download_that_fails_leaves_nothing_and_is_tried_again()
    {
        using var cache = Open();
        await Assert.ThrowsAsync<IOException>(async () => await cache.OpenAsync(
            Root, [new("a", 1000)], (_, _, _) => throw new IOException("gone"), Ct));
        using var held = await FetchAsync(cache, "a");
        Assert.Equal(1, downloads);
    }
}
