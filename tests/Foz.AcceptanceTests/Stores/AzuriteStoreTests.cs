using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;
using Foz.Tests;

namespace Foz.AcceptanceTests.Stores;

/// <summary>The contract of all stores, against Azurite.</summary>
public sealed class AzuriteStoreTests(AzuriteServer azurite) : ObjectStoreContract, IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-azurite-").FullName;
    FileCache? cache;
    string container = "";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => container = await azurite.CreateContainerAsync();

    public ValueTask DisposeAsync()
    {
        cache?.Dispose();
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    protected override IObjectStore CreateStore() => Open($"az://{container}/base", new()
    {
        ["connection_string"] = azurite.ConnectionString,
    });

    IObjectStore Open(string url, Dictionary<string, string> settings) => ObjectStores.Open(url, new()
    {
        Settings = settings, Variable = _ => null, Cache = cache ??= new(folder, 1L << 30, TimeProvider.System),
    });

    [Fact]
    public async Task A_large_object_is_written_and_read_in_parts()
    {
        var store = CreateStore();
        var content = new byte[(20 << 20) + 123];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(store.StagingPath("large"), content, Cancel);
        await store.PublishAsync(["large"], Cancel);
        Assert.True((await store.GetAsync("large", Cancel))!.Content.Span.SequenceEqual(content));
        using (await store.FetchAsync([new("large", content.Length)], Cancel))
            Assert.True(
                (await File.ReadAllBytesAsync(store.LocalPath("large")!, Cancel)).AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task A_container_that_is_not_there_is_an_error_and_not_an_empty_lake()
    {
        var store = Open("az://nowhere", new() { ["connection_string"] = azurite.ConnectionString });
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Cancel));
        Assert.Contains("ContainerNotFound", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_denied_and_not_shown()
    {
        var wrong = Convert.ToBase64String([.. Enumerable.Repeat((byte)1, 32)]);
        var endpoint = azurite.ConnectionString.Split(';')
            .First(p => p.StartsWith("BlobEndpoint", StringComparison.Ordinal));
        var store = Open($"az://{container}", new()
        {
            ["account"] = "foztest", ["account_key"] = wrong, ["endpoint"] = endpoint["BlobEndpoint=".Length..],
        });
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Cancel));
        Assert.Equal(StorageErrorKind.Denied, error.Kind);
        Assert.DoesNotContain(wrong, error.ToString(), StringComparison.Ordinal);
    }
}
