namespace Foz.Lake.Engine;

/// <summary>Files of a table that a statement reads.</summary>
/// <param name="Bytes">How many bytes they have together.</param>
/// <param name="Columns">The columns that they hold.</param>
public readonly record struct ScannedFiles(long Bytes, IReadOnlyList<string> Columns);

/// <summary>Notes which files the statements of sessions are given to read. Safe for use by many threads.</summary>
public sealed class ScanMeter
{
    readonly Lock gate = new();
    readonly List<ScannedFiles> files = [];

    /// <summary>The files so far.</summary>
    public IReadOnlyList<ScannedFiles> Files
    {
        get
        {
            lock (gate) return [.. files];
        }
    }

    /// <summary>Adds files of a table.</summary>
    internal void Add(ScannedFiles scanned)
    {
        lock (gate) files.Add(scanned);
    }
}
