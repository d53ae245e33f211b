using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// Reads the values of a DataRow or of a row in binary COPY, which look the same: how many values, then each with its
/// length in front, -1 for null.
/// </summary>
public ref struct TupleReader
{
    ReadOnlySpan<byte> rest;

    /// <summary>Starts at a row.</summary>
    /// <param name="tuple">The row, and maybe more after it.</param>
    /// <exception cref="WireException">The count is missing.</exception>
    public TupleReader(ReadOnlySpan<byte> tuple)
    {
        if (tuple.Length < sizeof(short)) throw WireException.Malformed("a row ends before its first value");
        ValueCount = BinaryPrimitives.ReadInt16BigEndian(tuple);
        rest = tuple[sizeof(short)..];
    }

    /// <summary>How many values the row states; -1 is the end of COPY.</summary>
    public int ValueCount { get; }

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    /// <summary>Reads the next value.</summary>
    /// <param name="value">The value; empty where it is null.</param>
    /// <returns>Whether it is not null.</returns>
    /// <exception cref="WireException">The row ends early, or the length is impossible.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadValue(out ReadOnlySpan<byte> value)
    {
        if (!BinaryPrimitives.TryReadInt32BigEndian(rest, out var length) || length > rest.Length - sizeof(int))
            ThrowEndsEarly(rest.Length);
        if (length < 0)
        {
            if (length != -1) ThrowNegative(length);
            rest = rest[sizeof(int)..];
            value = [];
            return false;
        }

        value = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }

    static void ThrowEndsEarly(int bytesLeft) =>
        throw WireException.Malformed($"a row ends early, {bytesLeft} bytes after its last whole value");

    static void ThrowNegative(int length) => throw WireException.Malformed($"a value states a length of {length}");
}
