using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;

namespace Foz.Operations.Backups;

/// <summary>
/// Backups of a lake: incremental by files, each of one moment, kept for their retention. What is done with them is
/// recorded in <c>foz.backups</c>.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="settings">Where backups are, and for how long.</param>
/// <param name="owner">Whose lake it is: project and environment.</param>
/// <param name="list">Lists what the lake defines.</param>
public sealed class BackupService(
    Lakehouse lake, BackupSettings settings, string owner,
    Func<CancellationToken, Task<IReadOnlyList<Definition>>> list)
{
    readonly IObjectStore store = OpenStore(settings.To, lake.Clock);

    /// <summary>Gets where backups are, as people write it.</summary>
    public string Root => store.Root;

    /// <summary>Receives how many bytes are done, and how many there are.</summary>
    public Action<long, long> OnProgress { get; init; } = static (_, _) => { };

    /// <summary>Makes a backup, and deletes those that are older than the retention.</summary>
    /// <param name="wait">How long to wait for runs at most.</param>
    /// <param name="onWait">Called with the run that it waits for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A run still works after the wait, there is no lake, or the place has backups of another one.
    /// </exception>
    public async Task<BackupResult> MakeAsync(
        TimeSpan wait, Action<LeaseHolder> onWait, CancellationToken cancellationToken)
    {
        var startedAt = lake.Clock.GetUtcNow();
        // An empty backup of a lake that is gone would in time take the place of all others.
        if (await lake.Format.FindAsync(cancellationToken) is null)
            throw new FozException(ErrorKind.Usage, $"there is no lake in {lake.Root}")
            {
                Hint = "put it back if it is gone, or bring it back by foz backup restore",
            };
        if (await BackupManifest.ListAsync(store, cancellationToken) is [.., var newest]
            && (await BackupManifest.ReadAsync(store, newest, cancellationToken)).Owner is var other && other != owner)
            throw new FozException(ErrorKind.Configuration, $"{Root} has backups of {other}, not of {owner}")
            {
                Hint = "set 'to' under 'backup' of foz.yml to a place of its own",
            };
        var cut = await BackupCut.TakeAsync(lake, list, wait, onWait, cancellationToken);
        var result = await new BackupWriter(lake, store) { OnProgress = OnProgress }
            .WriteAsync(owner, cut, settings.Retention, cancellationToken);
        await RecordAsync("backup", result.Manifest, startedAt, result.BytesCopied, cut.Problems, cancellationToken);
        return result;
    }

    /// <summary>Returns all backups, the oldest first.</summary>
    public async Task<IReadOnlyList<BackupManifest>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<BackupManifest>();
        foreach (var id in await BackupManifest.ListAsync(store, cancellationToken))
            all.Add(await BackupManifest.ReadAsync(store, id, cancellationToken));
        return all;
    }

    /// <summary>Finds a backup: the newest where no id is given.</summary>
    /// <exception cref="FozException">There is no such backup, or none at all.</exception>
    public async Task<BackupManifest> FindAsync(string? id, CancellationToken cancellationToken)
    {
        var ids = await BackupManifest.ListAsync(store, cancellationToken);
        if (ids.Count == 0)
            throw new FozException(ErrorKind.NotFound, $"there is no backup in {Root}") { Hint = "foz backup" };
        return id is null || ids.Contains(id, StringComparer.Ordinal)
            ? await BackupManifest.ReadAsync(store, id ?? ids[^1], cancellationToken)
            : throw new FozException(ErrorKind.NotFound, $"there is no backup {id} in {Root}")
            {
                Hint = NearestName.Hint(id, ids),
            };
    }

    /// <summary>
    /// Checks that all objects of a backup are there with their sizes, and that none was found bad. Those that are
    /// found bad are marked, so that the next backup copies them again.
    /// </summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="isDeep">Whether their bytes are read and compared too.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong.</returns>
    public async Task<IReadOnlyList<string>> VerifyAsync(
        BackupManifest manifest, bool isDeep, CancellationToken cancellationToken)
    {
        var startedAt = lake.Clock.GetUtcNow();
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var info in store.ListAsync("", startAfter: null, cancellationToken))
            sizes[info.Path] = info.SizeBytes;
        var problems = new List<string>();
        var (done, all) = (0L, manifest.Bytes);
        foreach (var item in manifest.Objects)
        {
            if (!sizes.TryGetValue(item.Stored, out var size)) problems.Add($"{item.Path} is missing: {item.Stored}");
            else if (size != item.SizeBytes)
                problems.Add($"{item.Path} has {size} bytes, not {item.SizeBytes}: {item.Stored}");
            else if (isDeep
                ? await IsBadAsync(item, cancellationToken)
                : sizes.ContainsKey(BadObjects.MarkOf(item.Stored)))
                problems.Add(
                    $"{item.Path} has other bytes than were written: {item.Stored}; {BadObjects.Remedy}");
            OnProgress(done += item.SizeBytes, all);
        }
        await RecordAsync("verify", manifest, startedAt, bytesCopied: 0, problems, cancellationToken);
        return problems;
    }

    /// <summary>Reads an object, and marks it if its bytes are not those that were written.</summary>
    async Task<bool> IsBadAsync(BackupObject item, CancellationToken cancellationToken)
    {
        var hash = await ObjectCopy.HashAsync(store, item.Stored, item.SizeBytes, cancellationToken);
        if (hash != item.Hash) await BadObjects.MarkAsync(store, item.Stored, cancellationToken);
        return hash != item.Hash;
    }

    /// <summary>Restores a whole lake, and checks it.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="into">An empty place.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong with the restored lake.</returns>
    /// <exception cref="FozException">Something is there, or the backup is damaged.</exception>
    public async Task<IReadOnlyList<string>> RestoreAsync(
        BackupManifest manifest, LakeLocation into, CancellationToken cancellationToken)
    {
        var target = OpenStore(into, lake.Clock);
        await new BackupRestore(store) { OnProgress = OnProgress }
            .RestoreAsync(manifest, target, cancellationToken);
        var restored = Lakehouse.Open(into, lake.Engines, lake.Clock);
        try
        {
            return await BackupRestore.CheckAsync(manifest, restored, cancellationToken);
        }
        finally
        {
            restored.Close();
        }
    }

    /// <summary>Restores one table under a new name.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="table">Its name in the backup.</param>
    /// <param name="name">Its name in the lake.</param>
    /// <param name="cancellationToken">Stops it; the lake stays unchanged then.</param>
    /// <exception cref="FozException">The backup has no such table, or the lake has something of the name.</exception>
    public async Task<BackupTable> RestoreTableAsync(
        BackupManifest manifest, TableName table, TableName name, CancellationToken cancellationToken)
    {
        var startedAt = lake.Clock.GetUtcNow();
        var found = manifest.Tables.FirstOrDefault(known => TableName.Parse(known.Name) == table)
            ?? throw new FozException(ErrorKind.NotFound, $"backup {manifest.Id} has no table {table}")
            {
                Hint = NearestName.Hint($"{table}", manifest.Tables.Select(known => known.Name)),
            };
        await new BackupRestore(store) { OnProgress = OnProgress }
            .RestoreTableAsync(manifest, found, lake, name, cancellationToken);
        await RecordAsync("restore", manifest, startedAt, found.Bytes, [], cancellationToken);
        return found;
    }

    /// <summary>Restores a backup into a folder of its own, checks it there, and deletes the folder.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="folder">The folder, which must be empty or absent.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong.</returns>
    public async Task<IReadOnlyList<string>> RehearseAsync(
        BackupManifest manifest, string folder, CancellationToken cancellationToken)
    {
        var startedAt = lake.Clock.GetUtcNow();
        IReadOnlyList<string> problems;
        try
        {
            problems = await RestoreAsync(manifest, new() { Path = folder }, cancellationToken);
        }
        catch (FozException e) when (e.Kind is not (ErrorKind.Canceled or ErrorKind.Usage))
        {
            problems = [e.Message];
        }
        await RecordAsync("rehearse", manifest, startedAt, manifest.Bytes, problems, cancellationToken);
        Directory.Delete(folder, recursive: true);
        return problems;
    }

    /// <summary>Opens the store of a place, which is read and written unchanged: it may be no lake.</summary>
    static IObjectStore OpenStore(LakeLocation place, TimeProvider clock) => ObjectStores.IsUrl(place.Path)
        ? ObjectStores.Open(place.Path, new()
        {
            Settings = place.Settings, Clock = clock, Variable = name => place.Variables[name],
            Cache = new FileCache(
                place.CacheFolder ?? Lakehouse.CacheFolderDefault, LakeLocation.CacheBytesDefault, clock),
        })
        : new LocalObjectStore(place.Path);

    async Task RecordAsync(
        string action, BackupManifest manifest, DateTimeOffset startedAt, long bytesCopied,
        IReadOnlyList<string> problems, CancellationToken cancellationToken)
    {
        var runId = JournalWriter.NewRunId(lake.Clock);
        using var journal = RunJournal.Open(lake, runId);
        await journal.AppendAsync(
            [
                new BackupRecord
                {
                    RunId = runId, Action = action, Backup = manifest.Id, StartedAt = startedAt,
                    FinishedAt = lake.Clock.GetUtcNow(), Tables = manifest.Tables.Count,
                    Files = manifest.Objects.Count, Bytes = manifest.Bytes, BytesCopied = bytesCopied,
                    Outcome = problems.Count == 0 ? Outcome.Succeeded : Outcome.Failed,
                    Error = problems.Count == 0 ? null : string.Join("; ", problems.Take(10)),
                },
            ],
            cancellationToken);
        using var session = lake.Engines.Open(Workload.Query);
        await new JournalWriter(lake).FlushAsync(
            session, journal, static _ => ValueTask.FromResult(false), cancellationToken);
    }
}
