using Foz.DuckDB;
using Foz.Serving.Trino.Types;

namespace Foz.Server.Trino.Rows;

/// <summary>What writes values of which type.</summary>
static class JsonWriters
{
    const long Micros = 1_000_000, Millis = 1000, Nanos = 1_000_000_000;

    /// <summary>Returns the writer for a column.</summary>
    /// <param name="type">DuckDB's type of its vectors.</param>
    /// <param name="described">The type that was described to the client.</param>
    public static JsonValueWriter Of(LogicalType type, TrinoType described) => type.Id switch
    {
        TypeId.Boolean => new BooleanJson(),
        TypeId.TinyInt => new IntegerJson<sbyte>(),
        TypeId.SmallInt => new IntegerJson<short>(),
        TypeId.Integer => new IntegerJson<int>(),
        TypeId.BigInt => new IntegerJson<long>(),
        TypeId.UTinyInt => new IntegerJson<byte>(),
        TypeId.USmallInt => new IntegerJson<ushort>(),
        TypeId.UInteger => new IntegerJson<uint>(),
        TypeId.HugeInt => new WideJson<Int128>(),
        TypeId.UBigInt => new WideJson<ulong>(),
        TypeId.Decimal => new DecimalJson(type.Scale),
        TypeId.Float => new FloatJson<float>(),
        TypeId.Double => new FloatJson<double>(),
        TypeId.Varchar => new TextJson(),
        TypeId.Blob => new BytesJson(),
        TypeId.Uuid => new UuidJson(),
        TypeId.Interval => new IntervalJson(),
        TypeId.List => new ListJson(Of(type.Element!, described.Parts[0]), fixedSize: 0),
        TypeId.Array => new ListJson(Of(type.Element!, described.Parts[0]), type.ArraySize),
        TypeId.Map => new MapJson(Of(type.MapKey, described.Parts[0]), Of(type.MapValue, described.Parts[1])),
        TypeId.Struct => new RowJson([.. type.Fields.Select((field, i) => Of(field.Type, described.Parts[i]))]),
        TypeId.Union or TypeId.Variant => new ObjectJson(isJson: true),
        _ => OfTime(type.Id, described.FractionDigits ?? 0) ?? new ObjectJson(isJson: false),
    };

    static JsonValueWriter? OfTime(TypeId type, int digits) => type switch
    {
        TypeId.Date => new DateJson(),
        TypeId.Time => new TimeJson(Micros, digits),
        TypeId.TimeNs => new TimeJson(Nanos, digits),
        TypeId.TimeTz => new TimeTzJson(digits),
        TypeId.Timestamp => new TimestampJson(Micros, digits, isInstant: false),
        TypeId.TimestampS => new TimestampJson(1, digits, isInstant: false),
        TypeId.TimestampMs => new TimestampJson(Millis, digits, isInstant: false),
        TypeId.TimestampNs => new TimestampJson(Nanos, digits, isInstant: false),
        TypeId.TimestampTz => new TimestampJson(Micros, digits, isInstant: true),
        _ => null,
    };
}
