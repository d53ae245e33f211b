using System.Data.Common;
using System.Text.Unicode;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Gathers texts and bytes.</summary>
abstract class BytesReader : ReaderColumn
{
    int[] offsets = new int[1025];

    public override long TextBytes => Length;

    /// <summary>All values, one after the other.</summary>
    protected byte[] Bytes { get; private set; } = new byte[1024];

    /// <summary>How many bytes they are.</summary>
    protected int Length { get; private set; }

    protected override void AddDefault() => End(0);

    protected override Column Build(ulong[]? validity) => new BytesColumn(Bytes, offsets, validity);

    /// <summary>Makes place for so many bytes more.</summary>
    protected void Reserve(long count)
    {
        if (Bytes.Length - Length >= count) return;
        var bytes = Bytes;
        Array.Resize(ref bytes, (int)Math.Max(checked(Length + count), Math.Min(2L * bytes.Length, Array.MaxLength)));
        Bytes = bytes;
    }

    /// <summary>Ends a value of so many bytes.</summary>
    protected bool End(int count)
    {
        Length += count;
        if (Count + 1 == offsets.Length) Array.Resize(ref offsets, 2 * offsets.Length);
        offsets[Count + 1] = Length;
        return true;
    }
}

/// <summary>Gathers bytes that a getter of the reader returns.</summary>
/// <param name="read">The getter.</param>
sealed class BytesGetterReader(Func<DbDataReader, int, byte[]> read) : BytesReader
{
    protected override bool TryAdd(DbDataReader reader, int ordinal)
    {
        var value = read(reader, ordinal);
        Reserve(value.Length);
        value.CopyTo(Bytes, Length);
        return End(value.Length);
    }
}

/// <summary>Gathers bytes straight from the reader's buffer.</summary>
/// <param name="isText">Whether they must be UTF-8.</param>
sealed class DirectBytesReader(bool isText) : BytesReader
{
    const int SpaceMin = 256;

    protected override bool TryAdd(DbDataReader reader, int ordinal)
    {
        Reserve(SpaceMin);
        var space = Bytes.Length - Length;
        var count = reader.GetBytes(ordinal, 0, Bytes, Length, space);
        if (count == space)
        {
            // There may be more.
            count = reader.GetBytes(ordinal, 0, null, 0, 0);
            Reserve(count);
            count = reader.GetBytes(ordinal, 0, Bytes, Length, (int)count);
        }
        if (isText && !Utf8.IsValid(Bytes.AsSpan(Length, (int)count)))
            throw new InvalidCastException("the value is no valid text: convert it in a query, or read it as bytes");
        return End((int)count);
    }
}
