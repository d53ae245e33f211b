using Foz.DuckDB;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;

namespace Foz.Lake.Engine;

/// <summary>A column of a statement's rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">DuckDB's type of it.</param>
public sealed record EngineColumn(string Name, LogicalType Type)
{
    /// <summary>Whether its values are numbers.</summary>
    public bool IsNumber => IsInteger || IsDecimal || Type.Id is TypeId.Float or TypeId.Double or TypeId.BigNum;

    /// <summary>Whether its values are whole numbers of some bits.</summary>
    public bool IsInteger =>
        Type.Id is TypeId.TinyInt or TypeId.SmallInt or TypeId.Integer or TypeId.BigInt or TypeId.HugeInt
            or TypeId.UTinyInt or TypeId.USmallInt or TypeId.UInteger or TypeId.UBigInt or TypeId.UHugeInt;

    /// <summary>Whether its values are made of others.</summary>
    public bool IsNested => Type.Id is TypeId.List or TypeId.Array or TypeId.Struct or TypeId.Map;

    /// <summary>Whether its values are decimals of some digits.</summary>
    public bool IsDecimal => Type.Id is TypeId.Decimal;

    /// <summary>Whether it is a number with a binary point.</summary>
    public bool IsFloat => Type.Id is TypeId.Float or TypeId.Double;

    /// <summary>Whether its values are dates or times.</summary>
    public bool IsTime => Type.Id is TypeId.Date or TypeId.Time or TypeId.TimeTz or TypeId.TimeNs or TypeId.Timestamp
        or TypeId.TimestampS or TypeId.TimestampMs or TypeId.TimestampNs or TypeId.TimestampTz;

    /// <summary>Whether it is NULL and nothing else, as <see cref="UntypedNulls"/> finds out.</summary>
    public bool IsNull => Type.Id is TypeId.SqlNull;

    /// <summary>Whether its values are texts of JSON.</summary>
    public bool IsJson => Type.Alias is "JSON";

    /// <summary>DuckDB's type of it, as SQL writes it.</summary>
    public string TypeName => Type.ToString();

    /// <summary>The column of a table that holds it.</summary>
    /// <param name="ofNull">The type of what is NULL and nothing else; text by default.</param>
    public Foz.Lake.Data.Field ToField(DataType? ofNull = null) => ColumnTypes.ToField(Name, Type, ofNull);
}
