namespace Foz.Tests.Documentation;

/// <summary>Parts of documents that are generated from the code; FOZ_UPDATE_EXPECTED=1 rewrites them.</summary>
static class Generated
{
    const string End = "<!-- end -->";

    /// <summary>The first table below a heading has these rows.</summary>
    /// <param name="document">The document.</param>
    /// <param name="heading">The heading as it stands there.</param>
    /// <param name="rows">The cells of each row.</param>
    public static void Table(MarkdownDocument document, string heading, IEnumerable<string[]> rows)
    {
        var lines = document.Lines.ToList();
        var first = lines.FindIndex(lines.IndexOf(heading) + 1, line => line.StartsWith('|')) + 2;
        Assert.True(lines.Contains(heading) && first >= 2, $"{document.Name} has no table below {heading}");
        var end = lines.FindIndex(first, line => !line.StartsWith('|'));
        Hold(document, heading, first, end < 0 ? lines.Count : end, [.. rows.Select(Row)]);
    }

    /// <summary>
    /// Requires these lines between the comments <c>generated: name</c> and <c>end</c>, with an empty line before and
    /// after.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="name">The name of the part.</param>
    /// <param name="text">The lines.</param>
    public static void Block(MarkdownDocument document, string name, IEnumerable<string> text)
    {
        var (lines, start) = (document.Lines.ToList(), $"<!-- generated: {name} -->");
        var first = lines.IndexOf(start) + 1;
        Assert.True(
            first > 0,
            $"{document.Name} says nothing of {name}: write {start} and {End} where it is "
                + "to stand, in lines of their own");
        var end = lines.IndexOf(End, first);
        Assert.True(end >= first, $"{document.Name} has no {End} behind {start}");
        Hold(document, name, first, end, ["", .. text, ""]);
    }

    /// <summary>A row of a table.</summary>
    public static string Row(params string[] cells) => $"| {string.Join(" | ", cells)} |";

    static void Hold(MarkdownDocument document, string what, int first, int end, List<string> expected)
    {
        var lines = document.Lines.ToList();
        var shown = lines[first..end];
        if (shown.SequenceEqual(expected)) return;
        Assert.True(
            Expect.IsUpdating,
            $"{document.Name}:{first + 1}, {what}, is not what the code says (FOZ_UPDATE_EXPECTED=1 writes it anew)\n"
            + string.Join(
                '\n',
                shown.Except(expected).Select(line => "- " + line)
                    .Concat(expected.Except(shown).Select(line => "+ " + line))));
        lines.RemoveRange(first, end - first);
        lines.InsertRange(first, expected);
        File.WriteAllLines(document.Path, lines);
    }
}
