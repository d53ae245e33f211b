using System.Globalization;
using System.Text;

namespace Foz.DuckDB;

/// <summary>Reads DuckDB's text of a type: a recursive descent over a few kinds of words.</summary>
sealed class LogicalTypeParser(string text)
{
    const int DecimalWidthDefault = 18, DecimalScaleDefault = 3, DepthMax = 200;

    int position, depth;

    public LogicalType Parse()
    {
        var type = ReadType();
        return SkipSpace() == '\0' ? type : throw Wrong("the end");
    }

    LogicalType ReadType()
    {
        if (++depth > DepthMax) throw Wrong($"at most {DepthMax} levels");
        var type = ReadBase();
        while (TryTake('['))
        {
            type = SkipSpace() == ']' ? LogicalType.List(type) : LogicalType.Array(type, ReadNumber());
            Take(']');
        }
        depth--;
        return type;
    }

    LogicalType ReadBase()
    {
        var start = position;
        var name = ReadName(out var isQuoted);
        switch (name.ToUpperInvariant())
        {
            case "DECIMAL" or "NUMERIC" or "DEC": return ReadDecimal();
            case "STRUCT" or "ROW": return LogicalType.Struct(ReadFields());
            case "UNION": return LogicalType.Union(ReadFields());
            case "MAP": return ReadMap();
            case "ENUM": return LogicalType.Enum(ReadTexts());
            case "LIST" when TryTake('('): return Closed(LogicalType.List(ReadType()));
            case "JSON": return LogicalType.Json;
            case "TIME" or "TIMESTAMP" when !isQuoted && TryTakeZone(out var hasZone):
                return LogicalType.Of(LogicalTypeNames.IdOf(hasZone ? name + "TZ" : name)!.Value);
            case "DOUBLE" when TryTakeWord("PRECISION"): return LogicalType.Double;
            case "VARCHAR" or "CHAR" or "TEXT" or "STRING" or "BPCHAR" when TryTake('('):
                ReadNumber();
                return Closed(LogicalType.Varchar);
        }
        if (LogicalTypeNames.IdOf(name) is { } id) return LogicalType.Of(id);
        position = start;
        throw Wrong("a type");
    }

    LogicalType ReadDecimal()
    {
        if (!TryTake('(')) return LogicalType.Decimal(DecimalWidthDefault, DecimalScaleDefault);
        var width = ReadNumber();
        var scale = TryTake(',') ? ReadNumber() : 0;
        if (width is < 1 or > DecimalValue.WidthMax || scale > width)
            throw Wrong($"a width of 1 to {DecimalValue.WidthMax} and a scale of at most the width");
        return Closed(LogicalType.Decimal(width, scale));
    }

    LogicalType ReadMap()
    {
        Take('(');
        var key = ReadType();
        Take(',');
        return Closed(LogicalType.Map(key, ReadType()));
    }

    List<Field> ReadFields()
    {
        Take('(');
        var fields = new List<Field>();
        do
        {
            var start = position;
            var name = ReadName(out _);
            // A struct without names: what looks like a name is the type.
            if (SkipSpace() is ',' or ')' or '(' or '[')
                (name, position) = ("", start);
            fields.Add(new(name, ReadType()));
        }
        while (TryTake(','));
        Take(')');
        return fields;
    }

    List<string> ReadTexts()
    {
        Take('(');
        var texts = new List<string>();
        do
        {
            if (SkipSpace() != '\'') throw Wrong("a text in quotes");
            texts.Add(ReadQuoted('\''));
        }
        while (TryTake(','));
        Take(')');
        return texts;
    }

    /// <summary>The words WITH TIME ZONE or WITHOUT TIME ZONE after a type of time.</summary>
    bool TryTakeZone(out bool hasZone)
    {
        hasZone = TryTakeWord("WITH");
        if (!hasZone && !TryTakeWord("WITHOUT")) return false;
        return TryTakeWord("TIME") && TryTakeWord("ZONE") ? true : throw Wrong("TIME ZONE");
    }

    string ReadName(out bool isQuoted)
    {
        isQuoted = SkipSpace() == '"';
        if (isQuoted) return ReadQuoted('"');
        var start = position;
        while (position < text.Length && (char.IsLetterOrDigit(text[position]) || text[position] is '_' or '$'))
            position++;
        return position > start ? text[start..position] : throw Wrong("a name");
    }

    string ReadQuoted(char quote)
    {
        var content = new StringBuilder();
        for (position++; position < text.Length; position++)
        {
            if (text[position] != quote)
                content.Append(text[position]);
            else if (position + 1 < text.Length && text[position + 1] == quote)
                content.Append(text[position++]);
            else
            {
                position++;
                return content.ToString();
            }
        }
        throw Wrong($"a closing {quote}");
    }

    int ReadNumber()
    {
        SkipSpace();
        var start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
        return int.TryParse(text.AsSpan(start, position - start), CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong("a number");
    }

    LogicalType Closed(LogicalType type)
    {
        Take(')');
        return type;
    }

    bool TryTakeWord(string word)
    {
        SkipSpace();
        var end = position + word.Length;
        if (end > text.Length || !text.AsSpan(position, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase))
            return false;
        if (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) return false;
        position = end;
        return true;
    }

    void Take(char character)
    {
        if (!TryTake(character)) throw Wrong($"'{character}'");
    }

    bool TryTake(char character)
    {
        if (SkipSpace() != character) return false;
        position++;
        return true;
    }

    char SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
        return position < text.Length ? text[position] : '\0';
    }

    FormatException Wrong(string expected) =>
        new($"'{text}' is no DuckDB type: expected {expected} at character {position + 1}");
}
