using System.Globalization;
using Foz.Core.Engine;

namespace Foz.Cli.Terminal;

/// <summary>Rows in aligned columns, for people.</summary>
/// <param name="columns">The columns.</param>
public sealed class TextTable(IReadOnlyList<ResultColumn> columns)
{
    const int CellWidthMax = 80;
    const string Gap = "  ";
    const string Null = "NULL";

    readonly List<string?[]> rows = [];

    /// <summary>Adds a row of values; a null stands for NULL.</summary>
    public void Add(params object?[] row) => rows.Add([.. row.Select(value => value is null ? null : CellOf(value))]);

    /// <summary>Writes all rows below their headings.</summary>
    public void Write(Shell shell)
    {
        // Loops, not LINQ over numbers: that would be compiled at each start of the process.
        var (widths, rules) = (new int[columns.Count], new string[columns.Count]);
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = WidthOf(columns[i].Name);
            foreach (var row in rows) widths[i] = Math.Max(widths[i], WidthOf(row[i] ?? Null));
            rules[i] = new('─', widths[i]);
        }
        WriteLine(shell, widths, [.. columns.Select(c => c.Name)], Style.Bold);
        WriteLine(shell, widths, rules, Style.Dim);
        foreach (var row in rows) WriteLine(shell, widths, row, style: null);
    }

    void WriteLine(Shell shell, int[] widths, string?[] cells, Style? style)
    {
        var last = Array.FindLastIndex(cells, cell => cell is not "");
        for (var i = 0; i <= last; i++)
        {
            var text = cells[i] ?? Null;
            var padding = new string(' ', widths[i] - WidthOf(text));
            var shown = cells[i] is null ? shell.Styled(Style.Dim, text) : style is { } s ? shell.Styled(s, text) : text;
            if (i > 0) shell.Out.Write(Gap);
            if (columns[i].IsNumber) shell.Out.Write(padding);
            shell.Out.Write(shown);
            if (!columns[i].IsNumber && i < last) shell.Out.Write(padding);
        }
        shell.Out.WriteLine();
    }

    static string CellOf(object value)
    {
        var text = ValueText.Of(value);
        if (text.AsSpan().ContainsAny("\r\n\t\e"))
            text = text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)
                .Replace("\t", "\\t", StringComparison.Ordinal).Replace("\e", "\\e", StringComparison.Ordinal);
        return text.Length <= CellWidthMax ? text : string.Concat(text.AsSpan(0, CellWidthMax - 1), "…");
    }

    /// <summary>Columns of a terminal: most letters take one, those of East Asia and emoji two, marks none.</summary>
    static int WidthOf(string text)
    {
        if (System.Text.Ascii.IsValid(text)) return text.Length;
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += CharUnicodeInfo.GetUnicodeCategory(rune.Value) switch
            {
                UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
                _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
                    or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60)
                    or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
            };
        }
        return width;
    }
}
