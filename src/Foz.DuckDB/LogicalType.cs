using System.Text;

namespace Foz.DuckDB;

/// <summary>A named field of a STRUCT or member of a UNION.</summary>
/// <param name="Name">The name; empty in a struct without names.</param>
/// <param name="Type">The type of the field.</param>
public readonly record struct Field(string Name, LogicalType Type);

/// <summary>
/// A type of DuckDB, nested ones included. Immutable; two types are equal when their text is.
/// <see cref="ToString"/> gives DuckDB's own text, <see cref="Parse"/> reads it.
/// </summary>
public sealed partial class LogicalType : IEquatable<LogicalType>
{
    string? text;

    LogicalType(TypeId id) => Id = id;

    /// <summary>The kind of the type.</summary>
    public TypeId Id { get; }

    /// <summary>The name laid over the type, as JSON over VARCHAR; null where there is none.</summary>
    public string? Alias { get; private init; }

    /// <summary>The number of digits of a DECIMAL, 1 to 38; otherwise 0.</summary>
    public byte Width { get; private init; }

    /// <summary>The number of digits after the point of a DECIMAL; otherwise 0.</summary>
    public byte Scale { get; private init; }

    /// <summary>The number of elements of an ARRAY; otherwise 0.</summary>
    public int ArraySize { get; private init; }

    /// <summary>Whether the values are strings of bytes: VARCHAR, BLOB, BIT and their like.</summary>
    public bool IsText => Physical.IsText(Id);

    /// <summary>Whether values have no fixed size: strings of bytes, and types that have elements or fields.</summary>
    public bool IsOfAnySize => IsText || Element is not null || Fields.Count > 0 || Id == TypeId.Variant;

    /// <summary>
    /// The element of a LIST or ARRAY, or a MAP's entry as a struct of <c>key</c> and <c>value</c>; otherwise null.
    /// </summary>
    public LogicalType? Element { get; private init; }

    /// <summary>The fields of a STRUCT, the members of a UNION; otherwise empty.</summary>
    public IReadOnlyList<Field> Fields { get; private init; } = [];

    /// <summary>The dictionary of an ENUM; otherwise empty.</summary>
    public IReadOnlyList<string> EnumValues { get; private init; } = [];

    /// <summary>BOOLEAN.</summary>
    public static LogicalType Boolean { get; } = new(TypeId.Boolean);

    /// <summary>TINYINT.</summary>
    public static LogicalType TinyInt { get; } = new(TypeId.TinyInt);

    /// <summary>SMALLINT.</summary>
    public static LogicalType SmallInt { get; } = new(TypeId.SmallInt);

    /// <summary>INTEGER.</summary>
    public static LogicalType Integer { get; } = new(TypeId.Integer);

    /// <summary>BIGINT.</summary>
    public static LogicalType BigInt { get; } = new(TypeId.BigInt);

    /// <summary>HUGEINT.</summary>
    public static LogicalType HugeInt { get; } = new(TypeId.HugeInt);

    /// <summary>UBIGINT.</summary>
    public static LogicalType UBigInt { get; } = new(TypeId.UBigInt);

    /// <summary>FLOAT.</summary>
    public static LogicalType Float { get; } = new(TypeId.Float);

    /// <summary>DOUBLE.</summary>
    public static LogicalType Double { get; } = new(TypeId.Double);

    /// <summary>VARCHAR.</summary>
    public static LogicalType Varchar { get; } = new(TypeId.Varchar);

    /// <summary>BLOB.</summary>
    public static LogicalType Blob { get; } = new(TypeId.Blob);

    /// <summary>DATE.</summary>
    public static LogicalType Date { get; } = new(TypeId.Date);

    /// <summary>TIME.</summary>
    public static LogicalType Time { get; } = new(TypeId.Time);

    /// <summary>TIMESTAMP: without time zone.</summary>
    public static LogicalType Timestamp { get; } = new(TypeId.Timestamp);

    /// <summary>TIMESTAMP WITH TIME ZONE: an instant.</summary>
    public static LogicalType TimestampTz { get; } = new(TypeId.TimestampTz);

    /// <summary>INTERVAL.</summary>
    public static LogicalType Interval { get; } = new(TypeId.Interval);

    /// <summary>UUID.</summary>
    public static LogicalType Uuid { get; } = new(TypeId.Uuid);

    /// <summary>JSON: VARCHAR under the alias JSON.</summary>
    public static LogicalType Json { get; } = new(TypeId.Varchar) { Alias = "JSON" };

    /// <summary>ANY: for parameters of functions only.</summary>
    public static LogicalType Any { get; } = new(TypeId.Any);

    /// <summary>A type without parameters.</summary>
    /// <exception cref="ArgumentException">The type needs parameters.</exception>
    public static LogicalType Of(TypeId id) => id switch
    {
        TypeId.Decimal or TypeId.Enum or TypeId.List or TypeId.Struct or TypeId.Map or TypeId.Union or TypeId.Array
            or TypeId.Invalid => throw new ArgumentException($"type {id} needs parameters", nameof(id)),
        _ => new(id),
    };

    /// <summary>DECIMAL of <paramref name="width"/> digits in all (1 to 38), of which some after the point.</summary>
    public static LogicalType Decimal(int width, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, DecimalValue.WidthMax);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, width);
        return new(TypeId.Decimal) { Width = (byte)width, Scale = (byte)scale };
    }

    /// <summary>LIST of the element.</summary>
    public static LogicalType List(LogicalType element) => new(TypeId.List) { Element = element };

    /// <summary>ARRAY of a fixed number of elements, at least 1.</summary>
    public static LogicalType Array(LogicalType element, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return new(TypeId.Array) { Element = element, ArraySize = size };
    }

    /// <summary>MAP from keys to values.</summary>
    public static LogicalType Map(LogicalType key, LogicalType value) =>
        new(TypeId.Map) { Element = Struct(new("key", key), new("value", value)) };

    /// <summary>STRUCT of the fields, in order.</summary>
    public static LogicalType Struct(params IReadOnlyList<Field> fields) => new(TypeId.Struct) { Fields = [.. fields] };

    /// <summary>UNION of the members, in order.</summary>
    public static LogicalType Union(params IReadOnlyList<Field> members) => new(TypeId.Union) { Fields = [.. members] };

    /// <summary>ENUM of the texts, in order.</summary>
    public static LogicalType Enum(params IReadOnlyList<string> values) =>
        new(TypeId.Enum) { EnumValues = [.. values] };

    /// <summary>The key of a MAP.</summary>
    /// <exception cref="InvalidOperationException">It is not a map.</exception>
    public LogicalType MapKey => MapEntry.Fields[0].Type;

    /// <summary>The value of a MAP.</summary>
    /// <exception cref="InvalidOperationException">It is not a map.</exception>
    public LogicalType MapValue => MapEntry.Fields[1].Type;

    LogicalType MapEntry =>
        Id == TypeId.Map ? Element! : throw new InvalidOperationException($"{this} is not a map");

    /// <summary>The same type under an alias.</summary>
    internal LogicalType WithAlias(string alias) => new(Id)
    {
        Alias = alias, Width = Width, Scale = Scale, ArraySize = ArraySize, Element = Element, Fields = Fields,
        EnumValues = EnumValues,
    };

    /// <inheritdoc/>
    public bool Equals(LogicalType? other) =>
        ReferenceEquals(this, other) || (other is not null && Id == other.Id && ToString() == other.ToString());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LogicalType);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The type in DuckDB's text, as <c>typeof</c> gives it.</summary>
    public override string ToString() => text ??= Alias ?? Describe();

    string Describe() => Id switch
    {
        TypeId.Decimal => $"DECIMAL({Width},{Scale})",
        TypeId.List => $"{Element}[]",
        TypeId.Array => $"{Element}[{ArraySize}]",
        TypeId.Map => $"MAP({MapKey}, {MapValue})",
        TypeId.Struct => $"STRUCT({Describe(Fields)})",
        TypeId.Union => $"UNION({Describe(Fields)})",
        TypeId.Enum => $"ENUM({string.Join(", ", EnumValues.Select(v => $"'{v.Replace("'", "''")}'"))})",
        _ => LogicalTypeNames.NameOf(Id),
    };

    static string Describe(IReadOnlyList<Field> fields)
    {
        var list = new StringBuilder();
        foreach (var (name, type) in fields)
        {
            if (list.Length > 0) list.Append(", ");
            if (name.Length > 0) list.Append(LogicalTypeNames.Quote(name)).Append(' ');
            list.Append(type);
        }
        return list.ToString();
    }
}
