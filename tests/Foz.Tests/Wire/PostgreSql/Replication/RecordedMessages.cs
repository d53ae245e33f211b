using System.IO.Compression;

namespace Foz.Tests.Wire.PostgreSql.Replication;

/// <summary>What real servers sent: <c>streams/postgres</c> of the shared data.</summary>
static class RecordedMessages
{
    public static string Folder => Repository.SharedFolder("streams/postgres");

    /// <summary>The messages of a recording.</summary>
    public static IEnumerable<byte[]> Of(string recording) => Lines($"{recording}.txt.gz")
        .Select(line => Convert.FromHexString(line.AsSpan(line.IndexOf(' ', StringComparison.Ordinal) + 1)));

    /// <summary>The lines of a compressed file.</summary>
    public static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(
            new GZipStream(File.OpenRead(Path.Combine(Folder, file)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
