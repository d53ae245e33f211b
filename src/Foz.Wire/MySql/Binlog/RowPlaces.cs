using System.Runtime.CompilerServices;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Finds where the values of rows are that have all columns.</summary>
/// <param name="layout">How they are laid out.</param>
public sealed class RowPlaces(RowLayout layout)
{
    ValuePlace[] places = [];

    /// <summary>Gets the places that were found last, row by row.</summary>
    public ReadOnlySpan<ValuePlace> All => places.AsSpan(0, Count * layout.Count);

    /// <summary>Gets how many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Finds the values.</summary>
    /// <param name="rows">The rows, each with a bit for every column, then its values.</param>
    /// <exception cref="WireException">Thrown when one is cut off.</exception>
    public void Find(ReadOnlySpan<byte> rows)
    {
        const int BitsPerByte = 8;
        var columns = layout.Count;
        var bitBytes = (columns + BitsPerByte - 1) / BitsPerByte;
        Count = 0;
        for (var at = 0; at < rows.Length; Count++)
        {
            if (places.Length < (Count + 1) * columns) Array.Resize(ref places, Math.Max(columns, 2 * places.Length));
            var row = places.AsSpan(Count * columns, columns);
            var nulls = Take(rows, ref at, bitBytes);
            for (var i = 0; i < row.Length; i++)
            {
                if ((nulls[i / BitsPerByte] >> i % BitsPerByte & 1) != 0)
                {
                    row[i] = new(at, -1);
                    continue;
                }

                var (lengthBytes, length) = layout[i];
                if (lengthBytes > 0)
                {
                    var stated = lengthBytes == 1
                        ? Take(rows, ref at, 1)[0]
                        : LittleEndian.Unsigned(Take(rows, ref at, lengthBytes));
                    length = (int)Math.Min(stated, int.MaxValue);
                }

                row[i] = new(at, length);
                Take(rows, ref at, length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> rows, ref int at, int length)
    {
        if ((uint)length > (uint)(rows.Length - at)) ThrowEndsEarly(rows, at, length);
        var taken = rows.Slice(at, length);
        at += length;
        return taken;
    }

    static void ThrowEndsEarly(ReadOnlySpan<byte> rows, int at, int length) => throw WireException.Malformed(
        $"a row: at byte {at} it ends early: {length} bytes expected, {rows.Length - at} left");
}
