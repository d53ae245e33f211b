using YamlDotNet.Core;

namespace Foz.Lake.Configuration;

/// <summary>Explains what is wrong with a text that is not YAML, for its author.</summary>
static class YamlSyntax
{
    /// <summary>Part of the parser's message, what it means, and what to do.</summary>
    static readonly (string Part, string Message, string Hint)[] Explanations =
    [
        ("found invalid mapping", "a ':' stands where no key can be",
            "quote a text that holds ': ', or check how this line and the one above are indented"),
        ("did not find expected key", "this is no key of the mapping above",
            "write 'key: value', in the same column as the keys above"),
        ("could not find expected ':'", "a key without ':'", "write 'key: value'"),
        ("character that cannot start any token", "a text cannot start with this character", "quote the text"),
        ("found unknown escape character", "no such escape in a text in double quotes",
            "use single quotes for a text with backslashes"),
        ("unexpected end of stream", "a quote is never closed", "close the quote that starts here"),
        ("did not find expected '-' indicator", "this is no item of the list above",
            "items of one list start with '- ' in the same column"),
        ("did not find expected ',' or '}'", "the mapping in { } is not closed here",
            "separate entries by ',' and quote texts that hold { } [ ] or ','; a variable too: \"${NAME}\""),
        ("did not find expected ',' or ']'", "the list in [ ] is not closed here",
            "separate items by ',' and quote texts that hold { } [ ] or ','"),
        ("did not find expected node content", "a value is missing here", "close every [ and {"),
    ];

    /// <summary>The error for a text that the parser refused.</summary>
    /// <param name="refusal">What the parser said.</param>
    /// <param name="text">The text.</param>
    /// <param name="file">Its file.</param>
    /// <param name="lineRead">The line that the parser came to, from 1.</param>
    public static FozException Explain(YamlException refusal, string text, string file, int lineRead)
    {
        // A quote may run over lines, and tabs inside of it are as good as any character.
        var isInQuote = refusal.Message.Contains("quoted scalar", StringComparison.Ordinal);
        // Of some tabs the parser does not say where they are.
        var isOfTab = refusal.Message.Contains("invalid tab", StringComparison.Ordinal);
        var tab = isInQuote ? null
            : isOfTab ? FindTab(text, file, lineRead, int.MaxValue)
            : FindTab(text, file, (int)refusal.Start.Line, (int)refusal.End.Line + 1);
        if (tab is not null) return tab;
        var place = new Place(file, (int)refusal.Start.Line, (int)refusal.Start.Column);
        foreach (var (part, message, hint) in Explanations)
        {
            if (refusal.Message.Contains(part, StringComparison.OrdinalIgnoreCase))
                return new(ErrorKind.Configuration, message, refusal) { Place = place, Hint = hint };
        }
        return new(ErrorKind.Configuration, $"not valid YAML: {refusal.Message.TrimEnd('.')}", refusal)
        {
            Place = place,
        };
    }

    /// <summary>The error for a text that ends inside a list or mapping, or seems to by a tab.</summary>
    public static FozException ExplainEnd(string text, string file, int lineRead) =>
        FindTab(text, file, lineRead, int.MaxValue)
        ?? new(ErrorKind.Configuration, "the YAML ends inside a list or mapping")
        {
            Place = new(file), Hint = "close every [ and {",
        };

    static FozException? FindTab(string text, string file, int firstLine, int lastLine)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (number > lastLine) break;
            if (number < firstLine) continue;
            var indentation = line[..^line.TrimStart().Length];
            if (indentation.IndexOf('\t') is not (>= 0 and var tab)) continue;
            return new(ErrorKind.Configuration, "a tab in the indentation")
            {
                Place = new(file, number, tab + 1),
                Hint = "indent YAML with spaces",
            };
        }
        return null;
    }
}
