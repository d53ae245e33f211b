using System.Buffers.Binary;
using Foz.Delta.Storage;

namespace Foz.Core.Pipelines.Projects;

/// <summary>
/// Something that <see cref="ParseCache"/> keeps. One is another if it is of the same kind and hash, so that one without bytes
/// finds the one that is kept.
/// </summary>
/// <param name="kind">What it is.</param>
/// <param name="hash">The hash of the text or name that it is of.</param>
/// <param name="bytes">What was parsed.</param>
sealed class ParsedEntry(byte kind, UInt128 hash, ReadOnlyMemory<byte> bytes = default) : IEquatable<ParsedEntry>
{
    /// <summary>What it is.</summary>
    public byte Kind => kind;

    /// <summary>The hash of the text or name that it is of.</summary>
    public UInt128 Hash => hash;

    /// <summary>What was parsed.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>Whether it was asked for since it was read.</summary>
    public bool IsUsed { get; set; }

    /// <inheritdoc/>
    public bool Equals(ParsedEntry? other) => other is not null && other.Kind == kind && other.Hash == hash;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParsedEntry);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)(ulong)hash ^ kind;
}

/// <summary>What a file held when it had a stamp.</summary>
/// <param name="Stamp">Its stamp.</param>
/// <param name="TextHash">The hash of its text.</param>
/// <param name="SqlHash">The hash of its SQL.</param>
/// <param name="Sql">Its SQL, as UTF-8.</param>
readonly record struct ParsedFile(FileStamp Stamp, UInt128 TextHash, UInt128 SqlHash, ReadOnlyMemory<byte> Sql)
{
    const int StampBytes = 5 * sizeof(ulong);
    const int HashBytes = 16;

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static ParsedFile Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        return new(
            new(Number(span, 0), Number(span, 1), (long)Number(span, 2), (long)Number(span, 3), (long)Number(span, 4)),
            BinaryPrimitives.ReadUInt128LittleEndian(span[StampBytes..]), BinaryPrimitives.ReadUInt128LittleEndian(span[(StampBytes + HashBytes)..]),
            bytes[(StampBytes + (2 * HashBytes))..]);
    }

    /// <summary>The file as bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[StampBytes + (2 * HashBytes) + Sql.Length];
        ReadOnlySpan<ulong> numbers = [Stamp.Device, Stamp.Inode, (ulong)Stamp.SizeBytes, (ulong)Stamp.ModifiedNs, (ulong)Stamp.ChangedNs];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(StampBytes), TextHash);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(StampBytes + HashBytes), SqlHash);
        Sql.Span.CopyTo(bytes.AsSpan(StampBytes + (2 * HashBytes)));
        return bytes;
    }

    static ulong Number(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * sizeof(ulong))..]);
}
