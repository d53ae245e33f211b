using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Remote;

namespace Foz.Tests.Storage.Remote;

/// <summary>The contract on a server that never fails, and what single faults must come to.</summary>
public abstract class LoopbackStoreTests : RemoteStoreContract
{
    public static TheoryData<int> Faults => [.. Enumerable.Range(1, 7)];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_creation_survives_any_fault(int fault)
    {
        var store = CreateStore();
        Server.NextFaults.Enqueue((ServerFault)fault);
        Assert.IsType<PutIfAbsentResult.Created>(await store.PutIfAbsentAsync("x", Bytes("mine"), Ct));
        Server.NextFaults.Enqueue((ServerFault)fault);
        Assert.IsType<PutIfAbsentResult.AlreadyExists>(await store.PutIfAbsentAsync("x", Bytes("mine"), Ct));
        Assert.Equal("mine", Text((await store.GetAsync("x", Ct))!.Content));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_replacement_survives_any_fault(int fault)
    {
        var store = CreateStore();
        await store.PutAsync("x", Bytes("1"), Ct);
        var tag = (await store.GetAsync("x", Ct))!.ETag;
        Server.NextFaults.Enqueue((ServerFault)fault);
        var written = Assert.IsType<PutIfMatchResult.Written>(await store.PutIfMatchAsync("x", Bytes("2"), tag, Ct));
        Server.NextFaults.Enqueue((ServerFault)fault);
        Assert.IsType<PutIfMatchResult.Mismatch>(await store.PutIfMatchAsync("x", Bytes("3"), tag, Ct));
        Assert.Equal(written.ETag, (await store.GetAsync("x", Ct))!.ETag);
    }

    [Fact]
    public async Task A_service_that_is_down_is_named_after_the_last_attempt()
    {
        var store = Open(new RetryOptions { AttemptsMax = 3, BackoffMs = 1 });
        for (var i = 0; i < 3; i++) Server.NextFaults.Enqueue(ServerFault.Unavailable);
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.PutAsync("a/b", Bytes("x"), Ct));
        Assert.Equal(StorageErrorKind.Failed, error.Kind);
        Assert.Equal("a/b", error.Path);
        Assert.StartsWith($"cannot write 'a/b' in {store.Root}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("answered 503 SlowDown", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(", 3 times", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_ends_the_retries_of_all_requests()
    {
        var store = Open(new RetryOptions { AttemptsMax = 100, BackoffMs = 0, BudgetMax = 5 });
        for (var i = 0; i < 20; i++) Server.NextFaults.Enqueue(ServerFault.InternalError);
        await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Ct));
        await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Ct));
        Assert.Equal(7, Server.Requests);
    }

    [Fact]
    public async Task A_missing_bucket_is_an_error_and_not_an_empty_lake()
    {
        var (url, settings) = Location;
        var store = ObjectStores.Open(
            url.Replace("lake", "other", StringComparison.Ordinal),
            new() { Settings = settings, Variable = _ => null });
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Ct));
        Assert.Contains("check the name of the bucket", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageException>(async () => await PathsAsync(store, "", null));
    }
}

public sealed class S3StoreTests : LoopbackStoreTests
{
    private protected override LoopbackServer Server { get; } = new S3Loopback();

    protected override (string Url, Dictionary<string, string> Settings) Location => S3Location.Of(Server);

    [Fact]
    public async Task Wrong_keys_are_denied_and_not_shown()
    {
        var store = ObjectStores.Open("s3://lake", new()
        {
            Settings = new Dictionary<string, string>
            {
                ["endpoint"] = Server.Address, ["anonymous"] = "true", ["secret_access_key"] = "hidden",
            },
            Variable = _ => null,
        });
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.GetAsync("x", Ct));
        Assert.Equal(StorageErrorKind.Denied, error.Kind);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }
}

public sealed class GcsStoreTests : LoopbackStoreTests
{
    private protected override LoopbackServer Server { get; } = new GcsLoopback();

    protected override (string Url, Dictionary<string, string> Settings) Location => GcsLocation.Of(Server);
}

/// <summary>The contract on a server where every fourth request fails; the seed is printed.</summary>
public sealed class FaultyS3StoreTests : RemoteStoreContract
{
    private protected override LoopbackServer Server { get; } = new S3Loopback(Soak.Seed());

    protected override (string Url, Dictionary<string, string> Settings) Location => S3Location.Of(Server);
}

public sealed class FaultyGcsStoreTests : RemoteStoreContract
{
    private protected override LoopbackServer Server { get; } = new GcsLoopback(Soak.Seed());

    protected override (string Url, Dictionary<string, string> Settings) Location => GcsLocation.Of(Server);
}

static class S3Location
{
    internal static (string Url, Dictionary<string, string> Settings) Of(LoopbackServer server) => (
        "s3://lake/base", new()
        {
            ["endpoint"] = server.Address, ["access_key_id"] = "id", ["secret_access_key"] = "secret",
        });
}

static class GcsLocation
{
    internal static (string Url, Dictionary<string, string> Settings) Of(LoopbackServer server) =>
        ("gs://lake/base", new() { ["endpoint"] = server.Address, ["anonymous"] = "true" });
}
