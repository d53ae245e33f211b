namespace Foz.Wire.MySql.Binlog;

/// <summary>A column as the description of its table has it.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Length">
/// What narrows the type: the bytes of a text, the bits of <see cref="BinlogColumnType.Bit"/>, the bytes of a value of
/// <see cref="BinlogColumnType.Enum"/> and <see cref="BinlogColumnType.Set"/>, the digits of
/// <see cref="BinlogColumnType.Decimal"/>, the bytes of a length of <see cref="BinlogColumnType.Blob"/>.
/// </param>
/// <param name="Scale">The digits of a decimal or of seconds after the point.</param>
public readonly record struct BinlogColumn(BinlogColumnType Type, int Length, int Scale)
{
    const int ShortLengthMax = byte.MaxValue, BitsPerByte = 8;
    const int SecondsDigitsMax = 6, DecimalDigitsMax = 65, DecimalScaleMax = 30, BitsMax = 64, PackBytesMax = 8;
    const int LengthBytesMax = 4;

    /// <summary>Gets whether the server says if values have a sign: also of years, which have none.</summary>
    internal bool HasSign => Type is BinlogColumnType.Tiny or BinlogColumnType.Short or BinlogColumnType.Int24
        or BinlogColumnType.Long or BinlogColumnType.LongLong or BinlogColumnType.Decimal or BinlogColumnType.Float
        or BinlogColumnType.Double or BinlogColumnType.Year;

    /// <summary>Gets whether values are texts, or bytes, with a collation.</summary>
    internal bool IsText => Type is BinlogColumnType.VarChar or BinlogColumnType.VarString or BinlogColumnType.String
        or BinlogColumnType.Blob or BinlogColumnType.BlobCompressed or BinlogColumnType.VarCharCompressed;

    /// <summary>Gets how many bytes are in front of a value to state its length; 0 where all have one size.</summary>
    internal int LengthBytes => Type switch
    {
        BinlogColumnType.VarChar or BinlogColumnType.VarString or BinlogColumnType.String
            or BinlogColumnType.VarCharCompressed => Length > ShortLengthMax ? 2 : 1,
        BinlogColumnType.Blob or BinlogColumnType.Json or BinlogColumnType.Geometry or BinlogColumnType.Vector
            or BinlogColumnType.BlobCompressed => Length,
        _ => 0,
    };

    /// <summary>Gets how many bytes a value has where all have one size.</summary>
    internal int ValueBytes => Type switch
    {
        BinlogColumnType.Tiny or BinlogColumnType.Year => 1,
        BinlogColumnType.Short => 2,
        BinlogColumnType.Int24 or BinlogColumnType.Date or BinlogColumnType.NewDate or BinlogColumnType.OldTime => 3,
        BinlogColumnType.Long or BinlogColumnType.Float or BinlogColumnType.OldTimestamp => 4,
        BinlogColumnType.LongLong or BinlogColumnType.Double or BinlogColumnType.OldDateTime => 8,
        BinlogColumnType.Timestamp => 4 + (Scale + 1) / 2,
        BinlogColumnType.DateTime => 5 + (Scale + 1) / 2,
        BinlogColumnType.Time => 3 + (Scale + 1) / 2,
        BinlogColumnType.Decimal => BinlogDecimal.BytesOf(Length, Scale),
        BinlogColumnType.Bit => (Length + BitsPerByte - 1) / BitsPerByte,
        BinlogColumnType.Enum or BinlogColumnType.Set => Length,
        _ => 0,
    };

    /// <summary>Reads what the description of a table says of a column of a type.</summary>
    internal static BinlogColumn Read(byte type, ref ByteReader metadata)
    {
        var column = ReadUnchecked(type, ref metadata);
        var isPossible = column.Type switch
        {
            BinlogColumnType.Timestamp or BinlogColumnType.DateTime or BinlogColumnType.Time =>
                column.Scale <= SecondsDigitsMax,
            BinlogColumnType.Decimal => column.Length is > 0 and <= DecimalDigitsMax
                && column.Scale <= Math.Min(column.Length, DecimalScaleMax),
            BinlogColumnType.Bit => column.Length is > 0 and <= BitsMax,
            BinlogColumnType.Enum => column.Length is 1 or 2,
            BinlogColumnType.Set => column.Length is > 0 and <= PackBytesMax,
            BinlogColumnType.Blob or BinlogColumnType.Json or BinlogColumnType.Geometry or BinlogColumnType.Vector
                or BinlogColumnType.BlobCompressed => column.Length is > 0 and <= LengthBytesMax,
            _ => true,
        };
        return isPossible ? column : throw metadata.Fault($"has a column that is no {column.Type}: {column}");
    }

    static BinlogColumn ReadUnchecked(byte code, ref ByteReader metadata)
    {
        var type = (BinlogColumnType)code;
        switch (type)
        {
            case BinlogColumnType.Float or BinlogColumnType.Double:
                metadata.ReadByte();
                return new(type, 0, 0);
            case BinlogColumnType.Timestamp or BinlogColumnType.DateTime or BinlogColumnType.Time:
                return new(type, 0, metadata.ReadByte());
            case BinlogColumnType.Blob or BinlogColumnType.Json or BinlogColumnType.Geometry
                or BinlogColumnType.Vector or BinlogColumnType.BlobCompressed:
                return new(type, metadata.ReadByte(), 0);
            case BinlogColumnType.VarChar or BinlogColumnType.VarCharCompressed:
                return new(type, metadata.ReadUInt16(), 0);
            case BinlogColumnType.Bit:
                int bits = metadata.ReadByte();
                return new(type, metadata.ReadByte() * BitsPerByte + bits, 0);
            case BinlogColumnType.Decimal:
                int digits = metadata.ReadByte();
                return new(type, digits, metadata.ReadByte());
            case BinlogColumnType.String or BinlogColumnType.VarString or BinlogColumnType.Enum
                or BinlogColumnType.Set:
                return ReadString(ref metadata);
            case BinlogColumnType.Tiny or BinlogColumnType.Short or BinlogColumnType.Int24 or BinlogColumnType.Long
                or BinlogColumnType.LongLong or BinlogColumnType.OldTimestamp or BinlogColumnType.Date
                or BinlogColumnType.OldTime or BinlogColumnType.OldDateTime or BinlogColumnType.Year
                or BinlogColumnType.NewDate:
                return new(type, 0, 0);
            default:
                throw new WireException(
                    WireErrorKind.Unsupported, $"TableMap: columns of the type {code} are not supported");
        }
    }

    /// <summary>Texts of one length: the type itself is in the metadata, with two bits of the length.</summary>
    static BinlogColumn ReadString(ref ByteReader metadata)
    {
        const int LengthBits = 0x30;
        int type = metadata.ReadByte(), length = metadata.ReadByte();
        if ((type & LengthBits) != LengthBits)
        {
            length |= ((type & LengthBits) ^ LengthBits) << 4;
            type |= LengthBits;
        }

        return (BinlogColumnType)type is BinlogColumnType.String or BinlogColumnType.VarString or BinlogColumnType.Enum
            or BinlogColumnType.Set
            ? new((BinlogColumnType)type, length, 0)
            : throw metadata.Fault($"has a text of the type {type}");
    }
}
