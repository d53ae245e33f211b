using System.Text.Json;

namespace Foz.Core.Journal;

/// <summary>
/// Where records are kept until they reach their Delta tables: segment files in <c>&lt;lake&gt;/_foz/journal</c>, one
/// for each run. A segment is deleted once every table holds its records.
/// </summary>
/// <param name="folder">The journal's folder.</param>
public sealed class RunJournal(string folder)
{
    const string Extension = ".segment";

    /// <summary>Steps that end at the same time write to one segment; nothing else keeps writers apart on Linux.</summary>
    readonly Lock gate = new();

    /// <summary>
    /// Adds records of one run to its segment; they are durable when it returns. Safe for use by many threads.
    /// </summary>
    /// <exception cref="FozException">The disk is full or may not be written.</exception>
    public void Append(string runId, params IReadOnlyCollection<JournalRecord> records)
    {
        try
        {
            Directory.CreateDirectory(folder);
            lock (gate)
            {
                using var file = new FileStream(
                    Path.Combine(folder, runId + Extension), FileMode.Append, FileAccess.Write, FileShare.Read,
                    bufferSize: 0);
                JournalSegment.Append(file, records);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"the journal in {folder} cannot be written: {e.Message}", e)
            {
                Hint = "make room on the disk, or let this user write there",
            };
        }
    }

    /// <summary>The runs whose records are not all in their tables yet, in order.</summary>
    public IReadOnlyList<string> Segments() => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateFiles(folder, "*" + Extension).Select(Path.GetFileNameWithoutExtension)
            .OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>
    /// Writes the records of a run that belong to one table as JSON lines, for the engine to read.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="table">The table's name inside the schema <c>foz</c>.</param>
    /// <param name="file">The file to add them to.</param>
    /// <returns>How many there were.</returns>
    public int Export(string runId, string table, string file)
    {
        var segment = Path.Combine(folder, runId + Extension);
        if (!File.Exists(segment)) return 0;
        using var output = new FileStream(file, FileMode.Append, FileAccess.Write);
        var count = 0;
        foreach (var json in JournalSegment.Read(segment).Where(json => TableOf(json) == table))
        {
            output.Write(json.Span);
            output.WriteByte((byte)'\n');
            count++;
        }
        return count;
    }

    /// <summary>Forgets a run whose records are all in their tables.</summary>
    public void Delete(string runId) => File.Delete(Path.Combine(folder, runId + Extension));

    static string? TableOf(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        // The discriminator is written first.
        return reader.Read() && reader.Read() && reader.ValueTextEquals("record"u8) && reader.Read()
            ? reader.GetString()
            : null;
    }
}
