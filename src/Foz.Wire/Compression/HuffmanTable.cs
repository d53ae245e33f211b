using System.Numerics;

namespace Foz.Wire.Compression;

/// <summary>A decoding table of Huffman codes (RFC 8878 §4.2).</summary>
sealed class HuffmanTable
{
    const int BitsMax = 11;
    const int SymbolsMax = 256;
    const int WeightsLogMax = 6;
    readonly byte[] symbols;
    readonly byte[] lengths;
    readonly int bits;

    HuffmanTable(ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        foreach (var weight in weights) sum += weight == 0 ? 0 : 1 << weight - 1;
        if (sum == 0) throw WireException.Malformed("a Zstandard Huffman table is empty");
        bits = BitOperations.Log2((uint)sum) + 1;
        // The weight of the last symbol is what lacks.
        var rest = (1 << bits) - sum;
        if (bits > BitsMax || !BitOperations.IsPow2(rest))
            throw WireException.Malformed("the weights of a Zstandard Huffman table do not sum up");
        var last = BitOperations.Log2((uint)rest) + 1;
        (symbols, lengths) = (new byte[1 << bits], new byte[1 << bits]);
        var position = 0;
        for (var weight = 1; weight <= bits; weight++)
        {
            for (var symbol = 0; symbol <= weights.Length; symbol++)
            {
                if ((symbol < weights.Length ? weights[symbol] : last) != weight) continue;
                var count = 1 << weight - 1;
                symbols.AsSpan(position, count).Fill((byte)symbol);
                lengths.AsSpan(position, count).Fill((byte)(bits + 1 - weight));
                position += count;
            }
        }
    }

    /// <summary>Reads the description of a table.</summary>
    /// <param name="bytes">Bytes that start with it, with <see cref="BackwardBits.Slack"/> behind.</param>
    /// <param name="lengthMax">The bytes that it may have.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <exception cref="WireException">It is malformed.</exception>
    public static HuffmanTable Read(ReadOnlySpan<byte> bytes, int lengthMax, out int length)
    {
        if (lengthMax == 0) throw WireException.Malformed("a Zstandard Huffman table is cut short");
        Span<byte> weights = stackalloc byte[SymbolsMax];
        int count;
        if (bytes[0] >= 128)
        {
            count = bytes[0] - 127;
            length = 1 + (count + 1) / 2;
            if (length > lengthMax) throw WireException.Malformed("a Zstandard Huffman table is cut short");
            for (var i = 0; i < count; i++) weights[i] = (byte)(bytes[1 + i / 2] >> (i % 2 == 0 ? 4 : 0) & 15);
        }
        else
        {
            length = 1 + bytes[0];
            if (length > lengthMax) throw WireException.Malformed("a Zstandard Huffman table is cut short");
            count = ReadWeights(bytes[1..], bytes[0], weights);
        }
        foreach (var weight in weights[..count])
            if (weight > BitsMax) throw WireException.Malformed("a Zstandard Huffman weight is too large");
        return new HuffmanTable(weights[..count]);
    }

    /// <summary>Decodes a stream.</summary>
    /// <param name="bytes">Bytes that hold it, with <see cref="BackwardBits.Slack"/> behind.</param>
    /// <param name="length">Its length.</param>
    /// <param name="output">Where the symbols go; filled.</param>
    /// <exception cref="WireException">The stream has more or fewer symbols.</exception>
    public void Decode(ReadOnlySpan<byte> bytes, int length, Span<byte> output)
    {
        var stream = new BackwardBits(bytes, length);
        for (var i = 0; i < output.Length; i++)
        {
            var code = (int)stream.Peek(bits);
            output[i] = symbols[code];
            stream.Skip(lengths[code]);
        }
        if (stream.Left != 0)
            throw WireException.Malformed("a Zstandard Huffman stream has another length than stated");
    }

    /// <summary>Two states take turns until the bits run out.</summary>
    static int ReadWeights(ReadOnlySpan<byte> bytes, int length, Span<byte> weights)
    {
        var table = FseTable.Read(bytes[..length], WeightsLogMax, BitsMax + 1, out var start);
        var stream = new BackwardBits(bytes[start..], length - start);
        var (first, second) = (table.Start(ref stream), table.Start(ref stream));
        var count = 0;
        while (count + 2 < SymbolsMax)
        {
            weights[count++] = table.Symbol(first);
            first = table.Next(first, ref stream);
            if (stream.Left < 0)
            {
                weights[count++] = table.Symbol(second);
                return count;
            }
            weights[count++] = table.Symbol(second);
            second = table.Next(second, ref stream);
            if (stream.Left < 0)
            {
                weights[count++] = table.Symbol(first);
                return count;
            }
        }
        throw WireException.Malformed("a Zstandard Huffman table has too many symbols");
    }
}
