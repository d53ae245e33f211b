using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Delta;
using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Lake.Catalog;

/// <summary>
/// What readers need to know of a batch of a source's changes: <c>_foz/streams/…/&lt;batch&gt;.json</c>.
/// </summary>
sealed record SourceBatch
{
    /// <summary>Gets the tables in the lake that it changes.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];
}

[JsonSerializable(typeof(SourceBatch))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
sealed partial class SourceBatchJson : JsonSerializerContext;

/// <summary>The last batch of a source that a reader sees.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Instant">An instant at which all tables that it changes had it.</param>
public sealed record BatchCut(long Number, DateTimeOffset Instant);

/// <summary>
/// The batches of sources' changes, for readers of several tables: the tables commit a batch one after the other, and a
/// reader sees it in all of them or in none. What is known of a batch was written before any table had it, and all
/// tables had the batch before. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
public sealed class SourceBatches(Lakehouse lake)
{
    const string Root = $"{Lakehouse.SystemFolder}/streams/", StepSuffix = ".changes", Suffix = ".json";
    const int NumberDigits = 20, TablesAtOnceMax = 16;

    /// <summary>
    /// How long a batch that tables lack is seen in none: then they may lack it for long, as where a process was ended.
    /// </summary>
    static readonly TimeSpan hiddenMax = TimeSpan.FromMinutes(10);

    /// <summary>How far the times of files may be from the clock.</summary>
    static readonly TimeSpan clockSlack = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, Known> known = new(StringComparer.Ordinal);

    /// <summary>Returns the folder of the batches of a source.</summary>
    public static string FolderOf(string environment, string source) =>
        $"{Root}{environment}/{source}".ToLowerInvariant();

    /// <summary>Returns the object of a batch.</summary>
    public static string PathOf(string folder, long number) =>
        $"{folder}/{number.ToString($"D{NumberDigits}", CultureInfo.InvariantCulture)}{Suffix}";

    /// <summary>Returns the number of the batch that an object has; null where it has none.</summary>
    public static long? NumberOf(string folder, string path) =>
        path.Length == folder.Length + 1 + NumberDigits + Suffix.Length
        && long.TryParse(
            path.AsSpan(folder.Length + 1, NumberDigits), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number)
            ? number
            : null;

    /// <summary>Returns the step of a source's batches: the <c>appId</c> of their commits.</summary>
    public static string StepOf(string source) => source[(source.LastIndexOf('/') + 1)..] + StepSuffix;

    /// <summary>Whether a text is a folder of batches.</summary>
    internal static bool IsFolder(string text) =>
        text.StartsWith(Root, StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>Returns versions of tables that have the same batches of their sources.</summary>
    /// <param name="tables">The tables, at their newest versions as they were found one after the other.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The versions; those of tables that no other one of their source is read with are not in it.</returns>
    /// <exception cref="DeltaException">A table cannot be read.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyDictionary<TableName, long>> AlignAsync(
        IEnumerable<BatchedTable> tables, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<TableName, long>();
        foreach (var source in tables.GroupBy(table => table.Folder, StringComparer.Ordinal))
        {
            var last = source.Max(table => table.Batch);
            if (source.All(table => table.Batch == last)) continue;
            // All have the batches before the last one now, also those that were found long before it.
            var found = await Task.WhenAll(
                source.OrderByDescending(table => table.Snapshot.Version).DistinctBy(table => table.Name)
                    .Select(table => table.Batch < last
                        ? table.LatestAsync(cancellationToken)
                        : Task.FromResult(table)));
            var cut = await IsWholeAsync(source.Key, last, found, cancellationToken) ? last : last - 1;
            foreach (var table in found)
                versions[table.Name] = (await table.UpToAsync(cut, cancellationToken)).Snapshot.Version;
        }
        return versions;
    }

    /// <summary>
    /// Returns the last batch of a source that a transaction sees, whose tables it reads one after the other.
    /// </summary>
    /// <param name="folder">The folder of the batches.</param>
    /// <param name="instant">The instant at which the transaction began.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The batch; null where none is known.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<BatchCut?> FindCutAsync(
        string folder, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        long? last = null;
        await foreach (var info in lake.Store.ListAsync(folder, startAfter: null, cancellationToken))
        {
            if (NumberOf(folder, info.Path) is not { } number) continue;
            if (info.LastModified > instant) return new(number - 1, info.LastModified);
            last = number;
        }
        if (last is not { } newest) return null;
        return await IsWholeAsync(folder, newest, cancellationToken)
            ? new(newest, lake.Clock.GetUtcNow() + clockSlack)
            : new(newest - 1, instant);
    }

    /// <summary>Whether all of some tables have a batch that changes them.</summary>
    async Task<bool> IsWholeAsync(
        string folder, long number, BatchedTable[] tables, CancellationToken cancellationToken)
    {
        if (!tables.Any(table => table.Batch < number)
            || await FindRecentAsync(folder, number, cancellationToken) is not { } batch)
            return true;
        foreach (var table in tables)
            if (table.Batch < number && batch.Tables.Contains($"{table.Name}", StringComparer.OrdinalIgnoreCase)
                && !await IsHeldAsync(folder, number, table.Name, cancellationToken))
                return false;
        return true;
    }

    /// <summary>Whether all tables that a batch changes have it.</summary>
    async Task<bool> IsWholeAsync(string folder, long number, CancellationToken cancellationToken)
    {
        if (await FindRecentAsync(folder, number, cancellationToken) is not { } batch) return true;
        var isWhole = true;
        await Parallel.ForEachAsync(
            batch.Tables.Select(TableName.Parse),
            new ParallelOptions { MaxDegreeOfParallelism = TablesAtOnceMax, CancellationToken = cancellationToken },
            async (name, token) =>
            {
                if (Volatile.Read(ref isWhole) && await LastOfAsync(folder, name, token) is { } of && of < number
                    && !await IsHeldAsync(folder, number, name, token))
                    Volatile.Write(ref isWhole, false);
            });
        return isWhole;
    }

    /// <summary>Whether a table stands still, so that the changes of a batch are held beside it.</summary>
    async Task<bool> IsHeldAsync(string folder, long number, TableName name, CancellationToken cancellationToken) =>
        await LastOfAsync(folder, name.Held, cancellationToken) >= number;

    /// <summary>The last batch that a table has, -1 for none; null where there is no table.</summary>
    async Task<long?> LastOfAsync(string folder, TableName name, CancellationToken cancellationToken) =>
        await lake.Catalog.FindAsync(name, cancellationToken) is { Kind: DefinitionKind.Table, Location: { } location }
        && await lake.Tables.Open(location, name).FindLatestAsync(cancellationToken) is { } latest
            ? latest.BatchOf(StepOf(folder)) ?? -1
            : null;

    /// <summary>A batch that tables may lack for a moment; null where it is older, or none is known.</summary>
    async Task<SourceBatch?> FindRecentAsync(string folder, long number, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(folder, out var found) || found.Number != number)
        {
            if (await lake.Store.GetAsync(PathOf(folder, number), cancellationToken) is not { } stored) return null;
            known[folder] = found = new(number, stored.Info.LastModified, Parse(stored));
        }
        return lake.Clock.GetUtcNow() - found.WrittenAt <= hiddenMax ? found.Batch : null;
    }

    static SourceBatch? Parse(StoredObject stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, SourceBatchJson.Default.SourceBatch);
        }
        catch (JsonException)
        {
            // The next run that reads the source refuses it, and names it.
            return null;
        }
    }

    /// <summary>A batch that was read; it never changes.</summary>
    sealed record Known(long Number, DateTimeOffset WrittenAt, SourceBatch? Batch);
}
