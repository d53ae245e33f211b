namespace Foz.Wire.PostgreSql;

/// <summary>The frame of COPY in binary format (PostgreSQL documentation, COPY, "Binary Format").</summary>
public static class BinaryCopy
{
    /// <summary>What a binary COPY starts with.</summary>
    public static ReadOnlySpan<byte> Signature =>
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0];

    /// <summary>Reads the header.</summary>
    /// <param name="data">The first bytes of the COPY.</param>
    /// <returns>How many of them are the header; the rows follow.</returns>
    /// <exception cref="WireException">There is no such header, or it asks for what is not known.</exception>
    public static int ReadHeader(ReadOnlySpan<byte> data)
    {
        if (!data.StartsWith(Signature)) throw WireException.Malformed("a binary COPY starts without its signature");
        var reader = new PayloadReader(data[Signature.Length..]);
        var flags = reader.ReadInt32();
        if ((uint)flags >> 16 != 0)
            throw new WireException(WireErrorKind.Unsupported, $"a binary COPY has the unknown flags 0x{flags:X8}");
        reader.ReadBytes(reader.ReadInt32());
        return data.Length - reader.Rest.Length;
    }

    /// <summary>Writes the header, as the data of a CopyData.</summary>
    public static void WriteHeader(MessageWriter writer)
    {
        writer.WriteBytes(Signature);
        writer.WriteInt32(0);
        writer.WriteInt32(0);
    }
}
