using System.Collections.Concurrent;
using Foz.Delta;
using Foz.Delta.Maintenance;
using Foz.Delta.Snapshots;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Pipelines.Runs.State;
using Foz.Storage.Addresses;

namespace Foz.Operations.Backups;

/// <summary>
/// What a lake was at a moment: a version of each table, and the bytes of the objects that say how far its steps are.
/// No run works at that moment, so that no batch is half in it, and the tables of a source stand at one position.
/// </summary>
/// <param name="Tables">The tables, with what is to be copied of each.</param>
/// <param name="State">The objects of <c>_foz/</c>, by path.</param>
/// <param name="TakenAt">The moment.</param>
/// <param name="Problems">The tables that cannot be copied, and why.</param>
sealed record BackupCut(
    IReadOnlyList<(BackupTable Table, TableContent Content)> Tables, IReadOnlyDictionary<string, byte[]> State,
    DateTimeOffset TakenAt, IReadOnlyList<string> Problems)
{
    const int ReadsAtOnceMax = 16;

    // What is made again, belongs to processes that work, or tells only what they wrote.
    static readonly string[] leftOut =
    [
        "_foz/cache/", "_foz/hosts/", "_foz/leaders/", "_foz/leases/", "_foz/logs/", "_foz/requests/",
    ];

    const string JournalFolder = "_foz/journal/", SegmentSuffix = ".segment";

    /// <summary>Waits until no run works, and reads what the lake is then; runs wait for that.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="list">Lists what the lake defines.</param>
    /// <param name="wait">How long to wait for runs at most.</param>
    /// <param name="onWait">Called with the run that it waits for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A run still works after the wait.</exception>
    public static async Task<BackupCut> TakeAsync(
        Lakehouse lake, Func<CancellationToken, Task<IReadOnlyList<Definition>>> list, TimeSpan wait,
        Action<LeaseHolder> onWait, CancellationToken cancellationToken)
    {
        var (takenAt, heads, problems, state) = await ReadQuietAsync(lake, list, wait, onWait, cancellationToken);
        var tables = new List<(BackupTable, TableContent)>();
        foreach (var (definition, table, snapshot) in heads)
        {
            // What a version consists of stays there while it can be read, whatever runs do now.
            var content = await TableContent.ListAsync(table.Delta, snapshot, cancellationToken);
            if (content.Missing is [var missing, ..])
                problems.Add($"{definition.TableName} lacks its file {missing}: foz fsck {definition.TableName}");
            else if (content.Elsewhere is [var elsewhere, ..])
                problems.Add(
                    $"{definition.TableName} has files outside of its folder, such as {elsewhere}: "
                        + "make a deep clone of it, and drop it");
            else
                tables.Add((
                    new(
                        $"{definition.TableName}", definition.Location!, snapshot.Version, snapshot.FileCount,
                        snapshot.TotalBytes),
                    content));
        }
        return new(tables, state, takenAt, problems);
    }

    static async Task<(DateTimeOffset TakenAt, List<TableHead> Heads, List<string> Problems,
        IReadOnlyDictionary<string, byte[]> State)> ReadQuietAsync(
        Lakehouse lake, Func<CancellationToken, Task<IReadOnlyList<Definition>>> list, TimeSpan wait,
        Action<LeaseHolder> onWait, CancellationToken cancellationToken)
    {
        await using var lease = await RunLease.AcquireAsync(
            lake.Store, JournalWriter.NewRunId(lake.Clock), environments: null, wait, onWait, lake.Clock,
            cancellationToken);
        return await lease.HoldAsync(
            async stop =>
            {
                var state = await ReadStateAsync(lake, stop);
                var (heads, problems) = await FindHeadsAsync(lake, await list(stop), stop);
                return (lake.Clock.GetUtcNow(), heads, problems, state);
            },
            cancellationToken);
    }

    static async Task<(List<TableHead> Found, List<string> Problems)> FindHeadsAsync(
        Lakehouse lake, IReadOnlyList<Definition> definitions, CancellationToken cancellationToken)
    {
        var found = new ConcurrentBag<TableHead>();
        var problems = new ConcurrentBag<string>();
        var tables = definitions.Where(definition => definition is { Kind: DefinitionKind.Table, Location: not null })
            .DistinctBy(definition => definition.Location, StringComparer.Ordinal).ToList();
        await Parallel.ForEachAsync(tables, Options(cancellationToken), async (definition, stop) =>
        {
            var (name, location) = (definition.TableName, definition.Location!);
            if (ObjectStores.IsUrl(location) || Path.IsPathRooted(location))
            {
                problems.Add($"{name} is outside of the lake, in {location}");
                return;
            }
            try
            {
                var table = lake.Tables.Open(location, name);
                // One whose first run was cut off is defined and was never made.
                if (await table.Delta.FindLatestSnapshotAsync(stop) is { } snapshot)
                    found.Add(new(definition, table, snapshot));
            }
            catch (DeltaException e)
            {
                problems.Add($"{name} cannot be read: {e.Message}");
            }
        });
        return (
            [.. found.OrderBy(table => table.Definition.Location, StringComparer.Ordinal)],
            [.. problems.Order(StringComparer.Ordinal)]);
    }

    static async Task<IReadOnlyDictionary<string, byte[]>> ReadStateAsync(
        Lakehouse lake, CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        await foreach (var info in lake.Store.ListAsync(Lakehouse.SystemFolder, startAfter: null, cancellationToken))
            if (IsState(info.Path)) paths.Add(info.Path);
        var state = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(paths, Options(cancellationToken), async (path, stop) =>
        {
            if (await lake.Store.GetAsync(path, stop) is { } stored) state[path] = stored.Content.ToArray();
        });
        return state;
    }

    static bool IsState(string path) =>
        !leftOut.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
        && (!path.StartsWith(JournalFolder, StringComparison.Ordinal)
            || path.EndsWith(SegmentSuffix, StringComparison.Ordinal));

    sealed record TableHead(Definition Definition, LakeTable Table, Snapshot Snapshot);

    static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ReadsAtOnceMax };
}
