using System.Text;

namespace Foz.Cli.Terminal.Editing;

/// <summary>Draws an edited text, and what is below it, again and again in the same rows of a terminal.</summary>
/// <param name="shell">The terminal.</param>
sealed class LineScreen(Shell shell)
{
    const int HeightDefault = 24;
    int cursorRow;

    /// <summary>Draws; everything goes to the terminal at once.</summary>
    /// <param name="prompt">What stands before the first line.</param>
    /// <param name="continuation">What stands before the other lines, as wide as the prompt.</param>
    /// <param name="text">The text.</param>
    /// <param name="cursor">Where the terminal's cursor goes in it.</param>
    /// <param name="below">Rows below the text, each cut to fit.</param>
    public void Draw(string prompt, string continuation, string text, int cursor, IReadOnlyList<string> below)
    {
        var (rows, atRow, atColumn) = Lay(prompt, continuation, text, cursor);
        // A text with more rows than the terminal is shown around its cursor.
        var room = Math.Max(2, (shell.HeightNow() is > 0 and var height ? height : HeightDefault) - below.Count - 1);
        var first = Math.Clamp(atRow - room + 1, 0, Math.Max(0, rows.Count - room));
        var shown = rows.Skip(first).Take(room).Concat(below.Select(shell.Fit)).ToList();
        var screen = new StringBuilder();
        ToStart(screen);
        for (var i = 0; i < shown.Count; i++) screen.Append(i == 0 ? "" : "\n").Append(shown[i]).Append("\e[K");
        screen.Append("\e[J");
        cursorRow = atRow - first;
        if (shown.Count - 1 > cursorRow) screen.Append($"\e[{shown.Count - 1 - cursorRow}A");
        screen.Append('\r');
        if (atColumn > 0) screen.Append($"\e[{atColumn}C");
        Write(screen);
    }

    /// <summary>Leaves what is drawn, and puts the terminal's cursor below it.</summary>
    public void End()
    {
        cursorRow = 0;
        Write(new("\n"));
    }

    /// <summary>Clears the terminal; the next drawing begins at its top.</summary>
    public void Clear()
    {
        cursorRow = 0;
        Write(new("\e[H\e[2J"));
    }

    (List<string> Rows, int CursorRow, int CursorColumn) Lay(
        string prompt, string continuation, string text, int cursor)
    {
        // The last column stays free, where terminals differ in when they break a line.
        var width = Math.Max(8, shell.Width - 1);
        var rows = new List<string>();
        var row = new StringBuilder(prompt);
        var (column, atRow, atColumn) = (TextWidth.Of(prompt), 0, 0);
        for (var i = 0; i <= text.Length;)
        {
            Rune rune = default;
            var isRune = i < text.Length && Rune.TryGetRuneAt(text, i, out rune);
            var letter = i == text.Length || text[i] == '\n' ? ""
                : isRune ? TerminalText.Line(rune.ToString()).Replace("\t", "    ", StringComparison.Ordinal) : "?";
            var cells = TextWidth.Of(letter);
            if (column + cells > width) Break("");
            if (i == cursor) (atRow, atColumn) = (rows.Count, column);
            if (i == text.Length) break;
            if (text[i] == '\n') Break(continuation);
            row.Append(letter);
            column += cells;
            i += isRune ? rune.Utf16SequenceLength : 1;
        }
        rows.Add(row.ToString());
        return (rows, atRow, atColumn);

        void Break(string begin)
        {
            rows.Add(row.ToString());
            row.Clear().Append(begin);
            column = TextWidth.Of(begin);
        }
    }

    void ToStart(StringBuilder screen)
    {
        screen.Append('\r');
        if (cursorRow > 0) screen.Append($"\e[{cursorRow}A");
    }

    void Write(StringBuilder text)
    {
        shell.Screen.Write(text.ToString());
        shell.Screen.Flush();
    }
}
