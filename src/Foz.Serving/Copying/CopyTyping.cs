using Foz.DuckDB;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Tables;
using Field = Foz.Lake.Data.Field;

namespace Foz.Serving.Copying;

/// <summary>How the values of a column are read: what is gathered of them, and what the engine makes of that.</summary>
/// <param name="Gathered">The values as they are gathered.</param>
/// <param name="Type">Their type.</param>
/// <param name="Cast">What the engine makes of one, NULL where it is none; null where it stays unchanged.</param>
/// <param name="PgName">What PostgreSQL calls the column's type.</param>
sealed record CopyTyping(CopyColumn Gathered, DataType Type, Func<string, string>? Cast, string PgName)
{
    /// <summary>How values of a column are read.</summary>
    /// <param name="column">The column.</param>
    /// <param name="isBinary">Whether they are in binary form, not text.</param>
    public static CopyTyping Of(Field column, bool isBinary) => (DeclaredColumns.TypeOf(column), column.Type) switch
    {
        ({ Id: TypeId.Uuid }, _) => ByFunction(DeclaredTexts.Uuid, isBinary ? CopyBinary.Uuid : null, "uuid"),
        ({ Alias: "JSON" }, _) => ByFunction(DeclaredTexts.Jsonb, isBinary ? CopyBinary.Jsonb : null, "json"),
        (_, DataType.Decimal) when DeclaredColumns.IsDeclared(column) => new(
            new BytesCopyColumn(isBinary ? CopyBinary.Numeric : null), DataType.String,
            value => $"{DeclaredTexts.Numeric}({value}, 'VARCHAR')", "numeric"),
        ({ Element.Id: TypeId.Uuid }, DataType.Array array) when isBinary =>
            ByJson(array, CopyBinary.Array(DataType.String, isOfUuids: true)),
        _ => Of(column.Type, isBinary),
    };

    static CopyTyping ByFunction(string function, BytesValue? write, string name) =>
        new(new BytesCopyColumn(write), DataType.String, value => $"TRY({function}({value}))", name);

    /// <summary>How values of a type are read.</summary>
    /// <param name="type">The type.</param>
    /// <param name="isBinary">Whether they are in binary form, not text.</param>
    public static CopyTyping Of(DataType type, bool isBinary) => type switch
    {
        DataType.Primitive { Name: "boolean" } =>
            Fixed<byte>(type, isBinary ? CopyBinary.Boolean : CopyText.Boolean, "boolean"),
        DataType.Primitive { Name: "byte" } =>
            Fixed(type, isBinary ? CopyBinary.Byte : CopyText.Whole<sbyte>("tinyint"), "smallint"),
        DataType.Primitive { Name: "short" } =>
            Fixed(type, isBinary ? CopyBinary.Short : CopyText.Whole<short>("smallint"), "smallint"),
        DataType.Primitive { Name: "integer" } =>
            Fixed(type, isBinary ? CopyBinary.Integer : CopyText.Whole<int>("integer"), "integer"),
        DataType.Primitive { Name: "long" } =>
            Fixed(type, isBinary ? CopyBinary.Long : CopyText.Whole<long>("bigint"), "bigint"),
        DataType.Primitive { Name: "float" } =>
            Fixed(type, isBinary ? CopyBinary.Float : CopyText.Floating<float>("real"), "real"),
        DataType.Primitive { Name: "double" } =>
            Fixed(type, isBinary
                ? CopyBinary.Double
                : CopyText.Floating<double>("double precision"), "double precision"),
        DataType.Primitive { Name: "string" } =>
            new(new BytesCopyColumn(isBinary ? CopyBinary.Text : null), type, Cast: null, "text"),
        DataType.Primitive { Name: "binary" } =>
            new(new BytesCopyColumn(isBinary ? null : CopyText.Bytes), type, Cast: null, "bytea"),
        DataType.Primitive { Name: "date" } when isBinary => Fixed<int>(type, CopyBinary.Date, "date"),
        DataType.Primitive { Name: "timestamp" or "timestamp_ntz" } when isBinary =>
            Fixed<long>(type, CopyBinary.Timestamp, "timestamp"),
        DataType.Primitive { Name: "date" } => ByEngine(type, CopyDates.WriteIso, "date"),
        DataType.Primitive { Name: "timestamp" } => ByEngine(type, CopyDates.WriteIso, "timestamp with time zone"),
        DataType.Primitive { Name: "timestamp_ntz" } => ByEngine(type, CopyDates.WriteIso, "timestamp"),
        DataType.Decimal => ByEngine(type, isBinary ? CopyBinary.Numeric : null, "numeric"),
        DataType.Array { Element: DataType.Primitive { Name: "binary" } } array => new(
            new BytesCopyColumn(isBinary ? CopyBinary.Array(array.Element) : CopyText.Array(isOfBytes: true)),
            DataType.String,
            value => $"TRY(list_transform(CAST(CAST({value} AS JSON) AS VARCHAR[]), lambda b: unhex(b)))", "bytea[]"),
        DataType.Array array =>
            ByJson(type, isBinary ? CopyBinary.Array(array.Element) : CopyText.Array(isOfBytes: false)),
        _ => ByJson(type, isBinary ? CopyBinary.Text : null),
    };

    static CopyTyping Fixed<T>(DataType type, FixedValue<T> read, string name)
        where T : unmanaged => new(new FixedCopyColumn<T>(read), type, Cast: null, name);

    static CopyTyping ByEngine(DataType type, BytesValue? write, string name) => new(
        new BytesCopyColumn(write), DataType.String, value => $"TRY_CAST({value} AS {ColumnTypes.NameOf(type)})", name);

    static CopyTyping ByJson(DataType type, BytesValue? write) => new(
        new BytesCopyColumn(write), DataType.String,
        value => $"TRY(CAST(CAST({value} AS JSON) AS {ColumnTypes.NameOf(type)}))", "json");
}
