using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Lake.Engine.Functions;

namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>
/// What one scan reads of a file: a change of its rows, or several of which each is about other rows, as many small
/// deletions from one file are.
/// </summary>
sealed class ChangedFile
{
    readonly List<FileChange> changes;
    RowSet rows;
    Dictionary<long, FileChange>? byRow;

    /// <summary>A file with its first change.</summary>
    public ChangedFile(FileChange first) => (changes, rows) = ([first], first.Only ?? RowSet.Empty);

    /// <summary>The file.</summary>
    public AddFile File => changes[0].File;

    /// <summary>Whether the file itself says what was done with its rows.</summary>
    public bool SaysWords => changes[0].Word is null;

    /// <summary>Removes the unchanged rows; null if all changed.</summary>
    public RowFilter? Filter =>
        changes[0].Only is null ? ScanOptions.Without(changes[0].Without) : ScanOptions.Only(rows);

    /// <summary>The change, where it is the only one; otherwise null.</summary>
    public FileChange? Single => changes is [var only] ? only : null;

    /// <summary>
    /// The change of a row; null where none changed it. An engine may ask for rows before it takes those out.
    /// </summary>
    public FileChange? Of(long row) => (byRow ??= ByRow()).GetValueOrDefault(row);

    /// <summary>Adds a change of other rows.</summary>
    /// <returns>Whether it is one of other rows; otherwise nothing is added.</returns>
    public bool TryAdd(FileChange change)
    {
        if (change.Only is not { } more || changes[0].Only is null || rows.Intersects(more)) return false;
        changes.Add(change);
        rows = rows.Union(more);
        return true;
    }

    Dictionary<long, FileChange> ByRow()
    {
        var all = new Dictionary<long, FileChange>();
        foreach (var change in changes)
            foreach (var row in change.Only!.ToArray())
                all.Add(row, change);
        return all;
    }
}
