using System.Text;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>Regular expressions for the engine, whose classes of letters are those of ASCII alone.</summary>
static class PgPattern
{
    /// <summary>A constant with a pattern as the engine reads it.</summary>
    public static string ToEngine(ReadOnlySpan<char> pattern)
    {
        var text = new StringBuilder(pattern.Length);
        var brackets = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var rest = pattern[i..];
            if (brackets > 0 && rest.StartsWith("[:", StringComparison.Ordinal)
                && rest.IndexOf(":]", StringComparison.Ordinal) is > 0 and var end)
            {
                text.Append(ClassOf(rest[2..end]) ?? rest[..(end + 2)].ToString());
                i += end + 1;
            }
            else if (rest[0] == '\\' && rest.Length > 1)
            {
                text.Append(Escape(rest[1], brackets > 0));
                i++;
            }
            else
            {
                if (rest[0] == '[' && brackets == 0) brackets = i + 1;
                // A bracket that is the first in brackets is one of what they hold.
                else if (rest[0] == ']' && brackets > 0 && i > brackets
                    && !(i == brackets + 1 && pattern[i - 1] == '^'))
                    brackets = 0;
                text.Append(rest[0]);
            }
        }
        return text.ToString();
    }

    static string Escape(char c, bool isInBrackets) => (c, isInBrackets) switch
    {
        ('w', true) => @"\pL\pN_",
        ('w', false) => @"[\pL\pN_]",
        ('W', false) => @"[^\pL\pN_]",
        ('y', false) => @"\b",
        ('Y', false) => @"\B",
        ('Z', false) => @"\z",
        _ => $@"\{c}",
    };

    static string? ClassOf(ReadOnlySpan<char> name) => name switch
    {
        "alpha" => @"\pL",
        "upper" => @"\p{Lu}",
        "lower" => @"\p{Ll}",
        "alnum" => @"\pL\pN",
        "word" => @"\pL\pN_",
        _ => null,
    };
}
