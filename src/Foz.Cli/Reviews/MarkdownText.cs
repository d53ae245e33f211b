using System.Globalization;
using System.Text;

namespace Foz.Cli.Reviews;

/// <summary>
/// Text of a project inside Markdown: whatever it holds, it is shown and means nothing. It is always code, in which
/// hosts look for no mentions, links, emoji or HTML.
/// </summary>
static class MarkdownText
{
    /// <summary>How long a text of one line may be.</summary>
    public const int CharsMax = 120;

    const int BlockCharsMax = 8_000;

    /// <summary>Returns a text of one line as code, also for the cell of a table.</summary>
    public static string Code(string text)
    {
        text = Cut(Printable(text, keepsLines: false), CharsMax).Trim();
        if (text.Length == 0) return "";
        // Backquotes need longer fences, and a backslash before a pipe ends the cell in spite of the one that escapes
        // it: such a text is written without any sign that Markdown knows.
        return text.AsSpan().IndexOfAny('`', '|') < 0 ? $"`{text}`" : $"<code>{Entities(text)}</code>";
    }

    /// <summary>Returns texts as code, with commas between, and no more than a few.</summary>
    public static string Codes(IReadOnlyCollection<string> texts, int countMax = 8) =>
        string.Join(", ", texts.Take(countMax).Select(Code))
        + (texts.Count > countMax
            ? string.Create(CultureInfo.InvariantCulture, $" and {texts.Count - countMax} more")
            : "");

    /// <summary>Returns lines as a block of code.</summary>
    public static string Block(string text)
    {
        text = Cut(Printable(text, keepsLines: true), BlockCharsMax);
        var (run, longest) = (0, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        var fence = new string('`', Math.Max(3, longest + 1));
        return $"{fence}text\n{text}\n{fence}\n";
    }

    static string Entities(string text)
    {
        var written = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c) || c == ' ' || !char.IsAscii(c)) written.Append(c);
            else written.Append(CultureInfo.InvariantCulture, $"&#{(int)c};");
        }
        return written.ToString();
    }

    static string Cut(string text, int charsMax) => text.Length <= charsMax
        ? text
        : text[..(char.IsHighSurrogate(text[charsMax - 2]) ? charsMax - 2 : charsMax - 1)] + "…";

    /// <summary>
    /// Returns a text without characters that are not shown, or that change the direction of what is around them.
    /// </summary>
    static string Printable(string text, bool keepsLines)
    {
        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n' && keepsLines) printable.Append('\n');
            else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator)
                printable.Append(' ');
            else printable.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format ? "\uFFFD" : $"{rune}");
        }
        return printable.ToString();
    }
}
