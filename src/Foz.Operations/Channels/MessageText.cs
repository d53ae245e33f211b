using System.Globalization;
using System.Text;

namespace Foz.Operations.Channels;

/// <summary>Makes texts of messages safe to show, and cuts them to what a channel takes.</summary>
static class MessageText
{
    const int CellLengthMax = 40;
    const int ColumnsMax = 12;

    /// <summary>
    /// Returns a text whose only control characters are line ends (<c>\n</c>): it has neither halves of surrogate
    /// pairs nor marks that turn the direction of writing, by which a text can pretend to be another.
    /// </summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        var isCarriageReturn = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var isLineFeed = rune.Value == '\n';
            if (isLineFeed && isCarriageReturn)
            {
                isCarriageReturn = false;
                continue;
            }
            isCarriageReturn = rune.Value == '\r';
            if (isLineFeed || rune.Value is '\r' or 0x2028 or 0x2029 or 0x85) clean.Append('\n');
            else if (rune.Value == '\t') clean.Append(' ');
            else if (!Rune.IsControl(rune) && rune.Value is not ((>= 0x202A and <= 0x202E)
                or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0xFFFE or 0xFFFF))
                clean.Append(rune);
        }
        return clean.ToString();
    }

    /// <summary>Returns a text as one line with single spaces, none at its ends.</summary>
    public static string OneLine(string text) =>
        string.Join(' ', Clean(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// Returns a text of at most some length: its beginning, and how many characters are cut. Cuts between characters
    /// as users see them, never in a surrogate pair or a combined character.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="max">The greatest length.</param>
    /// <param name="words">The words for what is cut.</param>
    /// <param name="lengthOf">Returns the length of a part as the channel counts it; null for UTF-16 units.</param>
    public static string Cut(string text, int max, MessageWords words, Func<string, int>? lengthOf = null)
    {
        lengthOf ??= static part => part.Length;
        if (lengthOf(text) <= max) return text;
        var elements = StringInfo.ParseCombiningCharacters(text);
        // The longest notice, so that the room for it does not depend on what is cut.
        var room = max - lengthOf(Notice(text.Length));
        if (room <= 0) return "";
        var (kept, length) = (0, 0);
        for (; kept < elements.Length; kept++)
        {
            var end = kept + 1 < elements.Length ? elements[kept + 1] : text.Length;
            var next = lengthOf(text[elements[kept]..end]);
            if (length + next > room) break;
            length += next;
        }
        return text[..elements[kept]].TrimEnd() + Notice(elements.Length - kept);

        string Notice(int count) => $"… ({words.MoreCharacters(count)})";
    }

    /// <summary>
    /// Returns rows as a table of equal columns, cut to what fits: cells first, then columns, then rows; what is left
    /// out is counted below it.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="rowsMax">How many rows are shown at most.</param>
    /// <param name="max">The greatest length; empty where no row fits.</param>
    /// <param name="words">The words for what is left out.</param>
    /// <param name="lengthOf">Returns the length of a part as the channel counts it; null for UTF-16 units.</param>
    public static string Table(
        MessageRows rows, int rowsMax, int max, MessageWords words, Func<string, int>? lengthOf = null)
    {
        lengthOf ??= static part => part.Length;
        if (rows.Columns.Count == 0 || rows.Rows.Count == 0) return "";
        var columns = Math.Min(rows.Columns.Count, ColumnsMax);
        for (var count = Math.Min(rows.Rows.Count, rowsMax); count > 0; count--)
        {
            var table = Lay(rows, columns, count, words);
            if (lengthOf(table) <= max) return table;
            // A table that is too wide for one row is made narrower.
            if (count == 1 && columns > 1) (columns, count) = (columns / 2, Math.Min(rows.Rows.Count, rowsMax) + 1);
        }
        return "";
    }

    /// <summary>Returns a text for HTML, between elements and in attributes with double quotes.</summary>
    public static string EscapeHtml(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal);

    /// <summary>Returns a cell as one line.</summary>
    /// <param name="value">The value; null for NULL.</param>
    /// <param name="max">The greatest length, in UTF-16 units.</param>
    public static string Cell(string? value, int max = CellLengthMax)
    {
        if (value is null) return "NULL";
        var line = OneLine(value);
        if (line.Length <= max) return line;
        var end = StringInfo.ParseCombiningCharacters(line).Last(start => start < max);
        return line[..end] + "…";
    }

    static string Lay(MessageRows rows, int columns, int count, MessageWords words)
    {
        List<string[]> lines = [[.. rows.Columns.Take(columns).Select(name => Cell(name))]];
        lines.AddRange(rows.Rows.Take(count).Select(row => (string[])
            [.. Enumerable.Range(0, columns).Select(i => i < row.Count ? Cell(row[i]) : "")]));
        var widths = Enumerable.Range(0, columns).Select(i => lines.Max(line => Width(line[i]))).ToArray();
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            var shown = string.Join(
                " | ", line.Select((cell, i) => cell + new string(' ', widths[i] - Width(cell)))).TrimEnd();
            text.Append(text.Length == 0 ? "" : "\n").Append(shown);
        }
        if (rows.Columns.Count > columns) text.Append($"\n… {words.MoreColumns(rows.Columns.Count - columns)}");
        if (rows.Rows.Count > count) text.Append($"\n… {words.MoreRows(rows.Rows.Count - count)}");
        return text.ToString();
    }

    static int Width(string cell) => StringInfo.ParseCombiningCharacters(cell).Length;
}
