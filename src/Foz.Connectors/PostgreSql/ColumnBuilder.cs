using System.Text.Json;
using Foz.Lake.Data;
using Foz.Wire;

namespace Foz.Connectors.PostgreSql;

/// <summary>Gathers the values of one column, from PostgreSQL's binary form to a <see cref="Column"/>.</summary>
abstract class ColumnBuilder
{
    const int BitsPerWord = 64;

    ulong[]? validity;

    /// <summary>How many values there are.</summary>
    public int Count { get; protected set; }

    /// <summary>Appends a value.</summary>
    /// <param name="value">Its binary form.</param>
    /// <returns>False where the column's type cannot hold it; then nothing is appended.</returns>
    /// <exception cref="WireException">It is no binary form of the column's type.</exception>
    public abstract bool TryAppend(ReadOnlySpan<byte> value);

    /// <summary>Appends values, nulls among them.</summary>
    /// <param name="bytes">The bytes that they are among.</param>
    /// <param name="places">Where they are: the first place, and each <paramref name="step"/> after it.</param>
    /// <param name="step">How many places are from one to the next.</param>
    /// <returns>False where the column's type cannot hold one; those before it are appended.</returns>
    /// <exception cref="WireException">One is no binary form of the column's type.</exception>
    public virtual bool TryAppendAll(ReadOnlySpan<byte> bytes, ReadOnlySpan<ValuePlace> places, int step)
    {
        for (var i = 0; i < places.Length; i += step)
        {
            if (places[i].IsNull) AppendNull();
            else if (!TryAppend(places[i].Of(bytes))) return false;
        }

        return true;
    }

    /// <summary>Writes a value as JSON, whether the column's type can hold it or not.</summary>
    public abstract void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value);

    /// <summary>Appends null.</summary>
    public void AppendNull()
    {
        AppendEmpty(1);
        var row = Count - 1;
        HaveValidity(row);
        validity![row / BitsPerWord] &= ~(1UL << row % BitsPerWord);
    }

    /// <summary>Appends nulls.</summary>
    public void AppendNulls(int count)
    {
        if (count == 0) return;
        var first = Count;
        AppendEmpty(count);
        HaveValidity(Count - 1);
        for (var row = first; row < Count;)
        {
            // A word at once where all of it is null.
            var bits = Math.Min(BitsPerWord - row % BitsPerWord, Count - row);
            validity![row / BitsPerWord] &= ~(ulong.MaxValue >> BitsPerWord - bits << row % BitsPerWord);
            row += bits;
        }
    }

    /// <summary>Removes all values except the first ones.</summary>
    public void Truncate(int count)
    {
        for (var row = count; validity is not null && row < Count && row / BitsPerWord < validity.Length; row++)
            validity[row / BitsPerWord] |= 1UL << row % BitsPerWord;
        Count = count;
        TruncateValues();
    }

    /// <summary>Returns the values, and starts again without any.</summary>
    public Column Build()
    {
        if (validity is not null && (Count - 1) / BitsPerWord >= validity.Length) GrowValidity(Count - 1);
        var column = BuildValues(validity);
        validity = null;
        Count = 0;
        return column;
    }

    /// <summary>Appends values that are not read.</summary>
    protected abstract void AppendEmpty(int count);

    /// <summary>Forgets the values from <see cref="Count"/> on.</summary>
    protected abstract void TruncateValues();

    /// <summary>Hands the values over.</summary>
    protected abstract Column BuildValues(ulong[]? validity);

    void HaveValidity(int row)
    {
        if (validity is null)
        {
            validity = new ulong[Math.Max(row / BitsPerWord + 1, 16)];
            Array.Fill(validity, ulong.MaxValue);
        }

        if (row / BitsPerWord >= validity.Length) GrowValidity(row);
    }

    void GrowValidity(int row)
    {
        var words = validity!.Length;
        Array.Resize(ref validity, Math.Max(row / BitsPerWord + 1, 2 * words));
        validity.AsSpan(words).Fill(ulong.MaxValue);
    }
}

/// <summary>Reads PostgreSQL's binary form of a type whose values are of one size.</summary>
/// <typeparam name="T">What a column keeps.</typeparam>
interface IFixedReader<T> where T : unmanaged
{
    /// <summary>Reads a value; false where <typeparamref name="T"/> cannot hold it as the column's type asks.</summary>
    bool TryRead(ReadOnlySpan<byte> value, out T result);

    /// <summary>Writes a value as JSON.</summary>
    void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value);
}

/// <summary>Gathers values of one size.</summary>
/// <param name="reader">How a value is read; a struct, so that its code is inlined in the loop.</param>
sealed class FixedBuilder<T, TReader>(TReader reader) : ColumnBuilder
    where T : unmanaged
    where TReader : struct, IFixedReader<T>
{
    const int CapacityMin = 64;

    T[] values = [];
    int capacity = CapacityMin;

    public override bool TryAppend(ReadOnlySpan<byte> value)
    {
        if (!reader.TryRead(value, out var result)) return false;
        if (Count == values.Length) Grow(1);
        values[Count++] = result;
        return true;
    }

    public override bool TryAppendAll(ReadOnlySpan<byte> bytes, ReadOnlySpan<ValuePlace> places, int step)
    {
        var count = (places.Length + step - 1) / step;
        if (values.Length - Count < count) Grow(count);
        for (var i = 0; i < places.Length; i += step)
        {
            if (places[i].IsNull) AppendNull();
            else if (reader.TryRead(places[i].Of(bytes), out var result)) values[Count++] = result;
            else return false;
        }

        return true;
    }

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => reader.WriteJson(json, value);

    protected override void AppendEmpty(int count)
    {
        if (values.Length - Count < count) Grow(count);
        values.AsSpan(Count, count).Clear();
        Count += count;
    }

    protected override void TruncateValues() { }

    protected override Column BuildValues(ulong[]? validity)
    {
        var column = new FixedColumn<T>(values, validity);
        capacity = Math.Max(Count, CapacityMin);
        values = [];
        return column;
    }

    void Grow(int more)
    {
        // A batch after the first is likely to be as large as the one before it.
        var grown = GC.AllocateUninitializedArray<T>(Math.Max(Math.Max(capacity, 2 * values.Length), Count + more));
        values.AsSpan(0, Count).CopyTo(grown);
        values = grown;
    }
}

/// <summary>Turns PostgreSQL's binary form of a type into the bytes that a text or binary column keeps.</summary>
interface IBytesReader
{
    /// <summary>At most how many bytes a value becomes.</summary>
    int BytesMax(ReadOnlySpan<byte> value);

    /// <summary>Writes the bytes of a value; -1 where the column's type cannot hold them.</summary>
    int Read(ReadOnlySpan<byte> value, Span<byte> destination);

    /// <summary>Writes a value as JSON.</summary>
    void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value);
}

/// <summary>Gathers texts or bytes.</summary>
/// <param name="reader">How a value is read; a struct, so that its code is inlined in the loop.</param>
sealed class BytesBuilder<TReader>(TReader reader) : ColumnBuilder
    where TReader : struct, IBytesReader
{
    const int CapacityMin = 64;

    byte[] bytes = [];
    int[] offsets = [0];
    int length;
    int bytesCapacity = CapacityMin;
    int offsetsCapacity = CapacityMin;

    public override bool TryAppend(ReadOnlySpan<byte> value)
    {
        var bytesMax = reader.BytesMax(value);
        if (bytes.Length - length < bytesMax) Grow(bytesMax);
        var written = reader.Read(value, bytes.AsSpan(length, bytesMax));
        if (written < 0) return false;
        length += written;
        AppendEmpty(1);
        return true;
    }

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => reader.WriteJson(json, value);

    protected override void AppendEmpty(int count)
    {
        if (Count + count >= offsets.Length)
            Array.Resize(ref offsets, Math.Max(Math.Max(offsetsCapacity, 2 * offsets.Length), Count + count + 1));
        for (var i = 0; i < count; i++) offsets[++Count] = length;
    }

    protected override void TruncateValues() => length = offsets[Count];

    protected override Column BuildValues(ulong[]? validity)
    {
        var column = new BytesColumn(bytes, offsets, validity);
        bytesCapacity = Math.Max(length, CapacityMin);
        offsetsCapacity = Math.Max(Count + 1, CapacityMin);
        (bytes, offsets, length) = ([], [0], 0);
        return column;
    }

    void Grow(int bytesMore)
    {
        var least = (long)length + bytesMore;
        var wanted = Math.Max(least, bytes.Length == 0 ? bytesCapacity : 2L * bytes.Length);
        var grown = GC.AllocateUninitializedArray<byte>((int)Math.Min(wanted, Math.Max(least, Array.MaxLength)));
        bytes.AsSpan(0, length).CopyTo(grown);
        bytes = grown;
    }
}
