using System.IO.Compression;
using System.Text;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Wire;
using Foz.Wire.Compression;

namespace Foz.Connectors.Files.Contents;

/// <summary>Opens files to be read from the start to the end once.</summary>
static class FileStreams
{
    const int BufferBytes = 1 << 17;

    /// <summary>The text of a file, decompressed and in UTF-8.</summary>
    /// <param name="file">The file.</param>
    /// <param name="encoding">Its encoding; null for UTF-8.</param>
    /// <exception cref="FozException">It cannot be opened.</exception>
    public static Stream OpenText(SourceFile file, Encoding? encoding)
    {
        var stream = Open(file);
        return encoding is null
            ? stream
            : Encoding.CreateTranscodingStream(stream, encoding, new UTF8Encoding(false, throwOnInvalidBytes: false));
    }

    /// <summary>Returns the encoding of a UTF-16 byte-order mark; null if there is none.</summary>
    public static Encoding? Utf16Of(SourceFile file)
    {
        using var stream = Open(file);
        Span<byte> mark = stackalloc byte[2];
        try
        {
            return stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length ? null : mark switch
            {
                [0xFF, 0xFE] => Encoding.Unicode,
                [0xFE, 0xFF] => Encoding.BigEndianUnicode,
                _ => null,
            };
        }
        catch (Exception e) when (IsReadError(e))
        {
            throw Error(file, e);
        }
    }

    /// <summary>An error of reading a file in the platform's words.</summary>
    public static FozException Error(SourceFile file, Exception e) => new(ErrorKind.Source, e switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"file {file.Input.Path} is gone",
        UnauthorizedAccessException => $"file {file.Input.Path} cannot be read: permission denied",
        InvalidDataException or WireException =>
            $"file {file.Input.Path} is not compressed as its name says, or damaged: {e.Message}",
        _ => $"file {file.Input.Path} cannot be read: {e.Message}",
    }, e);

    /// <summary>Whether an exception is one of reading a file.</summary>
    public static bool IsReadError(Exception e) =>
        e is IOException or UnauthorizedAccessException or InvalidDataException or WireException;

    /// <summary>Reads a compressed file to its end, for a reader that takes one which is cut short for whole.</summary>
    /// <exception cref="FozException">It is cut short, or damaged.</exception>
    public static void CheckWhole(SourceFile file, CancellationToken cancellationToken)
    {
        using var stream = Open(file);
        var buffer = new byte[BufferBytes];
        try
        {
            while (stream.Read(buffer) > 0) cancellationToken.ThrowIfCancellationRequested();
        }
        catch (Exception e) when (IsReadError(e))
        {
            throw Error(file, e);
        }
    }

    /// <summary>The bytes of a file, decompressed.</summary>
    /// <exception cref="FozException">It cannot be opened.</exception>
    public static Stream Open(SourceFile file)
    {
        try
        {
            var stream = new FileStream(
                file.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes,
                FileOptions.SequentialScan);
            Stream bytes = file.Meter is { } meter ? new MeteredStream(stream, meter) : stream;
            return FileNames.CompressionOf(file.FullPath) switch
            {
                Compression.Gzip => new GZipStream(bytes, CompressionMode.Decompress),
                Compression.Zstandard => new ZstandardStream(bytes),
                _ => bytes,
            };
        }
        catch (Exception e) when (IsReadError(e))
        {
            throw Error(file, e);
        }
    }
}

/// <summary>A file of a batch.</summary>
/// <param name="Input">As the batch's manifest has it.</param>
/// <param name="FullPath">Where it is.</param>
public sealed record SourceFile(FileInput Input, string FullPath)
{
    /// <summary>Counts the bytes that are read of it; null where no one asks for them.</summary>
    public WorkMeter? Meter { get; init; }
}
