using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Foz.Lake;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.Copying;

/// <summary>Values in PostgreSQL's text form.</summary>
static class CopyText
{
    const int HexBytes = 2;

    /// <summary>
    /// Truth values: <c>true</c>, <c>yes</c>, <c>on</c>, <c>1</c> and their like, or their beginnings.
    /// </summary>
    public static byte Boolean(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(Trim(value)).ToLowerInvariant();
        if (text.Length > 0)
        {
            if (text is "1" or "on" || "true".StartsWith(text, StringComparison.Ordinal)
                || "yes".StartsWith(text, StringComparison.Ordinal))
                return 1;
            if (text is "0" or "of" or "off" || "false".StartsWith(text, StringComparison.Ordinal)
                || "no".StartsWith(text, StringComparison.Ordinal))
                return 0;
        }
        throw CopyFaults.Invalid("boolean", value);
    }

    /// <summary>Whole numbers of a type.</summary>
    public static FixedValue<T> Whole<T>(string type)
        where T : unmanaged, IBinaryInteger<T> => value =>
    {
        var text = Trim(value);
        if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        var digits = text.IsEmpty || text[0] is not ((byte)'-' or (byte)'+') ? text : text[1..];
        throw digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? CopyFaults.Invalid(type, value)
            : CopyFaults.OutOfRange(type, text);
    };

    /// <summary>Floating-point numbers of a type.</summary>
    public static FixedValue<T> Floating<T>(string type)
        where T : unmanaged, IFloatingPointIeee754<T> => value =>
    {
        var text = Trim(value);
        if (text.IsEmpty) throw CopyFaults.Invalid(type, value);
        if (char.IsAsciiDigit((char)text[^1]) || text[^1] == '.')
        {
            if (!T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                throw CopyFaults.Invalid(type, value);
            return T.IsFinite(number)
                ? number
                : throw new FozException(
                    ErrorKind.Data, $"\"{Encoding.UTF8.GetString(text)}\" is out of range for type {type}")
                {
                    SqlState = "22003",
                };
        }
        return Encoding.UTF8.GetString(text).ToLowerInvariant() switch
        {
            "nan" => T.NaN,
            "infinity" or "inf" or "+infinity" or "+inf" => T.PositiveInfinity,
            "-infinity" or "-inf" => T.NegativeInfinity,
            _ => throw CopyFaults.Invalid(type, value),
        };
    };

    /// <summary><c>bytea</c>: <c>\x</c> and hexadecimal digits, or text with octal escapes.</summary>
    public static void Bytes(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        if (!value.StartsWith("\\x"u8))
        {
            Unescape(value, destination);
            return;
        }
        var hex = new byte[value.Length - HexBytes];
        var count = 0;
        foreach (var digit in value[HexBytes..])
            if (digit is not ((byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')) hex[count++] = digit;
        var bytes = destination.GetSpan(Math.Max(1, count / HexBytes));
        if (count % HexBytes != 0)
            throw new FozException(ErrorKind.Data, "invalid hexadecimal data: odd number of digits")
            {
                SqlState = "22023",
            };
        if (Convert.FromHexString(hex.AsSpan(0, count), bytes, out _, out var written) != OperationStatus.Done)
            throw new FozException(ErrorKind.Data, "invalid hexadecimal digit") { SqlState = "22023" };
        destination.Advance(written);
    }

    /// <summary>An array such as <c>{1,NULL,"a b"}</c> as a list of JSON whose elements are texts.</summary>
    /// <param name="isOfBytes">Whether the elements are <c>bytea</c>, which become hexadecimal digits.</param>
    public static BytesValue Array(bool isOfBytes) => (value, destination) =>
    {
        using var json = new Utf8JsonWriter(destination);
        var text = Encoding.UTF8.GetString(value);
        // Bounds in front, as in [0:1]={1,2}, say nothing of the elements.
        var position = text.StartsWith('[') ? text.IndexOf('=', StringComparison.Ordinal) + 1 : 0;
        if (!new ArrayReader(text, position, json, isOfBytes).Read())
            throw new FozException(ErrorKind.Data, $"malformed array literal: \"{text}\"") { SqlState = "22P02" };
    };

    static string HexOf(string bytea)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Bytes(Encoding.UTF8.GetBytes(bytea), bytes);
        return Convert.ToHexString(bytes.WrittenSpan);
    }

    static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t\n\r\f\v"u8);

    static void Unescape(ReadOnlySpan<byte> value, IBufferWriter<byte> destination)
    {
        const int octal = 8;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\')
            {
                destination.Write(value.Slice(i, 1));
            }
            else if (i + 1 < value.Length && value[i + 1] == '\\')
            {
                destination.Write("\\"u8);
                i++;
            }
            else if (i + 3 < value.Length && value[i + 1] is >= (byte)'0' and <= (byte)'3'
                && !value.Slice(i + 2, 2).ContainsAnyExceptInRange((byte)'0', (byte)'7'))
            {
                destination.Write(
                    [(byte)(((((value[i + 1] - '0') * octal) + value[i + 2] - '0') * octal) + value[i + 3] - '0')]);
                i += 3;
            }
            else
            {
                throw CopyFaults.Invalid("bytea", value);
            }
        }
    }

    /// <summary>Reads PostgreSQL's text of arrays.</summary>
    sealed class ArrayReader(string text, int position, Utf8JsonWriter json, bool isOfBytes)
    {
        int position = position;

        /// <summary>Reads all of it; false where it is none.</summary>
        public bool Read()
        {
            SkipSpace();
            if (!ReadList(dimension: 1)) return false;
            SkipSpace();
            return position == text.Length;
        }

        char Current => position < text.Length ? text[position] : '\0';

        bool ReadList(int dimension)
        {
            if (Current != '{' || dimension > PgArrayText.DimensionsMax) return false;
            position++;
            json.WriteStartArray();
            SkipSpace();
            while (Current != '}')
            {
                if (!(Current == '{' ? ReadList(dimension + 1) : ReadElement())) return false;
                SkipSpace();
                if (Current == ',') position++;
                else if (Current != '}') return false;
                SkipSpace();
            }
            position++;
            json.WriteEndArray();
            return true;
        }

        bool ReadElement()
        {
            var isQuoted = Current == '"';
            if (isQuoted) position++;
            var element = new StringBuilder();
            while (isQuoted ? Current != '"' : Current is not (',' or '}'))
            {
                if (Current == '\\') position++;
                if (position >= text.Length) return false;
                element.Append(text[position++]);
            }
            if (isQuoted) position++;
            var value = isQuoted ? element.ToString() : element.ToString().Trim();
            if (!isQuoted && value.Length == 0) return false;
            if (!isQuoted && value.Equals("NULL", StringComparison.OrdinalIgnoreCase)) json.WriteNullValue();
            else json.WriteStringValue(isOfBytes ? HexOf(value) : value);
            return true;
        }

        void SkipSpace()
        {
            while (char.IsWhiteSpace(Current)) position++;
        }
    }
}
