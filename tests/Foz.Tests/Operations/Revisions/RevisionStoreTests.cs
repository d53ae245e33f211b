using Foz.Operations.Revisions;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Revisions;

public sealed class RevisionStoreTests : IDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("foz-revisions-").FullName;
    readonly ManualTime clock = new() { Now = TimeProvider.System.GetUtcNow() };
    readonly RevisionStore store;

    public RevisionStoreTests()
    {
        store = new(Path.Combine(root, "p"), Path.Combine(root, "p", "lake"), Path.Combine(root, "cache"), clock);
        Write("foz.yml", "name: p");
        Write("models/silver/a.sql", "select 1");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void A_copy_stays_as_it_was_when_the_folder_is_edited()
    {
        var id = store.Take(store.Stamp())!;
        Write("models/silver/a.sql", "select 2");
        Assert.Equal("select 1", File.ReadAllText(Path.Combine(store.Find(id)!, "models/silver/a.sql")));
        var next = store.Take(store.Stamp())!;
        Assert.NotEqual(id, next);
        Write("models/silver/a.sql", "select 1");
        Assert.Equal(id, store.Take(store.Stamp()));
    }

    [Fact]
    public void What_changes_while_it_is_copied_is_not_taken()
    {
        var stamp = store.Stamp();
        Write("models/silver/b.sql", "select 1");
        Assert.Null(store.Take(stamp));
        Assert.Empty(Directory.GetDirectories(Path.Combine(root, "cache")));
    }

    [Fact]
    public void Data_and_the_lake_are_no_texts_and_seeds_are()
    {
        var stamp = store.Stamp();
        Write("data/orders.csv", "a,b");
        Write("lake/bronze/x.sql", "x");
        Write("logs/x.sql", "x");
        Write(".git/x.sql", "x");
        Write("temp/foz-ana-1/foz.lock", "");
        Write("temp/foz-ana-1/x.sql", "x");
        Assert.Equal(stamp, store.Stamp());
        Write("sources/schemas.lock", "");
        Assert.NotEqual(stamp, store.Stamp());
        stamp = store.Stamp();
        Write("seeds/country.csv", "a,b");
        Assert.NotEqual(stamp, store.Stamp());
        var folder = store.Find(store.Take(store.Stamp())!)!;
        Assert.True(File.Exists(Path.Combine(folder, "seeds/country.csv")));
        Assert.False(Directory.Exists(Path.Combine(folder, "data")));
    }

    [Fact]
    public void Copies_with_secrets_are_for_their_owner()
    {
        Write(".env", "A=secret");
        if (OperatingSystem.IsWindows()) return;
        var file = Path.Combine(root, "p", ".env");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var folder = store.Find(store.Take(store.Stamp())!)!;
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, ".env")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    [Fact]
    public void Old_copies_are_deleted_and_the_one_in_use_is_kept()
    {
        var old = store.Take(store.Stamp())!;
        Write("models/silver/a.sql", "select 2");
        var used = store.Take(store.Stamp())!;
        clock.Now += TimeSpan.FromDays(6);
        store.Keep(used);
        Assert.NotNull(store.Find(old));
        clock.Now += TimeSpan.FromDays(2);
        store.Keep(used);
        Assert.Null(store.Find(old));
        Assert.NotNull(store.Find(used));
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(root, "p", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
