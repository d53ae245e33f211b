using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>
/// A terminal in memory: draws what is written to it, as far as programs of this checkout move the cursor.
/// </summary>
/// <param name="width">How many columns it has.</param>
public sealed partial class Screen(int width) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>What stands in the right half of a letter that takes two columns.</summary>
    const string RightHalf = "";

    readonly List<List<string>> rows = [[]];
    readonly StringBuilder pending = new();
    int row;
    int column;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>How many columns it has.</summary>
    public int Width => width;

    /// <summary>Every different picture that it showed, in order.</summary>
    public List<string> Frames { get; } = [];

    /// <summary>All codes that set colours and other looks, in order.</summary>
    public List<string> Styles { get; } = [];

    /// <summary>What it shows: its rows up to the last that has text.</summary>
    public string Picture => string.Join('\n', rows.Select(r => string.Concat(r).TrimEnd())).TrimEnd('\n') + "\n";

    /// <inheritdoc/>
    public override void Write(char value) => pending.Append(value);

    /// <inheritdoc/>
    public override void Write(string? value) => pending.Append(value);

    /// <summary>Draws what was written; a code that is not whole yet is left for later.</summary>
    public override void Flush()
    {
        var text = pending.ToString();
        var code = text.LastIndexOf('\e');
        var end = code >= 0 && !Piece.IsMatch(text[code..]) ? code : text.Length;
        foreach (Match piece in Piece.Matches(text[..end])) Draw(piece);
        pending.Remove(0, end);
        if (Frames.Count == 0 || Frames[^1] != Picture) Frames.Add(Picture);
    }

    [GeneratedRegex(
        @"\e\[(?<arguments>[0-9;?]*)(?<code>[A-Za-z])|\e(?<mode>[=>])|(?<control>[\r\n])|(?<letter>[\uD800-\uDBFF].|[^\e])",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Piece { get; }

    void Draw(Match piece)
    {
        if (piece.Groups["letter"].Success) Put(piece.Value);
        else if (piece.Value == "\r") column = 0;
        else if (piece.Value == "\n") BreakLine();
        else if (piece.Groups["code"].Success) Do(piece.Groups["code"].Value, piece.Groups["arguments"].Value);
    }

    void Do(string code, string arguments)
    {
        switch (code)
        {
            case "A":
                row = Math.Max(0, row - (arguments.Length == 0 ? 1 : int.Parse(arguments)));
                break;
            case "C":
                column = Math.Min(width - 1, column + (arguments.Length == 0 ? 1 : int.Parse(arguments)));
                break;
            case "H" when arguments is "":
                (row, column) = (0, 0);
                break;
            case "J" when arguments is "2":
                rows.Clear();
                rows.Add([]);
                break;
            case "K" when arguments is "" or "0":
                Erase(rows[row], column);
                break;
            case "J" when arguments is "" or "0":
                Erase(rows[row], column);
                rows.RemoveRange(row + 1, rows.Count - row - 1);
                break;
            case "m":
                Styles.Add(arguments);
                break;
            case "h" or "l":
                break;
            default:
                Assert.Fail($"the terminal does not know ESC[{arguments}{code}");
                break;
        }
    }

    static void Erase(List<string> cells, int from)
    {
        if (from < cells.Count) cells.RemoveRange(from, cells.Count - from);
    }

    void Put(string letter)
    {
        var cells = Cells(letter);
        if (column + cells > width) BreakLine();
        while (rows[row].Count < column + cells) rows[row].Add(" ");
        rows[row][column] = letter;
        if (cells == 2) rows[row][column + 1] = RightHalf;
        column += cells;
    }

    void BreakLine()
    {
        (row, column) = (row + 1, 0);
        if (row == rows.Count) rows.Add([]);
    }

    static int Cells(string letter) => letter[0] is (>= '\u1100' and <= '\u115F') or (>= '\u2E80' and <= '\uD7A3')
        or (>= '\uD83C' and <= '\uD83E') or (>= '\uF900' and <= '\uFAFF') or (>= '\uFF00' and <= '\uFF60') ? 2 : 1;
}
