using System.Runtime.Versioning;
using Foz.Lake.Engine;
using Foz.Storage;

namespace Foz.Tests.Storage;

[UnsupportedOSPlatform("windows")]
public sealed class LocalTempFolderTests : IDisposable
{
    const string LockName = "foz.lock";

    readonly string root = Directory.CreateTempSubdirectory("foz-temp-").FullName;
    readonly string aside = Directory.CreateTempSubdirectory("foz-temp-").FullName;

    public void Dispose()
    {
        Directory.Delete(root, recursive: true);
        Directory.Delete(aside, recursive: true);
    }

    [Fact]
    public void What_a_killed_process_left_is_swept_and_what_is_in_use_stays()
    {
        using var inUse = LocalTempFolder.Create(root);
        File.WriteAllText(Path.Combine(inUse.Path, "spilled"), "x");
        var left = Leave();
        Directory.CreateDirectory(Path.Combine(left, "Models"));
        File.WriteAllText(Path.Combine(left, "Models", "spilled"), "x");
        using var own = LocalTempFolder.Create(root);

        own.Sweep();

        Assert.Equal(new[] { inUse.Path, own.Path }.Order(), Directory.GetDirectories(root).Order());
        Assert.True(File.Exists(Path.Combine(inUse.Path, "spilled")));
    }

    [Fact]
    public void A_folder_that_was_cut_off_while_it_was_made_or_swept_is_swept()
    {
        var left = Leave();
        File.Delete(Path.Combine(left, LockName));
        using var own = LocalTempFolder.Create(root);

        own.Sweep();

        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void What_is_not_surely_left_behind_by_this_user_is_let_be()
    {
        using var own = LocalTempFolder.Create(root);
        var withoutLock = Leave();
        File.Move(Path.Combine(withoutLock, LockName), Path.Combine(withoutLock, "something"));
        var ofOther = Rename(
            Leave(), own.Path.Replace($"foz-{UserOf(own)}-", "foz-somebody_else-", StringComparison.Ordinal));
        var longer = Rename(Leave(), own.Path + "-of-another-program");
        var target = Directory.CreateDirectory(Path.Combine(root, "target")).FullName;
        File.WriteAllText(Path.Combine(target, LockName), "");
        File.WriteAllText(Path.Combine(target, "precious"), "x");
        var link = Leave();
        Directory.Delete(link, recursive: true);
        Directory.CreateSymbolicLink(link, target);
        var open = Leave();
        File.SetUnixFileMode(open, (UnixFileMode)Convert.ToInt32("777", 8));

        own.Sweep();

        Assert.All([withoutLock, ofOther, longer, link, open], folder => Assert.True(Directory.Exists(folder), folder));
        Assert.True(File.Exists(Path.Combine(target, "precious")));
    }

    [Fact]
    public async Task Folders_are_made_used_and_swept_by_many_at_once()
    {
        var stop = new CancellationTokenSource();
        var sweepers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            using var own = LocalTempFolder.Create(root);
            while (!stop.IsCancellationRequested) own.Sweep();
        }));
        var running = sweepers.ToList();
        await Parallel.ForAsync(0, 120, TestContext.Current.CancellationToken, (i, _) =>
        {
            if (i % 4 == 0) Leave();
            using var folder = LocalTempFolder.Create(root);
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, "work")).FullName, "file");
            File.WriteAllText(file, "x");
            Assert.Equal("x", File.ReadAllText(file));
            return ValueTask.CompletedTask;
        });
        await stop.CancelAsync();
        await Task.WhenAll(running);
        using (var last = LocalTempFolder.Create(root)) last.Sweep();

        Assert.Empty(Directory.GetFileSystemEntries(root));
    }

    [Fact]
    public void A_pool_leaves_nothing_behind()
    {
        using (var engines = new EnginePool(new() { MemoryBytes = 256 << 20, Threads = 1, TempFolder = root }))
        {
            using var session = engines.Open(Workload.Query);
            File.WriteAllText(Path.Combine(engines.CreateTempFolder().FullName, "file"), "x");
            // More than the memory, so that it is spilled.
            session.Execute(
                "CREATE TEMP TABLE t AS SELECT hash(i) AS h, i FROM range(12000000) r(i)",
                TestContext.Current.CancellationToken);
            var own = Assert.Single(Directory.GetDirectories(root));
            Assert.NotEmpty(Directory.GetFiles(Path.Combine(own, "Query")));
        }

        Assert.Empty(Directory.GetFileSystemEntries(root));
    }

    [Fact]
    public void A_pool_that_can_make_no_folder_still_runs_what_needs_none()
    {
        File.WriteAllText(Path.Combine(root, "file"), "");
        using var engines = new EnginePool(new() { TempFolder = Path.Combine(root, "file", "below") });
        using var session = engines.Open(Workload.Query);

        Assert.Equal(1, session.QueryScalar<int>("SELECT 1", TestContext.Current.CancellationToken));
    }

    /// <summary>Makes a folder as a killed process leaves it: its lock exists and no process holds it.</summary>
    string Leave()
    {
        string path;
        using (var folder = LocalTempFolder.Create(aside)) path = folder.Path;
        Directory.CreateDirectory(path, File.GetUnixFileMode(root));
        File.WriteAllText(Path.Combine(path, LockName), "");
        return Rename(path, Path.Combine(root, Path.GetFileName(path)));
    }

    static string Rename(string folder, string name)
    {
        Directory.Move(folder, name);
        return name;
    }

    static string UserOf(LocalTempFolder folder) => Path.GetFileName(folder.Path).Split('-')[1];
}
