using System.Globalization;
using System.Text;
using Foz.Lake.Data;
using Foz.Wire.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>
/// Gathers the values of one column. A value is staged first, and counts with <see cref="Commit"/>: a row of which one
/// column cannot hold its value leaves nothing in the others.
/// </summary>
abstract class DocumentValues
{
    const int BitsPerWord = 64;
    ulong[]? validity;
    bool isNull;

    /// <summary>How many values there are.</summary>
    protected int Count { get; private set; }

    /// <summary>Stages a value.</summary>
    /// <returns>False where the column cannot hold it.</returns>
    /// <exception cref="Foz.Wire.WireException">It is not BSON, or has a text that is not UTF-8.</exception>
    public bool Stage(BsonType type, ReadOnlySpan<byte> value)
    {
        isNull = false;
        return StageValue(type, value);
    }

    /// <summary>Stages null.</summary>
    public void StageNull()
    {
        isNull = true;
        StageDefault();
    }

    /// <summary>Takes what is staged.</summary>
    public void Commit()
    {
        if (isNull && validity is null)
        {
            validity = new ulong[Count / BitsPerWord + 1];
            Array.Fill(validity, ulong.MaxValue);
        }
        if (validity is not null)
        {
            if (Count / BitsPerWord >= validity.Length) Grow();
            if (isNull) validity[Count / BitsPerWord] &= ~(1UL << Count % BitsPerWord);
        }
        CommitValue();
        Count++;
    }

    /// <summary>The column, once.</summary>
    public Column Build() => Build(validity);

    /// <summary>Stages a value that is not null.</summary>
    protected abstract bool StageValue(BsonType type, ReadOnlySpan<byte> value);

    /// <summary>Stages what stands where the row is null.</summary>
    protected abstract void StageDefault();

    /// <summary>Takes what is staged.</summary>
    protected abstract void CommitValue();

    /// <summary>The column.</summary>
    protected abstract Column Build(ulong[]? validity);

    void Grow()
    {
        var words = validity!.Length;
        Array.Resize(ref validity, 2 * words);
        validity.AsSpan(words).Fill(ulong.MaxValue);
    }
}

/// <summary>Values of one size.</summary>
sealed class FixedValues<T>(DocumentReader<T> read) : DocumentValues
    where T : unmanaged
{
    T[] values = new T[1024];

    /// <inheritdoc/>
    protected override bool StageValue(BsonType type, ReadOnlySpan<byte> value)
    {
        Reserve();
        return read(type, value, out values[Count]);
    }

    /// <inheritdoc/>
    protected override void StageDefault()
    {
        Reserve();
        values[Count] = default;
    }

    /// <inheritdoc/>
    protected override void CommitValue() { }

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new FixedColumn<T>(values, validity);

    void Reserve()
    {
        if (Count == values.Length) Array.Resize(ref values, 2 * values.Length);
    }
}

/// <summary>Takes the bytes of a value.</summary>
interface IBytesTarget
{
    /// <summary>Adds the bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>Writes a value as bytes; false where the column cannot hold it.</summary>
delegate bool DocumentWriter(BsonType type, ReadOnlySpan<byte> value, IBytesTarget target);

/// <summary>Texts, or bytes.</summary>
sealed class BytesValues(DocumentWriter write) : DocumentValues, IBytesTarget
{
    byte[] bytes = new byte[1024];
    int[] offsets = new int[1025];
    int length;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (this.bytes.Length - length < bytes.Length)
            Array.Resize(
                ref this.bytes, (int)Math.Min(Math.Max((long)length + bytes.Length, 2L * this.bytes.Length),
                    Math.Max((long)length + bytes.Length, Array.MaxLength)));
        bytes.CopyTo(this.bytes.AsSpan(length));
        length += bytes.Length;
    }

    /// <inheritdoc/>
    protected override bool StageValue(BsonType type, ReadOnlySpan<byte> value)
    {
        length = offsets[Count];
        return write(type, value, this);
    }

    /// <inheritdoc/>
    protected override void StageDefault() => length = offsets[Count];

    /// <inheritdoc/>
    protected override void CommitValue()
    {
        if (Count + 1 == offsets.Length) Array.Resize(ref offsets, 2 * offsets.Length);
        offsets[Count + 1] = length;
    }

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new BytesColumn(bytes, offsets, validity);
}

/// <summary>The text of values, as columns without a type hold it.</summary>
static class DocumentText
{
    const byte GenericBinary = 0x00, Uuid = 0x04;
    const int UuidBytes = 16;

    /// <summary>Writes a value as text.</summary>
    /// <param name="json">Writes what has no text of its own.</param>
    /// <param name="type">The value's type.</param>
    /// <param name="value">The value.</param>
    /// <param name="target">Takes the text.</param>
    public static bool Write(ExtendedJson json, BsonType type, ReadOnlySpan<byte> value, IBytesTarget target)
    {
        if (type is BsonType.String or BsonType.Symbol) target.Write(BsonValue.Text(value));
        else if (Of(type, value) is { } text) target.Write(Encoding.ASCII.GetBytes(text));
        else target.Write(json.Write(type, value));
        return true;
    }

    /// <summary>The text of a value; null where it has none of its own.</summary>
    static string? Of(BsonType type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case BsonType.Int32:
                return BsonValue.Int32(value).ToString(CultureInfo.InvariantCulture);
            case BsonType.Int64:
                return BsonValue.Int64(value).ToString(CultureInfo.InvariantCulture);
            case BsonType.Double:
                return ExtendedJson.DoubleText(BsonValue.Double(value));
            case BsonType.Decimal128:
                return BsonDecimal.Read(value).ToString();
            case BsonType.Boolean:
                return BsonValue.Boolean(value) ? "true" : "false";
            case BsonType.ObjectId:
                return Convert.ToHexStringLower(value);
            case BsonType.Date when BsonValue.Int64(value) is var instant && DocumentReaders.IsUsual(instant):
                return ExtendedJson.DateText(instant);
            case BsonType.Binary:
                var bytes = BsonValue.Binary(value, out var subtype);
                return (subtype, bytes.Length) switch
                {
                    (Uuid, UuidBytes) => new Guid(bytes, bigEndian: true).ToString(),
                    (GenericBinary, _) => Convert.ToHexStringLower(bytes),
                    _ => null,
                };
            default:
                return null;
        }
    }
}
