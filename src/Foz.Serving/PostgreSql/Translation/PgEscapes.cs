using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>Texts with escapes: <c>E'it\'s\n'</c> (PostgreSQL's documentation, 4.1.2.2).</summary>
static class PgEscapes
{
    /// <summary>Whether a literal is one with escapes.</summary>
    public static bool Has(ReadOnlySpan<char> literal) => literal is ['e' or 'E', '\'', ..];

    /// <summary>Returns the text of a literal with escapes, or of a part that continues one.</summary>
    /// <param name="literal">The literal, with its quotes.</param>
    /// <exception cref="FozException">An escape is not a character.</exception>
    public static string Decode(ReadOnlySpan<char> literal)
    {
        var (text, bytes) = (new StringBuilder(), new List<byte>());
        var end = literal[^1] == '\'' ? literal.Length - 1 : literal.Length;
        for (var i = Has(literal) ? 2 : 1; i < end; i++)
        {
            if (literal[i] == '\'') i++;
            if (literal[i] != '\\' || i + 1 >= end)
            {
                Flush(text, bytes);
                text.Append(literal[i]);
                continue;
            }
            i += ReadEscape(literal[(i + 1)..end], text, bytes);
        }
        Flush(text, bytes);
        return text.ToString();
    }

    /// <summary>Reads the characters after a backslash.</summary>
    /// <returns>How many characters they are.</returns>
    static int ReadEscape(ReadOnlySpan<char> escape, StringBuilder text, List<byte> bytes)
    {
        switch (escape[0])
        {
            case 'u' or 'U':
                Flush(text, bytes);
                var digits = escape[0] == 'u' ? 4 : 8;
                if (escape.Length <= digits
                    || !int.TryParse(
                        escape.Slice(1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                        out var code)
                    || code is 0 or > 0x10FFFF)
                    throw Invalid("invalid Unicode escape", "write four digits after \\u, and eight after \\U");
                if (code is >= 0xD800 and < 0xE000) text.Append((char)code);
                else text.Append(char.ConvertFromUtf32(code));
                return 1 + digits;
            case 'x' when Digits(escape[1..], 2, 16) is ( > 0 and var length, var value):
                Add(bytes, value);
                return 1 + length;
            case >= '0' and <= '7' when Digits(escape, 3, 8) is ( > 0 and var length, var value):
                Add(bytes, value);
                return length;
        }
        Flush(text, bytes);
        text.Append(
            escape[0] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var other => other });
        return 1;
    }

    static (int Length, int Value) Digits(ReadOnlySpan<char> text, int most, int radix)
    {
        var (length, value) = (0, 0);
        while (length < most && length < text.Length && char.IsAsciiHexDigit(text[length])
            && Digit(text[length]) is var digit && digit < radix)
            (length, value) = (length + 1, value * radix + digit);
        return (length, value);

        static int Digit(char c) => Convert.ToInt32(c.ToString(), 16);
    }

    static void Add(List<byte> bytes, int value)
    {
        if (value is 0 or > byte.MaxValue)
            throw Invalid("an escape is no byte of a text", "write a number from 1 to 255");
        bytes.Add((byte)value);
    }

    /// <summary>Bytes that stand together are characters in UTF-8.</summary>
    static void Flush(StringBuilder text, List<byte> bytes)
    {
        if (bytes.Count == 0) return;
        try
        {
            text.Append(
                new UTF8Encoding(
                    encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            throw new FozException(
                ErrorKind.Sql, $"invalid byte sequence for encoding \"UTF8\": 0x{Convert.ToHexStringLower([.. bytes])}")
            { SqlState = "22021" };
        }
        bytes.Clear();
    }

    static FozException Invalid(string message, string hint) =>
        new(ErrorKind.Sql, message) { SqlState = "22025", Hint = hint };
}
