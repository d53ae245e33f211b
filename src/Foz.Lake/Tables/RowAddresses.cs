using System.Runtime.InteropServices;
using System.Text;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.DuckDB;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables;

/// <summary>Rows of a table by file and number, as a statement found them.</summary>
public sealed class RowAddresses
{
    readonly TableSnapshot table;
    readonly Dictionary<string, AddFile> files;
    readonly Dictionary<AddFile, List<long>> rows = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<AddFile, RowSet> sets = new(ReferenceEqualityComparer.Instance);
    List<long>? current;
    byte[] currentPath = [];

    /// <summary>No rows yet.</summary>
    /// <param name="table">The table.</param>
    /// <param name="candidates">The files that rows can be in.</param>
    public RowAddresses(TableSnapshot table, IEnumerable<AddFile> candidates)
    {
        this.table = table;
        files = candidates.ToDictionary(file => TableFiles.LocalPath(table, file), StringComparer.Ordinal);
    }

    /// <summary>How often rows were found; more than there are rows where one was found twice.</summary>
    public long Found { get; private set; }

    /// <summary>How many rows were found.</summary>
    public long Count => Files.Sum(file => RowsOf(file).Cardinality);

    /// <summary>The files that rows were found in.</summary>
    public IReadOnlyCollection<AddFile> Files => rows.Keys;

    /// <summary>The rows found in a file, in any order, each once.</summary>
    public RowSet RowsOf(AddFile file)
    {
        if (!sets.TryGetValue(file, out var set))
            sets[file] = set = RowSet.Of(CollectionsMarshal.AsSpan(rows[file]));
        return set;
    }

    /// <summary>The rows that are not among others, of the same table.</summary>
    public RowAddresses Without(RowAddresses others)
    {
        var left = new RowAddresses(table, files.Values);
        foreach (var file in Files)
        {
            var own = others.rows.ContainsKey(file) ? RowsOf(file).Except(others.RowsOf(file)) : RowsOf(file);
            if (!own.IsEmpty) left.Add(file, own.ToArray());
        }
        return left;
    }

    /// <summary>The rows, with the table's columns.</summary>
    public TableRows Rows =>
        TableRows.Of(table, [new ScanPart(Files, new() { FilterOf = file => ScanOptions.Only(RowsOf(file)) })],
            own: []);

    /// <summary>The rows, as a relation for one session with the table's columns.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="tracked">Where their ids are, which then follow the columns; null to leave them out.</param>
    public Task<TableRelation> OpenAsync(
        EngineSession session, CancellationToken cancellationToken, TrackedRows? tracked = null) =>
        TableScan.OpenAsync(
            session, table, Files, withAddresses: false, cancellationToken,
            new() { FilterOf = file => ScanOptions.Only(RowsOf(file)), Tracked = tracked });

    /// <summary>Adds the rows that a statement gives: file, then row number.</summary>
    public void Add(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        using var result = session.Query(sql, cancellationToken);
        while (result.Fetch(cancellationToken) is { } fetched)
        {
            using var chunk = fetched;
            Add(chunk);
        }
    }

    /// <summary>Adds rows of a file.</summary>
    public void Add(AddFile file, ReadOnlySpan<long> numbers)
    {
        var list = CollectionsMarshal.GetValueRefOrAddDefault(rows, file, out _) ??= [];
        list.AddRange(numbers);
        Found += numbers.Length;
        sets.Remove(file);
    }

    /// <summary>Adds rows that were found elsewhere, of the same version.</summary>
    public void Add(RowAddresses others)
    {
        foreach (var file in others.Files) Add(file, others.RowsOf(file).ToArray());
    }

    void Add(DataChunk chunk)
    {
        var paths = chunk[0];
        var numbers = chunk[1].Values<long>();
        Found += chunk.RowCount;
        for (var row = 0; row < chunk.RowCount; row++)
        {
            var path = paths.Bytes(row);
            if (current is null || !path.SequenceEqual(currentPath)) Enter(path);
            current!.Add(numbers[row]);
        }
    }

    void Enter(ReadOnlySpan<byte> path)
    {
        currentPath = path.ToArray();
        current = CollectionsMarshal.GetValueRefOrAddDefault(
            rows, files[Encoding.UTF8.GetString(path)], out _) ??= [];
    }
}
