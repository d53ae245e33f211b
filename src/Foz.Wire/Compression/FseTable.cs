using System.Numerics;

namespace Foz.Wire.Compression;

/// <summary>A decoding table of finite state entropy (RFC 8878 §4.1).</summary>
sealed class FseTable
{
    readonly byte[] symbols;
    readonly byte[] bits;
    readonly ushort[] baselines;

    /// <summary>A table for symbols of known probabilities.</summary>
    /// <param name="probabilities">That of each symbol in parts of the table's size; −1 for less than one part.</param>
    /// <param name="accuracyLog">The binary logarithm of the table's size.</param>
    public FseTable(ReadOnlySpan<short> probabilities, int accuracyLog)
    {
        AccuracyLog = accuracyLog;
        var size = 1 << accuracyLog;
        (symbols, bits, baselines) = (new byte[size], new byte[size], new ushort[size]);
        Span<ushort> next = stackalloc ushort[probabilities.Length];
        var high = size;
        for (var symbol = 0; symbol < probabilities.Length; symbol++)
        {
            next[symbol] = (ushort)Math.Max(probabilities[symbol], (short)1);
            if (probabilities[symbol] == -1) symbols[--high] = (byte)symbol;
        }
        Spread(probabilities, high);
        for (var state = 0; state < size; state++)
        {
            var position = next[symbols[state]]++;
            bits[state] = (byte)(accuracyLog - BitOperations.Log2(position));
            baselines[state] = (ushort)((position << bits[state]) - size);
        }
    }

    FseTable(byte symbol) => (symbols, bits, baselines) = ([symbol], [0], [0]);

    /// <summary>How many bits the first state has.</summary>
    public int AccuracyLog { get; }

    /// <summary>A table that always gives the same symbol.</summary>
    public static FseTable Constant(byte symbol) => new(symbol);

    /// <summary>Reads the description of a table (RFC 8878 §4.1.1).</summary>
    /// <param name="bytes">Bytes that start with it.</param>
    /// <param name="accuracyLogMax">The largest table allowed.</param>
    /// <param name="symbolMax">The highest symbol allowed.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <exception cref="WireException">It is malformed.</exception>
    public static FseTable Read(ReadOnlySpan<byte> bytes, int accuracyLogMax, int symbolMax, out int length)
    {
        var reader = new ForwardBits(bytes);
        var accuracyLog = reader.Read(4) + 5;
        if (accuracyLog > accuracyLogMax) throw WireException.Malformed("a Zstandard entropy table is too large");
        Span<short> probabilities = stackalloc short[symbolMax + 1];
        var count = 0;
        for (var remaining = 1 << accuracyLog; remaining > 0;)
        {
            if (count > symbolMax) throw WireException.Malformed("a Zstandard entropy table has too many symbols");
            var width = BitOperations.Log2((uint)remaining + 1) + 1;
            var small = (1 << width) - 1 - (remaining + 1);
            // The lower values take one bit less.
            var value = reader.Peek(width);
            var lower = value & (1 << width - 1) - 1;
            reader.Skip(lower < small ? width - 1 : width);
            if (lower < small) value = lower;
            else if (value >= 1 << width - 1) value -= small;
            var probability = value - 1;
            probabilities[count++] = (short)probability;
            remaining -= Math.Abs(probability);
            if (probability != 0) continue;
            for (var zeros = 3; zeros == 3; count += zeros) zeros = reader.Read(2);
        }
        if (count > symbolMax + 1) throw WireException.Malformed("a Zstandard entropy table has too many symbols");
        length = reader.Length;
        if (length > bytes.Length) throw WireException.Malformed("a Zstandard entropy table is cut short");
        return new FseTable(probabilities[..count], accuracyLog);
    }

    /// <summary>The first state of a stream.</summary>
    public int Start(ref BackwardBits stream) => (int)stream.Read(AccuracyLog);

    /// <summary>The symbol of a state.</summary>
    public byte Symbol(int state) => symbols[state];

    /// <summary>The state behind one.</summary>
    public int Next(int state, ref BackwardBits stream) => baselines[state] + (int)stream.Read(bits[state]);

    void Spread(ReadOnlySpan<short> probabilities, int high)
    {
        var mask = symbols.Length - 1;
        var step = (symbols.Length >> 1) + (symbols.Length >> 3) + 3;
        var position = 0;
        for (var symbol = 0; symbol < probabilities.Length; symbol++)
        {
            for (var i = 0; i < probabilities[symbol]; i++)
            {
                symbols[position] = (byte)symbol;
                do position = position + step & mask;
                while (position >= high);
            }
        }
        if (position != 0) throw WireException.Malformed("the parts of a Zstandard entropy table do not sum up");
    }
}

/// <summary>Reads small numbers from the lowest bit of each byte on; zeros stand behind the end.</summary>
ref struct ForwardBits(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> bytes = bytes;
    int position;

    /// <summary>How many bytes have been begun.</summary>
    public readonly int Length => position + 7 >> 3;

    public int Read(int count)
    {
        var value = Peek(count);
        position += count;
        return value;
    }

    public readonly int Peek(int count)
    {
        var value = 0;
        for (var i = 0; i < 3; i++)
            if ((position >> 3) + i < bytes.Length) value |= bytes[(position >> 3) + i] << 8 * i;
        return value >> (position & 7) & (1 << count) - 1;
    }

    public void Skip(int count) => position += count;
}
