using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Foz.Lake.Journal;

/// <summary>
/// The text of journal records: one line each, the first eight hexadecimal digits of the JSON's SHA-256, then the JSON.
/// A torn last line is no record.
/// </summary>
static class JournalSegment
{
    const int ChecksumLength = 8;
    const byte Separator = (byte)' ';

    /// <summary>Records as lines.</summary>
    public static ReadOnlyMemory<byte> Write(IEnumerable<JournalRecord> records)
    {
        using var lines = new MemoryStream();
        foreach (var record in records)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(record, JournalJson.Default.JournalRecord);
            lines.Write(Encoding.ASCII.GetBytes(Checksum(json)));
            lines.WriteByte(Separator);
            lines.Write(json);
            lines.WriteByte((byte)'\n');
        }
        return lines.GetBuffer().AsMemory(0, (int)lines.Length);
    }

    /// <summary>
    /// Appends records to the existing ones: all of them, durable when it returns, or none where the disk fails.
    /// </summary>
    /// <param name="file">The file, opened to append without a buffer.</param>
    /// <param name="records">The records.</param>
    public static void Append(FileStream file, IEnumerable<JournalRecord> records)
    {
        var lines = Write(records);
        var end = file.Length;
        try
        {
            file.Write(lines.Span);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Later records would follow half a line, and be lost with it.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>The JSON of every whole record, in order.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> content)
    {
        while (content.Span.IndexOf((byte)'\n') is var end and >= 0)
        {
            var line = content[..end];
            content = content[(end + 1)..];
            if (line.Length <= ChecksumLength || line.Span[ChecksumLength] != Separator) yield break;
            var json = line[(ChecksumLength + 1)..];
            if (!line.Span[..ChecksumLength].SequenceEqual(Encoding.ASCII.GetBytes(Checksum(json.Span)))) yield break;
            yield return json;
        }
    }

    /// <summary>The JSON of every whole record of a file, in order.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path)
    {
        // A run that is still going holds the file open for writing.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return Read(content.AsMemory());
    }

    /// <summary>Adds records to a file as lines of JSON.</summary>
    /// <param name="records">Their JSON.</param>
    /// <param name="table">
    /// The table whose records are wanted, by its name inside the schema <c>foz</c>; null for all.
    /// </param>
    /// <param name="file">The file.</param>
    /// <returns>How many there were.</returns>
    public static int Export(IEnumerable<ReadOnlyMemory<byte>> records, string? table, string file)
    {
        using var output = new FileStream(file, FileMode.Append, FileAccess.Write);
        var count = 0;
        foreach (var json in records.Where(json => table is null || TableOf(json) == table))
        {
            output.Write(json.Span);
            output.WriteByte((byte)'\n');
            count++;
        }
        return count;
    }

    /// <summary>The table of a record, by its name inside the schema <c>foz</c>.</summary>
    public static string? TableOf(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        // The discriminator is written first.
        return reader.Read() && reader.Read() && reader.ValueTextEquals("record"u8) && reader.Read()
            ? reader.GetString()
            : null;
    }

    static string Checksum(ReadOnlySpan<byte> json) =>
        Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, ChecksumLength / 2));
}
