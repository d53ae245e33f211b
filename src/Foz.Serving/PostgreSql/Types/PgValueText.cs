using System.Globalization;
using System.Text;
using Foz.DuckDB;
using Foz.Lake.Tables;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>PostgreSQL's text of values where the engine's is another (its <c>…out</c> functions).</summary>
static class PgValueText
{
    // From these exponents on, PostgreSQL writes them.
    const int DoubleExponentMin = 15;
    const int FloatExponentMin = 6;
    const int NegativeExponentMin = -4;

    /// <summary>Whether the engine's text of a type's values is another.</summary>
    public static bool Differs(LogicalType type) => type.Id switch
    {
        TypeId.Boolean or TypeId.Float or TypeId.Double or TypeId.Interval or TypeId.Blob or TypeId.List or TypeId.Array
            or TypeId.Struct => true,
        TypeId.Decimal => PgNumeric.IsWithoutDigits(type) || type.Scale == type.Width,
        _ => false,
    };

    /// <summary>A value's text.</summary>
    /// <param name="value">The value, not null.</param>
    /// <param name="isCast">
    /// Whether it is cast to text, which gives <c>true</c> where a value is shown as <c>t</c>.
    /// </param>
    public static string Of(object value, bool isCast = false) => value switch
    {
        bool truth => isCast ? truth ? "true" : "false" : truth ? "t" : "f",
        double number =>
            Of(number.ToString("E16", CultureInfo.InvariantCulture), number.ToString("R", CultureInfo.InvariantCulture),
                DoubleExponentMin),
        float number =>
            Of(number.ToString("E8", CultureInfo.InvariantCulture), number.ToString("R", CultureInfo.InvariantCulture),
                FloatExponentMin),
        DecimalValue { Width: 38, Scale: PgNumeric.Scale or DeclaredColumns.NumericScale } number =>
            Of(PgNumeric.Trim(number.Unscaled, number.Scale)),
        DecimalValue number => Of((number.Unscaled, number.Scale)),
        Interval interval => PgIntervals.Text(interval),
        byte[] bytes => @"\x" + Convert.ToHexStringLower(bytes),
        string text => text,
        StructValue row => Row(row),
        IEnumerable<object?> list => Array(list),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static string Of((Int128 Unscaled, int Scale) number)
    {
        var digits = Int128.Abs(number.Unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(number.Scale + 1, '0');
        var text = number.Scale == 0 ? digits : $"{digits[..^number.Scale]}.{digits[^number.Scale..]}";
        return number.Unscaled < 0 ? $"-{text}" : text;
    }

    /// <summary>
    /// A number of binary digits: as few digits as tell it from others, with an exponent where it is large or small.
    /// </summary>
    static string Of(string scientific, string shortest, int exponentMin)
    {
        if (shortest is "NaN") return shortest;
        if (shortest.EndsWith('∞') || shortest.EndsWith("Infinity", StringComparison.Ordinal))
            return shortest.StartsWith('-') ? "-Infinity" : "Infinity";
        var exponent = int.Parse(scientific[(scientific.IndexOf('E') + 1)..], CultureInfo.InvariantCulture);
        var isNegative = shortest.StartsWith('-');
        var at = shortest.IndexOf('E');
        var mantissa = at < 0 ? shortest : shortest[..at];
        var digits = new string([.. mantissa.Where(char.IsAsciiDigit)]).Trim('0');
        if (digits.Length == 0) return isNegative ? "-0" : "0";
        // The shortest digits may have been rounded up to the next power of ten.
        if (digits == "1" && scientific.TrimStart('-')[0] == '9') exponent++;
        var text = exponent < NegativeExponentMin || exponent >= exponentMin
            ? $"{digits[0]}{(digits.Length > 1 ? "." : "")}"
                + $"{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):D2}"
            : exponent < 0 ? $"0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0')
            : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
        return isNegative ? $"-{text}" : text;
    }

    static string Array(IEnumerable<object?> list) => $"{{{string.Join(',', list.Select(Element))}}}";

    static string Element(object? value) => value switch
    {
        null => "NULL",
        IEnumerable<object?> inner when value is not StructValue => Array(inner),
        _ => Of(value) is var text
            && (text.Length == 0 || text.Equals("NULL", StringComparison.OrdinalIgnoreCase)
                || text.Any(IsQuotedInArray))
            ? Quoted(text, @"\""", @"\\")
            : Of(value),
    };

    static string Row(StructValue row)
    {
        var text = new StringBuilder("(");
        for (var i = 0; i < row.Count; i++)
        {
            if (i > 0) text.Append(',');
            if (row[i].Value is not { } value) continue;
            var field = Of(value);
            text.Append(field.Length == 0 || field.Any(IsQuotedInRow) ? Quoted(field, "\"\"", @"\\") : field);
        }
        return text.Append(')').ToString();
    }

    static string Quoted(string text, string quote, string backslash) =>
        $"\"{text.Replace(@"\", backslash, StringComparison.Ordinal).Replace("\"", quote, StringComparison.Ordinal)}\"";

    static bool IsQuotedInArray(char c) => c is '{' or '}' or ',' or '"' or '\\' || char.IsWhiteSpace(c);

    static bool IsQuotedInRow(char c) => c is '(' or ')' or ',' or '"' or '\\' || char.IsWhiteSpace(c);
}
