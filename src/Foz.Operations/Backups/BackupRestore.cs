using Foz.Delta.Maintenance;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Operations.Backups;

/// <summary>
/// Brings a backup back: a whole lake into an empty place, or one table into a lake, under a new name.
/// </summary>
/// <param name="from">Where backups are.</param>
sealed class BackupRestore(IObjectStore from)
{
    const int CopiesAtOnceMax = 4;
    const int PublishedAtOnce = 64;
    const string Mark = "_foz/restore.json";
    const string FormatPath = "_foz/format.json";
    const string CatalogFolder = "_foz/catalog/";

    /// <summary>Receives how many bytes are done, and how many there are.</summary>
    public Action<long, long> OnProgress { get; init; } = static (_, _) => { };

    /// <summary>Restores a whole lake. If it is cut off, it can be repeated.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="to">The lake's place.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Something else is there.</exception>
    public async Task RestoreAsync(BackupManifest manifest, IObjectStore to, CancellationToken cancellationToken)
    {
        var present = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var info in to.ListAsync("", startAfter: null, cancellationToken))
            present[info.Path] = info.SizeBytes;
        var mark = System.Text.Encoding.UTF8.GetBytes($$"""{"backup": "{{manifest.Id}}"}""");
        if (present.Count > 0
            && (await to.GetAsync(Mark, cancellationToken))?.Content.Span.SequenceEqual(mark) is not true)
            throw new FozException(ErrorKind.Usage, $"cannot restore to {to.Root}: it is not empty")
            {
                Hint = "name another place with --into, or move away what is there",
            };
        await to.PutAsync(Mark, mark, cancellationToken);
        // The format first, so that no other version of Foz takes the lake for its own; the names last, so that the
        // lake has tables only when they are whole.
        var ordered = manifest.Objects.OrderBy(item => RankOf(item.Path))
            .ThenBy(item => item.Path, StringComparer.Ordinal).ToList();
        await CopyAsync([.. ordered.Select(item => (item, item.Path))], to, present, cancellationToken);
        await to.DeleteAsync(Mark, cancellationToken);
    }

    /// <summary>Restores one table.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="table">The table in it.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="name">The name that it gets there.</param>
    /// <param name="cancellationToken">Stops it; nothing is defined then.</param>
    /// <exception cref="FozException">The lake has something of that name.</exception>
    public async Task RestoreTableAsync(
        BackupManifest manifest, BackupTable table, Lakehouse lake, TableName name,
        CancellationToken cancellationToken)
    {
        if (await lake.Catalog.FindAsync(name, cancellationToken) is not null)
            throw new FozException(ErrorKind.Usage, $"the lake has {name} already")
            {
                Hint = $"choose another name with --as, such as --as {name}_restored",
            };
        var location = LakeCatalog.MovableLocation(name);
        var prefix = table.Location + "/";
        await CopyAsync(
            [
                .. manifest.Objects.Where(item => item.Path.StartsWith(prefix, StringComparison.Ordinal))
                    .OrderBy(item => item.Path.Contains("/_delta_log/", StringComparison.Ordinal))
                    .Select(item => (item, $"{location}/{item.Path[prefix.Length..]}")),
            ],
            lake.Store, [], cancellationToken);
        await lake.DefineTableAsync(
            name, description: null, owner: null, location, cancellationToken);
    }

    /// <summary>Checks each table of a restored lake: its version, and whether its files are there.</summary>
    /// <returns>What is wrong.</returns>
    public static async Task<IReadOnlyList<string>> CheckAsync(
        BackupManifest manifest, Lakehouse lake, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var table in manifest.Tables)
        {
            var result = await new TableCheck(lake.Tables.Open(table.Location).Delta).RunAsync(cancellationToken);
            if (result.Version != table.Version)
                problems.Add($"{table.Name} has version {result.Version}, not {table.Version}");
            problems.AddRange(
                result.Faults.Where(fault => fault.IsLoss)
                    .Select(fault => $"{table.Name}: {fault.Path} {fault.Message}"));
        }
        return problems;
    }

    static int RankOf(string path) => path switch
    {
        FormatPath => 0,
        _ when path.StartsWith(CatalogFolder, StringComparison.Ordinal) => 3,
        _ when path.Contains("/_delta_log/", StringComparison.Ordinal) => 2,
        _ => 1,
    };

    async Task CopyAsync(
        IReadOnlyList<(BackupObject Item, string Path)> objects, IObjectStore to, Dictionary<string, long> present,
        CancellationToken cancellationToken)
    {
        var all = objects.Sum(entry => entry.Item.SizeBytes);
        var done = 0L;
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = CopiesAtOnceMax,
        };
        // One rank after the other: names are written when what they name is durable.
        foreach (var part in objects.GroupBy(entry => RankOf(entry.Path))
            .SelectMany(rank => rank.Chunk(PublishedAtOnce)))
        {
            var wanted = part.Where(entry => present.GetValueOrDefault(entry.Path, -1) != entry.Item.SizeBytes)
                .ToList();
            await Parallel.ForEachAsync(wanted, options, async (entry, stop) =>
            {
                var hash = await ObjectCopy.StageAsync(
                    from, entry.Item.Stored, entry.Item.SizeBytes, to, entry.Path, stop);
                if (hash != entry.Item.Hash)
                {
                    // A local store has it in place already, and a restore that is repeated would take it for done.
                    await to.DeleteAsync(entry.Path, stop);
                    await BadObjects.MarkAsync(from, entry.Item.Stored, stop);
                    throw new FozException(
                        ErrorKind.Storage,
                        $"{entry.Item.Path} has other bytes in the backup than were written: {BadObjects.Remedy}")
                    {
                        Hint = "foz backup verify --deep finds all such files, and the next backup copies them again",
                    };
                }
                OnProgress(Interlocked.Add(ref done, entry.Item.SizeBytes), all);
            });
            await to.PublishAsync([.. wanted.Select(entry => entry.Path)], cancellationToken);
            Failpoint.Hit("restore.part");
        }
    }
}
