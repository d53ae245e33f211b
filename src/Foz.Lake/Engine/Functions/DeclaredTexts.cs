using System.Globalization;
using System.Numerics;
using System.Text;
using Foz.DuckDB;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// What tables keep of values of types that they lack: the one text of each value, or a decimal that is exactly it.
/// </summary>
public static class DeclaredTexts
{
    const int DigitsPerGroup = 4;
    const int Digits = 32;

    /// <summary>The function that makes the text of a <c>uuid</c>.</summary>
    public const string Uuid = "foz_uuid";

    /// <summary>The function that makes the text of a <c>jsonb</c>.</summary>
    public const string Jsonb = "foz_jsonb";

    /// <summary>The function that makes the bytes of a <c>bytea</c>, of its text or of the bytes.</summary>
    public const string Bytea = "foz_bytea";

    /// <summary>
    /// The function that makes the decimal of a <c>numeric</c>, of its text and the engine's type of it.
    /// </summary>
    public const string Numeric = "foz_exact";

    const int NumericDigits = 38;
    const int NumericScale = 10;

    static readonly BigInteger numericLimit = BigInteger.Pow(10, NumericDigits);

    /// <summary>The functions as DuckDB registers them.</summary>
    public static IReadOnlyList<ScalarFunction> Functions { get; } =
    [
        Of(Uuid, UuidOf), Of(Jsonb, PgJsonb.Normalize),
        OfBytes(LogicalType.Varchar, static text => ByteaText.Read(Encoding.UTF8.GetString(text))),
        OfBytes(LogicalType.Blob, static bytes => bytes),
        new()
        {
            Name = Numeric,
            Parameters = [LogicalType.Varchar, LogicalType.Varchar],
            ReturnType = LogicalType.Decimal(NumericDigits, NumericScale),
            Body = (arguments, result) =>
            {
                for (var row = 0; row < arguments.RowCount; row++)
                    if (arguments[0].IsNull(row)) result.SetNull(row);
                    else result.Values<Int128>()[row] = NumericOf(
                        Encoding.UTF8.GetString(arguments[0].Bytes(row)).Trim(), arguments[1].Bytes(row));
            },
        },
    ];

    delegate string Normalize(ReadOnlySpan<byte> text);

    delegate ReadOnlySpan<byte> ReadBytes(ReadOnlySpan<byte> value);

    static ScalarFunction OfBytes(LogicalType type, ReadBytes read) => new()
    {
        Name = Bytea,
        Parameters = [type],
        ReturnType = LogicalType.Blob,
        Body = (arguments, result) =>
        {
            var values = arguments[0];
            for (var row = 0; row < arguments.RowCount; row++)
                if (values.IsNull(row)) result.SetNull(row);
                else result.SetBytes(row, read(values.Bytes(row)));
        },
    };

    static ScalarFunction Of(string name, Normalize normalize) => new()
    {
        Name = name,
        Parameters = [LogicalType.Varchar],
        ReturnType = LogicalType.Varchar,
        Body = (arguments, result) =>
        {
            var texts = arguments[0];
            for (var row = 0; row < arguments.RowCount; row++)
                if (texts.IsNull(row)) result.SetNull(row);
                else result.SetText(row, normalize(texts.Bytes(row)));
        },
    };

    /// <summary>
    /// 32 hexadecimal digits in small letters, in groups of 8, 4, 4, 4 and 12. They may come in braces and in capitals,
    /// with a hyphen after any four of them.
    /// </summary>
    /// <exception cref="FozException">The text is no UUID.</exception>
    static string UuidOf(ReadOnlySpan<byte> text)
    {
        var inner = text is [(byte)'{', .., (byte)'}'] ? text[1..^1] : text;
        Span<char> digits = stackalloc char[Digits];
        var count = 0;
        for (var i = 0; i < inner.Length; i++)
        {
            if (char.IsAsciiHexDigit((char)inner[i]) && count < Digits) digits[count++] = (char)inner[i];
            else if (inner[i] != '-' || count % DigitsPerGroup > 0 || count is 0 or Digits || inner[i - 1] == '-')
                throw Invalid(text);
        }
        return count == Digits ? Guid.ParseExact(digits, "N").ToString("D") : throw Invalid(text);
    }

    /// <summary>A number as a decimal: it has all its digits, or is refused.</summary>
    /// <exception cref="FozException">
    /// The text is no number, or one with more digits than there is room for.
    /// </exception>
    static Int128 NumericOf(string text, ReadOnlySpan<byte> type)
    {
        // As PostgreSQL casts them, with the digits that they surely have.
        if (type.SequenceEqual("DOUBLE"u8) || type.SequenceEqual("FLOAT"u8))
            text = double.Parse(text, CultureInfo.InvariantCulture).ToString(
                type[0] == 'D' ? "G15" : "G6", CultureInfo.InvariantCulture);
        if (text.EndsWith("nan", StringComparison.OrdinalIgnoreCase)
            || text.Contains("inf", StringComparison.OrdinalIgnoreCase)
            || text.Contains('∞', StringComparison.Ordinal))
            throw FunctionFault.Of(
                "0A000", $"numeric {text} in a column is not supported: declare it double precision");
        var at = text.IndexOfAny(['e', 'E']);
        var mantissa = at < 0 ? text : text[..at];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var exponent = 0;
        if ((at >= 0
            && !int.TryParse(
                text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            || !mantissa.Any(char.IsAsciiDigit)
            || !BigInteger.TryParse(
                point < 0 ? mantissa : mantissa.Remove(point, 1), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out var digits))
            throw FunctionFault.Of("22P02", $"invalid input syntax for type numeric: \"{text}\"");
        if (digits.IsZero) return 0;
        if (Math.Abs(exponent) > 1000) throw TooLong(text);
        var shift = exponent + NumericScale - (point < 0 ? 0 : mantissa.Length - point - 1);
        var (value, rest) = shift >= 0
            ? (digits * BigInteger.Pow(10, shift), 0)
            : BigInteger.DivRem(digits, BigInteger.Pow(10, -shift));
        return rest.IsZero && BigInteger.Abs(value) < numericLimit ? (Int128)value : throw TooLong(text);
    }

    static FozException TooLong(string text) => FunctionFault.Of(
        "0A000",
        $"numeric {text} in a column without digits, which has {NumericDigits - NumericScale} before the point and "
            + $"{NumericScale} after it, "
        + "is not supported: declare numeric(p,s)");

    static FozException Invalid(ReadOnlySpan<byte> text) =>
        FunctionFault.Of("22P02", $"invalid input syntax for type uuid: \"{Encoding.UTF8.GetString(text)}\"");
}
