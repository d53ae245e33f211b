using Foz.DuckDB;
using Foz.Serving.PostgreSql.Types;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire.Rows;

/// <summary>Which encoder writes which of DuckDB's types as which of PostgreSQL's, and how.</summary>
static class ColumnEncoders
{
    /// <summary>Creates the encoder of a column.</summary>
    /// <param name="type">DuckDB's type of its vectors.</param>
    /// <param name="oid">PostgreSQL's type that was described to the client.</param>
    /// <param name="format">How the values are written.</param>
    /// <param name="frame">The framing of the values.</param>
    /// <param name="zone">The session's clock.</param>
    public static ColumnEncoder Create(
        LogicalType type, uint oid, ValueFormat format, ColumnFrame frame, ClockZone zone)
    {
        var context = new FormatContext(type.Scale, zone);
        var value = format is ValueFormat.Binary ? Binary(type, oid, context) : Text(type, oid, context);
        return value switch
        {
            IPlainValue plain when frame.TakesPlain => plain.ToColumn(context, frame),
            BytesValue => new BytesColumn(frame),
            _ => new ScratchColumn(value, frame),
        };
    }

    static ValueEncoder Text(LogicalType type, uint oid, FormatContext context) => type.Id switch
    {
        TypeId.Boolean => new PlainValue<bool, TextFormats.Bool>(context),
        TypeId.TinyInt => Number<sbyte>(context),
        TypeId.SmallInt => Number<short>(context),
        TypeId.Integer => Number<int>(context),
        TypeId.BigInt => Number<long>(context),
        TypeId.UTinyInt => Number<byte>(context),
        TypeId.USmallInt => Number<ushort>(context),
        TypeId.UInteger => Number<uint>(context),
        TypeId.UBigInt => Number<ulong>(context),
        TypeId.HugeInt => Number<Int128>(context),
        TypeId.UHugeInt => Number<UInt128>(context),
        TypeId.Decimal when PgTypes.HasNoDigits(type) =>
            new PlainValue<Int128, TextFormats.NumericWithoutDigits>(context),
        TypeId.Decimal => type.Width switch
        {
            <= 4 => Number<short>(context),
            <= 9 => Number<int>(context),
            <= 18 => Number<long>(context),
            _ => Number<Int128>(context),
        },
        TypeId.Float => new PlainValue<float, TextFormats.Float4>(context),
        TypeId.Double => new PlainValue<double, TextFormats.Float8>(context),
        TypeId.Date => new PlainValue<Date, TextFormats.DateFormat>(context),
        TypeId.Time => new PlainValue<Time, TextFormats.TimeFormat>(context),
        TypeId.TimeNs => new PlainValue<TimeNs, TextFormats.TimeNsFormat>(context),
        TypeId.TimeTz => new PlainValue<TimeTz, TextFormats.TimetzFormat>(context),
        TypeId.Timestamp => new PlainValue<long, TextFormats.TimestampFormat<BinaryFormats.Micros>>(context),
        TypeId.TimestampS => new PlainValue<long, TextFormats.TimestampFormat<BinaryFormats.Seconds>>(context),
        TypeId.TimestampMs => new PlainValue<long, TextFormats.TimestampFormat<BinaryFormats.Millis>>(context),
        TypeId.TimestampNs => new PlainValue<long, TextFormats.TimestampFormat<BinaryFormats.Nanos>>(context),
        TypeId.TimestampTz => new PlainValue<TimestampTz, TextFormats.TimestamptzFormat>(context),
        TypeId.Interval => new PlainValue<Interval, TextFormats.IntervalFormat>(context),
        TypeId.Uuid => new PlainValue<Int128, TextFormats.UuidFormat>(context),
        TypeId.Varchar => new BytesValue(),
        TypeId.Blob or TypeId.Geometry => new HexValue(),
        TypeId.Enum => new EnumValue(type),
        TypeId.List or TypeId.Array when oid is TypeOids.Int2Vector or TypeOids.OidVector =>
            new ArrayTextValue(Text(type.Element!, TypeOids.ElementOf(oid), context), divider: ' ', hasBraces: false),
        TypeId.List or TypeId.Array when TypeOids.ElementOf(oid) is not 0 and var element =>
            new ArrayTextValue(Text(type.Element!, element, new(type.Element!.Scale, context.Zone))),
        TypeId.List or TypeId.Array or TypeId.Struct or TypeId.Map or TypeId.Union or TypeId.Variant =>
            new JsonValue([]),
        _ => new ObjectText(),
    };

    static ValueEncoder Binary(LogicalType type, uint oid, FormatContext context) => (type.Id, oid) switch
    {
        (TypeId.Boolean, TypeOids.Bool) => new PlainValue<bool, BinaryFormats.Bool>(context),
        (TypeId.TinyInt, _) => Integer<sbyte>(oid, type, context),
        (TypeId.SmallInt, _) => Integer<short>(oid, type, context),
        (TypeId.Integer, _) => Integer<int>(oid, type, context),
        (TypeId.BigInt, _) => Integer<long>(oid, type, context),
        (TypeId.UTinyInt, _) => Integer<byte>(oid, type, context),
        (TypeId.USmallInt, _) => Integer<ushort>(oid, type, context),
        (TypeId.UInteger, _) => Integer<uint>(oid, type, context),
        (TypeId.UBigInt, TypeOids.Numeric) => Numeric<ulong>(context),
        (TypeId.HugeInt, TypeOids.Numeric) => Numeric<Int128>(context),
        (TypeId.UHugeInt, TypeOids.Numeric) => Numeric<UInt128>(context),
        (TypeId.BigNum, TypeOids.Numeric) => new BigNumValue(),
        (TypeId.Decimal, TypeOids.Numeric) when PgTypes.HasNoDigits(type) =>
            new PlainValue<Int128, BinaryFormats.NumericWithoutDigits>(context),
        (TypeId.Decimal, TypeOids.Numeric) => type.Width switch
        {
            <= 4 => Numeric<short>(context),
            <= 9 => Numeric<int>(context),
            <= 18 => Numeric<long>(context),
            _ => Numeric<Int128>(context),
        },
        (TypeId.Float, TypeOids.Float4) => new PlainValue<float, BinaryFormats.Float4>(context),
        (TypeId.Double, TypeOids.Float8) => new PlainValue<double, BinaryFormats.Float8>(context),
        (TypeId.Blob or TypeId.Geometry, TypeOids.Bytea) => new BytesValue(),
        (TypeId.Uuid, TypeOids.Uuid) => new PlainValue<Int128, BinaryFormats.UuidFormat>(context),
        (TypeId.Varchar, TypeOids.Jsonb) => new VersionedBytesValue(),
        (TypeId.Varchar, _) => new BytesValue(),
        (TypeId.List or TypeId.Array, _) when TypeOids.ElementOf(oid) is not 0 and var element => new ArrayBinaryValue(
            Binary(type.Element!, element, new(type.Element!.Scale, context.Zone)), element,
            oid is TypeOids.Int2Vector or TypeOids.OidVector ? 0 : 1),
        (_, TypeOids.Jsonb) => new JsonValue([1]),
        _ => Time(type, oid, context),
    };

    static ValueEncoder Time(LogicalType type, uint oid, FormatContext context) => (type.Id, oid) switch
    {
        (TypeId.Date, TypeOids.Date) => new PlainValue<Date, BinaryFormats.DateFormat>(context),
        (TypeId.Time, TypeOids.Time) => new PlainValue<Time, BinaryFormats.TimeFormat>(context),
        (TypeId.TimeNs, TypeOids.Time) => new PlainValue<TimeNs, BinaryFormats.TimeNsFormat>(context),
        (TypeId.TimeTz, TypeOids.Timetz) => new PlainValue<TimeTz, BinaryFormats.TimetzFormat>(context),
        (TypeId.Timestamp, TypeOids.Timestamp) or (TypeId.TimestampTz, TypeOids.Timestamptz) =>
            new PlainValue<long, BinaryFormats.TimestampFormat<BinaryFormats.Micros>>(context),
        (TypeId.TimestampS, TypeOids.Timestamp) =>
            new PlainValue<long, BinaryFormats.TimestampFormat<BinaryFormats.Seconds>>(context),
        (TypeId.TimestampMs, TypeOids.Timestamp) =>
            new PlainValue<long, BinaryFormats.TimestampFormat<BinaryFormats.Millis>>(context),
        (TypeId.TimestampNs, TypeOids.Timestamp) =>
            new PlainValue<long, BinaryFormats.TimestampFormat<BinaryFormats.Nanos>>(context),
        (TypeId.Interval, TypeOids.Interval) => new PlainValue<Interval, BinaryFormats.IntervalFormat>(context),
        // Text types look the same in both formats.
        _ => Text(type, oid, context),
    };

    /// <summary>Creates the encoder of an integer in the width of the type that was described to the client.</summary>
    static ValueEncoder Integer<T>(uint oid, LogicalType type, FormatContext context)
        where T : unmanaged, System.Numerics.IBinaryInteger<T> => oid switch
        {
            TypeOids.Int2 => new PlainValue<T, BinaryFormats.Int2<T>>(context),
            TypeOids.Int8 => new PlainValue<T, BinaryFormats.Int8<T>>(context),
            TypeOids.Numeric => Numeric<T>(context),
            _ when TypeOids.BytesOf(oid) == sizeof(int) => new PlainValue<T, BinaryFormats.Int4<T>>(context),
            _ => Text(type, oid, context),
        };

    static PlainValue<T, TextFormats.Number<T>> Number<T>(FormatContext context)
        where T : unmanaged, System.Numerics.IBinaryInteger<T> => new(context);

    static PlainValue<T, BinaryFormats.Numeric<T>> Numeric<T>(FormatContext context)
        where T : unmanaged, System.Numerics.IBinaryInteger<T> => new(context);
}
