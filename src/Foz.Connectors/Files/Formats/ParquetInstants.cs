using System.Buffers.Binary;
using Foz.Connectors.Files.Contents;
using Foz.Lake;

namespace Foz.Connectors.Files.Formats;

/// <summary>
/// Instants in nanoseconds, which the engine cuts to microseconds without a word. Of a copy
/// that says of them that they have no zone it reads all digits, so that values which a table cannot hold are found.
/// </summary>
static class ParquetInstants
{
    const int TailBytes = 8;

    /// <summary>
    /// The type in the file's footer, in Thrift's compact protocol: <c>TIMESTAMP(isAdjustedToUTC = true, unit =
    /// NANOS)</c>.
    /// </summary>
    static ReadOnlySpan<byte> InUtc => [0x8C, 0x11, 0x1C, 0x3C, 0, 0, 0, 0];

    /// <summary>Where in <see cref="InUtc"/> it says true.</summary>
    const int ZoneAt = 1;

    /// <summary>The same type says false by this.</summary>
    const byte IsFalse = 0x12;

    /// <summary>Writes a copy without the zones of such columns.</summary>
    /// <param name="source">The file.</param>
    /// <param name="workFolder">Where the copy goes.</param>
    /// <returns>The file with its copy; null where it has no such columns.</returns>
    /// <exception cref="FozException">It cannot be read.</exception>
    public static SourceFile? CopyWithoutZone(SourceFile source, string workFolder)
    {
        try
        {
            using var file = File.OpenRead(source.FullPath);
            var tail = Read(file, Math.Max(0, file.Length - TailBytes));
            var length = tail.Length < TailBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(tail);
            var start = file.Length - TailBytes - length;
            if (start < 0) return null;
            var footer = Read(file, start);
            if (!RemoveZones(footer)) return null;
            var copy = source with { FullPath = Path.Combine(workFolder, $"{Path.GetRandomFileName()}.parquet") };
            File.Copy(source.FullPath, copy.FullPath);
            using var target = File.OpenWrite(copy.FullPath);
            target.Position = start;
            target.Write(footer);
            return copy;
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(source, e);
        }
    }

    static bool RemoveZones(Span<byte> footer)
    {
        if (footer.IndexOf(InUtc) < 0) return false;
        for (var at = footer.IndexOf(InUtc); at >= 0; at = footer.IndexOf(InUtc)) footer[at + ZoneAt] = IsFalse;
        return true;
    }

    static byte[] Read(FileStream file, long start)
    {
        var bytes = new byte[file.Length - start];
        file.Position = start;
        file.ReadExactly(bytes);
        return bytes;
    }
}
