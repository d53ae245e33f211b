using System.Text;

namespace Foz.Connectors.MySql.Changes;

/// <summary>A word of a statement.</summary>
/// <param name="Text">The word, or the name without its quotes; empty at the end.</param>
/// <param name="IsQuoted">Whether it is in quotes, so that it is no key word.</param>
readonly record struct StatementWord(string Text, bool IsQuoted)
{
    /// <summary>Whether the statement is at its end.</summary>
    public bool IsEnd => Text.Length == 0 && !IsQuoted;

    /// <summary>Whether it is one of some key words, in capitals.</summary>
    public bool Is(params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
            if (!IsQuoted && Text.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}

/// <summary>Reads the words, names, texts and signs of a statement, over comments.</summary>
/// <param name="text">The statement.</param>
sealed class StatementWords(string text)
{
    int at;
    StatementWord? next;

    /// <summary>Gets the next word, which <see cref="Next"/> returns.</summary>
    public StatementWord Peek => next ??= Read();

    /// <summary>Reads a word.</summary>
    public StatementWord Next()
    {
        var word = Peek;
        next = null;
        return word;
    }

    /// <summary>Reads the next word if it is one of some key words.</summary>
    public bool TrySkip(params ReadOnlySpan<string> words)
    {
        if (!Peek.Is(words)) return false;
        next = null;
        return true;
    }

    /// <summary>Reads the name of a table.</summary>
    /// <param name="database">The database of a name without one.</param>
    public (string Database, string Name) NextTable(string database)
    {
        var name = Next().Text;
        return TrySkip(".") ? (name, Next().Text) : (database, name);
    }

    StatementWord Read()
    {
        SkipSpace();
        if (at == text.Length) return new("", IsQuoted: false);
        var first = text[at];
        if (first is '`' or '"' or '\'') return new(ReadQuoted(first), IsQuoted: true);
        var start = at++;
        if (IsOfWord(first))
            while (at < text.Length && IsOfWord(text[at])) at++;
        return new(text[start..at], IsQuoted: false);
    }

    static bool IsOfWord(char character) => char.IsLetterOrDigit(character) || character is '_' or '$';

    string ReadQuoted(char quote)
    {
        var name = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == quote && (at + 1 == text.Length || text[at + 1] != quote)) break;
            if (text[at] == quote || text[at] == '\\' && quote != '`' && at + 1 < text.Length) at++;
            name.Append(text[at]);
        }

        at = Math.Min(at + 1, text.Length);
        return name.ToString();
    }

    void SkipSpace()
    {
        while (at < text.Length)
        {
            var rest = text.AsSpan(at);
            if (char.IsWhiteSpace(rest[0])) at++;
            else if (rest.StartsWith("/*!") || rest.StartsWith("/*M!")) SkipVersion();
            else if (rest.StartsWith("*/")) at += 2;
            else if (rest.StartsWith("/*")) at += Length(rest, "*/");
            else if (rest.StartsWith("--") || rest[0] == '#') at += Length(rest, "\n");
            else return;
        }
    }

    /// <summary>Skips the head of a comment that the server runs.</summary>
    void SkipVersion()
    {
        at = text.IndexOf('!', at) + 1;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
    }

    static int Length(ReadOnlySpan<char> rest, string end) =>
        rest.IndexOf(end, StringComparison.Ordinal) is >= 0 and var found ? found + end.Length : rest.Length;
}
