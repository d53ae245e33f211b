using System.Globalization;
using System.Security.Cryptography;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Iceberg;

/// <summary>One step of a table's Iceberg metadata: from those of an earlier version to those of a snapshot.</summary>
sealed class IcebergStep
{
    const int EntriesMax = 4000;
    const int SmallManifestsMax = 50;

    readonly IcebergFolder folder;
    readonly IcebergMetadata metadata;
    readonly Snapshot snapshot;
    readonly DataFiles files;
    readonly Manifest manifest;
    readonly PartitionSpec spec;
    readonly int schemaId;
    readonly long id = RandomNumberGenerator.GetInt32(int.MaxValue) * (1L << 31)
        + RandomNumberGenerator.GetInt32(int.MaxValue);
    readonly long sequenceNumber;
    readonly string name = Guid.NewGuid().ToString("D");
    readonly List<string> written = [];
    int count;

    /// <summary>Begins a step; the metadata have the snapshot's schema, partitioning and version then.</summary>
    /// <exception cref="DeltaException">Iceberg has no such schema.</exception>
    public IcebergStep(IcebergFolder folder, IcebergMetadata metadata, Snapshot snapshot)
    {
        (this.folder, this.metadata, this.snapshot) = (folder, metadata, snapshot);
        var schema = snapshot.TableSchema;
        var fields = IcebergSchema.Fields(schema.Columns);
        schemaId = metadata.SetSchema(schema, fields, ColumnMapping.MaxColumnId(snapshot.Metadata.Configuration));
        spec = metadata.SetPartitioning(schema);
        metadata.SetVersion(snapshot.Metadata.Id, snapshot.Version, snapshot.Timestamp);
        sequenceNumber = metadata.LastSequenceNumber + 1;
        files = new(snapshot.Table, folder.Location, schema, spec);
        manifest = new(spec, schemaId, fields);
    }

    /// <summary>The files that were written.</summary>
    public IReadOnlyList<string> Written => written;

    /// <summary>Writes the manifests of the snapshot, and an Iceberg snapshot of them.</summary>
    /// <param name="changes">
    /// The changes in between; null where they are not known, and everything is written again.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(FileChanges? changes, CancellationToken cancellationToken)
    {
        if (changes is { IsEmpty: true } || metadata.CurrentSnapshotId is null && snapshot.FileCount == 0) return;
        var manifests = changes is null ? null : await ChangeAsync(changes, cancellationToken);
        // Each file of the table is there once, or something else wrote these manifests.
        if (manifests is null || manifests.Sum(m => m.LiveFiles) != snapshot.FileCount)
        {
            changes = null;
            manifests = await WriteAllAsync(cancellationToken);
        }
        var list = ManifestList.Write(manifests, id, metadata.CurrentSnapshotId, sequenceNumber);
        var listFile = await PutAsync(
            string.Create(CultureInfo.InvariantCulture, $"snap-{id}-1-{name}.avro"), list, cancellationToken);
        metadata.Add(new(id, sequenceNumber, listFile, schemaId, [.. Summary(changes, manifests)]));
        await ForgetAsync([listFile, .. manifests.Select(m => m.Path)], cancellationToken);
    }

    /// <summary>Deletes what this step wrote and did not need in the end.</summary>
    async Task ForgetAsync(HashSet<string> needed, CancellationToken cancellationToken)
    {
        await folder.DeleteAsync(written.Where(file => !needed.Contains(file)), cancellationToken);
        written.RemoveAll(file => !needed.Contains(file));
    }

    async Task<List<ManifestFile>> WriteAllAsync(CancellationToken cancellationToken)
    {
        var manifests = new List<ManifestFile>();
        foreach (var batch in snapshot.Files.Chunk(EntriesMax))
            manifests.Add(await WriteAsync(Added(batch), cancellationToken));
        return manifests;
    }

    /// <summary>The manifests so far, with some changes; null where that cannot be.</summary>
    async Task<List<ManifestFile>?> ChangeAsync(FileChanges changes, CancellationToken cancellationToken)
    {
        var manifests = new List<ManifestFile>();
        if (metadata.CurrentManifestList is { } file)
        {
            if (await folder.GetAsync(file, cancellationToken) is not { } content
                || ManifestList.Read(content) is not { } before) return null;
            manifests.AddRange(before.Where(m => m.LiveFiles > 0));
        }
        if (manifests.Exists(m => m.SpecId != spec.Id)
            || !await RemoveAsync(manifests, changes, cancellationToken)) return null;
        foreach (var batch in changes.Added.Chunk(EntriesMax))
            manifests.Add(await WriteAsync(Added(batch), cancellationToken));
        return manifests.Count(IsSmall) <= SmallManifestsMax || await MergeAsync(manifests, cancellationToken)
            ? manifests
            : null;
    }

    /// <summary>Rewrites the manifests that hold files which left.</summary>
    /// <returns>Whether all were found, and every manifest could be read.</returns>
    async Task<bool> RemoveAsync(List<ManifestFile> manifests, FileChanges changes, CancellationToken cancellationToken)
    {
        var left = Paths(changes.Removed);
        var maybe = Paths(changes.Replaced);
        // What leaves has come lately, as a rule.
        for (var i = manifests.Count - 1; i >= 0 && left.Count + maybe.Count > 0; i--)
        {
            if (await ReadAsync(manifests[i], cancellationToken) is not { } entries) return false;
            if (!entries.Exists(entry => left.Contains(entry.File.Path) || maybe.Contains(entry.File.Path))) continue;
            var changed = entries.ConvertAll(entry => left.Remove(entry.File.Path) || maybe.Remove(entry.File.Path)
                ? entry with { Status = EntryStatus.Deleted, SnapshotId = id }
                : entry with { Status = EntryStatus.Existing });
            manifests[i] = await WriteAsync(changed, cancellationToken);
        }
        return left.Count == 0;
    }

    /// <summary>Puts small manifests together.</summary>
    async Task<bool> MergeAsync(List<ManifestFile> manifests, CancellationToken cancellationToken)
    {
        var merged = new List<ManifestEntry>();
        foreach (var small in manifests.Where(IsSmall))
        {
            if (await ReadAsync(small, cancellationToken, withDeleted: true) is not { } entries) return false;
            merged.AddRange(entries.Select(entry => entry.SnapshotId == id || entry.Status == EntryStatus.Existing
                ? entry
                : entry with { Status = EntryStatus.Existing }));
        }
        manifests.RemoveAll(IsSmall);
        foreach (var batch in merged.Chunk(EntriesMax)) manifests.Add(await WriteAsync(batch, cancellationToken));
        return true;
    }

    /// <summary>The entries of a manifest that are in the table, and those that this step removed; null where another
    /// program wrote it.</summary>
    async Task<List<ManifestEntry>?> ReadAsync(
        ManifestFile file, CancellationToken cancellationToken, bool withDeleted = false)
    {
        if (await folder.GetAsync(file.Path, cancellationToken) is not { } content) return null;
        var entries = manifest.Read(content);
        entries?.RemoveAll(entry => entry.Status == EntryStatus.Deleted && !(withDeleted && entry.SnapshotId == id));
        return entries;
    }

    async Task<ManifestFile> WriteAsync(IReadOnlyList<ManifestEntry> entries, CancellationToken cancellationToken)
    {
        var content = manifest.Write(entries);
        var path = await PutAsync(
            string.Create(CultureInfo.InvariantCulture, $"{name}-m{count++}.avro"), content, cancellationToken);
        return new()
        {
            Path = path,
            SizeBytes = content.Length,
            SpecId = spec.Id,
            SequenceNumber = sequenceNumber,
            MinSequenceNumber = entries.Where(entry => entry.Status != EntryStatus.Deleted)
                .Select(entry => entry.SequenceNumber).DefaultIfEmpty(sequenceNumber).Min(),
            SnapshotId = id,
            Added = EntryCount.Of(entries, EntryStatus.Added),
            Existing = EntryCount.Of(entries, EntryStatus.Existing),
            Deleted = EntryCount.Of(entries, EntryStatus.Deleted),
            Partitions = PartitionSummary.Of(spec, entries),
        };
    }

    async Task<string> PutAsync(string file, byte[] content, CancellationToken cancellationToken)
    {
        var path = await folder.PutAsync(file, content, cancellationToken);
        written.Add(path);
        return path;
    }

    ManifestEntry[] Added(AddFile[] batch) =>
        Array.ConvertAll(batch, file => new ManifestEntry(EntryStatus.Added, id, sequenceNumber, files.Of(file)));

    HashSet<string> Paths(IEnumerable<FilePath> logged) =>
        [.. logged.Select(path => FullPath.Of(folder.Location, path))];

    static bool IsSmall(ManifestFile file) => file.LiveFiles <= EntriesMax / 2;

    IEnumerable<KeyValuePair<string, string>> Summary(FileChanges? changes, List<ManifestFile> manifests)
    {
        var own = manifests.Where(m => m.SnapshotId == id).ToList();
        yield return new("operation", Operation(changes));
        yield return Count("added-data-files", own.Sum(m => m.Added.Files));
        yield return Count("added-records", own.Sum(m => m.Added.Rows));
        yield return Count("deleted-data-files", own.Sum(m => m.Deleted.Files));
        yield return Count("deleted-records", own.Sum(m => m.Deleted.Rows));
        yield return Count("total-data-files", snapshot.FileCount);
        yield return Count("total-records", manifests.Sum(m => m.LiveRows));
        yield return Count("total-files-size", snapshot.TotalBytes);
        yield return Count("total-delete-files", 0);
        yield return Count("total-position-deletes", 0);
        yield return Count("total-equality-deletes", 0);
        yield return Count("delta-version", snapshot.Version);
    }

    string Operation(FileChanges? changes) =>
        changes is null ? metadata.CurrentSnapshotId is null ? "append" : "overwrite"
        : changes.IsRearrangement ? "replace"
        : changes.Removed.Count == 0 ? "append"
        : changes.Added.Count == 0 ? "delete"
        : "overwrite";

    static KeyValuePair<string, string> Count(string key, long value) =>
        new(key, value.ToString(CultureInfo.InvariantCulture));
}
