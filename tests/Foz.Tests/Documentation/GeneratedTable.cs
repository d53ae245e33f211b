namespace Foz.Tests.Documentation;

/// <summary>A table of a document that is made from the code; FOZ_UPDATE_EXPECTED=1 writes it anew.</summary>
static class GeneratedTable
{
    /// <summary>The first table below a heading has these rows.</summary>
    /// <param name="document">The document.</param>
    /// <param name="heading">The heading as it stands there.</param>
    /// <param name="rows">The cells of each row.</param>
    public static void Hold(MarkdownDocument document, string heading, IEnumerable<string[]> rows)
    {
        var lines = document.Lines.ToList();
        var first = lines.FindIndex(lines.IndexOf(heading) + 1, line => line.StartsWith('|')) + 2;
        Assert.True(lines.Contains(heading) && first >= 2, $"{document.Name} has no table below {heading}");
        var end = lines.FindIndex(first, line => !line.StartsWith('|'));
        List<string> expected = [.. rows.Select(cells => $"| {string.Join(" | ", cells)} |")];
        if (lines[first..end].SequenceEqual(expected)) return;
        Assert.True(
            Expect.IsUpdating,
            $"{document.Name}, {heading}: the code says (FOZ_UPDATE_EXPECTED=1 writes it)\n{string.Join('\n', expected)}");
        lines.RemoveRange(first, end - first);
        lines.InsertRange(first, expected);
        File.WriteAllLines(document.Path, lines);
    }
}
