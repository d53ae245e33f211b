using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.Avro;

/// <summary>Decodes values one after the other (Apache Avro specification, "Binary Encoding").</summary>
/// <param name="data">The encoded values.</param>
public ref struct AvroValueReader(ReadOnlySpan<byte> data)
{
    /// <summary>How many items may take no bytes, in an array, a map or a block of a file.</summary>
    public const int EmptyItemsMax = 1 << 24;

    static readonly UTF8Encoding strictUtf8 = new(false, throwOnInvalidBytes: true);
    ReadOnlySpan<byte> rest = data;

    /// <summary>Whether all is read.</summary>
    public readonly bool IsAtEnd => rest.IsEmpty;

    /// <summary>Reads a boolean.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public bool ReadBoolean() => Take(1)[0] switch
    {
        0 => false,
        1 => true,
        _ => throw WireException.Malformed("a boolean is neither 0 nor 1"),
    };

    /// <summary>Reads an int or a long.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public long ReadLong()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(1)[0];
            if (shift == 63 && next > 1) break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw WireException.Malformed("a number has more than 64 bits");
    }

    /// <summary>Reads a float.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <summary>Reads a double.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Reads bytes or a text, with their length.</summary>
    /// <exception cref="WireException">There are fewer.</exception>
    public ReadOnlySpan<byte> ReadBytes() => Take(ReadLong());

    /// <summary>Reads a text.</summary>
    /// <exception cref="WireException">There is none, or it is not UTF-8.</exception>
    public string ReadString()
    {
        try
        {
            return strictUtf8.GetString(ReadBytes());
        }
        catch (DecoderFallbackException)
        {
            throw WireException.Malformed("a text is not UTF-8");
        }
    }

    /// <summary>Reads so many bytes.</summary>
    /// <exception cref="WireException">There are fewer.</exception>
    public ReadOnlySpan<byte> ReadFixed(int length) => Take(length);

    /// <summary>Reads how many items the next block of an array or map has; 0 at its end.</summary>
    /// <exception cref="WireException">It cannot have so many.</exception>
    public long ReadBlockCount()
    {
        var count = ReadLong();
        if (count < 0)
        {
            // A negative count is followed by the block's size in bytes.
            ReadLong();
            count = count == long.MinValue ? long.MaxValue : -count;
        }
        return count <= Math.Max(rest.Length, EmptyItemsMax)
            ? count
            : throw WireException.Malformed($"a block claims to have {count:N0} items");
    }

    ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > rest.Length) throw WireException.Malformed("a value ends after its block");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
