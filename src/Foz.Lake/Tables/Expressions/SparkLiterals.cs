using System.Globalization;
using System.Numerics;
using Foz.Delta.Schema;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Spark's literals in DuckDB's SQL.</summary>
static class SparkLiterals
{
    /// <summary>A number, whose suffix says its type; null if it is none.</summary>
    public static SqlValue? Number(string text)
    {
        var end = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        if (end < text.Length && text[end] == '.') end++;
        var (digits, suffix) = (text[..end], text[end..].ToUpperInvariant());
        if (suffix.Length == 0 && digits.AsSpan().ContainsAny('e', 'E')) suffix = "D";
        return suffix switch
        {
            "" when digits.Contains('.', StringComparison.Ordinal) => Decimal(digits),
            "" => Integer(digits),
            "L" => Cast(digits, DeltaType.Long),
            "S" => Cast(digits, DeltaType.Short),
            "Y" => Cast(digits, DeltaType.Byte),
            "D" => Cast(digits, DeltaType.Double),
            "F" => Cast(digits, DeltaType.Float),
            "BD" => Decimal(digits),
            _ => null,
        };
    }

    /// <summary>A date or timestamp; without a zone it is in UTC.</summary>
    public static SqlValue Time(string word, string text) => word switch
    {
        "DATE" => Cast(text, DeltaType.Date),
        "TIMESTAMP_NTZ" => Cast(text, DeltaType.TimestampNtz),
        _ => Cast(text, DeltaType.Timestamp),
    };

    static SqlValue? Integer(string digits)
    {
        if (!BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return number <= int.MaxValue ? new(digits, DeltaType.Integer)
            : number <= long.MaxValue ? new(digits, DeltaType.Long)
            : Decimal(digits);
    }

    static SqlValue Decimal(string digits)
    {
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var scale = point < 0 ? 0 : digits.Length - point - 1;
        var precision = Math.Max(1, digits.TrimStart('0').Length - (point < 0 ? 0 : 1));
        return precision <= DecimalType.PrecisionMax
            ? Cast(digits, new DecimalType(Math.Max(precision, scale), scale))
            : Cast(digits, DeltaType.Double);
    }

    static SqlValue Cast(string text, DeltaType type) =>
        new($"CAST({SqlText.Literal(text)} AS {PhysicalColumns.LogicalTypeName(type)})", type);
}
