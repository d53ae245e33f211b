using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.Core.Configuration;

namespace Foz.Core.Pipelines.Projects;

/// <summary>
/// What was parsed of a project's texts, by hashes of them: a file in the user's cache that each Foz writes anew. What
/// cannot be read of it is parsed again; it may be deleted at any time. Safe for use by many threads.
/// </summary>
sealed class ParseCache
{
    // Reading few texts anew takes no longer than finding them here.
    const int EntriesMin = 100;
    const int HashBytes = 16;
    const byte FrontMatterKind = 1;
    const byte UsesKind = 2;

    /// <summary>Another build of Foz may parse otherwise.</summary>
    static readonly byte[] Version = typeof(ParseCache).Module.ModuleVersionId.ToByteArray();

    readonly string? path;
    readonly Dictionary<(byte Kind, UInt128 Hash), ReadOnlyMemory<byte>> known = [];
    readonly ConcurrentDictionary<(byte Kind, UInt128 Hash), ReadOnlyMemory<byte>> used = new();
    int added;

    ParseCache(string? path) => this.path = path;

    /// <summary>Opens the cache of a project.</summary>
    /// <param name="folder">Where such caches are; null for none, which keeps nothing.</param>
    /// <param name="project">The project's folder, as a full path.</param>
    public static ParseCache Open(string? folder, string project)
    {
        if (folder is null) return new(path: null);
        var cache = new ParseCache(Path.Combine(
            folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)).AsSpan(0, 8)) + ".parsed"));
        try
        {
            cache.Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none, or nobody may read it: all is parsed.
        }
        return cache;
    }

    /// <summary>A file's front matter and SQL, parsed if they are not known.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file as it is named in errors.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public FrontMatter ReadFrontMatter(string text, string file, ErrorList errors)
    {
        if (Find(FrontMatterKind, text) is { } known) return ParsedText.ReadFrontMatter(known, text, file);
        var problems = new ErrorList();
        var frontMatter = FrontMatter.Read(text, file, problems);
        foreach (var problem in problems.Items) errors.Add(problem);
        if (path is not null && problems.IsEmpty && ParsedText.Write(frontMatter, text) is { } entry)
            Add(FrontMatterKind, text, entry);
        return frontMatter;
    }

    /// <summary>What a SELECT names; null where it is not known.</summary>
    public TableUses? FindUses(string sql) => Find(UsesKind, sql) is { } entry ? ParsedText.ReadUses(entry) : null;

    /// <summary>Keeps what a SELECT names.</summary>
    public void Add(string sql, TableUses uses)
    {
        if (path is not null) Add(UsesKind, sql, ParsedText.Write(uses));
    }

    /// <summary>Writes what was used, if there is anything new and it is worth it.</summary>
    public void Save()
    {
        if (path is null || used.Count < EntriesMin || (added == 0 && used.Count == known.Count)) return;
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                File.WriteAllBytes(temporary, Write());
                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full or foreign disk costs the next start its time, and nothing else.
        }
    }

    ReadOnlyMemory<byte>? Find(byte kind, string text)
    {
        if (known.Count == 0) return null;
        var key = (kind, HashOf(text));
        if (!known.TryGetValue(key, out var entry)) return null;
        used[key] = entry;
        return entry;
    }

    void Add(byte kind, string text, byte[] entry)
    {
        used[(kind, HashOf(text))] = entry;
        Interlocked.Increment(ref added);
    }

    static UInt128 HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // The characters as they lie in memory: nothing else reads the hashes.
        SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <summary>Version, hash of the rest, then for each entry its kind, hash, length and bytes.</summary>
    byte[] Write()
    {
        using var memory = new MemoryStream();
        memory.Write(Version);
        memory.Write(new byte[SHA256.HashSizeInBytes]);
        Span<byte> head = stackalloc byte[1 + HashBytes + sizeof(int)];
        foreach (var ((kind, hash), entry) in used)
        {
            head[0] = kind;
            BinaryPrimitives.WriteUInt128LittleEndian(head[1..], hash);
            BinaryPrimitives.WriteInt32LittleEndian(head[(1 + HashBytes)..], entry.Length);
            memory.Write(head);
            memory.Write(entry.Span);
        }
        var bytes = memory.ToArray();
        SHA256.HashData(bytes.AsSpan(Version.Length + SHA256.HashSizeInBytes), bytes.AsSpan(Version.Length));
        return bytes;
    }

    void Read()
    {
        if (!File.Exists(path)) return;
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        if (bytes.Length < Version.Length + SHA256.HashSizeInBytes || !bytes.Span.StartsWith(Version)) return;
        var rest = bytes[(Version.Length + SHA256.HashSizeInBytes)..];
        if (!SHA256.HashData(rest.Span).AsSpan().SequenceEqual(bytes.Span.Slice(Version.Length, SHA256.HashSizeInBytes))) return;
        const int headBytes = 1 + HashBytes + sizeof(int);
        while (rest.Length > 0)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span[(1 + HashBytes)..]);
            known[(rest.Span[0], BinaryPrimitives.ReadUInt128LittleEndian(rest.Span[1..]))] = rest.Slice(headBytes, length);
            rest = rest[(headBytes + length)..];
        }
    }
}
