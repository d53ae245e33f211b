using Foz.Delta.Log;

namespace Foz.Delta.Iceberg;

/// <summary>
/// Which data files joined and left a table by some commits, taken together. Files have no deletion vectors.
/// </summary>
sealed class FileChanges
{
    readonly Dictionary<FilePath, AddFile> added = [];
    readonly HashSet<FilePath> removed = [];
    readonly HashSet<FilePath> replaced = [];

    /// <summary>The files that joined, and those of which the log says something else now.</summary>
    public IReadOnlyCollection<AddFile> Added => added.Values;

    /// <summary>The paths of files that were there before and left.</summary>
    public IReadOnlySet<FilePath> Removed => removed;

    /// <summary>The paths among those of <see cref="Added"/> that may have been there before.</summary>
    public IReadOnlySet<FilePath> Replaced => replaced;

    /// <summary>Whether the commits rearranged rows and changed none.</summary>
    public bool IsRearrangement { get; private set; } = true;

    /// <summary>Whether no file joined or left.</summary>
    public bool IsEmpty => added.Count + removed.Count == 0;

    /// <summary>Adds what the next commit did. Within a commit removals come first (PROTOCOL.md, "Action
    /// Reconciliation").</summary>
    public void Add(Commit commit)
    {
        foreach (var action in commit.Actions.OfType<RemoveFile>())
        {
            IsRearrangement &= !action.DataChange;
            if (!added.Remove(action.Path) || replaced.Remove(action.Path)) removed.Add(action.Path);
        }
        foreach (var action in commit.Actions.OfType<AddFile>())
        {
            IsRearrangement &= !action.DataChange;
            // A file whose statistics were computed again is added without having left.
            if (!action.DataChange && !added.ContainsKey(action.Path) && !removed.Contains(action.Path))
                replaced.Add(action.Path);
            added[action.Path] = action;
        }
    }
}
