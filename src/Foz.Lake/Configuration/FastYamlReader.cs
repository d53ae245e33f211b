namespace Foz.Lake.Configuration;

/// <summary>
/// Reads the YAML that most files are: block mappings and lists, lists and mappings in brackets, texts in one line or
/// as blocks. Whatever is not certain to mean the same to <see cref="YamlReader"/>, which knows all of YAML and is many
/// times as slow, is not read at all.
/// </summary>
ref struct FastYamlReader
{
    const int DepthMax = 16;
    const int NodesMax = 10_000;
    const int KeyLengthMax = 256;

    readonly ReadOnlySpan<char> text;
    readonly string file;
    int at;
    int line;

    /// <summary>The index of the first character of the line; of the first line it may lie before the text.</summary>
    int lineStart;

    int nodes;

    /// <summary>What lines inside of brackets must be indented more than.</summary>
    int flowColumn;

    FastYamlReader(ReadOnlySpan<char> text, Place start)
    {
        this.text = text;
        (file, line, lineStart) = (start.File, start.Line, 1 - start.Column);
    }

    readonly int Column => at - lineStart + 1;

    readonly Place Here => new(file, line, Column);

    readonly bool IsAtEnd => at >= text.Length;

    readonly char Next => at < text.Length ? text[at] : '\0';

    readonly bool IsItem => Next == '-' && at + 1 < text.Length && text[at + 1] == ' ';

    /// <summary>Reads a document.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The index of its first character; only blanks are before it in its line.</param>
    /// <returns>The document; null where it is not plain, empty or wrong.</returns>
    public static YamlNode.Mapping? Read(ReadOnlySpan<char> text, Place start)
    {
        if (!HasPlainCharacters(text)) return null;
        var reader = new FastYamlReader(text, start);
        reader.SkipToContent();
        var mapping = reader.IsAtEnd ? null : reader.ReadMapping(depth: 0);
        return reader.IsAtEnd ? mapping : null;
    }

    static bool HasPlainCharacters(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyExceptInRange(' ', '~') is >= 0 and var index)
        {
            // Neither tabs nor other ways to end a line, no halves of characters, no byte order marks.
            if (text[index] is not ('\n' or (>= '\u00A0' and <= '\uD7FF' and not '\u2028' and not '\u2029')))
                return false;
            text = text[(index + 1)..];
        }
        return true;
    }

    YamlNode.Mapping? ReadMapping(int depth)
    {
        if (depth > DepthMax || ++nodes > NodesMax) return null;
        var (place, column) = (Here, Column);
        var entries = new List<YamlEntry>();
        do
        {
            var keyPlace = Here;
            if (ReadKey() is not { } key || IsIn(entries, key) || ReadValue(column, depth) is not { } value)
                return null;
            entries.Add(new(key, keyPlace, value));
        }
        while (!IsAtEnd && Column == column);
        return IsAtEnd || Column < column ? new(entries, place) : null;
    }

    YamlNode? ReadValue(int column, int depth)
    {
        var behindColon = Here;
        SkipSpaces();
        if (Next is not ('\n' or '\0' or '#')) return ReadInLine(column, depth);
        SkipToContent();
        if (!IsAtEnd && IsItem && Column >= column) return ReadSequence(depth + 1);
        if (!IsAtEnd && Column > column) return ReadMapping(depth + 1);
        return ++nodes > NodesMax ? null : new YamlNode.Scalar("", isQuoted: false, behindColon);
    }

    YamlNode.Sequence? ReadSequence(int depth)
    {
        if (depth > DepthMax || ++nodes > NodesMax) return null;
        var (place, column) = (Here, Column);
        var items = new List<YamlNode>();
        do
        {
            at++;
            SkipSpaces();
            if (IsItem) return null;
            var item = IsKey() ? ReadMapping(depth + 1) : ReadInLine(column, depth);
            if (item is null) return null;
            items.Add(item);
        }
        while (!IsAtEnd && Column == column && IsItem);
        return IsAtEnd || Column <= column ? new(items, place) : null;
    }

    /// <summary>
    /// Reads a value that begins in a line after a key or the sign of an item, and what ends that line.
    /// </summary>
    YamlNode? ReadInLine(int column, int depth)
    {
        if (Next is '|' or '>') return ReadBlock(column);
        flowColumn = column;
        var node = Next is '[' or '{' or '\'' or '"' ? ReadFlow(depth + 1) : ReadPlain();
        if (node is null) return null;
        SkipSpaces();
        if (Next == '#' ? text[at - 1] != ' ' : Next is not ('\n' or '\0')) return null;
        SkipToContent();
        return node;
    }

    YamlNode.Scalar? ReadPlain()
    {
        if (!IsPlainStart() || ++nodes > NodesMax) return null;
        var (place, start) = (Here, at);
        for (; !IsAtEnd && text[at] != '\n'; at++)
        {
            if (text[at] == ':' && IsBlank(at + 1)) return null;
            if (text[at] == '#' && text[at - 1] == ' ') break;
        }
        return new(text[start..at].TrimEnd(' ').ToString(), isQuoted: false, place);
    }

    /// <summary>A text of several lines, which are kept (<c>|</c>) or made one (<c>&gt;</c>).</summary>
    YamlNode.Scalar? ReadBlock(int column)
    {
        var (place, isLiteral, isStripped) = (Here, Next == '|', at + 1 < text.Length && text[at + 1] == '-');
        at += isStripped ? 2 : 1;
        if (Next != '\n' || ++nodes > NodesMax) return null;
        NextLine();
        var indent = text[at..].IndexOfAnyExcept(' ');
        if (indent < column || text[at + indent] == '\n') return null;
        var content = new System.Text.StringBuilder();
        var blankLines = 0;
        while (!IsAtEnd)
        {
            var rest = text[at..];
            var (end, spaces) = (rest.IndexOf('\n'), rest.IndexOfAnyExcept(' '));
            if (end < 0 || (spaces == end && spaces > indent)) return null;
            if (spaces < indent && spaces != end) break;
            if (spaces == end) blankLines++;
            else
            {
                // Lines of another depth, and empty ones, are not simply joined.
                if (!isLiteral && (spaces > indent || (blankLines > 0 && content.Length > 0))) return null;
                content.Append('\n', blankLines).Append(rest[indent..end]).Append(isLiteral ? '\n' : ' ');
                blankLines = 0;
            }
            at += end;
            NextLine();
        }
        var last = content.Length - 1;
        SkipToContent();
        return new(isStripped ? content.ToString(0, last) : content.ToString(0, last) + '\n', isQuoted: true, place)
        {
            IsLiteralBlock = isLiteral,
        };
    }

    readonly bool IsKey()
    {
        var ahead = this;
        return ahead.ReadKey() is not null;
    }

    /// <summary>Reads a key and its colon.</summary>
    string? ReadKey()
    {
        if (Next is '\'' or '"')
            return ReadQuoted() is { Text.Length: < KeyLengthMax } quoted && Next == ':' && IsBlank(++at)
                ? quoted.Text
                : null;
        if (!IsPlainStart() || text[at..].StartsWith("...")) return null;
        var start = at;
        for (; !IsAtEnd && text[at] != '\n'; at++)
        {
            if (text[at] == ':' && IsBlank(at + 1))
            {
                var key = text[start..at++];
                return key[^1] == ' ' || key.Length > KeyLengthMax ? null : key.ToString();
            }
            if (!char.IsLetterOrDigit(text[at]) && text[at] is not ('_' or '-' or '.' or '+' or '/' or ' '))
                return null;
        }
        return null;
    }

    YamlNode? ReadFlow(int depth)
    {
        if (depth > DepthMax || ++nodes > NodesMax) return null;
        return Next switch
        {
            '[' => ReadFlowSequence(depth),
            '{' => ReadFlowMapping(depth),
            '\'' or '"' => ReadQuoted(),
            _ => ReadFlowPlain(),
        };
    }

    YamlNode.Sequence? ReadFlowSequence(int depth)
    {
        var place = Here;
        var items = new List<YamlNode>();
        at++;
        if (!SkipFlowSpace()) return null;
        while (Next != ']')
        {
            if (ReadFlow(depth + 1) is not { } item || !SkipToNextItem(']')) return null;
            items.Add(item);
        }
        at++;
        return new(items, place);
    }

    YamlNode.Mapping? ReadFlowMapping(int depth)
    {
        var place = Here;
        var entries = new List<YamlEntry>();
        at++;
        if (!SkipFlowSpace()) return null;
        while (Next != '}')
        {
            var keyPlace = Here;
            if (ReadFlowKey() is not { } key || IsIn(entries, key)) return null;
            SkipSpaces();
            if (ReadFlow(depth + 1) is not { } value || !SkipToNextItem('}')) return null;
            entries.Add(new(key, keyPlace, value));
        }
        at++;
        return new(entries, place);
    }

    /// <summary>Reads a key inside of brackets, and its colon.</summary>
    string? ReadFlowKey()
    {
        if ((Next is '\'' or '"'
            ? ReadQuoted()
            : ReadFlowPlain(isKey: true)) is not { Text: { Length: < KeyLengthMax } key })
            return null;
        if (key == "<<" || Next != ':' || at + 1 >= text.Length || text[at + 1] != ' ') return null;
        at++;
        return key;
    }

    YamlNode.Scalar? ReadFlowPlain(bool isKey = false)
    {
        if (!IsPlainStart()) return null;
        var (place, start) = (Here, at);
        for (; !IsAtEnd; at++)
        {
            var next = text[at];
            if (next is ',' or ']' or '}' or '\n' || (isKey && next == ':')) break;
            if (next is ':' or '[' or '{' or '?' or '#') return null;
        }
        var value = text[start..at];
        if (isKey && value[^1] == ' ') return null;
        return new(value.TrimEnd(' ').ToString(), isQuoted: false, place);
    }

    /// <summary>Moves past a comma to the next item, or to the bracket that closes.</summary>
    bool SkipToNextItem(char closing)
    {
        if (!SkipFlowSpace()) return false;
        if (Next == closing) return true;
        if (Next != ',') return false;
        at++;
        return SkipFlowSpace() && Next != closing;
    }

    /// <returns>Whether what follows is indented as it must be.</returns>
    bool SkipFlowSpace()
    {
        var isNewLine = false;
        for (; Next is ' ' or '\n'; at++)
        {
            if (text[at] != '\n') continue;
            isNewLine = true;
            (line, lineStart) = (line + 1, at + 1);
        }
        return !IsAtEnd && (!isNewLine || Column > flowColumn);
    }

    /// <summary>A text in quotes that is in one line and, in double quotes, has no escapes.</summary>
    YamlNode.Scalar? ReadQuoted()
    {
        var (place, quote) = (Here, text[at]);
        var start = ++at;
        var isDoubled = false;
        for (; ; at++)
        {
            if (Next is '\0' or '\n' || (Next == '\\' && quote == '"')) return null;
            if (text[at] != quote) continue;
            if (quote == '"' || at + 1 >= text.Length || text[at + 1] != quote) break;
            isDoubled = true;
            at++;
        }
        var value = text[start..at++].ToString();
        return new(isDoubled ? value.Replace("''", "'", StringComparison.Ordinal) : value, isQuoted: true, place);
    }

    /// <summary>Whether a text without quotes can begin here.</summary>
    readonly bool IsPlainStart() => Next switch
    {
        '-' => at + 1 < text.Length && char.IsAsciiLetterOrDigit(text[at + 1]),
        '\0' or '\n' or ' ' or '?' or ':' or ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '|' or '>'
            or '\'' or '"' or '%' or '@'
            or '`' => false,
        _ => true,
    };

    readonly bool IsBlank(int index) => index >= text.Length || text[index] is ' ' or '\n';

    static bool IsIn(List<YamlEntry> entries, string key)
    {
        foreach (var entry in entries)
            if (entry.Key == key) return true;
        return false;
    }

    void SkipSpaces()
    {
        while (Next == ' ') at++;
    }

    /// <summary>Goes to the first character that is neither blank nor comment, in this line or a later one.</summary>
    void SkipToContent()
    {
        while (true)
        {
            SkipSpaces();
            if (Next == '#') at = text[at..].IndexOf('\n') is >= 0 and var end ? at + end : text.Length;
            if (Next != '\n') return;
            NextLine();
        }
    }

    void NextLine()
    {
        at++;
        (line, lineStart) = (line + 1, at);
    }
}
