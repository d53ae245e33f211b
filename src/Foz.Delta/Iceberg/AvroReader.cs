using System.Buffers.Binary;
using System.Text;

namespace Foz.Delta.Iceberg;

/// <summary>Decodes values as Avro encodes them (Apache Avro specification, "Binary Encoding").</summary>
/// <param name="data">The encoded values.</param>
sealed class AvroReader(ReadOnlyMemory<byte> data)
{
    int position;

    /// <summary>Whether all is read.</summary>
    public bool IsAtEnd => position >= data.Length;

    /// <summary>Reads a boolean.</summary>
    public bool ReadBoolean() => Take(1)[0] != 0;

    /// <summary>Reads an int or a long.</summary>
    public long ReadLong()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw Corrupt("a number of more than 64 bits");
    }

    /// <summary>Reads a float.</summary>
    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <summary>Reads a double.</summary>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Reads bytes with their length.</summary>
    public byte[] ReadBytes() => Take(ReadLong()).ToArray();

    /// <summary>Reads a text.</summary>
    public string ReadString() => Encoding.UTF8.GetString(Take(ReadLong()));

    /// <summary>Reads bytes whose number the schema gives.</summary>
    public ReadOnlySpan<byte> ReadFixed(int length) => Take(length);

    /// <summary>The part of a given length that comes next.</summary>
    public ReadOnlyMemory<byte> ReadBlock(long length)
    {
        var start = position;
        Take(length);
        return data[start..position];
    }

    /// <summary>Reads an array, or a map that is an array of pairs.</summary>
    public List<T> ReadArray<T>(Func<T> read)
    {
        var items = new List<T>();
        for (var count = ReadLong(); count != 0; count = ReadLong())
        {
            if (count < 0)
            {
                // A negative count is followed by the block's size in bytes.
                count = -count;
                ReadLong();
            }
            for (; count > 0; count--) items.Add(read());
        }
        return items;
    }

    /// <summary>Reads which branch of a union with null follows.</summary>
    /// <returns>Whether it is not null.</returns>
    public bool ReadIsPresent() => ReadLong() switch
    {
        0 => false,
        1 => true,
        _ => throw Corrupt("an unknown branch of a union"),
    };

    /// <summary>The error of bytes that are no Avro.</summary>
    public static DeltaException Corrupt(string what) => new(DeltaErrorKind.Corrupt, $"an Avro file holds {what}");

    ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > data.Length - position) throw Corrupt("a value that ends after the file");
        var taken = data.Span.Slice(position, (int)length);
        position += (int)length;
        return taken;
    }
}
