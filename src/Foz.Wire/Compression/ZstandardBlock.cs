using System.Buffers.Binary;

namespace Foz.Wire.Compression;

/// <summary>
/// Decodes compressed blocks of one Zstandard frame (RFC 8878 §3.1.1.3), which lean on tables and offsets of the blocks
/// before.
/// </summary>
sealed class ZstandardBlock
{
    /// <summary>The most bytes that a block has, compressed or not.</summary>
    public const int BytesMax = 128 << 10;

    readonly byte[] literals = new byte[BytesMax];
    readonly SequenceTables tables = new();
    readonly long[] offsets = [1, 4, 8];
    HuffmanTable? huffman;
    int literalsLength;

    /// <summary>Decodes a block.</summary>
    /// <param name="bytes">Bytes that hold it, with <see cref="BackwardBits.Slack"/> behind.</param>
    /// <param name="length">Its length.</param>
    /// <param name="output">What was decoded before, and room for the block behind it.</param>
    /// <param name="start">Where in the output the block goes.</param>
    /// <param name="windowStart">How far back in the output it may refer to.</param>
    /// <returns>Where the block ends in the output.</returns>
    /// <exception cref="WireException">It is malformed.</exception>
    public int Decode(ReadOnlySpan<byte> bytes, int length, Span<byte> output, int start, int windowStart)
    {
        var at = DecodeLiterals(bytes, length);
        if (at >= length) throw CutShort();
        var count = (int)bytes[at++];
        if (count >= 128)
        {
            var more = count == 255 ? 2 : 1;
            if (at + more > length) throw CutShort();
            count = count == 255
                ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) + 0x7F00
                : (count - 128 << 8) + bytes[at];
            at += more;
        }
        if (count == 0)
        {
            if (at != length) throw WireException.Malformed("a Zstandard block is longer than what is in it");
            return Copy(literals.AsSpan(0, literalsLength), output, start);
        }
        if (at >= length) throw CutShort();
        at = tables.Read(bytes[..length], at);
        return Execute(new BackwardBits(bytes[at..], length - at), count, output, start, windowStart);
    }

    int DecodeLiterals(ReadOnlySpan<byte> bytes, int length)
    {
        if (length == 0) throw CutShort();
        var kind = bytes[0] & 3;
        var format = bytes[0] >> 2 & 3;
        if (kind < 2) return ReadPlainLiterals(bytes, length, kind, format);
        var headerLength = format < 2 ? 3 : format + 2;
        if (headerLength > length) throw CutShort();
        var sizeBits = format < 2 ? 10 : format * 4 + 6;
        var header = BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> 4;
        literalsLength = (int)(header & (1UL << sizeBits) - 1);
        var compressed = (int)(header >> sizeBits & (1UL << sizeBits) - 1);
        if (literalsLength > BytesMax || headerLength + compressed > length) throw CutShort();
        var body = bytes[headerLength..];
        var tableLength = 0;
        if (kind == 2) huffman = HuffmanTable.Read(body, compressed, out tableLength);
        else if (huffman is null)
            throw WireException.Malformed("a Zstandard block leans on a Huffman table that is not there");
        DecodeStreams(body[tableLength..], compressed - tableLength, format == 0);
        return headerLength + compressed;
    }

    /// <summary>Literals as they are, or one byte again and again.</summary>
    int ReadPlainLiterals(ReadOnlySpan<byte> bytes, int length, int kind, int format)
    {
        var headerLength = format switch { 1 => 2, 3 => 3, _ => 1 };
        var header = BinaryPrimitives.ReadUInt32LittleEndian(bytes) & (1u << headerLength * 8) - 1;
        literalsLength = (int)(header >> (headerLength == 1 ? 3 : 4));
        var bodyLength = kind == 1 ? 1 : literalsLength;
        if (literalsLength > BytesMax || headerLength + bodyLength > length) throw CutShort();
        var body = bytes.Slice(headerLength, bodyLength);
        if (kind == 1) literals.AsSpan(0, literalsLength).Fill(body[0]);
        else body.CopyTo(literals);
        return headerLength + bodyLength;
    }

    void DecodeStreams(ReadOnlySpan<byte> bytes, int length, bool isSingle)
    {
        if (isSingle)
        {
            huffman!.Decode(bytes, length, literals.AsSpan(0, literalsLength));
            return;
        }
        const int JumpTableLength = 6;
        if (length < JumpTableLength) throw CutShort();
        var at = JumpTableLength;
        var part = (literalsLength + 3) / 4;
        for (var i = 0; i < 4; i++)
        {
            var streamLength = i < 3 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) : length - at;
            var outputLength = i < 3 ? part : literalsLength - 3 * part;
            if (streamLength <= 0 || at + streamLength > length || outputLength < 0) throw CutShort();
            huffman!.Decode(bytes[at..], streamLength, literals.AsSpan(i * part, outputLength));
            at += streamLength;
        }
    }

    int Execute(BackwardBits stream, int count, Span<byte> output, int at, int windowStart)
    {
        var left = literals.AsSpan(0, literalsLength);
        tables.Start(ref stream);
        for (var i = 0; i < count; i++)
        {
            var (literalCount, matchLength, offsetValue) = tables.Decode(ref stream);
            if (i + 1 < count) tables.Advance(ref stream);
            if (literalCount > left.Length)
                throw WireException.Malformed("a Zstandard sequence has more literals than there are");
            at = Copy(left[..literalCount], output, at);
            left = left[literalCount..];
            var offset = Offset(offsetValue, literalCount);
            if (offset <= 0 || offset > at - windowStart)
                throw WireException.Malformed("a Zstandard match lies in front of the window");
            if (matchLength > output.Length - at) throw TooLong();
            var distance = (int)offset;
            if (distance >= matchLength)
                output.Slice(at - distance, matchLength).CopyTo(output[at..]);
            else
                for (var j = at; j < at + matchLength; j++) output[j] = output[j - distance];
            at += matchLength;
        }
        if (stream.Left != 0)
            throw WireException.Malformed("a Zstandard block has another number of sequences than stated");
        return Copy(left, output, at);
    }

    /// <summary>The distance that is meant: one of the last three, or a new one (RFC 8878 §3.1.1.5).</summary>
    long Offset(long value, int literalCount)
    {
        if (value > 3)
        {
            (offsets[2], offsets[1], offsets[0]) = (offsets[1], offsets[0], value - 3);
            return offsets[0];
        }
        var index = (int)value - (literalCount == 0 ? 0 : 1);
        var offset = index == 3 ? offsets[0] - 1 : offsets[index];
        if (index > 1) offsets[2] = offsets[1];
        if (index > 0) offsets[1] = offsets[0];
        return offsets[0] = offset;
    }

    static int Copy(ReadOnlySpan<byte> bytes, Span<byte> output, int at)
    {
        if (bytes.Length > output.Length - at) throw TooLong();
        bytes.CopyTo(output[at..]);
        return at + bytes.Length;
    }

    static WireException CutShort() => WireException.Malformed("a Zstandard block is cut short");

    static WireException TooLong() => WireException.Malformed("a Zstandard block comes to more than 128 KiB");
}
