using System.Runtime.InteropServices;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Keys;

namespace Foz.Lake.Tables.Merging;

/// <summary>Finds the rows of a table that have keys of a source through the indexes of its files.</summary>
/// <param name="session">The session that has the source.</param>
/// <param name="table">The table.</param>
/// <param name="cache">The indexes.</param>
/// <param name="key">The columns.</param>
public sealed class KeyLookup(EngineSession session, TableSnapshot table, KeyIndexCache cache, KeyColumns key)
{
    // Beyond, the keys of the source take too much memory, and a join is as fast.
    const long SourceRowsMax = 4_000_000;

    // Longer keys are not worth it.
    const int KeyBytesMax = 1 << 30;

    // A join reads every row of the files; an index costs as much for a key as the join for some ten rows.
    const int RowsPerKeyMin = 10;

    string Root => table.Store.Root;

    /// <summary>Whether two rows of the source can have one key; known once it was looked for.</summary>
    public bool MayRepeat { get; private set; }

    /// <summary>
    /// The lookup for a merge, where indexes pay: from its second time on, and where the source is small next to the
    /// files.
    /// </summary>
    public static KeyLookup? Find(
        EngineSession session, LakeTable table, TableSnapshot present, IReadOnlyList<StructField> keys, long sourceRows,
        IReadOnlyCollection<AddFile> files)
    {
        if (table.Keys is not { } cache || KeyColumns.Of(present.Schema, keys) is not { } key) return null;
        if (!cache.IsWanted(present.Store.Root, key) || sourceRows > SourceRowsMax) return null;
        var rows = files.Sum(file => FileStatistics.RecordCount(file) ?? uint.MaxValue);
        return rows >= sourceRows * RowsPerKeyMin && files.All(file => FileStatistics.RecordCount(file) < uint.MaxValue)
            ? new(session, present, cache, key)
            : null;
    }

    /// <summary>The rows that have keys of the source and are not deleted.</summary>
    /// <param name="files">The files that can have them.</param>
    /// <param name="source">The table of the source's rows.</param>
    /// <param name="nameOf">The name of a key's column in the source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null where an index cannot be made or kept: a join finds them.</returns>
    public async Task<RowAddresses?> FindAsync(
        IReadOnlyCollection<AddFile> files, string source, Func<StructField, string> nameOf,
        CancellationToken cancellationToken)
    {
        var wanted = new KeyList();
        Read(session, $"SELECT {key.Sql(nameOf)} FROM {source}", hasRows: false, wanted, cancellationToken);
        var sorted = new int[wanted.Count];
        for (var i = 0; i < sorted.Length; i++) sorted[i] = i;
        var hashes = wanted.Hashes.ToArray();
        Array.Sort(hashes, sorted);
        for (var i = 1; i < hashes.Length && !MayRepeat; i++) MayRepeat = hashes[i] == hashes[i - 1];
        var found = new List<long>?[files.Count];
        var hasNew = false;
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = session.Threads, CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(files.Index(), options, async (file, token) =>
        {
            var index = cache.Find(Root, key, file.Item);
            if (index is null)
            {
                index = await BuildAsync(file.Item, token);
                Volatile.Write(ref hasNew, true);
            }
            if (index is null) return;
            var rows = new List<long>();
            index.Find(wanted, hashes, sorted, rows);
            found[file.Index] = await LiveAsync(file.Item, rows, token);
        });
        if (found.Contains(null)) return null;
        var addresses = new RowAddresses(table, files);
        foreach (var (number, file) in files.Index())
            if (found[number] is { Count: > 0 } rows) addresses.Add(file, CollectionsMarshal.AsSpan(rows));
        if (hasNew) cache.Trim(Root, key, table.State.Files);
        return addresses;
    }

    /// <summary>Reads the keys of a data file, deleted rows too: they may come back.</summary>
    async Task<KeyIndexFile?> BuildAsync(AddFile file, CancellationToken cancellationToken)
    {
        using var reader = session.Fork();
        var whole = file with { DeletionVector = null };
        using var rows = await TableScan.OpenAsync(reader, table, [whole], withAddresses: true, cancellationToken);
        var keys = new KeyList();
        var select = $"SELECT {TableScan.RowColumn}, {key.Sql(field => field.Name)} FROM {rows.Sql}";
        Read(reader, select, hasRows: true, keys, cancellationToken);
        return keys.Bytes.Length > KeyBytesMax ? null : cache.Add(Root, key, file, keys);
    }

    void Read(
        EngineSession reader, string select, bool hasRows, KeyList keys, CancellationToken cancellationToken)
    {
        using var result = reader.Query(select, cancellationToken);
        while (keys.Bytes.Length <= KeyBytesMax && result.Fetch(cancellationToken) is { } fetched)
        {
            using var chunk = fetched;
            if (hasRows) key.Read(chunk, 1, keys, row => (uint)chunk[0].Values<long>()[row]);
            else key.Read(chunk, 0, keys, _ => 0);
        }
    }

    async ValueTask<List<long>> LiveAsync(AddFile file, List<long> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0 || file.DeletionVector is null) return rows;
        var deleted = await TableFiles.DeletedRowsAsync(table, file, cancellationToken);
        rows.RemoveAll(deleted.Contains);
        return rows;
    }
}
