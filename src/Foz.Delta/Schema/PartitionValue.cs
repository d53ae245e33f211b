using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Foz.Delta.Schema;

/// <summary>
/// Partition values as the log spells them (PROTOCOL.md, "Partition Value Serialization"). Null and the empty text both
/// mean null.
/// </summary>
public static class PartitionValue
{
    /// <summary>Whether a table can be partitioned by columns of a type.</summary>
    public static bool IsSupported(DeltaType type) =>
        type is DecimalType or PrimitiveType { Kind: not (PrimitiveKind.Variant or PrimitiveKind.Void) };

    /// <summary>Reads a partition value of the log; null for null.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Corrupt"/>: the text is no value of the type.
    /// </exception>
    public static DeltaValue? Parse(string? logged, DeltaType type)
    {
        if (string.IsNullOrEmpty(logged)) return null;
        return DeltaValue.TryParse(logged, type, out var value)
            ? value
            : throw new DeltaException(DeltaErrorKind.Corrupt, $"partition value '{logged}' is no {type}");
    }

    /// <summary>
    /// Returns the text to log for a value: timestamps in ISO 8601, adjusted to UTC; null for null and for an empty
    /// text, which the log cannot distinguish.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: a binary value that is no UTF-8, which the log cannot hold.
    /// </exception>
    public static string? Format(DeltaValue? value, DeltaType type)
    {
        if (value is not { } v) return null;
        switch (type)
        {
            case DecimalType d:
                return FormatDecimal(v.Number, d.Scale);
            case PrimitiveType { Kind: PrimitiveKind.String or PrimitiveKind.Binary }:
                if (v.Bytes.IsEmpty) return null;
                return Utf8.IsValid(v.Bytes)
                    ? Encoding.UTF8.GetString(v.Bytes)
                    : throw new DeltaException(DeltaErrorKind.Refused,
                        $"binary value 0x{Convert.ToHexString(v.Bytes)} is no UTF-8 and cannot be a partition value");
            case PrimitiveType primitive:
                return primitive.Kind switch
                {
                    PrimitiveKind.Boolean => v.Number == 0 ? "false" : "true",
                    PrimitiveKind.Float => FormatFloating(v.Floating, (float)v.Floating),
                    PrimitiveKind.Double => FormatFloating(v.Floating, v.Floating),
                    PrimitiveKind.Date => DateTimeText.FormatDate((long)v.Number),
                    PrimitiveKind.Timestamp => DateTimeText.FormatTimestamp((long)v.Number) + "Z",
                    PrimitiveKind.TimestampNtz => DateTimeText.FormatTimestamp((long)v.Number).Replace('T', ' '),
                    _ => v.Number.ToString(CultureInfo.InvariantCulture),
                };
            default:
                throw new DeltaException(
                    DeltaErrorKind.Refused, $"a table cannot be partitioned by a column of type {type}");
        }
    }

    /// <summary>
    /// The text to log for a value that an engine wrote as text: <see cref="DeltaValue.TryParse"/>, then
    /// <see cref="Format"/>.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.Refused"/>: the text is no value of the type, or as <see cref="Format"/>.
    /// </exception>
    public static string? FormatText(string? text, DeltaType type)
    {
        if (text is null) return null;
        return DeltaValue.TryParse(text, type, out var value)
            ? Format(value, type)
            : throw new DeltaException(
                DeltaErrorKind.Refused, $"'{text}' is no {type} and cannot be a partition value");
    }

    static string FormatFloating<T>(double value, T precise)
        where T : IFormattable => value switch
        {
            double.NaN => "NaN",
            double.PositiveInfinity => "Infinity",
            double.NegativeInfinity => "-Infinity",
            _ => precise.ToString("R", CultureInfo.InvariantCulture) is var text && text.AsSpan().ContainsAny('.', 'E')
                ? text
                : text + ".0",
        };

    static string FormatDecimal(Int128 number, int scale)
    {
        var digits = Int128.Abs(number).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        return number < 0 ? "-" + text : text;
    }
}
