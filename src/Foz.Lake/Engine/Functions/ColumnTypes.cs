using System.Globalization;
using Foz.DuckDB;
using Foz.Lake.Data;
using Field = Foz.Lake.Data.Field;

namespace Foz.Lake.Engine.Functions;

/// <summary>How the types of columns are said to DuckDB, and what DuckDB's types become in a table.</summary>
public static class ColumnTypes
{
    /// <summary>DuckDB's type of a column.</summary>
    public static LogicalType ToLogicalType(DataType type) => type switch
    {
        DataType.Primitive primitive => LogicalType.Of(IdOf(primitive)),
        DataType.Decimal d => LogicalType.Decimal(d.Precision, d.Scale),
        DataType.Array array => LogicalType.List(ToLogicalType(array.Element)),
        DataType.Map map => LogicalType.Map(ToLogicalType(map.Key), ToLogicalType(map.Value)),
        DataType.Struct s => LogicalType.Struct(
            [.. s.Fields.Select(f => new Foz.DuckDB.Field(f.Name, ToLogicalType(f.Type)))]),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a type of a column"),
    };

    /// <summary>DuckDB's name of a column's type.</summary>
    public static string NameOf(DataType type) => ToLogicalType(type).ToString();

    /// <summary>
    /// The column that holds what DuckDB gives as <paramref name="type"/>. What Delta has no type for is kept as text,
    /// or as the next wider number, with DuckDB's own type noted.
    /// </summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">DuckDB's type.</param>
    /// <param name="ofNull">The type of what is NULL and nothing else; text by default.</param>
    public static Field ToField(string name, LogicalType type, DataType? ofNull = null)
    {
        var field = new Field(name, ToDataType(type, ofNull ?? DataType.String));
        return ToLogicalType(field.Type).Equals(type) ? field : field.WithSourceType(type.ToString());
    }

    /// <summary>The column of a type in DuckDB's words; null where they are no type.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="type">The type, such as <c>decimal(12,2)</c>.</param>
    public static Field? TryParse(string name, string type)
    {
        try
        {
            return ToField(name, LogicalType.Parse(type));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    static DataType ToDataType(LogicalType type, DataType ofNull) => type.Id switch
    {
        TypeId.Boolean => DataType.Boolean,
        TypeId.TinyInt => DataType.Byte,
        TypeId.SmallInt or TypeId.UTinyInt => DataType.Short,
        TypeId.Integer or TypeId.USmallInt => DataType.Integer,
        TypeId.BigInt or TypeId.UInteger => DataType.Long,
        TypeId.UBigInt => new DataType.Decimal(20, 0),
        TypeId.HugeInt => new DataType.Decimal(38, 0),
        TypeId.Float => DataType.Float,
        TypeId.Double => DataType.Double,
        TypeId.Decimal => new DataType.Decimal(type.Width, type.Scale),
        TypeId.Date => DataType.Date,
        TypeId.TimestampTz => DataType.Timestamp,
        TypeId.Timestamp or TypeId.TimestampS or TypeId.TimestampMs or TypeId.TimestampNs => DataType.TimestampNtz,
        TypeId.Blob => DataType.Binary,
        TypeId.Variant => DataType.Variant,
        TypeId.List or TypeId.Array => new DataType.Array(ToDataType(type.Element!, ofNull)),
        TypeId.Map => new DataType.Map(ToDataType(type.MapKey, ofNull), ToDataType(type.MapValue, ofNull)),
        TypeId.Struct => new DataType.Struct(
            [.. type.Fields.Select((f, i) => new Field(
                f.Name.Length > 0 ? f.Name : (i + 1).ToString(CultureInfo.InvariantCulture),
                ToDataType(f.Type, ofNull)))]),
        TypeId.SqlNull => ofNull,
        _ => DataType.String,
    };

    static TypeId IdOf(DataType.Primitive type) => type.Name switch
    {
        "boolean" => TypeId.Boolean,
        "byte" => TypeId.TinyInt,
        "short" => TypeId.SmallInt,
        "integer" => TypeId.Integer,
        "long" => TypeId.BigInt,
        "float" => TypeId.Float,
        "double" => TypeId.Double,
        "string" => TypeId.Varchar,
        "binary" => TypeId.Blob,
        "date" => TypeId.Date,
        "timestamp" => TypeId.TimestampTz,
        "timestamp_ntz" => TypeId.Timestamp,
        "variant" => TypeId.Variant,
        "void" => TypeId.SqlNull,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a primitive type"),
    };
}
