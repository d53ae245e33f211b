using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Foz.Delta.Iceberg;

/// <summary>Encodes values as Avro does (Apache Avro specification, "Binary Encoding").</summary>
sealed class AvroWriter
{
    readonly ArrayBufferWriter<byte> buffer = new(4096);

    /// <summary>What was encoded.</summary>
    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>Forgets what was encoded.</summary>
    public void Clear() => buffer.ResetWrittenCount();

    /// <summary>Writes a boolean.</summary>
    public void WriteBoolean(bool value) => WriteFixed([value ? (byte)1 : (byte)0]);

    /// <summary>Writes an int or a long: both have one encoding.</summary>
    public void WriteLong(long value)
    {
        var rest = (ulong)(value << 1) ^ (ulong)(value >> 63);
        var span = buffer.GetSpan(10);
        var length = 0;
        for (; rest >= 0x80; rest >>= 7) span[length++] = (byte)(rest | 0x80);
        span[length++] = (byte)rest;
        buffer.Advance(length);
    }

    /// <summary>Writes a float.</summary>
    public void WriteFloat(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(sizeof(float)), value);
        buffer.Advance(sizeof(float));
    }

    /// <summary>Writes a double.</summary>
    public void WriteDouble(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(sizeof(double)), value);
        buffer.Advance(sizeof(double));
    }

    /// <summary>Writes bytes with their length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLong(value.Length);
        WriteFixed(value);
    }

    /// <summary>Writes a text.</summary>
    public void WriteString(string value)
    {
        WriteLong(Encoding.UTF8.GetByteCount(value));
        buffer.Advance(Encoding.UTF8.GetBytes(value, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length))));
    }

    /// <summary>Writes bytes whose number the schema gives.</summary>
    public void WriteFixed(ReadOnlySpan<byte> value) => buffer.Write(value);

    /// <summary>Writes an array, or a map that is an array of pairs.</summary>
    public void WriteArray<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        if (items.Count > 0)
        {
            WriteLong(items.Count);
            foreach (var item in items) write(item);
        }
        WriteLong(0);
    }

    /// <summary>Writes which branch of a union with null follows.</summary>
    /// <returns>Whether it is not null.</returns>
    public bool WriteIsPresent(bool isPresent)
    {
        WriteLong(isPresent ? 1 : 0);
        return isPresent;
    }
}
