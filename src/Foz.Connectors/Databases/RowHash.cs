using System.Buffers;
using System.Diagnostics;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Hashes rows, so that those of another reading can be compared with them without keeping any.</summary>
static class RowHash
{
    /// <summary>Returns the sum of the hashes of all rows, which is the same in any order.</summary>
    /// <param name="batch">The rows.</param>
    public static UInt128 Sum(ColumnBatch batch)
    {
        var bytes = new ArrayBufferWriter<byte>();
        UInt128 sum = 0;
        for (var row = 0; row < batch.RowCount; row++)
        {
            bytes.ResetWrittenCount();
            foreach (var column in batch.Columns) Add(bytes, column, row);
            sum += XxHash128.HashToUInt128(bytes.WrittenSpan);
        }
        return sum;
    }

    /// <summary>Adds a value with what ends it, so that no two rows have the same bytes.</summary>
    static void Add(ArrayBufferWriter<byte> bytes, Column column, int row)
    {
        Write(bytes, column.IsNull(row));
        if (column.IsNull(row)) return;
        switch (column)
        {
            case BytesColumn texts:
                Write(bytes, texts[row].Length);
                bytes.Write(texts[row]);
                break;
            // Whole numbers are as long as the longest: a column whose type is widened has the values that it had.
            case FixedColumn<byte> values: Write(bytes, (long)values.Values[row]); break;
            case FixedColumn<sbyte> values: Write(bytes, (long)values.Values[row]); break;
            case FixedColumn<short> values: Write(bytes, (long)values.Values[row]); break;
            case FixedColumn<int> values: Write(bytes, (long)values.Values[row]); break;
            case FixedColumn<long> values: Write(bytes, values.Values[row]); break;
            case FixedColumn<float> values: Write(bytes, values.Values[row]); break;
            case FixedColumn<double> values: Write(bytes, values.Values[row]); break;
            case FixedColumn<Int128> values: Write(bytes, values.Values[row]); break;
            default: throw new UnreachableException($"no column of a database is a {column.GetType().Name}");
        }
    }

    static void Write<T>(ArrayBufferWriter<byte> bytes, T value)
        where T : unmanaged => bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
