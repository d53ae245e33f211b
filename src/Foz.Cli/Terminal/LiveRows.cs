using System.Text;

namespace Foz.Cli.Terminal;

/// <summary>Rows at the foot of a terminal that are drawn again and again, while lines scroll up above them.</summary>
/// <param name="shell">The terminal.</param>
sealed class LiveRows(Shell shell)
{
    int height;

    /// <summary>Writes lines that stay, and rows below them in place of those that stood there; at once.</summary>
    /// <param name="lines">The lines; the terminal wraps those that it has no room for.</param>
    /// <param name="rows">The rows, none as wide as the terminal.</param>
    public void Draw(IReadOnlyList<string> lines, IReadOnlyList<string> rows)
    {
        if (lines.Count + rows.Count + height == 0) return;
        var text = new StringBuilder();
        if (height > 0) text.Append($"\r\e[{height}A");
        if (lines.Count > 0 || rows.Count < height) text.Append("\e[J");
        foreach (var line in lines) text.Append(TerminalText.Printable(line)).Append('\n');
        // Rows are erased one by one, so that nothing flickers where only a time changed.
        foreach (var row in rows) text.Append("\e[K").Append(TerminalText.Printable(row)).Append('\n');
        height = rows.Count;
        shell.Screen.Write(text.ToString());
        shell.Screen.Flush();
    }
}
