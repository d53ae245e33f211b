namespace Foz.Delta.Schema;

/// <summary>
/// The type of a column (PROTOCOL.md, "Schema Serialization Format"): exactly one of <see cref="PrimitiveType"/>,
/// <see cref="DecimalType"/>, <see cref="StructType"/>, <see cref="ArrayType"/> and <see cref="MapType"/>. Types are
/// equal by value, the metadata of nested fields included.
/// </summary>
public abstract record DeltaType
{
    private protected DeltaType()
    {
    }

    /// <summary>UTF-8 text, ordered by its bytes.</summary>
    public static PrimitiveType String { get; } = new(PrimitiveKind.String);

    /// <summary>A signed integer of 8 bytes.</summary>
    public static PrimitiveType Long { get; } = new(PrimitiveKind.Long);

    /// <summary>A signed integer of 4 bytes.</summary>
    public static PrimitiveType Integer { get; } = new(PrimitiveKind.Integer);

    /// <summary>A signed integer of 2 bytes.</summary>
    public static PrimitiveType Short { get; } = new(PrimitiveKind.Short);

    /// <summary>A signed integer of 1 byte.</summary>
    public static PrimitiveType Byte { get; } = new(PrimitiveKind.Byte);

    /// <summary>A floating-point number of 4 bytes.</summary>
    public static PrimitiveType Float { get; } = new(PrimitiveKind.Float);

    /// <summary>A floating-point number of 8 bytes.</summary>
    public static PrimitiveType Double { get; } = new(PrimitiveKind.Double);

    /// <summary>True or false.</summary>
    public static PrimitiveType Boolean { get; } = new(PrimitiveKind.Boolean);

    /// <summary>Bytes.</summary>
    public static PrimitiveType Binary { get; } = new(PrimitiveKind.Binary);

    /// <summary>A day without time and zone.</summary>
    public static PrimitiveType Date { get; } = new(PrimitiveKind.Date);

    /// <summary>An instant, in microseconds since 1970-01-01 UTC.</summary>
    public static PrimitiveType Timestamp { get; } = new(PrimitiveKind.Timestamp);

    /// <summary>A date and time without zone, in microseconds; needs the feature <c>timestampNtz</c>.</summary>
    public static PrimitiveType TimestampNtz { get; } = new(PrimitiveKind.TimestampNtz);

    /// <summary>A self-describing value; needs the feature <c>variantType</c>.</summary>
    public static PrimitiveType Variant { get; } = new(PrimitiveKind.Variant);

    /// <summary>Only null: such a column is never in a data file.</summary>
    public static PrimitiveType Void { get; } = new(PrimitiveKind.Void);

    /// <summary>The type as the log spells it, for example <c>decimal(10,2)</c>; nested types as JSON.</summary>
    public sealed override string ToString() => SchemaJson.Write(this);

    /// <summary>Reads a type from its JSON, a <c>schemaString</c> as a rule.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: not a schema; <see cref="DeltaErrorKind.Unsupported"/>: a type that
    /// this library does not know, named with its column.
    /// </exception>
    public static DeltaType Parse(string json) => SchemaJson.Parse(json);
}

/// <summary>The primitive types without parameters.</summary>
public enum PrimitiveKind
{
    /// <summary><see cref="DeltaType.String"/>.</summary>
    String,

    /// <summary><see cref="DeltaType.Long"/>.</summary>
    Long,

    /// <summary><see cref="DeltaType.Integer"/>.</summary>
    Integer,

    /// <summary><see cref="DeltaType.Short"/>.</summary>
    Short,

    /// <summary><see cref="DeltaType.Byte"/>.</summary>
    Byte,

    /// <summary><see cref="DeltaType.Float"/>.</summary>
    Float,

    /// <summary><see cref="DeltaType.Double"/>.</summary>
    Double,

    /// <summary><see cref="DeltaType.Boolean"/>.</summary>
    Boolean,

    /// <summary><see cref="DeltaType.Binary"/>.</summary>
    Binary,

    /// <summary><see cref="DeltaType.Date"/>.</summary>
    Date,

    /// <summary><see cref="DeltaType.Timestamp"/>.</summary>
    Timestamp,

    /// <summary><see cref="DeltaType.TimestampNtz"/>.</summary>
    TimestampNtz,

    /// <summary><see cref="DeltaType.Variant"/>.</summary>
    Variant,

    /// <summary><see cref="DeltaType.Void"/>.</summary>
    Void,
}

/// <summary>A type without parameters: one of the constants of <see cref="DeltaType"/>.</summary>
public sealed record PrimitiveType : DeltaType
{
    internal PrimitiveType(PrimitiveKind kind) => Kind = kind;

    /// <summary>Which one.</summary>
    public PrimitiveKind Kind { get; }
}

/// <summary>A signed decimal number of up to 38 digits.</summary>
public sealed record DecimalType : DeltaType
{
    /// <summary>The most digits that a decimal may have.</summary>
    public const int PrecisionMax = 38;

    /// <summary>
    /// Makes a type of <paramref name="precision"/> digits, <paramref name="scale"/> of them after the point.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: precision outside 1–38 or scale outside 0–precision.
    /// </exception>
    public DecimalType(int precision, int scale)
    {
        if (precision is < 1 or > PrecisionMax || scale < 0 || scale > precision)
            throw new DeltaException(DeltaErrorKind.InvalidSchema,
                $"decimal({precision},{scale}) is not a type: the precision is 1 to 38, the scale 0 to the precision");
        Precision = precision;
        Scale = scale;
    }

    /// <summary>Digits in all, 1–38.</summary>
    public int Precision { get; }

    /// <summary>Digits after the point, 0–<see cref="Precision"/>.</summary>
    public int Scale { get; }
}

/// <summary>A list of values of one type.</summary>
/// <param name="Element">Type of the elements.</param>
/// <param name="ContainsNull">Whether an element may be null.</param>
public sealed record ArrayType(DeltaType Element, bool ContainsNull) : DeltaType;

/// <summary>Pairs of a key, never null, and a value.</summary>
/// <param name="Key">Type of the keys.</param>
/// <param name="Value">Type of the values.</param>
/// <param name="ValueContainsNull">Whether a value may be null.</param>
public sealed record MapType(DeltaType Key, DeltaType Value, bool ValueContainsNull) : DeltaType;
