using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>What a transaction read.</summary>
sealed class ReadSet
{
    readonly HashSet<string> paths = new(StringComparer.Ordinal);
    readonly Dictionary<string, RowSet> rows = new(StringComparer.Ordinal);
    readonly List<Predicate> conditions = [];

    /// <summary>Whether the transaction depends on everything in the table.</summary>
    public bool IsWholeTable { get; private set; }

    /// <summary>Whether the transaction depends on nothing in the table.</summary>
    public bool IsEmpty => !IsWholeTable && conditions.Count == 0 && paths.Count == 0 && rows.Count == 0;

    public void Add(AddFile file) => paths.Add(file.Path.Value);

    public void Add(Predicate condition) => conditions.Add(condition);

    public void Add(AddFile file, RowSet some) =>
        rows[file.Path.Value] = rows.TryGetValue(file.Path.Value, out var others) ? others.Union(some) : some;

    public void AddWholeTable() => IsWholeTable = true;

    /// <summary>Whether the transaction depends on a file, or on some of its rows.</summary>
    public bool Contains(FileAction file) => IsWhole(file) || rows.ContainsKey(file.Path.Value);

    /// <summary>Whether the transaction depends on every row of a file.</summary>
    public bool IsWhole(FileAction file) => IsWholeTable || paths.Contains(file.Path.Value);

    /// <summary>
    /// The rows of a file that the transaction depends on, if it depends on some only; otherwise null.
    /// </summary>
    public RowSet? RowsOf(FileAction file) => IsWhole(file) ? null : rows.GetValueOrDefault(file.Path.Value);

    /// <summary>The first of files, added concurrently, that would have been read; null if none.</summary>
    public AddFile? FirstMatch(IReadOnlyList<AddFile> files, TableSchema schema)
    {
        if (IsWholeTable && files.Count > 0) return files[0];
        foreach (var condition in conditions)
        {
            var pruner = new FilePruner(schema, condition);
            foreach (var file in files)
                if (pruner.MayMatch(file)) return file;
        }
        return null;
    }
}
