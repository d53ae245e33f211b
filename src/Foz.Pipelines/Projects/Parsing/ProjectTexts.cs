using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>The files of a project's folder, and their texts.</summary>
static class ProjectTexts
{
    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    const int BufferBytes = 1 << 16;

    [ThreadStatic]
    static byte[]? buffer;

    /// <summary>The files of a folder of the project and of those below it, in the order of their names.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="name">The folder in it, which need not be there.</param>
    public static IEnumerable<string> Below(string folder, string name)
    {
        var root = Path.Combine(folder, name);
        if (!Directory.Exists(root)) return [];
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => string.Concat(name, path.AsSpan(root.Length)).Replace('\\', '/'))
            .Where(path => !path.Contains("/.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>A file's text; null where it cannot be read.</summary>
    public static string? Read(string folder, string path, ErrorList errors)
    {
        try
        {
            return Decode(ReadBytes(Path.Combine(folder, path))).Replace("\r\n", "\n", StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            errors.Add(new Place(path), "the file is not UTF-8", "save it as UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(
                new FozException(ErrorKind.Storage, $"the file cannot be read: {e.Message}", e) { Place = new(path) });
        }
        return null;
    }

    /// <summary>UTF-8 with or without a mark; what begins with another encoding's mark is read as that.</summary>
    static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFE or 0xFF, 0xFE or 0xFF, ..] or [0, 0, 0xFE, 0xFF, ..])
        {
            using var reader = new StreamReader(new MemoryStream(bytes.ToArray()), StrictUtf8);
            return reader.ReadToEnd();
        }
        return StrictUtf8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
    }

    /// <summary>A file's bytes, until this thread reads the next one.</summary>
    static ReadOnlySpan<byte> ReadBytes(string path)
    {
        buffer ??= new byte[BufferBytes];
        // Shared with writers too, so that the system need not lock it: there are many files.
        using var handle = System.IO.File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var read = 0;
        while (RandomAccess.Read(handle, buffer.AsSpan(read), read) is > 0 and var more)
            if ((read += more) == buffer.Length) return System.IO.File.ReadAllBytes(path);
        return buffer.AsSpan(0, read);
    }
}
