using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Serving.Sql;

/// <summary>
/// Texts with characters by their numbers: <c>U&amp;'d\0061t\+000061'</c> (PostgreSQL's documentation, 4.1.2.3).
/// </summary>
static class PgUnicode
{
    /// <summary>The text with the characters put in.</summary>
    /// <param name="text">What stands between the quotes.</param>
    /// <param name="quote">The quotes: one that is put in is doubled.</param>
    public static string Decode(string text, char quote)
    {
        var decoded = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 >= text.Length)
            {
                decoded.Append(text[i]);
                continue;
            }
            if (text[i + 1] == '\\')
            {
                decoded.Append('\\');
                i++;
                continue;
            }
            var (start, length) = text[i + 1] == '+' ? (i + 2, 6) : (i + 1, 4);
            if (start + length > text.Length
                || !int.TryParse(
                    text.AsSpan(start, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                    out var code)
                || code is 0 or > 0x10FFFF)
                throw new FozException(ErrorKind.Sql, "invalid Unicode escape") { SqlState = "42601" };
            if (code is >= 0xD800 and < 0xE000) decoded.Append((char)code);
            else if (code == quote) decoded.Append(quote, 2);
            else decoded.Append(char.ConvertFromUtf32(code));
            i = start + length - 1;
        }
        return decoded.ToString();
    }
}
