using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;
using Foz.Storage.Remote;
using Foz.Tests.Delta;

namespace Foz.Tests.Storage.Remote;

/// <summary>What every store at a storage service must do beyond <see cref="ObjectStoreContract"/>.</summary>
public abstract class RemoteStoreContract : ObjectStoreContract, IAsyncDisposable
{
    readonly TempFolder folder = new();
    FileCache? cache;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected string Folder => folder.Path;

    protected FileCache Cache => cache ??= new(Path.Combine(folder.Path, "cache"), 1L << 30, TimeProvider.System);

    /// <summary>Waits for nothing, and does not give up.</summary>
    protected static RetryOptions QuickRetries { get; } = new()
    {
        AttemptsMax = 40, BackoffMs = 1, BackoffMsMax = 2, BudgetMax = 10_000, AttemptMsMax = 5_000,
    };

    private protected abstract LoopbackServer Server { get; }

    /// <summary>Settings of a store at the server.</summary>
    protected abstract (string Url, Dictionary<string, string> Settings) Location { get; }

    protected override IObjectStore CreateStore() => Open(QuickRetries);

    protected IObjectStore Open(RetryOptions retries, FileCache? with = null) => ObjectStores.Open(
        Location.Url,
        new() { Settings = Location.Settings, Retries = retries, Cache = with ?? Cache, Variable = _ => null });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        cache?.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_listing_goes_over_pages()
    {
        var store = CreateStore();
        Server.PageMax = 7;
        var paths = Enumerable.Range(0, 50).Select(i => $"log/{i:D20}.json").ToList();
        foreach (var path in paths) await store.PutAsync(path, Bytes("x"), Ct);
        Assert.Equal(paths, await PathsAsync(store, "log", null));
        Assert.Equal(paths[21..], await PathsAsync(store, "log", paths[20]));
    }

    [Fact]
    public async Task A_large_object_is_read_and_written_in_parts()
    {
        var store = CreateStore();
        var content = new byte[(20 << 20) + 123];
        new Random(1).NextBytes(content);
        var staged = store.StagingPath("data/large.parquet");
        await File.WriteAllBytesAsync(staged, content, Ct);
        await store.PublishAsync(["data/large.parquet"], Ct);
        Assert.False(File.Exists(staged));
        Assert.True((await store.GetAsync("data/large.parquet", Ct))!.Content.Span.SequenceEqual(content));
        using var other = new FileCache(Path.Combine(Folder, "other"), 1L << 30, TimeProvider.System);
        var reader = Open(QuickRetries, other);
        Server.NextFaults.Enqueue(ServerFault.Joined);
        using (await reader.FetchAsync([new("data/large.parquet", content.Length)], Ct))
        {
            var local = reader.LocalPath("data/large.parquet")!;
            Assert.True((await File.ReadAllBytesAsync(local, Ct)).AsSpan().SequenceEqual(content));
        }
        Assert.False(File.Exists(reader.LocalPath("data/large.parquet")));
        Assert.True(Server.ParallelMax > 1);
    }

    [Fact]
    public async Task What_was_published_is_read_without_a_download()
    {
        var store = CreateStore();
        await File.WriteAllTextAsync(store.StagingPath("p/a.parquet"), "rows", Ct);
        await store.PublishAsync(["p/a.parquet"], Ct);
        using (await store.FetchAsync([new("p/a.parquet", 4)], Ct))
            Assert.Equal("rows", await File.ReadAllTextAsync(store.LocalPath("p/a.parquet")!, Ct));
        Assert.Equal(0, Cache.Downloads);
    }

    [Fact]
    public async Task An_object_of_another_size_than_the_log_says_is_refused()
    {
        var store = CreateStore();
        await store.PutAsync("a.parquet", Bytes("short"), Ct);
        var error = await Assert.ThrowsAsync<StorageException>(
            async () => await store.FetchAsync([new("a.parquet", 99)], Ct));
        Assert.Equal(StorageErrorKind.WrongSize, error.Kind);
        Assert.Contains("has 5 bytes, but the log says 99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absent_object_has_no_file()
    {
        var store = CreateStore();
        using var held = await store.FetchAsync([new("gone.parquet", 5)], Ct);
        Assert.False(File.Exists(store.LocalPath("gone.parquet")));
    }
}
