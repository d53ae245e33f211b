using System.Globalization;
using Foz.DuckDB;

namespace Foz.Serving.Trino.Types;

/// <summary>
/// A type as Trino tells of it: its name, and the same in parts (Trino's documentation, "Client REST API").
/// </summary>
public sealed record TrinoType
{
    /// <summary>The longest text: what a <c>varchar</c> without a length has.</summary>
    public const int LengthMax = int.MaxValue;

    const int MicrosDigits = 6, MillisDigits = 3, NanosDigits = 9;

    TrinoType(string name, string rawType) => (Name, RawType) = (name, rawType);

    /// <summary>The name, such as <c>decimal(10,2)</c> or <c>array(bigint)</c>.</summary>
    public string Name { get; }

    /// <summary>The name without what is in parentheses.</summary>
    public string RawType { get; }

    /// <summary>Digits, lengths: what of the arguments are numbers.</summary>
    public IReadOnlyList<int> Numbers { get; private init; } = [];

    /// <summary>The types of elements, of keys and values, or of fields.</summary>
    public IReadOnlyList<TrinoType> Parts { get; private init; } = [];

    /// <summary>The names of a row's fields, null for one without; null where this is no row.</summary>
    public IReadOnlyList<string?>? FieldNames { get; private init; }

    /// <summary>Of a time: the digits of its second's fraction; else null.</summary>
    public int? FractionDigits { get; private init; }

    /// <summary>Returns Trino's type for values of one of DuckDB's.</summary>
    /// <param name="type">DuckDB's type.</param>
    /// <param name="hasPrecisions">
    /// Whether the client knows times with more than three digits after the second; otherwise it gets three.
    /// </param>
    public static TrinoType Of(LogicalType type, bool hasPrecisions) => type.Id switch
    {
        TypeId.Boolean => Plain("boolean"),
        TypeId.TinyInt => Plain("tinyint"),
        TypeId.SmallInt or TypeId.UTinyInt => Plain("smallint"),
        TypeId.Integer or TypeId.USmallInt => Plain("integer"),
        // Sums of whole numbers are of 128 bits in DuckDB, and counts without a sign; in Trino they are of 64, and end
        // there.
        TypeId.BigInt or TypeId.UInteger or TypeId.HugeInt or TypeId.UBigInt => Bigint,
        TypeId.Decimal => Decimal(type.Width, type.Scale),
        TypeId.Float => Plain("real"),
        TypeId.Double => Plain("double"),
        TypeId.Varchar => type.Alias is "JSON" ? Plain("json") : Varchar,
        TypeId.Blob => Plain("varbinary"),
        TypeId.Date => Plain("date"),
        TypeId.Time => Time("time", "", MicrosDigits, hasPrecisions),
        TypeId.TimeNs => Time("time", "", NanosDigits, hasPrecisions),
        TypeId.TimeTz => Time("time", " with time zone", MicrosDigits, hasPrecisions),
        TypeId.Timestamp => Time("timestamp", "", MicrosDigits, hasPrecisions),
        TypeId.TimestampS => Time("timestamp", "", 0, hasPrecisions),
        TypeId.TimestampMs => Time("timestamp", "", MillisDigits, hasPrecisions),
        TypeId.TimestampNs => Time("timestamp", "", NanosDigits, hasPrecisions),
        TypeId.TimestampTz => Time("timestamp", " with time zone", MicrosDigits, hasPrecisions),
        TypeId.Interval => Plain("interval day to second"),
        TypeId.Uuid => Plain("uuid"),
        TypeId.List or TypeId.Array => Nested("array", Of(type.Element!, hasPrecisions)),
        TypeId.Map => Nested("map", Of(type.MapKey, hasPrecisions), Of(type.MapValue, hasPrecisions)),
        TypeId.Struct => Row(type.Fields, hasPrecisions),
        TypeId.Union or TypeId.Variant => Plain("json"),
        TypeId.SqlNull or TypeId.Invalid or TypeId.Any => Plain("unknown"),
        _ => Varchar,
    };

    /// <summary><c>varchar</c>.</summary>
    public static TrinoType Varchar { get; } = new("varchar", "varchar") { Numbers = [LengthMax] };

    /// <summary><c>boolean</c>.</summary>
    public static TrinoType Boolean { get; } = Plain("boolean");

    /// <summary><c>bigint</c>.</summary>
    public static TrinoType Bigint { get; } = Plain("bigint");

    /// <summary>The bytes of a value of one of DuckDB's types in Trino; 0 where they differ.</summary>
    public static int BytesOf(LogicalType type) => type.Id switch
    {
        TypeId.Boolean or TypeId.TinyInt => 1,
        TypeId.SmallInt or TypeId.UTinyInt => 2,
        TypeId.Integer or TypeId.USmallInt or TypeId.Float or TypeId.Date => 4,
        TypeId.BigInt or TypeId.UInteger or TypeId.HugeInt or TypeId.Double or TypeId.Time or TypeId.Timestamp => 8,
        TypeId.Decimal => type.Width <= 18 ? 8 : 16,
        TypeId.TimestampTz => 12,
        TypeId.Uuid => 16,
        _ => 0,
    };

    static TrinoType Plain(string name) => new(name, name);

    static TrinoType Decimal(int width, int scale) =>
        new(string.Create(CultureInfo.InvariantCulture, $"decimal({width},{scale})"), "decimal")
        {
            Numbers = [width, scale],
        };

    static TrinoType Time(string name, string zone, int digits, bool hasPrecisions) => hasPrecisions
        ? new(string.Create(CultureInfo.InvariantCulture, $"{name}({digits}){zone}"), name + zone)
        {
            Numbers = [digits], FractionDigits = digits,
        }
        : new(name + zone, name + zone) { FractionDigits = MillisDigits };

    static TrinoType Nested(string name, params IReadOnlyList<TrinoType> parts) =>
        new($"{name}({string.Join(",", parts.Select(p => p.Name))})", name) { Parts = parts };

    static TrinoType Row(IReadOnlyList<Field> fields, bool hasPrecisions)
    {
        IReadOnlyList<TrinoType> parts = [.. fields.Select(f => Of(f.Type, hasPrecisions))];
        IReadOnlyList<string?> names = [.. fields.Select(f => f.Name.Length == 0 ? null : f.Name)];
        var texts = parts.Select((part, i) => names[i] is { } name ? $"{Identifier(name)} {part.Name}" : part.Name);
        return new($"row({string.Join(", ", texts)})", "row") { Parts = parts, FieldNames = names };
    }

    static string Identifier(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0])
            ? name
            : Foz.Lake.Sql.SqlText.Identifier(name);
}
