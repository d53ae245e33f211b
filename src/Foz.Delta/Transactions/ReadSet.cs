using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>What a transaction read.</summary>
sealed class ReadSet
{
    readonly HashSet<string> paths = new(StringComparer.Ordinal);
    readonly List<Predicate> conditions = [];

    /// <summary>Whether the transaction depends on everything in the table.</summary>
    public bool IsWholeTable { get; private set; }

    /// <summary>Whether the transaction depends on nothing in the table.</summary>
    public bool IsEmpty => !IsWholeTable && conditions.Count == 0 && paths.Count == 0;

    public void Add(AddFile file) => paths.Add(file.Path.Value);

    public void Add(Predicate condition) => conditions.Add(condition);

    public void AddWholeTable() => IsWholeTable = true;

    /// <summary>Whether a file was read.</summary>
    public bool Contains(FileAction file) => IsWholeTable || paths.Contains(file.Path.Value);

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
