using System.Formats.Tar;
using System.IO.Compression;
using Foz.Lake;

namespace Foz.Cli.Archives;

/// <summary>
/// Unpacks an archive that anyone may have made: files and folders below one folder and nothing else, bounded in number
/// and bytes. What it does not take ends it; the caller deletes the folder then.
/// </summary>
/// <param name="name">The archive as errors name it.</param>
sealed class ArchiveUnpacker(string name)
{
    /// <summary>How many files and folders an archive may have.</summary>
    public const int EntriesMax = 100_000;

    /// <summary>How many bytes its files may have together.</summary>
    public const long BytesMax = 1L << 30;

    const int BufferBytes = 1 << 16;
    const int NameMax = 1_000;

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly byte[] buffer = new byte[BufferBytes];
    long bytes;

    /// <summary>Unpacks it.</summary>
    /// <param name="file">The archive: tar, compressed by gzip.</param>
    /// <param name="folder">A folder that is not there yet.</param>
    /// <exception cref="FozException">It is no such archive, or has what is not taken.</exception>
    public void Unpack(string file, string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            using var input = File.OpenRead(file);
            using var gzip = new GZipStream(input, CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            for (var count = 0; tar.GetNextEntry() is { } entry; count++)
            {
                if (count >= EntriesMax) throw Refused($"it has more than {EntriesMax:N0} files");
                Unpack(entry, folder);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException
            or NotSupportedException)
        {
            throw new FozException(ErrorKind.Storage, $"{name} is no archive of the kind .tar.gz: {e.Message}", e);
        }
    }

    void Unpack(TarEntry entry, string folder)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.GlobalExtendedAttributes:
                return;
            case TarEntryType.Directory:
                Directory.CreateDirectory(PathOf(entry.Name, folder));
                return;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Write(entry, PathOf(entry.Name, folder));
                return;
            default:
                throw Refused($"'{Shown(entry.Name)}' is a {entry.EntryType}, and only files and folders are taken");
        }
    }

    void Write(TarEntry entry, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (Path.Exists(path)) throw Refused($"it has '{Shown(entry.Name)}' twice");
        using (var output = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            // The size in the archive is only what it says of itself.
            for (int read; entry.DataStream is { } data && (read = data.Read(buffer)) > 0;)
            {
                bytes += read;
                if (bytes > BytesMax) throw Refused($"its files have more than {BytesMax >> 20} MiB");
                output.Write(buffer, 0, read);
            }
        }
        if (!OperatingSystem.IsWindows() && entry.Mode.HasFlag(UnixFileMode.UserExecute))
            File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>The place of an entry, which is below the folder.</summary>
    string PathOf(string entry, string folder)
    {
        var parts = entry.TrimEnd('/').Split('/').Where(part => part is not ".").ToList();
        if (entry.Length > NameMax || parts.Any(part => part is "" or ".." || part.Any(IsRefused)))
            throw Refused($"'{Shown(entry)}' is no path below the archive");
        return Path.Combine([folder, .. parts]);
    }

    /// <summary>Whether a sign makes another path of a name on some system.</summary>
    static bool IsRefused(char sign) =>
        char.IsControl(sign) || sign is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|';

    static string Shown(string entry) =>
        string.Concat(entry.Take(100).Select(sign => char.IsControl(sign) ? '\uFFFD' : sign));

    FozException Refused(string why) => new(ErrorKind.Usage, $"{name} is not unpacked: {why}")
    {
        Hint = "make it of the project's files: git archive --format=tar.gz HEAD",
    };
}
