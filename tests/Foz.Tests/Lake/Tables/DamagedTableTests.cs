using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables;

/// <summary>
/// A good table of which one file is cut, deleted or flipped: the right rows, or an error that names it.
/// </summary>
public sealed class DamagedTableTests : IDisposable
{
    const int Damages = 60;

    readonly Foz.Tests.Delta.TempFolder folder = new();
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 2 });
    readonly EngineSession session;

    public DamagedTableTests() => session = engines.Open(Workload.Query);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_damaged_file_is_named_or_does_not_matter()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var good = Path.Combine(folder.Path, "good");
        var version = await WriteAsync(good);
        var expected = await RowsAsync(good, version);
        Assert.Equal(276, expected.Count);
        var (read, refused) = (0, 0);
        for (var i = 0; i < Damages; i++)
        {
            var copy = Path.Combine(folder.Path, $"copy-{i}");
            Copy(good, copy);
            var damage = Damage(copy, random);
            try
            {
                Assert.Equal(expected, await RowsAsync(copy, version));
                read++;
            }
            catch (Exception error) when (error is DeltaException or StorageException or FozException)
            {
                refused++;
                var name = Path.GetFileName(damage.File);
                var isNamed = error.Message.Contains(name, StringComparison.Ordinal)
                    || (long.TryParse(name.AsSpan(0, Math.Min(20, name.Length)), out var commit)
                        && error.Message.Contains($"version {commit}", StringComparison.Ordinal));
                Assert.True(isNamed, $"{damage}: {error.Message}");
                Assert.Contains(copy, error.Message, StringComparison.Ordinal);
            }
            Directory.Delete(copy, recursive: true);
        }
        Assert.True(read > 5 && refused > 5, $"{read} read, {refused} refused");
    }

    /// <summary>Appends, deletion vectors, and a checkpoint that two commits follow.</summary>
    async Task<long> WriteAsync(string root)
    {
        var table = Open(root);
        await AppendAsync(table, "SELECT i AS id, 'a' AS v FROM range(100) r(i)");
        await AppendAsync(table, "SELECT i AS id, 'b' AS v FROM range(100, 200) r(i)");
        await (await new TableWriter(session).DeleteAsync(table, "id % 10 = 0", new(), Ct)).CommitAsync(Ct);
        await table.Delta.WriteCheckpointAsync((await table.LatestAsync(Ct)).State, Ct);
        await AppendAsync(table, "SELECT i AS id, 'c' AS v FROM range(200, 310) r(i)");
        await (await new TableWriter(session).DeleteAsync(table, "id BETWEEN 150 AND 154 OR id >= 300", new(), Ct))
            .CommitAsync(Ct);
        return (await table.LatestAsync(Ct)).Version;
    }

    async Task AppendAsync(LakeTable table, string rows) =>
        await (await new TableWriter(session).AppendAsync(table, rows, new(), Ct)).CommitAsync(Ct);

    async Task<List<string>> RowsAsync(string root, long version)
    {
        using var rows = await (await Open(root).VersionAsync(version, Ct)).OpenAsync(session, Ct);
        using var result = session.Query($"SELECT id, v FROM {rows.Sql} ORDER BY ALL", Ct);
        return [.. result.Rows(Ct).Select(row => string.Join('|', row))];
    }

    LakeTable Open(string root) =>
        new TableStore(
            new LocalObjectStore(Path.GetDirectoryName(root)!), engines,
            TimeProvider.System).Open(Path.GetFileName(root));

    /// <summary>
    /// Damages one file. Bytes are flipped in deletion vectors only, which have a checksum: neither JSON nor Parquet as
    /// Delta writers make it can detect a flipped byte. A commit is cut within a line, as a cut after a line looks
    /// whole.
    /// </summary>
    static (string File, string How) Damage(string root, Random random)
    {
        var files = Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var file = files[random.Next(files.Length)];
        var content = File.ReadAllBytes(file);
        if (random.Next(3) == 0)
        {
            File.Delete(file);
            return (file, "deleted");
        }
        if (file.EndsWith(".bin", StringComparison.Ordinal) && random.Next(2) == 0)
        {
            var at = random.Next(1, content.Length);
            content[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, content);
            return (file, $"flipped at {at}");
        }
        var length = random.Next(content.Length);
        while (length > 0 && content[length - 1] is (byte)'\n' or (byte)'}') length--;
        File.WriteAllBytes(file, content[..length]);
        return (file, $"cut to {length} of {content.Length}");
    }

    static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
