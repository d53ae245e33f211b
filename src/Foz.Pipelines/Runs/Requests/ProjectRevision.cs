using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Pipelines.Runs.Requests;

/// <summary>The state of a project's texts, to find whether two machines have the same one.</summary>
public static class ProjectRevision
{
    const long ContentBytesMax = 16 << 20;

    static readonly string[] passedOver = ["target", "logs", "node_modules", "__pycache__", "venv"];

    /// <summary>
    /// Returns the hash of the names and contents of all files of a project; of files over 16 MiB, which are data, of
    /// their sizes. The lake, hidden files, logs (<c>*.log</c>) and the folders <c>target</c>, <c>logs</c>,
    /// <c>node_modules</c>, <c>__pycache__</c> and <c>venv</c> are left out.
    /// </summary>
    /// <param name="folder">The project's folder, as a full path.</param>
    /// <param name="lake">Where the lake is: a full path, or a URL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>SHA-256, in hexadecimal digits.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Of(string folder, string lake, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(long)];
        var found = Files(new(folder), lake)
            .Select(file => (Name: Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), File: file))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (var (name, file) in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Length);
            hash.AppendData(length);
            if (file.Length <= ContentBytesMax) hash.AppendData(File.ReadAllBytes(file.FullName));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static IEnumerable<FileInfo> Files(DirectoryInfo folder, string lake)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.') || entry.FullName == lake) continue;
            if (entry is FileInfo file)
            {
                if (file.Extension != ".log") yield return file;
            }
            else if (entry.LinkTarget is null && !passedOver.Contains(entry.Name, StringComparer.Ordinal))
                foreach (var inner in Files((DirectoryInfo)entry, lake)) yield return inner;
        }
    }
}
