using Foz.Pipelines.Plans;

namespace Foz.Tests.Pipelines.Plans;

public sealed class TextDiffTests
{
    [Fact]
    public void Changes_stand_among_the_lines_around_them()
    {
        var before = string.Join('\n', Enumerable.Range(1, 20).Select(i => $"line {i}"));
        var now = before.Replace("line 3\n", "line three\n", StringComparison.Ordinal).Replace(
            "line 17", "line 17\nline 17a", StringComparison.Ordinal);

        Assert.Equal(
            """
            @@ -1,6 +1,6 @@
             line 1
             line 2
            -line 3
            +line three
             line 4
             line 5
             line 6
            @@ -15,6 +15,7 @@
             line 15
             line 16
             line 17
            +line 17a
             line 18
             line 19
             line 20
            """, TextOf(TextDiff.Of(before, now)));
    }

    [Theory]
    [InlineData("", "", "")]
    [InlineData("a", "a\n", "")]
    [InlineData("", "a", "@@ -1,0 +1,1 @@\n+a")]
    [InlineData("a", "", "@@ -1,1 +1,0 @@\n-a")]
    [InlineData("a\nb", "b\na", "@@ -1,2 +1,2 @@\n-a\n b\n+a")]
    public void Small_texts(string before, string now, string expected) =>
        Assert.Equal(expected, TextOf(TextDiff.Of(before, now)));

    [Theory]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(4711)]
    public void A_difference_is_exact_and_the_shortest(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var (before, now) = (Lines(random), Lines(random));
            var hunks = TextDiff.Of(string.Join('\n', before), string.Join('\n', now));
            Assert.Equal(now, Apply(before, hunks));
            var edits = hunks.Sum(hunk => hunk.Lines.Count(line => line.Kind is not DiffKind.Same));
            Assert.Equal(before.Length + now.Length - (2 * Common(before, now)), edits);
        }
    }

    [Fact]
    public void Texts_that_share_little_are_replaced_whole()
    {
        var before = Enumerable.Range(0, 3000).Select(i => $"a{i}").ToArray();
        var now = Enumerable.Range(0, 3000).Select(i => $"b{i}").ToArray();

        var hunk = Assert.Single(TextDiff.Of(string.Join('\n', before), string.Join('\n', now)));
        Assert.Equal(6000, hunk.Lines.Count);
        Assert.Equal(now, Apply(before, [hunk]));
    }

    static string[] Lines(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 25)).Select(_ => $"{(char)('a' + random.Next(6))}")];

    static List<string> Apply(string[] before, IReadOnlyList<DiffHunk> hunks)
    {
        var lines = new List<string>();
        var at = 0;
        foreach (var hunk in hunks)
        {
            lines.AddRange(before[at..(hunk.StartBefore - 1)]);
            Assert.Equal(hunk.StartNow, lines.Count + 1);
            at = hunk.StartBefore - 1;
            foreach (var line in hunk.Lines)
            {
                if (line.Kind is not DiffKind.Added) Assert.Equal(before[at++], line.Text);
                if (line.Kind is not DiffKind.Removed) lines.Add(line.Text);
            }
        }
        lines.AddRange(before[at..]);
        return lines;
    }

    static int Common(string[] a, string[] b)
    {
        var length = new int[a.Length + 1, b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
                length[i, j] = a[i - 1] == b[j - 1]
                    ? length[i - 1, j - 1] + 1
                    : Math.Max(length[i - 1, j], length[i, j - 1]);
        return length[a.Length, b.Length];
    }

    static string TextOf(IReadOnlyList<DiffHunk> hunks) =>
        string.Join('\n', hunks.SelectMany(hunk => hunk.Lines.Select(line => $"{line}").Prepend(hunk.Heading)));
}
