using Foz.Storage;
using Foz.Tests.Delta;

namespace Foz.Tests.Storage;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    readonly TempFolder folder = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    protected override IObjectStore CreateStore() => new LocalObjectStore(Path.Combine(folder.Path, "root"));

    [Fact]
    public async Task Leaves_no_temporary_file_behind()
    {
        var store = CreateStore();
        await store.PutAsync("a", Bytes("1"), Ct);
        await store.PutIfAbsentAsync("a", Bytes("2"), Ct);
        await store.PutIfAbsentAsync("b", Bytes("3"), Ct);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(async () => await store.PutIfAbsentAsync("c", Bytes("4"), Ct), Ct)));
        Assert.Equal(
            ["a", "b", "c"], Directory.EnumerateFileSystemEntries(store.Root).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Does_not_list_what_a_crash_left_behind()
    {
        var store = CreateStore();
        await store.PutAsync("a", Bytes("1"), Ct);
        await File.WriteAllTextAsync(Path.Combine(store.Root, ".foz-0123.tmp"), "half", Ct);
        Assert.Equal(["a"], await PathsAsync(store, "", null));
    }

    [Fact]
    public void Local_paths_are_below_the_root() =>
        Assert.Equal(Path.Combine(folder.Path, "root", "a", "b"), CreateStore().LocalPath("a/b"));

    [Fact]
    public async Task A_linked_folder_is_not_followed_by_a_listing()
    {
        var store = CreateStore();
        await store.PutAsync("a", Bytes("1"), Ct);
        Directory.CreateSymbolicLink(Path.Combine(store.Root, "loop"), store.Root);
        Assert.Equal(["a"], await PathsAsync(store, "", null));
    }

    [Fact]
    public async Task A_folder_in_the_place_of_an_object_is_a_storage_error()
    {
        var store = CreateStore();
        await store.PutAsync("a/b", Bytes("1"), Ct);
        var write = await Assert.ThrowsAsync<StorageException>(async () => await store.PutAsync("a", Bytes("1"), Ct));
        var below =
            await Assert.ThrowsAsync<StorageException>(async () => await store.PutAsync("a/b/c", Bytes("1"), Ct));
        Assert.Equal("a", write.Path);
        Assert.Equal("a/b/c", below.Path);
        Assert.Null(await store.GetAsync("a", Ct));
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        var store = CreateStore();
        var staged = store.StagingPath("x");
        File.CreateSymbolicLink(staged, "/dev/full");
        using var file = File.OpenHandle(staged, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var error = Assert.Throws<IOException>(() => RandomAccess.Write(file, "x"u8, 0));
        var described = StorageError.Of("write", store.Root, "x", error);
        Assert.Equal(StorageErrorKind.Full, described.Kind);
        Assert.Contains("free space", described.Message, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_folder_without_permission_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "permissions bind no root");
        if (OperatingSystem.IsWindows()) return;
        var store = CreateStore();
        await store.PutAsync("a", Bytes("1"), Ct);
        File.SetUnixFileMode(store.Root, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.PutAsync("b", Bytes("1"), Ct));
        File.SetUnixFileMode(store.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(StorageErrorKind.Denied, error.Kind);
        Assert.Contains("'b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_file_system_is_named()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs a file system that takes no files");
        var store = new LocalObjectStore("/proc/self/foz");
        var error = await Assert.ThrowsAsync<StorageException>(async () => await store.PutAsync("b", Bytes("1"), Ct));
        Assert.StartsWith("cannot write 'b' in /proc/self/foz", error.Message, StringComparison.Ordinal);
        Assert.Equal(StorageErrorKind.ReadOnly, StorageError.Of("write", "/r", "b", new IOException("", 30)).Kind);
        // A lock that cannot be made is held by no process.
        Assert.True(StorageError.IsLasting(new IOException("", 30)));
        Assert.False(StorageError.IsLasting(new IOException("", 11)));
    }

    [Fact]
    public async Task A_holder_of_the_lock_that_dies_blocks_nobody()
    {
        var store = CreateStore();
        await store.PutAsync("x", Bytes("1"), Ct);
        var tag = (await store.GetAsync("x", Ct))!.ETag;
        await File.WriteAllTextAsync(Path.Combine(store.Root, ".foz-lock"), "", Ct);
        Assert.IsType<PutIfMatchResult.Written>(await store.PutIfMatchAsync("x", Bytes("2"), tag, Ct));
    }
}
