using System.Buffers;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Serving.Copying;

/// <summary>Reads a value of one size.</summary>
/// <typeparam name="T">What a column keeps of it.</typeparam>
/// <param name="value">The value as the client sends it.</param>
delegate T FixedValue<out T>(ReadOnlySpan<byte> value)
    where T : unmanaged;

/// <summary>Writes a text or bytes as a column keeps them.</summary>
/// <param name="value">The value as the client sends it.</param>
/// <param name="destination">Where to.</param>
delegate void BytesValue(ReadOnlySpan<byte> value, IBufferWriter<byte> destination);

/// <summary>Gathers the values of a column that a client sends.</summary>
abstract class CopyColumn
{
    const int BitsPerWord = 64;

    ulong[]? validity;

    /// <summary>How many values there are.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a value.</summary>
    /// <exception cref="FozException">It is none of the column's type.</exception>
    /// <exception cref="Foz.Wire.WireException">It is not in the binary form of the type.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        Write(value);
        Count++;
    }

    /// <summary>Appends NULL.</summary>
    public void AppendNull()
    {
        WriteEmpty();
        var words = (Count / BitsPerWord) + 1;
        if (validity is null || validity.Length < words)
        {
            var before = validity?.Length ?? 0;
            Array.Resize(ref validity, Math.Max(words, 2 * before));
            validity.AsSpan(before).Fill(ulong.MaxValue);
        }
        validity[words - 1] &= ~(1UL << (Count % BitsPerWord));
        Count++;
    }

    /// <summary>Returns the values, and starts again with none.</summary>
    public Column Build()
    {
        var words = (Count + BitsPerWord - 1) / BitsPerWord;
        if (validity is not null && validity.Length < words)
        {
            var before = validity.Length;
            Array.Resize(ref validity, words);
            validity.AsSpan(before).Fill(ulong.MaxValue);
        }
        var column = Build(validity);
        (validity, Count) = (null, 0);
        return column;
    }

    /// <summary>Appends a value.</summary>
    protected abstract void Write(ReadOnlySpan<byte> value);

    /// <summary>Writes a value that is not read.</summary>
    protected abstract void WriteEmpty();

    /// <summary>Hands the values over.</summary>
    protected abstract Column Build(ulong[]? validity);
}

/// <summary>Gathers values of one size.</summary>
/// <param name="read">How a value is read.</param>
sealed class FixedCopyColumn<T>(FixedValue<T> read) : CopyColumn
    where T : unmanaged
{
    T[] values = [];

    protected override void Write(ReadOnlySpan<byte> value)
    {
        var result = read(value);
        if (Count == values.Length) Array.Resize(ref values, Math.Max(64, 2 * values.Length));
        values[Count] = result;
    }

    protected override void WriteEmpty()
    {
        if (Count == values.Length) Array.Resize(ref values, Math.Max(64, 2 * values.Length));
        values[Count] = default;
    }

    protected override Column Build(ulong[]? validity)
    {
        var column = new FixedColumn<T>(values, validity);
        values = [];
        return column;
    }
}

/// <summary>Gathers texts or bytes.</summary>
/// <param name="write">How a value is written; null for as it is.</param>
sealed class BytesCopyColumn(BytesValue? write) : CopyColumn
{
    readonly ArrayBufferWriter<byte> bytes = new();
    int[] offsets = [0];

    protected override void Write(ReadOnlySpan<byte> value)
    {
        if (write is null) bytes.Write(value);
        else write(value, bytes);
        WriteEmpty();
    }

    protected override void WriteEmpty()
    {
        if (Count + 1 == offsets.Length) Array.Resize(ref offsets, Math.Max(64, 2 * offsets.Length));
        offsets[Count + 1] = bytes.WrittenCount;
    }

    protected override Column Build(ulong[]? validity)
    {
        var column = new BytesColumn(bytes.WrittenMemory.ToArray(), offsets, validity);
        bytes.ResetWrittenCount();
        offsets = [0];
        return column;
    }
}
