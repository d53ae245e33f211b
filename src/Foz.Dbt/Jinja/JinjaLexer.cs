using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>Cuts a template into tokens. Whitespace control is done here, comments and <c>raw</c> too.</summary>
/// <param name="text">The template.</param>
/// <param name="start">Where its first character stands in the file.</param>
sealed class JinjaLexer(string text, Place start)
{
    /// <summary>Blocks whose text is not read as a template.</summary>
    static readonly string[] Verbatim = ["raw", "docs"];

    static readonly string[] Operators =
    [
        "//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}",
        ".", ":", "|", ",",
    ];

    readonly List<JinjaToken> tokens = [];
    int at;
    int line = start.Line;
    int lineStart = 1 - start.Column;
    int placed;

    /// <summary>All tokens, <see cref="JinjaTokenKind.End"/> last.</summary>
    /// <exception cref="FozException">A tag, comment or text is never closed, or a character means nothing.</exception>
    public IReadOnlyList<JinjaToken> Read()
    {
        // As Jinja has it, one line break at the end is none of the template's.
        var end = text.EndsWith('\n') ? text.Length - 1 : text.Length;
        var isTrimmed = false;
        while (at < end)
        {
            var open = NextTag(end);
            var dataEnd = open < 0 ? end : open;
            var data = text.AsSpan(at, dataEnd - at);
            var from = at;
            if (isTrimmed) data = data.TrimStart();
            var offset = dataEnd - at - data.Length;
            if (open >= 0 && text[open + 2 < text.Length ? open + 2 : open] == '-') data = data.TrimEnd();
            if (data.Length > 0)
                tokens.Add(new(JinjaTokenKind.Data, data.ToString(), from + offset, PlaceOf(from + offset)));
            at = dataEnd;
            if (open < 0) break;
            isTrimmed = text[open + 1] switch
            {
                '#' => ReadComment(),
                '{' => ReadTag(JinjaTokenKind.OutputBegin, JinjaTokenKind.OutputEnd, "}}"),
                _ => ReadTag(JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}"),
            };
            if (FindVerbatim() is { } word) isTrimmed = ReadVerbatim(word, isTrimmed);
        }
        tokens.Add(new(JinjaTokenKind.End, "", text.Length, PlaceOf(text.Length)));
        return tokens;
    }

    int NextTag(int end)
    {
        for (var i = at; i + 1 < end; i++)
            if (text[i] == '{' && text[i + 1] is ('{' or '%' or '#')) return i;
        return -1;
    }

    bool ReadComment()
    {
        var close = text.IndexOf("#}", at + 2, StringComparison.Ordinal);
        if (close < 0) throw Error(at, "the comment '{#' is never closed", "close it with '#}'");
        var isTrimmed = close > at + 2 && text[close - 1] == '-';
        at = close + 2;
        return isTrimmed;
    }

    /// <summary>Reads a tag; returns whether the text after it loses its leading whitespace.</summary>
    bool ReadTag(JinjaTokenKind begin, JinjaTokenKind end, string close)
    {
        var opened = at;
        tokens.Add(new(begin, text.Substring(at, 2), at, PlaceOf(at)));
        at += 2;
        if (at < text.Length && text[at] is '-' or '+') at++;
        var brackets = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            if (at >= text.Length)
                throw Error(opened, $"'{text.Substring(opened, 2)}' is never closed", $"close it with '{close}'");
            if (brackets == 0 && ClosesHere(close, out var length))
            {
                var isTrimmed = text[at] == '-';
                tokens.Add(new(end, close, at, PlaceOf(at)));
                at += length;
                return isTrimmed;
            }
            brackets += ReadToken();
        }
    }

    bool ClosesHere(string close, out int length)
    {
        length = text[at] is '-' or '+' ? 3 : 2;
        return string.CompareOrdinal(text, at + length - 2, close, 0, 2) == 0;
    }

    /// <summary>Reads a token; by how much it opens (1) or closes (-1) brackets.</summary>
    int ReadToken()
    {
        var from = at;
        var c = text[at];
        if (char.IsLetter(c) || c == '_')
        {
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_')) at++;
            Add(JinjaTokenKind.Name, text[from..at], from);
        }
        else if (char.IsAsciiDigit(c)) ReadNumber();
        else if (c is '"' or '\'') ReadText();
        else if (Operators.FirstOrDefault(o => string.CompareOrdinal(text, from, o, 0, o.Length) == 0) is { } found)
        {
            at += found.Length;
            Add(JinjaTokenKind.Operator, found, from);
            return found is "(" or "[" or "{" ? 1 : found is ")" or "]" or "}" ? -1 : 0;
        }
        else throw Error(at, $"'{c}' means nothing here", hint: null);
        return 0;
    }

    void ReadNumber()
    {
        var from = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '_')) at++;
        var kind = JinjaTokenKind.Integer;
        if (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit(text[at + 1]))
        {
            kind = JinjaTokenKind.Float;
            at++;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        }
        if (at < text.Length && text[at] is 'e' or 'E' && HasExponent())
        {
            kind = JinjaTokenKind.Float;
            at += 2;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        }
        Add(kind, text[from..at].Replace("_", "", StringComparison.Ordinal), from);
    }

    bool HasExponent() =>
        at + 1 < text.Length && (char.IsAsciiDigit(text[at + 1])
            || (text[at + 1] is '+' or '-' && at + 2 < text.Length && char.IsAsciiDigit(text[at + 2])));

    void ReadText()
    {
        var from = at;
        var quote = text[at++];
        var value = new StringBuilder();
        while (true)
        {
            if (at >= text.Length)
                throw Error(from, $"the text that begins with {quote} is never closed", $"close it with {quote}");
            var c = text[at++];
            if (c == quote) break;
            if (c != '\\' || at >= text.Length) value.Append(c);
            else ReadEscape(value);
        }
        Add(JinjaTokenKind.Text, value.ToString(), from);
    }

    void ReadEscape(StringBuilder value)
    {
        var c = text[at++];
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && at + digits <= text.Length
            && int.TryParse(
                text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && Rune.IsValid(code))
        {
            value.Append(new Rune(code).ToString());
            at += digits;
            return;
        }
        switch (c)
        {
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case '0': value.Append('\0'); break;
            case '\\' or '\'' or '"': value.Append(c); break;
            case '\n': break;
            default: value.Append('\\').Append(c); break;
        }
    }

    /// <summary>
    /// Returns the word of a block that was just opened and whose text is no template; null for any other block.
    /// </summary>
    string? FindVerbatim()
    {
        if (tokens is not [.., { Kind: JinjaTokenKind.BlockEnd }]) return null;
        return tokens[..^1] switch
        {
            [.., { Kind: JinjaTokenKind.BlockBegin }, { Kind: JinjaTokenKind.Name } raw] when raw.Text == Verbatim[0] =>
                Verbatim[0],
            [.., { Kind: JinjaTokenKind.BlockBegin }, { Kind: JinjaTokenKind.Name } docs, { Kind: JinjaTokenKind.Name }]
                when docs.Text == Verbatim[1] => Verbatim[1],
            _ => null,
        };
    }

    /// <summary>Reads up to the end of a verbatim block; of <c>raw</c> only its text stays.</summary>
    bool ReadVerbatim(string word, bool isTrimmed)
    {
        var opened = tokens[^(word == "raw" ? 3 : 4)].Index;
        var from = at;
        for (var open = at; (open = text.IndexOf("{%", open, StringComparison.Ordinal)) >= 0; open += 2)
        {
            var position = open + 2;
            var trimsBefore = position < text.Length && text[position] == '-';
            if (position < text.Length && text[position] is '-' or '+') position++;
            while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
            var endWord = "end" + word;
            if (string.CompareOrdinal(text, position, endWord, 0, endWord.Length) != 0) continue;
            var data = text.AsSpan(from, open - from);
            if (isTrimmed) data = data.TrimStart();
            if (trimsBefore) data = data.TrimEnd();
            if (word == "raw") tokens.RemoveRange(tokens.Count - 3, 3);
            if (data.Length > 0) tokens.Add(new(JinjaTokenKind.Data, data.ToString(), from, PlaceOf(from)));
            at = open;
            isTrimmed = ReadTag(JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}");
            if (word == "raw") tokens.RemoveRange(tokens.Count - 3, 3);
            return isTrimmed;
        }
        throw Error(opened, $"'{{% {word} %}}' is never closed", $"close it with '{{% end{word} %}}'");
    }

    void Add(JinjaTokenKind kind, string value, int from) => tokens.Add(new(kind, value, from, PlaceOf(from)));

    /// <summary>Where a character stands; those that are asked for mostly come in order.</summary>
    Place PlaceOf(int index)
    {
        if (index < placed) (placed, line, lineStart) = (0, start.Line, 1 - start.Column);
        for (; placed < index && placed < text.Length; placed++)
            if (text[placed] == '\n') (line, lineStart) = (line + 1, placed + 1);
        return new(start.File, line, index - lineStart + 1);
    }

    FozException Error(int index, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = PlaceOf(index), Hint = hint };
}
