using System.Buffers.Binary;
using Foz.Storage;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// Something that <see cref="ParseCache"/> keeps. One is another if it is of the same kind and hash, so that one
/// without bytes finds the one that is kept.
/// </summary>
/// <param name="kind">What it is.</param>
/// <param name="hash">The hash of the text or name that it is of.</param>
/// <param name="bytes">What was parsed.</param>
sealed class ParsedEntry(byte kind, TextHash hash, ReadOnlyMemory<byte> bytes = default) : IEquatable<ParsedEntry>
{
    /// <summary>What it is.</summary>
    public byte Kind => kind;

    /// <summary>The hash of the text or name that it is of.</summary>
    public TextHash Hash => hash;

    /// <summary>What was parsed.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>Whether it was asked for since it was read.</summary>
    public bool IsUsed { get; set; }

    /// <inheritdoc/>
    public bool Equals(ParsedEntry? other) => other is not null && other.Kind == kind && other.Hash == hash;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParsedEntry);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)hash.Low ^ kind;
}

/// <summary>What a file held when it had a stamp.</summary>
/// <param name="Stamp">Its stamp.</param>
/// <param name="TextHash">The hash of its text.</param>
/// <param name="SqlHash">The hash of its SQL.</param>
/// <param name="Sql">Its SQL, as UTF-8.</param>
readonly record struct ParsedFile(FileStamp Stamp, TextHash TextHash, TextHash SqlHash, ReadOnlyMemory<byte> Sql)
{
    const int StampBytes = 5 * sizeof(ulong);
    const int HeadBytes = StampBytes + (2 * TextHash.Bytes);

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static ParsedFile Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        return new(
            new(Number(span, 0), Number(span, 1), (long)Number(span, 2), (long)Number(span, 3), (long)Number(span, 4)),
            TextHash.Read(span[StampBytes..]), TextHash.Read(span[(StampBytes + TextHash.Bytes)..]),
            bytes[HeadBytes..]);
    }

    /// <summary>The file as bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HeadBytes + Sql.Length];
        ReadOnlySpan<ulong> numbers =
        [
            Stamp.Device, Stamp.Inode, (ulong)Stamp.SizeBytes, (ulong)Stamp.ModifiedNs, (ulong)Stamp.ChangedNs,
        ];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        TextHash.Write(bytes.AsSpan(StampBytes));
        SqlHash.Write(bytes.AsSpan(StampBytes + TextHash.Bytes));
        Sql.Span.CopyTo(bytes.AsSpan(HeadBytes));
        return bytes;
    }

    static ulong Number(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * sizeof(ulong))..]);
}
