using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Configuration;
using Foz.Storage;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// Parsed texts of a project, by their hashes, and the texts of its files, by the files' stamps: files that have not
/// changed are not read. It is a file in the user's cache that each Foz rewrites. Foz parses again what it cannot read
/// from the file; a user may delete the file at any time. Safe for use by many threads.
/// </summary>
sealed class ParseCache
{
    // Parsing few texts again takes no longer than finding them here.
    const int EntriesMin = 100;
    const int HeadBytes = 1 + TextHash.Bytes + sizeof(int);
    const byte FrontMatterKind = 1;
    const byte UsesKind = 2;
    const byte FileKind = 3;

    // Clocks of file systems tick every few milliseconds, those of old ones every two seconds.
    static readonly TimeSpan AgeMin = TimeSpan.FromSeconds(3);

    /// <summary>Another build of Foz may parse otherwise.</summary>
    static readonly byte[] Version = typeof(ParseCache).Module.ModuleVersionId.ToByteArray();

    readonly string? path;
    readonly bool knowsFiles;
    readonly DateTimeOffset openedAt;
    Dictionary<ParsedEntry, ParsedEntry> known = [];
    readonly ConcurrentQueue<ParsedEntry> added = new();

    /// <summary>What is known of the SQL of files that were not read, by the texts themselves.</summary>
    readonly ConcurrentDictionary<string, ParsedEntry> usesOf = new(ReferenceEqualityComparer.Instance);

    ParseCache(string? path, bool knowsFiles, DateTimeOffset openedAt) =>
        (this.path, this.knowsFiles, this.openedAt) = (path, knowsFiles, openedAt);

    /// <summary>A cache that keeps nothing.</summary>
    public static ParseCache None { get; } = new(path: null, knowsFiles: false, default);

    /// <summary>Opens the cache of a project.</summary>
    /// <param name="folder">Where such caches are; null for none, which keeps nothing.</param>
    /// <param name="project">The project's folder, as a full path.</param>
    /// <param name="clock">Tells which files have not changed lately.</param>
    public static ParseCache Open(string? folder, string project, TimeProvider clock)
    {
        if (folder is null) return None;
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)).AsSpan(0, 8)) + ".parsed";
        // Servers of files tell stamps as they like.
        var areStampsKnown = FileStamp.AreKnown && LocalObjectStore.NetworkFileSystemOf(project) is null;
        var cache = new ParseCache(Path.Combine(folder, name), areStampsKnown, clock.GetUtcNow());
        try
        {
            cache.Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file does not exist or may not be read: all texts are parsed.
        }
        return cache;
    }

    /// <summary>The stamp that a file has before it is read; null where files are not known by their stamps.</summary>
    /// <param name="fullPath">The file's full path.</param>
    public FileStamp? StampOf(string fullPath) => knowsFiles ? FileStamp.Of(fullPath) : null;

    /// <summary>The front matter and SQL of a file that has not changed; null where that is not known.</summary>
    /// <param name="stamp">Its stamp.</param>
    /// <param name="file">The file as it is named in errors.</param>
    public FrontMatter? FindFile(FileStamp? stamp, string file)
    {
        if (stamp is not { } now || known.Count == 0) return null;
        if (!known.TryGetValue(new(FileKind, TextHash.Of(file)), out var entry)) return null;
        var parsed = ParsedFile.Read(entry.Bytes);
        if (parsed.Stamp != now || !known.TryGetValue(new(FrontMatterKind, parsed.TextHash), out var frontMatter))
            return null;
        entry.IsUsed = frontMatter.IsUsed = true;
        var sql = Encoding.UTF8.GetString(parsed.Sql.Span);
        if (known.TryGetValue(new(UsesKind, parsed.SqlHash), out var uses)) usesOf[sql] = uses;
        return ParsedText.ReadFrontMatter(frontMatter.Bytes, file, (_, _) => sql);
    }

    /// <summary>A file's front matter and SQL, parsed if they are not known.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">The file as it is named in errors.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="stamp">The stamp that the file had before it was read; null where it is not known.</param>
    public FrontMatter ReadFrontMatter(string text, string file, ErrorList errors, FileStamp? stamp = null)
    {
        if (path is null) return FrontMatter.Read(text, file, errors);
        var hash = TextHash.Of(text);
        if (Find(FrontMatterKind, hash) is { } entry)
        {
            var parsed = ParsedText.ReadFrontMatter(entry, file, text.Substring);
            AddFile(stamp, file, hash, parsed.Body.Text);
            return parsed;
        }
        var problems = new ErrorList();
        var frontMatter = FrontMatter.Read(text, file, problems);
        foreach (var problem in problems.Items) errors.Add(problem);
        if (problems.IsEmpty && ParsedText.Write(frontMatter, text) is { } written)
        {
            added.Enqueue(new(FrontMatterKind, hash, written));
            AddFile(stamp, file, hash, frontMatter.Body.Text);
        }
        return frontMatter;
    }

    /// <summary>What a SELECT names; null where it is not known.</summary>
    public TableUses? FindUses(string sql)
    {
        if (known.Count == 0) return null;
        if (!usesOf.TryGetValue(sql, out var entry))
            return Find(UsesKind, TextHash.Of(sql)) is { } bytes ? ParsedText.ReadUses(bytes) : null;
        entry.IsUsed = true;
        return ParsedText.ReadUses(entry.Bytes);
    }

    /// <summary>Keeps what a SELECT names.</summary>
    public void Add(string sql, TableUses uses)
    {
        if (path is not null) added.Enqueue(new(UsesKind, TextHash.Of(sql), ParsedText.Write(uses)));
    }

    /// <summary>Writes what was used, if there is anything new and it is worth it.</summary>
    public void Save()
    {
        if (path is null) return;
        var used = known.Values.Where(entry => entry.IsUsed).ToList();
        if (used.Count + added.Count < EntriesMin || (added.IsEmpty && used.Count == known.Count)) return;
        used.AddRange(added);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                File.WriteAllBytes(temporary, Write(used));
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

    void AddFile(FileStamp? stamp, string file, TextHash textHash, string sql)
    {
        if (stamp is { IsNone: false } seen && seen.IsOlderThan(openedAt - AgeMin))
            added.Enqueue(
                new(FileKind, TextHash.Of(file),
                    new ParsedFile(seen, textHash, TextHash.Of(sql), Encoding.UTF8.GetBytes(sql)).ToBytes()));
    }

    ReadOnlyMemory<byte>? Find(byte kind, TextHash hash)
    {
        if (!known.TryGetValue(new(kind, hash), out var entry)) return null;
        entry.IsUsed = true;
        return entry.Bytes;
    }

    /// <summary>Version, hash of the rest, number of entries, then for each its kind, hash, length and bytes.</summary>
    static byte[] Write(List<ParsedEntry> entries)
    {
        var start = Version.Length + SHA256.HashSizeInBytes;
        var bytes = new byte[start + sizeof(int) + entries.Sum(entry => HeadBytes + entry.Bytes.Length)];
        Version.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(start), entries.Count);
        var rest = bytes.AsSpan(start + sizeof(int));
        foreach (var entry in entries)
        {
            rest[0] = entry.Kind;
            entry.Hash.Write(rest[1..]);
            BinaryPrimitives.WriteInt32LittleEndian(rest[(1 + TextHash.Bytes)..], entry.Bytes.Length);
            entry.Bytes.Span.CopyTo(rest[HeadBytes..]);
            rest = rest[(HeadBytes + entry.Bytes.Length)..];
        }
        SHA256.HashData(bytes.AsSpan(start), bytes.AsSpan(Version.Length));
        return bytes;
    }

    void Read()
    {
        if (!File.Exists(path)) return;
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        if (bytes.Length < Version.Length + SHA256.HashSizeInBytes || !bytes.Span.StartsWith(Version)) return;
        var rest = bytes[(Version.Length + SHA256.HashSizeInBytes)..];
        if (!SHA256.HashData(rest.Span).AsSpan()
            .SequenceEqual(bytes.Span.Slice(Version.Length, SHA256.HashSizeInBytes)))
            return;
        known = new(BinaryPrimitives.ReadInt32LittleEndian(rest.Span));
        for (var at = sizeof(int); at < rest.Length;)
        {
            var head = rest.Span.Slice(at, HeadBytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head[(1 + TextHash.Bytes)..]);
            var entry = new ParsedEntry(head[0], TextHash.Read(head[1..]), rest.Slice(at + HeadBytes, length));
            known[entry] = entry;
            at += HeadBytes + length;
        }
    }
}
