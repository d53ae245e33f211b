using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Engine.Functions;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>
/// PostgreSQL's regular expressions (its documentation, 9.7.3) as .NET's that take a time in proportion to the text.
/// What would match otherwise there is refused: alternatives of which the longest counts, greedy and reluctant
/// quantifiers in one, what looks around or back.
/// </summary>
static class PgRegex
{
    const string LookAround = "(?";

    static readonly SearchValues<char> special = SearchValues.Create("*+?{}[]^$.");

    /// <summary>Reads an expression.</summary>
    /// <param name="pattern">PostgreSQL's pattern.</param>
    /// <param name="flags">Its flags, except <c>g</c>.</param>
    /// <exception cref="FozException">It is not a pattern, or one that is not supported.</exception>
    public static Regex Read(string pattern, string flags = "")
    {
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline;
        foreach (var flag in flags)
        {
            if (flag == 'i') options |= RegexOptions.IgnoreCase;
            else if (flag == 'c') options &= ~RegexOptions.IgnoreCase;
            else if (flag != 's') throw Unsupported($"the flag \"{flag}\"");
        }
        try
        {
            return new(Translate(pattern), options, Regex.InfiniteMatchTimeout);
        }
        catch (NotSupportedException)
        {
            throw Unsupported(pattern);
        }
        catch (ArgumentException)
        {
            throw FunctionFault.Of("2201B", $"invalid regular expression: {pattern}");
        }
    }

    /// <summary>The pattern of SIMILAR TO as a regular expression for the whole text.</summary>
    public static string OfSimilar(string pattern)
    {
        var text = new StringBuilder("^(?:");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '%':
                    text.Append(".*");
                    break;
                case '_':
                    text.Append('.');
                    break;
                case '\\' when i + 1 < pattern.Length:
                    text.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                case '.' or '^' or '$':
                    text.Append('\\').Append(pattern[i]);
                    break;
                case '[':
                    var end = pattern.IndexOf(']', Math.Min(i + 2, pattern.Length));
                    if (end < 0) throw FunctionFault.Of("2201B", $"invalid regular expression: {pattern}");
                    text.Append(pattern, i, end - i + 1);
                    i = end;
                    break;
                case '(':
                    text.Append("(?:");
                    break;
                default:
                    text.Append(pattern[i]);
                    break;
            }
        }
        return text.Append(")$").ToString();
    }

    /// <summary>
    /// Whether a whole text is like a pattern of SIMILAR TO, in which the longest of several alternatives does not
    /// matter.
    /// </summary>
    public static Regex ReadSimilar(string pattern)
    {
        try
        {
            return new(
                TranslateSyntax(OfSimilar(pattern)),
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline,
                Regex.InfiniteMatchTimeout);
        }
        catch (ArgumentException)
        {
            throw FunctionFault.Of("2201B", $"invalid regular expression: {pattern}");
        }
    }

    static string Translate(string pattern)
    {
        if (pattern.StartsWith("***", StringComparison.Ordinal)) throw Unsupported(pattern);
        if (HasReluctant(pattern) && HasGreedy(pattern))
            throw Unsupported($"a pattern with greedy and reluctant quantifiers ({pattern})");
        CheckAlternatives(pattern);
        return TranslateSyntax(pattern);
    }

    static string TranslateSyntax(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    text.Append(Escape(pattern, ref i, isInBrackets: false));
                    break;
                case '[':
                    Brackets(pattern, ref i, text);
                    break;
                case '$':
                    text.Append(@"\z");
                    break;
                case '(' when pattern.AsSpan(i).StartsWith(LookAround, StringComparison.Ordinal)
                    && At(pattern, i + 2) != ':':
                    throw Unsupported(pattern);
                default:
                    text.Append(pattern[i]);
                    break;
            }
        }
        return text.ToString();
    }

    static void Brackets(string pattern, ref int i, StringBuilder text)
    {
        text.Append('[');
        i++;
        if (At(pattern, i) == '^') text.Append(pattern[i++]);
        for (var isFirst = true; ; isFirst = false, i++)
        {
            if (i >= pattern.Length)
                throw FunctionFault.Of("2201B", $"invalid regular expression: brackets [] not balanced: {pattern}");
            var c = pattern[i];
            if (c == ']' && !isFirst) break;
            if (c == '[' && At(pattern, i + 1) == ':')
            {
                var end = pattern.IndexOf(":]", i + 2, StringComparison.Ordinal);
                text.Append(ClassOf(end < 0 ? "" : pattern[(i + 2)..end], pattern));
                i = end + 1;
            }
            else if (c == '[' && At(pattern, i + 1) is '.' or '=') throw Unsupported(pattern);
            else if (c is '[' or ']') text.Append('\\').Append(c);
            else if (c == '\\') text.Append(Escape(pattern, ref i, isInBrackets: true));
            else text.Append(c);
        }
        text.Append(']');
    }

    static string ClassOf(string name, string pattern) => name switch
    {
        "alpha" => @"\p{L}",
        "upper" => @"\p{Lu}",
        "lower" => @"\p{Ll}",
        "digit" => "0-9",
        "alnum" => @"\p{L}\p{Nd}",
        "word" => @"\w",
        "space" => @"\s",
        "blank" => @" \t",
        "punct" => @"\p{P}\p{S}",
        "xdigit" => "0-9A-Fa-f",
        _ => throw Unsupported(pattern),
    };

    static string Escape(string pattern, ref int i, bool isInBrackets)
    {
        var c = At(pattern, ++i);
        return c switch
        {
            '\0' => throw FunctionFault.Of("2201B", @"invalid regular expression: invalid escape \ sequence"),
            'd' => isInBrackets ? "0-9" : "[0-9]",
            'D' when !isInBrackets => "[^0-9]",
            'w' or 's' or 'n' or 't' or 'r' or 'f' or 'v' or 'e' or 'a' => $@"\{c}",
            'W' or 'S' when !isInBrackets => $@"\{c}",
            'y' when !isInBrackets => @"\b",
            'Y' when !isInBrackets => @"\B",
            'A' when !isInBrackets => @"\A",
            'Z' when !isInBrackets => @"\z",
            'B' => @"\\",
            _ when char.IsAsciiLetterOrDigit(c) => throw Unsupported($@"the escape \{c}"),
            _ => $@"\{c}",
        };
    }

    static bool HasReluctant(string pattern) => Plain(pattern) is var plain
        && (plain.Contains("*?", StringComparison.Ordinal) || plain.Contains("+?", StringComparison.Ordinal)
            || plain.Contains("??", StringComparison.Ordinal) || plain.Contains("}?", StringComparison.Ordinal));

    static bool HasGreedy(string pattern)
    {
        var plain = Plain(pattern);
        for (var i = 0; i < plain.Length; i++)
            if (plain[i] is '*' or '+' or '}' or '?' && At(plain, i + 1) != '?'
                && !(plain[i] == '?' && i > 0 && plain[i - 1] is '*' or '+' or '}' or '?' or '('))
                return true;
        return false;
    }

    /// <summary>
    /// Of alternatives PostgreSQL takes the one that makes the match longest, .NET the first that matches: they are the
    /// same where all are plain texts of which none begins as an earlier one does.
    /// </summary>
    static void CheckAlternatives(string pattern)
    {
        var plain = Plain(pattern);
        if (!plain.Contains('|', StringComparison.Ordinal)) return;
        foreach (var group in plain.Split('(', ')'))
        {
            if (!group.Contains('|', StringComparison.Ordinal)) continue;
            var alternatives = group.Split('|')
                .Select((text, i) => i == 0 && text.StartsWith("?:", StringComparison.Ordinal) ? text[2..] : text)
                .ToList();
            for (var i = 0; i < alternatives.Count; i++)
                if (alternatives[i].Length == 0 || alternatives[i].AsSpan().ContainsAny(special)
                    || alternatives[i].Contains('\0', StringComparison.Ordinal)
                    || alternatives.Skip(i + 1)
                        .Any(later => later.StartsWith(alternatives[i], StringComparison.OrdinalIgnoreCase)))
                    throw Unsupported($"a pattern with such alternatives ({pattern})");
        }
    }

    /// <summary>Returns the pattern with NUL in place of the characters in brackets and after backslashes.</summary>
    static string Plain(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == '[') i = Math.Max(pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)), i);
            else
            {
                text.Append(pattern[i]);
                continue;
            }
            text.Append('\0');
        }
        return text.ToString();
    }

    static char At(string text, int i) => i < text.Length ? text[i] : '\0';

    static FozException Unsupported(string what) =>
        FunctionFault.Of("0A000", $"regular expression: {what} is not supported");
}
