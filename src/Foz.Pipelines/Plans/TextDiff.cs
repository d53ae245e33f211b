namespace Foz.Pipelines.Plans;

/// <summary>What a line of a difference is.</summary>
public enum DiffKind
{
    /// <summary>In both texts.</summary>
    Same,

    /// <summary>Only in the text before.</summary>
    Removed,

    /// <summary>Only in the text now.</summary>
    Added,
}

/// <summary>A line of a difference.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The line.</param>
public readonly record struct DiffLine(DiffKind Kind, string Text)
{
    /// <summary>Returns the line after the sign that unified diffs have.</summary>
    public override string ToString() => Kind switch
    {
        DiffKind.Removed => "-" + Text,
        DiffKind.Added => "+" + Text,
        _ => " " + Text,
    };
}

/// <summary>Lines that belong together: changes, and a few lines around them.</summary>
/// <param name="StartBefore">The first line in the text before, counted from 1.</param>
/// <param name="StartNow">The first line in the text now, counted from 1.</param>
/// <param name="Lines">The lines.</param>
public sealed record DiffHunk(int StartBefore, int StartNow, IReadOnlyList<DiffLine> Lines)
{
    /// <summary>The line that unified differences have above: <c>@@ -3,4 +3,5 @@</c>.</summary>
    public string Heading =>
        $"@@ -{StartBefore},{Lines.Count(l => l.Kind is not DiffKind.Added)} "
            + $"+{StartNow},{Lines.Count(l => l.Kind is not DiffKind.Removed)} @@";
}

/// <summary>The difference of two texts, by lines: the fewest that are removed and added (Myers, 1986).</summary>
static class TextDiff
{
    const int ContextLines = 3;

    // Beyond this many changes no user reads them one by one, and finding the fewest takes their square.
    const int EditsMax = 1_000;

    /// <summary>The changes, each with the lines around it; none where the texts are the same.</summary>
    public static IReadOnlyList<DiffHunk> Of(string before, string now) => Group(Lines(Split(before), Split(now)));

    static string[] Split(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    static List<DiffLine> Lines(string[] before, string[] now)
    {
        var (start, endBefore, endNow) = (0, before.Length, now.Length);
        while (start < endBefore && start < endNow && before[start] == now[start]) start++;
        while (endBefore > start && endNow > start && before[endBefore - 1] == now[endNow - 1])
            (endBefore, endNow) = (endBefore - 1, endNow - 1);
        return
        [
            .. before[..start].Select(line => new DiffLine(DiffKind.Same, line)),
            .. Middle(before[start..endBefore], now[start..endNow]),
            .. before[endBefore..].Select(line => new DiffLine(DiffKind.Same, line)),
        ];
    }

    static IEnumerable<DiffLine> Middle(string[] before, string[] now)
    {
        var trace = Trace(before, now);
        if (trace is null)
            return before.Select(line => new DiffLine(DiffKind.Removed, line))
                .Concat(now.Select(line => new DiffLine(DiffKind.Added, line)));
        var lines = new List<DiffLine>();
        var (x, y) = (before.Length, now.Length);
        for (var edits = trace.Count - 1; edits >= 0; edits--)
        {
            var (k, offset) = (x - y, edits + 1);
            var furthest = trace[edits];
            var isDown = k == -edits || (k != edits && furthest[offset + k - 1] < furthest[offset + k + 1]);
            var previous = isDown ? k + 1 : k - 1;
            var (fromX, fromY) = (furthest[offset + previous], furthest[offset + previous] - previous);
            while (x > Math.Max(fromX, 0) && y > Math.Max(fromY, 0))
                (lines, x, y) = (Add(lines, DiffKind.Same, before[x - 1]), x - 1, y - 1);
            if (edits == 0) break;
            if (isDown) (lines, y) = (Add(lines, DiffKind.Added, now[y - 1]), y - 1);
            else (lines, x) = (Add(lines, DiffKind.Removed, before[x - 1]), x - 1);
        }
        lines.Reverse();
        return lines;
    }

    static List<DiffLine> Add(List<DiffLine> lines, DiffKind kind, string text)
    {
        lines.Add(new(kind, text));
        return lines;
    }

    /// <summary>
    /// How far each diagonal was reached before each number of edits; null where more are needed than are looked for.
    /// </summary>
    static List<int[]>? Trace(string[] before, string[] now)
    {
        var trace = new List<int[]>();
        var furthest = new int[3];
        for (var edits = 0; edits <= Math.Min(before.Length + now.Length, EditsMax); edits++)
        {
            // Diagonals from −edits−1 to edits+1.
            var offset = edits + 1;
            trace.Add(furthest);
            var next = new int[(2 * edits) + 5];
            for (var k = -edits; k <= edits; k += 2)
            {
                var isDown = k == -edits || (k != edits && furthest[offset + k - 1] < furthest[offset + k + 1]);
                var x = isDown ? furthest[offset + k + 1] : furthest[offset + k - 1] + 1;
                while (x < before.Length && x - k < now.Length && before[x] == now[x - k]) x++;
                next[offset + 1 + k] = x;
                if (x >= before.Length && x - k >= now.Length) return trace;
            }
            furthest = next;
        }
        return null;
    }

    static List<DiffHunk> Group(List<DiffLine> lines)
    {
        var hunks = new List<DiffHunk>();
        var (lineBefore, lineNow) = (1, 1);
        for (var i = 0; i < lines.Count;)
        {
            var change = lines.FindIndex(i, line => line.Kind is not DiffKind.Same);
            if (change < 0) break;
            var start = Math.Max(i, change - ContextLines);
            var end = change;
            // Changes with few lines between them belong together.
            for (var next = change; next >= 0
                && next <= end + (2 * ContextLines); next = lines.FindIndex(next + 1, l => l.Kind is not DiffKind.Same))
            {
                end = next;
                if (next + 1 >= lines.Count) break;
            }
            end = Math.Min(lines.Count - 1, end + ContextLines);
            (lineBefore, lineNow) = (lineBefore + start - i, lineNow + start - i);
            var hunk = new DiffHunk(lineBefore, lineNow, lines[start..(end + 1)]);
            hunks.Add(hunk);
            lineBefore += hunk.Lines.Count(line => line.Kind is not DiffKind.Added);
            lineNow += hunk.Lines.Count(line => line.Kind is not DiffKind.Removed);
            i = end + 1;
        }
        return hunks;
    }
}
