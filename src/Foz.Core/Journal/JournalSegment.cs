using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Foz.Core.Journal;

/// <summary>
/// A file of journal records: one line each, the first eight hexadecimal digits of the JSON's SHA-256, then the JSON.
/// It is synced after each group of records; a torn last line is no record.
/// </summary>
static class JournalSegment
{
    const int ChecksumLength = 8;
    const byte Separator = (byte)' ';

    /// <summary>
    /// Writes records behind those that are there: all of them, durable when it returns, or none where the disk fails.
    /// </summary>
    /// <param name="file">The file, opened to append without a buffer.</param>
    /// <param name="records">The records.</param>
    public static void Append(FileStream file, IEnumerable<JournalRecord> records)
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
        var end = file.Length;
        try
        {
            file.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // What comes later would stand behind half a line, and be lost with it.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>The JSON of every whole record, in order.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path)
    {
        var content = ReadAll(path).AsMemory();
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

    static byte[] ReadAll(string path)
    {
        // A run that is still going holds the file open for writing.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    static string Checksum(ReadOnlySpan<byte> json) =>
        Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, ChecksumLength / 2));
}
