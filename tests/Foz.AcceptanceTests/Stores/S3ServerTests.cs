using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;

namespace Foz.AcceptanceTests.Stores;

/// <summary>
/// A server of others that speaks S3. It knows no conditional writes and checks no signatures of version 4, so those
/// are not asked of it here; <c>foz doctor</c> refuses a lake in it.
/// </summary>
public sealed class S3ServerTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-s3-").FullName;
    NodeServer? server;
    FileCache? cache;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await NodeServer.StartAsync(
        "s3rver/bin/s3rver.js",
        static (folder, port) =>
            ["-d", folder, "-a", "127.0.0.1", "-p", $"{port}", "-s", "--configure-bucket", "lake"]);

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        cache?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    IObjectStore Open(string id = "S3RVER", string url = "s3://lake/base") => ObjectStores.Open(url, new()
    {
        Settings = new Dictionary<string, string>
        {
            ["endpoint"] = $"http://127.0.0.1:{server!.Port}", ["access_key_id"] = id,
            ["secret_access_key"] = "not-to-be-shown",
        },
        Variable = _ => null,
        Cache = cache ??= new(folder, 1L << 30, TimeProvider.System),
    });

    [Fact]
    public async Task Objects_are_written_read_listed_and_deleted()
    {
        var store = Open();
        string[] paths = ["a b/ü=1/x", "a/1", "a/2", "p=x%3Ay/ü#?&", "z+y"];
        foreach (var path in paths) await store.PutAsync(path, System.Text.Encoding.UTF8.GetBytes(path), Cancel);
        foreach (var path in paths)
            Assert.Equal(path, System.Text.Encoding.UTF8.GetString((await store.GetAsync(path, Cancel))!.Content.Span));
        // It lists folder by folder, where S3 lists by whole names.
        Assert.Equal(
            paths,
            (await store.ListAsync("", null, Cancel).Select(o => o.Path).ToListAsync(Cancel))
                .Order(StringComparer.Ordinal));
        Assert.Equal(["a/2"], await store.ListAsync("a", "a/1", Cancel).Select(o => o.Path).ToListAsync(Cancel));
        Assert.Equal("b/"u8.ToArray(), (await store.GetRangeAsync("a b/ü=1/x", 2, 2, Cancel))!.Value.ToArray());
        await store.DeleteAsync("a/1", Cancel);
        Assert.Null(await store.GetAsync("a/1", Cancel));
        Assert.Null(await store.GetInfoAsync("a/1", Cancel));
    }

    [Fact]
    public async Task A_large_object_is_written_and_read_in_parts()
    {
        var store = Open();
        var content = new byte[(20 << 20) + 123];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(store.StagingPath("large"), content, Cancel);
        await store.PublishAsync(["large"], Cancel);
        Assert.True((await store.GetAsync("large", Cancel))!.Content.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task An_unknown_key_is_denied_and_not_shown()
    {
        var error = await Assert.ThrowsAsync<StorageException>(
            async () => await Open("somebody").PutAsync("x", default, Cancel));
        Assert.Equal(StorageErrorKind.Denied, error.Kind);
        Assert.Contains("InvalidAccessKeyId", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-shown", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_without_conditional_writes_takes_no_commit_and_one_of_a_single_writer_only_where_that_is_said()
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".env"), "AWS_ACCESS_KEY_ID=S3RVER\nAWS_SECRET_ACCESS_KEY=x\n", Cancel);
        Directory.CreateDirectory(Path.Combine(folder, "models", "silver"));
        await File.WriteAllTextAsync(Path.Combine(folder, "models", "silver", "a.sql"), "SELECT 1 AS a", Cancel);
        var lake =
            $"name: s\ncache: {{folder: cache}}\nlake:\n  url: s3://lake/probed\n  endpoint: "
                + $"http://127.0.0.1:{server!.Port}\n";
        await File.WriteAllTextAsync(Path.Combine(folder, "foz.yml"), lake, Cancel);

        foreach (var command in new[] { new[] { "run" }, ["query", "CREATE TABLE silver.b (x int)"] })
        {
            var refused = await FozProcess.RunAsync(folder, command);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(
                "s3://lake/probed ignores the conditions of writes (an object was created "
                    + "twice): commits would be lost",
                refused.Output + refused.Errors, StringComparison.Ordinal);
            Assert.Contains("unsafe_single_writer: true", refused.Output + refused.Errors, StringComparison.Ordinal);
        }
        Assert.Empty(await Open("S3RVER", "s3://lake/probed").ListAsync("", null, Cancel).ToListAsync(Cancel));

        await File.WriteAllTextAsync(Path.Combine(folder, "foz.yml"), lake + "  unsafe_single_writer: true\n", Cancel);
        (await FozProcess.RunAsync(folder, "run")).Expect(0);
        (await FozProcess.RunAsync(folder, "run")).Expect(0);
        var doctor = (await FozProcess.RunAsync(folder, "doctor")).Expect(0);
        Assert.Contains(
            "two processes that write at the same time lose commits", doctor.Output, StringComparison.Ordinal);
        Assert.Equal(
            "a\n1\n",
            (await FozProcess.RunAsync(folder, "query", "from silver.a", "--output", "csv")).Expect(0).Output);
    }

    [Fact]
    public async Task A_store_without_conditional_writes_is_refused_by_doctor()
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "foz.yml"),
            $"name: s\nlake:\n  url: s3://lake\n  endpoint: http://127.0.0.1:{server!.Port}\n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".env"), "AWS_ACCESS_KEY_ID=S3RVER\nAWS_SECRET_ACCESS_KEY=x\n", Cancel);
        var doctor = (await FozProcess.RunAsync(folder, "doctor")).Expect(1);
        Assert.Contains("an object was created twice", doctor.Output, StringComparison.Ordinal);
    }
}
