using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Lake.Data;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// How a column of PostgreSQL arrives in bronze. What Delta has a type for keeps it: booleans, integers, floats,
/// numerics of a stated precision up to 38 digits, dates, timestamps, bytea, and arrays of these. Everything else is
/// text as the server writes it: numerics without precision, money (as its number), times, intervals, uuid, JSON,
/// XML, bits, addresses, geometry, ranges, enums, composites, arrays declared with several dimensions. A domain is
/// what it is made of.
/// </summary>
/// <param name="Type">The type in bronze.</param>
/// <param name="Cast">SQL appended to the column in the SELECT; empty where its own binary form is read.</param>
/// <param name="NewBuilder">Creates the builder that collects its values.</param>
sealed partial record TypeMapping(DataType Type, string Cast, Func<ColumnBuilder> NewBuilder)
{
    const int PrecisionMax = 38;
    const int ModifierHeader = 4;

    /// <summary>
    /// Whether there are values that the type in bronze cannot hold: see <see cref="RescuedColumn"/>.
    /// </summary>
    public bool MayRescue { get; init; }

    /// <summary>The mapping of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="hasUncheckedText">Whether the database takes any bytes as text.</param>
    public static TypeMapping Of(ColumnType type, bool hasUncheckedText)
    {
        if (!type.IsArray) return OfScalar(type.Oid, type.Modifier, hasUncheckedText);
        if (type.Dimensions > 1) return Text("::text", hasUncheckedText);
        var element = OfScalar(type.Oid, type.Modifier, hasUncheckedText);
        return new TypeMapping(
            new DataType.Array(element.Type),
            element.Cast.Length == 0 ? "" : element.Cast + "[]",
            () => new ListBuilder(element.NewBuilder()))
        { MayRescue = true };
    }

    /// <summary>The mapping of a type that a stream declares for a column, whatever the column's own is.</summary>
    /// <param name="declared">Its name in SQL.</param>
    /// <param name="hasUncheckedText">Whether the database takes any bytes as text.</param>
    /// <returns>The mapping; null where the name is not known.</returns>
    public static TypeMapping? OfDeclared(string declared, bool hasUncheckedText)
    {
        var name = declared.Trim().ToLowerInvariant();
        if (DecimalName.Match(name) is { Success: true } match)
        {
            var precision = int.Parse(match.Groups["p"].ValueSpan, CultureInfo.InvariantCulture);
            var scale = match.Groups["s"].Success
                ? int.Parse(match.Groups["s"].ValueSpan, CultureInfo.InvariantCulture)
                : 0;
            return precision is >= 1 and <= PrecisionMax && scale <= precision
                ? Decimal(precision, scale) with { Cast = $"::numeric({precision},{scale})" }
                : null;
        }

        var (oid, cast) = name switch
        {
            "string" or "text" or "varchar" or "char" => (TypeOids.Text, "::text"),
            "boolean" or "bool" => (TypeOids.Bool, "::boolean"),
            "smallint" or "short" or "int2" => (TypeOids.Int2, "::smallint"),
            "integer" or "int" or "int4" => (TypeOids.Int4, "::integer"),
            "bigint" or "long" or "int8" => (TypeOids.Int8, "::bigint"),
            "real" or "float" or "float4" => (TypeOids.Float4, "::real"),
            "double" or "double precision" or "float8" => (TypeOids.Float8, "::double precision"),
            "date" => (TypeOids.Date, "::date"),
            "timestamp" or "timestamp_ntz" or "timestamp without time zone" => (TypeOids.Timestamp, "::timestamp"),
            "timestamptz" or "timestamp with time zone" => (TypeOids.Timestamptz, "::timestamptz"),
            "blob" or "binary" or "bytea" => (TypeOids.Bytea, "::bytea"),
            _ => (0u, ""),
        };
        return oid == 0 ? null : OfScalar(oid, -1, hasUncheckedText) with { Cast = cast };
    }

    static TypeMapping OfScalar(uint oid, int modifier, bool hasUncheckedText) => oid switch
    {
        TypeOids.Bool => Fixed<byte, BooleanReader>(DataType.Boolean, default),
        TypeOids.Int2 => Fixed<short, Int16Reader>(DataType.Short, default),
        TypeOids.Int4 => Fixed<int, Int32Reader>(DataType.Integer, default),
        TypeOids.Int8 => Fixed<long, Int64Reader>(DataType.Long, default),
        TypeOids.Oid => Fixed<long, OidReader>(DataType.Long, default),
        TypeOids.Float4 => Fixed<float, SingleReader>(DataType.Float, default),
        TypeOids.Float8 => Fixed<double, DoubleReader>(DataType.Double, default),
        TypeOids.Numeric => Numeric(modifier),
        TypeOids.Money => Bytes<NumericTextReader>(DataType.String, "::numeric"),
        TypeOids.Date => Fixed<int, DateReader>(DataType.Date, default) with { MayRescue = true },
        TypeOids.Timestamp => Fixed<long, TimestampReader>(DataType.TimestampNtz, new(hasZone: false))
            with
        { MayRescue = true },
        TypeOids.Timestamptz => Fixed<long, TimestampReader>(DataType.Timestamp, new(hasZone: true))
            with
        { MayRescue = true },
        TypeOids.Bytea => Bytes<ByteaReader>(DataType.Binary),
        TypeOids.Uuid => Bytes<UuidReader>(DataType.String),
        TypeOids.Inet or TypeOids.Cidr => Bytes<InetReader>(DataType.String),
        TypeOids.Text or TypeOids.Varchar or TypeOids.Bpchar or TypeOids.Name or TypeOids.Json
            => Text("", hasUncheckedText),
        _ => Text("::text", hasUncheckedText),
    };

    static TypeMapping Numeric(int modifier)
    {
        if (modifier < ModifierHeader) return Bytes<NumericTextReader>(DataType.String);
        var precision = modifier - ModifierHeader >> 16 & 0xFFFF;
        // Eleven bits with a sign: since PostgreSQL 15 a scale may be negative, or larger than the precision.
        var scale = (modifier - ModifierHeader & 0x7FF ^ 0x400) - 0x400;
        if (scale < 0) (precision, scale) = (precision - scale, 0);
        precision = Math.Max(precision, scale);
        return precision <= PrecisionMax ? Decimal(precision, scale) : Bytes<NumericTextReader>(DataType.String);
    }

    static TypeMapping Decimal(int precision, int scale) =>
        Fixed<Int128, DecimalReader>(new DataType.Decimal(precision, scale), new(precision, scale))
            with
        { MayRescue = true };

    static TypeMapping Text(string cast, bool hasUncheckedText) => hasUncheckedText
        ? Bytes<UncheckedTextReader>(DataType.String, cast) with { MayRescue = true }
        : Bytes<TextReader>(DataType.String, cast);

    static TypeMapping Fixed<T, TReader>(DataType type, TReader reader)
        where T : unmanaged
        where TReader : struct, IFixedReader<T> => new(type, "", () => new FixedBuilder<T, TReader>(reader));

    static TypeMapping Bytes<TReader>(DataType type, string cast = "")
        where TReader : struct, IBytesReader => new(type, cast, () => new BytesBuilder<TReader>(default));

    [GeneratedRegex(@"^(decimal|numeric)\((?<p>\d{1,3})(,\s*(?<s>\d{1,3}))?\)$", RegexOptions.ExplicitCapture)]
    private static partial Regex DecimalName { get; }
}

/// <summary>A column to read: its source, and its field in the lake.</summary>
/// <param name="Column">The source's column.</param>
/// <param name="Field">The lake's field.</param>
/// <param name="Mapping">How one becomes the other.</param>
sealed record ReadColumn(RelationColumn Column, Field Field, TypeMapping Mapping)
{
    /// <summary>Gets the SQL of the column in a SELECT.</summary>
    public string Sql => SqlText.Name(Column.Name) + Mapping.Cast;
}
