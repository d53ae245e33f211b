using System.Globalization;

namespace Foz.Lake.Journal;

/// <summary>
/// The segment files of a log of one table: <c>&lt;instance&gt;.&lt;number&gt;.&lt;table&gt;</c> next to the journal's
/// others. A file that is locked as long as the process lives says whose are still written.
/// </summary>
public sealed class RecordSegments : IDisposable
{
    const string LockExtension = ".lock";

    readonly Lock gate = new();
    readonly string folder;
    readonly string table;
    readonly WriterLock held;
    FileStream? open;
    long number;
    int records;

    /// <param name="folder">The journal's folder.</param>
    /// <param name="instance">The process, by an identifier of its own.</param>
    /// <param name="table">The table, by its name inside the schema <c>foz</c>.</param>
    public RecordSegments(string folder, string instance, string table)
    {
        (this.folder, Instance, this.table) = (folder, instance, table);
        try
        {
            Directory.CreateDirectory(folder);
            held = new(LockOf(instance));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    /// <summary>The process.</summary>
    public string Instance { get; }

    /// <summary>How many records the open segment has.</summary>
    public int Records => Volatile.Read(ref records);

    /// <summary>Adds records: all of them, durable when it returns, or none.</summary>
    /// <exception cref="FozException">The disk is full or may not be written.</exception>
    public void Append(IReadOnlyCollection<JournalRecord> added)
    {
        if (added.Count == 0) return;
        try
        {
            lock (gate)
            {
                if (open is null)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"{Instance}.{number + 1:D10}.{table}");
                    open = new(
                        Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read,
                        bufferSize: 0);
                    number++;
                }
                JournalSegment.Append(open, added);
                records += added.Count;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(e);
        }
    }

    /// <summary>Closes the open segment; later records go to another.</summary>
    public void Close()
    {
        lock (gate)
        {
            open?.Dispose();
            (open, records) = (null, 0);
        }
    }

    /// <summary>
    /// Returns the segments that are no longer written to, of this process and of those that are gone.
    /// </summary>
    public IReadOnlyList<Segment> Closed()
    {
        lock (gate)
        {
            var current = open?.Name;
            return
            [
                .. In(folder, table).Where(segment => segment.Path != current).GroupBy(segment => segment.Instance)
                    .Where(group => group.Key == Instance || WriterLock.IsGone(LockOf(group.Key)))
                    .SelectMany(group => group),
            ];
        }
    }

    /// <summary>Returns all segments of a table in a folder, of all writers.</summary>
    public static IReadOnlyList<Segment> In(string folder, string table) => !Directory.Exists(folder)
        ? []
        : [
            .. Directory.EnumerateFiles(folder, "*." + table).Select(Parse).OfType<Segment>()
                .OrderBy(segment => segment.Path, StringComparer.Ordinal),
        ];

    /// <summary>Writes a segment's records as lines of JSON.</summary>
    /// <returns>How many there are.</returns>
    public static int Export(Segment segment, string file) =>
        JournalSegment.Export(JournalSegment.Read(segment.Path), table: null, file);

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        held.Dispose();
    }

    string LockOf(string instance) => Path.Combine(folder, $"{instance}.{table}{LockExtension}");

    static Segment? Parse(string path) =>
        Path.GetFileNameWithoutExtension(path).Split('.') is [var instance, var number]
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
            ? new(path, instance, parsed)
            : null;

    FozException Fault(Exception cause) =>
        new(ErrorKind.Storage, $"the journal in {folder} cannot be written: {cause.Message}", cause)
        {
            Hint = "make room on the disk, or let this user write there",
        };

    /// <summary>A segment.</summary>
    /// <param name="Path">Its file.</param>
    /// <param name="Instance">Whose.</param>
    /// <param name="Number">Which of theirs, from 1 on.</param>
    public sealed record Segment(string Path, string Instance, long Number);
}
