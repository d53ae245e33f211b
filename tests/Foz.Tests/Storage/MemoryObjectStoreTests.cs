using Foz.Storage;
using Foz.Tests.Delta;

namespace Foz.Tests.Storage;

public sealed class MemoryObjectStoreTests : ObjectStoreContract, IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override IObjectStore CreateStore() => new MemoryObjectStore(TimeProvider.System, folder.Path);

    [Fact]
    public void Has_no_local_files() => Assert.Null(CreateStore().LocalPath("x"));

    [Fact]
    public void Without_a_staging_folder_nothing_is_staged()
    {
        var error = Assert.Throws<StorageException>(() => new MemoryObjectStore(TimeProvider.System).StagingPath("x"));
        Assert.Equal(StorageErrorKind.InvalidArgument, error.Kind);
    }
}
