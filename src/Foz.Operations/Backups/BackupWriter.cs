using System.Collections.Concurrent;
using System.Reflection;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Operations.Backups;

/// <summary>What a backup came to.</summary>
/// <param name="Manifest">The backup.</param>
/// <param name="BytesCopied">The size of what earlier backups did not have.</param>
/// <param name="Expired">How many backups were deleted, as they were older than the retention.</param>
public sealed record BackupResult(BackupManifest Manifest, long BytesCopied, int Expired);

/// <summary>
/// Writes a backup: first the objects that no earlier backup has, then its manifest. What is cut off in between is no
/// backup, and is swept later.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="to">Where backups are.</param>
sealed class BackupWriter(Lakehouse lake, IObjectStore to)
{
    const int CopiesAtOnceMax = 4;
    const int PublishedAtOnce = 64;
    const string DataFolder = "data", SmallFolder = "small", OpenFolder = "open";

    static readonly TimeSpan openMax = TimeSpan.FromDays(7);

    readonly Dictionary<string, BackupObject> known = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> present = new(StringComparer.Ordinal);
    IReadOnlyList<string> bad = [];
    readonly ConcurrentBag<BackupObject> objects = [];
    readonly ConcurrentDictionary<string, byte> staged = new(StringComparer.Ordinal);
    long copied, done;

    /// <summary>Receives how many bytes are done, and how many there are.</summary>
    public Action<long, long> OnProgress { get; init; } = static (_, _) => { };

    /// <summary>Writes a backup.</summary>
    /// <param name="owner">Whose lake it is.</param>
    /// <param name="cut">What the lake was.</param>
    /// <param name="retention">Backups that are older are deleted after it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<BackupResult> WriteAsync(
        string owner, BackupCut cut, TimeSpan retention, CancellationToken cancellationToken)
    {
        var id = cut.TakenAt.UtcDateTime.ToString(
            "yyyyMMdd'T'HHmmssfff", System.Globalization.CultureInfo.InvariantCulture);
        var mark = $"{OpenFolder}/{id}.json";
        await to.TryCreateAsync(mark, "{}"u8.ToArray(), cancellationToken);
        await FindKnownAsync(cancellationToken);
        var all = cut.Tables.Sum(table => table.Content.Data.Sum(info => info.SizeBytes));
        foreach (var (table, content) in cut.Tables)
        {
            var folder = lake.Store.Within(table.Location);
            await ForEachAsync(content.Data, info => CopyDataAsync(folder, table, info, all, cancellationToken),
                cancellationToken);
            await ForEachAsync(content.Log, info => CopySmallAsync(folder, table.Location, info, cancellationToken),
                cancellationToken);
        }
        await ForEachAsync(
            [.. cut.State], entry => PutSmallAsync(entry.Key, entry.Value, cut.TakenAt, cancellationToken),
            cancellationToken);
        Failpoint.Hit("backup.copied");
        var manifest = new BackupManifest
        {
            Id = id, Owner = owner, TakenAt = cut.TakenAt, Tables = [.. cut.Tables.Select(table => table.Table)],
            Objects = [.. objects.OrderBy(item => item.Path, StringComparer.Ordinal)], Problems = cut.Problems,
            FozVersion = typeof(BackupWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                .InformationalVersion.Split('+')[0],
        };
        await manifest.WriteAsync(to, cancellationToken);
        Failpoint.Hit("backup.written");
        // What the backup has of them was copied again.
        foreach (var stored in bad.Intersect(manifest.Objects.Select(item => item.Stored), StringComparer.Ordinal))
            await BadObjects.UnmarkAsync(to, stored, cancellationToken);
        var expired = await ExpireAsync(manifest, cut.TakenAt - retention, mark, cancellationToken);
        await to.DeleteAsync(mark, cancellationToken);
        return new(manifest, copied, expired);
    }

    /// <summary>What the newest backup has, as far as it is still there.</summary>
    async Task FindKnownAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in (string[])[DataFolder, SmallFolder])
            await foreach (var info in to.ListAsync(folder, startAfter: null, cancellationToken))
                present[info.Path] = info.SizeBytes;
        bad = await BadObjects.ListAsync(to, cancellationToken);
        foreach (var stored in bad) present.Remove(stored);
        if (await BackupManifest.ListAsync(to, cancellationToken) is not [.., var newest]) return;
        foreach (var item in (await BackupManifest.ReadAsync(to, newest, cancellationToken)).Objects)
            known[item.Path] = item;
    }

    /// <summary>The object as an earlier backup has it; null where it is another one, or is not there.</summary>
    BackupObject? Find(string path, ObjectInfo info) =>
        known.TryGetValue(path, out var item) && item.SizeBytes == info.SizeBytes
            && item.ModifiedAt == info.LastModified && present.GetValueOrDefault(item.Stored, -1) == info.SizeBytes
            ? item
            : null;

    async Task CopyDataAsync(
        IObjectStore folder, BackupTable table, ObjectInfo info, long all, CancellationToken cancellationToken)
    {
        var path = $"{table.Location}/{info.Path}";
        if (Find(path, info) is { } item) objects.Add(item);
        else
        {
            // Files of tables have unique names, and are never changed; of a name, the time tells two apart.
            var stored = $"{DataFolder}/{info.LastModified.UtcTicks:x}/{path}";
            var hash = await ObjectCopy.StageAsync(
                folder, info.Path, info.SizeBytes, to, stored, cancellationToken);
            objects.Add(new(path, info.SizeBytes, stored, hash, info.LastModified));
            Interlocked.Add(ref copied, info.SizeBytes);
            staged[stored] = 0;
        }
        OnProgress(Interlocked.Add(ref done, info.SizeBytes), all);
    }

    async Task CopySmallAsync(
        IObjectStore folder, string location, ObjectInfo info, CancellationToken cancellationToken)
    {
        var path = $"{location}/{info.Path}";
        if (Find(path, info) is { } item) objects.Add(item);
        else if (await folder.GetAsync(info.Path, cancellationToken) is { } stored)
            await PutSmallAsync(path, stored.Content, info.LastModified, cancellationToken);
    }

    /// <summary>Stores bytes under their own hash: what is changed in place does not change earlier backups.</summary>
    async Task PutSmallAsync(
        string path, ReadOnlyMemory<byte> content, DateTimeOffset modifiedAt, CancellationToken cancellationToken)
    {
        var hash = ObjectCopy.HashOf(content.Span);
        var stored = $"{SmallFolder}/{hash[..2]}/{hash}-{content.Length}";
        if (present.GetValueOrDefault(stored, -1) != content.Length)
        {
            await to.PutAsync(stored, content, cancellationToken);
            Interlocked.Add(ref copied, content.Length);
        }
        objects.Add(new(path, content.Length, stored, hash, modifiedAt));
    }

    async Task ForEachAsync<T>(IReadOnlyList<T> items, Func<T, Task> copy, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = CopiesAtOnceMax,
        };
        foreach (var part in items.Chunk(PublishedAtOnce))
        {
            await Parallel.ForEachAsync(part, options, async (item, _) => await copy(item));
            if (staged.IsEmpty) continue;
            await to.PublishAsync([.. staged.Keys], cancellationToken);
            staged.Clear();
        }
    }

    /// <summary>Deletes old backups, and the objects that no backup has.</summary>
    async Task<int> ExpireAsync(
        BackupManifest newest, DateTimeOffset oldest, string mark, CancellationToken cancellationToken)
    {
        var needed = newest.Objects.Select(item => item.Stored).ToHashSet(StringComparer.Ordinal);
        var expired = 0;
        foreach (var id in await BackupManifest.ListAsync(to, cancellationToken))
        {
            if (id == newest.Id) continue;
            var manifest = await BackupManifest.ReadAsync(to, id, cancellationToken);
            if (manifest.TakenAt >= oldest) needed.UnionWith(manifest.Objects.Select(item => item.Stored));
            else
            {
                await BackupManifest.DeleteAsync(to, id, cancellationToken);
                Failpoint.Hit("backup.expired");
                expired++;
            }
        }
        if (await IsAnotherOpenAsync(mark, cancellationToken)) return expired;
        foreach (var folder in (string[])[DataFolder, SmallFolder])
        {
            var left = new List<string>();
            await foreach (var info in to.ListAsync(folder, startAfter: null, cancellationToken))
                if (!needed.Contains(info.Path)) left.Add(info.Path);
            foreach (var path in left) await to.DeleteAsync(path, cancellationToken);
        }
        foreach (var stored in bad)
            if (!needed.Contains(stored)) await BadObjects.UnmarkAsync(to, stored, cancellationToken);
        return expired;
    }

    /// <summary>Whether another backup is being written, whose objects no manifest has yet.</summary>
    async Task<bool> IsAnotherOpenAsync(string mark, CancellationToken cancellationToken)
    {
        var isOpen = false;
        var now = lake.Clock.GetUtcNow();
        var left = new List<string>();
        await foreach (var info in to.ListAsync(OpenFolder, startAfter: null, cancellationToken))
            if (info.Path == mark) continue;
            else if (now - info.LastModified > openMax) left.Add(info.Path);
            else isOpen = true;
        foreach (var path in left) await to.DeleteAsync(path, cancellationToken);
        return isOpen;
    }
}
