using Foz.Lake.Engine;

namespace Foz.Cli.Terminal;

/// <summary>Rows in aligned columns, for people.</summary>
/// <param name="named">The columns.</param>
sealed class TextTable(IReadOnlyList<ResultColumn> named)
{
    /// <summary>The most columns of a terminal that a cell takes where nothing is known of the terminal.</summary>
    const int CellWidthMax = 80;

    /// <summary>The least that a column of text is narrowed to.</summary>
    const int NarrowedWidthMin = 10;

    /// <summary>The width of a column that is not shown.</summary>
    const int LeftOut = -1;

    /// <summary>No terminal is as wide as this many characters.</summary>
    const int CellLengthMax = 2_000;
    const string Gap = "  ";
    const string Null = "NULL";

    readonly List<string?[]> rows = [];

    /// <summary>Column names come from users, as values do.</summary>
    readonly IReadOnlyList<ResultColumn> columns =
    [
        .. named.Select(column => column with { Name = LineOf(column.Name) }),
    ];

    /// <summary>Adds a row of values; a null means NULL.</summary>
    public void Add(params object?[] row) => rows.Add([.. row.Select(value => value is null ? null : CellOf(value))]);

    /// <summary>
    /// Writes all rows below their headings. Texts are cut so that rows fit the terminal, and details are left out;
    /// where that does not help, each value gets a line of its own.
    /// </summary>
    /// <param name="shell">Where it is written.</param>
    /// <param name="isExpanded">Whether each value gets a line of its own in any case.</param>
    /// <returns>Whether every cell is whole.</returns>
    public bool Write(Shell shell, bool isExpanded = false)
    {
        if (isExpanded) return WriteRecords(shell);
        // Loops, not LINQ over numbers: that would be compiled at each start of the process.
        var (natural, rules) = (new int[columns.Count], new string[columns.Count]);
        for (var i = 0; i < natural.Length; i++)
        {
            natural[i] = TextWidth.Of(columns[i].Name);
            foreach (var row in rows) natural[i] = Math.Max(natural[i], TextWidth.Of(row[i] ?? Null));
        }
        if (FindWidths(natural, shell.Width) is not { } widths) return WriteRecords(shell);
        var isWhole = true;
        for (var i = 0; i < widths.Length; i++)
        {
            rules[i] = new('─', Math.Max(0, widths[i]));
            isWhole &= widths[i] == natural[i] || (widths[i] == LeftOut && IsEmpty(i));
        }
        WriteLine(shell, widths, [.. columns.Select(c => c.Name)], Style.Bold);
        WriteLine(shell, widths, rules, Style.Dim);
        foreach (var row in rows) WriteLine(shell, widths, row, style: null);
        return isWhole;
    }

    /// <summary>
    /// Returns the widths of the columns. On a terminal empty details are left out, and others one by one from the last
    /// on before the first column, which names the row, is narrowed. Null if rows do not fit.
    /// </summary>
    int[]? FindWidths(int[] natural, int width)
    {
        var widths = new int[natural.Length];
        var kept = natural.Length;
        do
        {
            for (var i = 0; i < widths.Length; i++)
                widths[i] = width == 0 ? Math.Min(natural[i], CellWidthMax)
                    : columns[i].IsDetail && (i >= kept || IsEmpty(i)) ? LeftOut
                    : natural[i];
            do kept--;
            while (kept >= 0 && !columns[kept].IsDetail);
            if (width == 0 || TryFit(widths, width, narrowsFirst: kept < 0)) return widths;
        }
        while (kept >= 0);
        return null;
    }

    bool IsEmpty(int column) => rows.TrueForAll(row => row[column] is "");

    /// <summary>Narrows the widest columns of text until rows fit; the first one is the last to be.</summary>
    bool TryFit(int[] widths, int width, bool narrowsFirst)
    {
        var excess = -width - Gap.Length;
        foreach (var taken in widths)
            if (taken != LeftOut) excess += taken + Gap.Length;
        for (; excess > 0; excess--)
        {
            var widest = -1;
            for (var i = widths.Length - 1; i >= (narrowsFirst ? 0 : 1); i--)
            {
                if (!columns[i].IsText || widths[i] <= Math.Max(NarrowedWidthMin, TextWidth.Of(columns[i].Name)))
                    continue;
                if (widest < 0 || (i > 0 && widths[i] > widths[widest])) widest = i;
            }
            if (widest < 0) return false;
            widths[widest]--;
        }
        return true;
    }

    /// <summary>Writes each row as lines of a column's name and value.</summary>
    bool WriteRecords(Shell shell)
    {
        var nameWidth = columns.Max(column => TextWidth.Of(column.Name));
        var isWhole = true;
        for (var i = 0; i < rows.Count; i++)
        {
            shell.Out.WriteLine(shell.Styled(Style.Dim, shell.Fit($"── {i + 1} {new string('─', nameWidth)}")));
            for (var j = 0; j < columns.Count; j++)
            {
                var name = columns[j].Name + new string(' ', nameWidth - TextWidth.Of(columns[j].Name));
                var line = $"{name}{Gap}{rows[i][j] ?? Null}";
                var fitted = shell.Fit(line);
                isWhole &= fitted == line;
                shell.Out.WriteLine(fitted.StartsWith(name, StringComparison.Ordinal)
                    ? shell.Styled(Style.Bold, name) + fitted[name.Length..].TrimEnd()
                    : fitted);
            }
        }
        return isWhole;
    }

    void WriteLine(Shell shell, int[] widths, string?[] cells, Style? style)
    {
        var last = cells.Length - 1;
        while (last >= 0 && (widths[last] == LeftOut || cells[last] is "")) last--;
        for (var i = 0; i <= last; i++)
        {
            if (widths[i] == LeftOut) continue;
            var text = TextWidth.Cut(cells[i] ?? Null, widths[i]);
            var padding = new string(' ', widths[i] - TextWidth.Of(text));
            var shown = cells[i] is null
                ? shell.Styled(Style.Dim, text)
                : style is { } s ? shell.Styled(s, text) : text;
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
        if (text.Length > CellLengthMax) text = text[..CellLengthMax];
        return LineOf(text);
    }

    static string LineOf(string text) => TerminalText.Line(text).Replace("\t", "\\t", StringComparison.Ordinal);
}
