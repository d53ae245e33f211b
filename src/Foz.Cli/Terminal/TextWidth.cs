using System.Globalization;
using System.Text;

namespace Foz.Cli.Terminal;

/// <summary>The room that text takes on a terminal, in columns.</summary>
static class TextWidth
{
    const string Ellipsis = "…";

    /// <summary>Its width: most letters take one column, those of East Asia and emoji two, marks none.</summary>
    public static int Of(string text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var width = 0;
        foreach (var rune in text.EnumerateRunes()) width += Of(rune);
        return width;
    }

    /// <summary>Returns the text, or as much of its beginning as fits, followed by an ellipsis.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width) return text;
        var (length, taken) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            taken += Of(rune);
            if (taken > width - 1) break;
            length += rune.Utf16SequenceLength;
        }
        return string.Concat(text.AsSpan(0, length), Ellipsis);
    }

    /// <summary>Breaks a text between words, not inside of one, into lines that fit if their words do.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The room for a line.</param>
    /// <param name="indent">What each line but the first begins with.</param>
    public static IEnumerable<string> Wrap(string text, int width, string indent)
    {
        var start = 0;
        var prefix = "";
        while (Of(text[start..]) + prefix.Length > width)
        {
            var end = FindBreak(text, start, width - prefix.Length);
            if (end < 0) break;
            yield return string.Concat(prefix, text.AsSpan(start, end - start).TrimEnd());
            (start, prefix) = (end, indent);
            while (start < text.Length && text[start] == ' ') start++;
        }
        yield return prefix + text[start..];
    }

    /// <summary>Returns the last space up to which a text fits, otherwise the first one; -1 if there is none.</summary>
    static int FindBreak(string text, int start, int width)
    {
        var end = -1;
        var first = start + (text.Length - start - text.AsSpan(start).TrimStart().Length);
        for (var space = text.IndexOf(' ', first); space >= 0; space = text.IndexOf(' ', space + 1))
        {
            if (end >= 0 && Of(text[start..space]) > width) break;
            end = space;
        }
        return end;
    }

    static int Of(Rune rune) => CharUnicodeInfo.GetUnicodeCategory(rune.Value) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60)
            or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
    };
}
