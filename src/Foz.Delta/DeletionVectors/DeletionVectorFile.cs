using System.Buffers.Binary;
using System.IO.Hashing;
using Foz.Storage;

namespace Foz.Delta.DeletionVectors;

/// <summary>
/// Reads and writes deletion vectors: in files of many vectors, each with its size and checksum, or inline in the log
/// (PROTOCOL.md, "Deletion Vector File Storage Format").
/// </summary>
public static class DeletionVectorFile
{
    const byte FormatVersion = 1;
    const int SizeBytes = 4;
    const int ChecksumBytes = 4;
    const int UuidCharacters = 20;

    // Offsets are 32-bit integers: vectors beyond this go to another file.
    const long FileBytesMax = 1L << 30;

    /// <summary>Reads the vector that a descriptor names.</summary>
    /// <param name="table">The store of the table's folder.</param>
    /// <param name="descriptor">The descriptor of an <c>add</c> or <c>remove</c> action.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Corrupt"/>: the file is missing or cut short, the checksum, size or cardinality is
    /// wrong, or the bitmap is malformed; <see cref="DeltaErrorKind.Unsupported"/>: an unknown storage type.
    /// </exception>
    public static async ValueTask<RowSet> ReadAsync(
        IObjectStore table, DeletionVectorDescriptor descriptor, CancellationToken cancellationToken)
    {
        if (descriptor.StorageType == DeletionVectorDescriptor.Inline) return ReadInline(descriptor);
        var (store, path) = Locate(table, descriptor);
        // The file begins with its format version, so that no vector can be at 0.
        var offset = descriptor.Offset is null or 0 ? 1 : descriptor.Offset.Value;
        if (descriptor.SizeInBytes < 0 || offset < 0) throw Corrupt(path, "has a negative size or offset");
        var length = checked(descriptor.SizeInBytes + SizeBytes + ChecksumBytes);
        var read = await store.GetRangeAsync(path, offset, length, cancellationToken)
            ?? throw Corrupt(path, "is missing");
        return Decode(path, read.Span, descriptor);
    }

    /// <summary>
    /// Writes vectors into one file with a unique name in the table's folder (more than one file beyond 1 GiB),
    /// durably.
    /// </summary>
    /// <returns>The descriptors, in the order of <paramref name="vectors"/>.</returns>
    public static ValueTask<IReadOnlyList<DeletionVectorDescriptor>> WriteAsync(
        IObjectStore table, IReadOnlyList<RowSet> vectors, CancellationToken cancellationToken) =>
        WriteAsync(vectors, async (path, content) => await table.PutAsync(path, content, cancellationToken));

    /// <summary>As <see cref="WriteAsync(IObjectStore, IReadOnlyList{RowSet}, CancellationToken)"/>, but the files are
    /// only staged.</summary>
    /// <param name="table">The table's store, a local one: staged files can be read there.</param>
    /// <param name="vectors">The vectors.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static ValueTask<IReadOnlyList<DeletionVectorDescriptor>> StageAsync(
        IObjectStore table, IReadOnlyList<RowSet> vectors, CancellationToken cancellationToken) =>
        WriteAsync(vectors, async (path, content) =>
        {
            try
            {
                await File.WriteAllBytesAsync(table.StagingPath(path), content, cancellationToken);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw StorageError.Of("write", table.Root, path, error);
            }
        });

    static async ValueTask<IReadOnlyList<DeletionVectorDescriptor>> WriteAsync(
        IReadOnlyList<RowSet> vectors, Func<string, ReadOnlyMemory<byte>, Task> write)
    {
        var descriptors = new List<DeletionVectorDescriptor>(vectors.Count);
        while (descriptors.Count < vectors.Count)
        {
            var uuid = Guid.NewGuid();
            using var content = new MemoryStream();
            content.WriteByte(FormatVersion);
            for (var i = descriptors.Count; i < vectors.Count && content.Length < FileBytesMax; i++)
                descriptors.Add(Append(content, uuid, vectors[i]));
            await write(NameOf(uuid), content.GetBuffer().AsMemory(0, (int)content.Length));
        }
        return descriptors;
    }

    /// <summary>The descriptor that holds a vector inline; meant for small ones.</summary>
    public static DeletionVectorDescriptor Inline(RowSet rows)
    {
        var bytes = RowSetFormat.Write(rows);
        return new()
        {
            StorageType = DeletionVectorDescriptor.Inline,
            PathOrInlineDv = Z85.Encode(bytes),
            SizeInBytes = bytes.Length,
            Cardinality = rows.Cardinality,
        };
    }

    /// <summary>
    /// The path of the file that holds a vector: below the table's folder, or an absolute path or URI, decoded; null
    /// for an inline vector.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Corrupt"/>: the text is no UUID; <see cref="DeltaErrorKind.Unsupported"/>: an unknown
    /// storage type.
    /// </exception>
    public static string? PathOf(DeletionVectorDescriptor descriptor)
    {
        switch (descriptor.StorageType)
        {
            case DeletionVectorDescriptor.Inline:
                return null;
            case DeletionVectorDescriptor.Absolute:
                return DecodeAbsolute(descriptor.PathOrInlineDv);
            case DeletionVectorDescriptor.Relative:
                var text = descriptor.PathOrInlineDv;
                if (text.Length < UuidCharacters) throw Corrupt(text, "is no name of a file");
                var folder = text[..^UuidCharacters];
                try
                {
                    var name = NameOf(new Guid(Z85.Decode(text.AsSpan(folder.Length)), bigEndian: true));
                    return folder.Length == 0 ? name : $"{folder}/{name}";
                }
                catch (FormatException fault)
                {
                    throw Corrupt(text, $"is no name of a file: {fault.Message}");
                }
            default:
                throw new DeltaException(DeltaErrorKind.Unsupported,
                    $"deletion vectors of storage type '{descriptor.StorageType}' are not supported");
        }
    }

    static RowSet ReadInline(DeletionVectorDescriptor descriptor)
    {
        const string Name = "inline";
        try
        {
            var bytes = Z85.Decode(descriptor.PathOrInlineDv);
            if (descriptor.SizeInBytes < 0 || descriptor.SizeInBytes > bytes.Length)
                throw Corrupt(Name, $"has {bytes.Length} bytes, fewer than its size of {descriptor.SizeInBytes}");
            return Parse(Name, bytes.AsSpan(0, descriptor.SizeInBytes), descriptor);
        }
        catch (FormatException fault)
        {
            throw Corrupt(Name, $"is malformed: {fault.Message}");
        }
    }

    static (IObjectStore Store, string Path) Locate(IObjectStore table, DeletionVectorDescriptor descriptor)
    {
        var path = PathOf(descriptor)!;
        if (descriptor.StorageType == DeletionVectorDescriptor.Relative) return (table, path);
        var root = table.Root.EndsWith('/') ? table.Root : table.Root + "/";
        if (path.StartsWith(root, StringComparison.Ordinal)) return (table, path[root.Length..]);
        if (path.StartsWith('/') && Path.GetDirectoryName(path) is { } folder)
            return (new LocalObjectStore(folder), Path.GetFileName(path));
        throw new DeltaException(DeltaErrorKind.Unsupported,
            $"the deletion vector {path} lies outside of the table {table.Root}, in a store that is not at hand");
    }

    static string DecodeAbsolute(string path)
    {
        const string Scheme = "file:";
        var decoded = Uri.UnescapeDataString(path);
        return decoded.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? "/" + decoded.AsSpan(Scheme.Length).TrimStart('/').ToString()
            : decoded;
    }

    static RowSet Decode(string path, ReadOnlySpan<byte> block, DeletionVectorDescriptor descriptor)
    {
        if (block.Length < SizeBytes + ChecksumBytes + descriptor.SizeInBytes) throw Corrupt(path, "is cut short");
        var size = BinaryPrimitives.ReadInt32BigEndian(block);
        if (size != descriptor.SizeInBytes)
            throw Corrupt(path, $"holds {size} bytes at {descriptor.Offset}, the log says {descriptor.SizeInBytes}");
        var bitmap = block.Slice(SizeBytes, size);
        if (BinaryPrimitives.ReadUInt32BigEndian(block[(SizeBytes + size)..]) != Crc32.HashToUInt32(bitmap))
            throw Corrupt(path, $"has a wrong checksum at {descriptor.Offset}");
        return Parse(path, bitmap, descriptor);
    }

    static RowSet Parse(string path, ReadOnlySpan<byte> bitmap, DeletionVectorDescriptor descriptor)
    {
        RowSet rows;
        try
        {
            rows = RowSetFormat.Read(bitmap);
        }
        catch (FormatException fault)
        {
            throw Corrupt(path, $"is malformed at {descriptor.Offset}: {fault.Message}");
        }
        return rows.Cardinality == descriptor.Cardinality
            ? rows
            : throw Corrupt(path, $"deletes {rows.Cardinality} rows, the log says {descriptor.Cardinality}");
    }

    static DeletionVectorDescriptor Append(MemoryStream content, Guid uuid, RowSet rows)
    {
        var offset = (int)content.Length;
        var bytes = RowSetFormat.Write(rows);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
        content.Write(number);
        content.Write(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(bytes));
        content.Write(number);
        return new()
        {
            StorageType = DeletionVectorDescriptor.Relative,
            PathOrInlineDv = Z85.Encode(uuid.ToByteArray(bigEndian: true)),
            Offset = offset,
            SizeInBytes = bytes.Length,
            Cardinality = rows.Cardinality,
        };
    }

    static string NameOf(Guid uuid) => $"deletion_vector_{uuid:D}.bin";

    static DeltaException Corrupt(string path, string fault) =>
        new(DeltaErrorKind.Corrupt, $"deletion vector {path} {fault}") { Path = path };
}
