using System.Text.RegularExpressions;
using Foz.Cli.Reviews;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Promotions;
using Foz.Pipelines.Reviews;

namespace Foz.Tests.Cli.Reviews;

/// <summary>Whatever a project holds, its comment has the same shape, and no secrets.</summary>
public sealed partial class ReviewCommentTests
{
    static readonly ReviewSubject subject = new()
    {
        Project = "shop", Environment = "ci_1@prod", SchemaPrefix = "ci_1__", Base = "prod",
    };

    public static TheoryData<string> Hostile =>
    [
        "a|b", @"a\|b", "`", "``` | ```", "a`|\\`b", "<img src=x onerror=alert(1)>", "@everyone", "@org/team #1 !2",
        "[x](https://example.com)", "| a |\n|---|\n| b |", "\n\n# heading\n", "-->", "\u202Eabc", "a\0b\u001b[31m",
        "&lt;b&gt;", "https://example.com", ":tada: $x^2$", "~~~", "**x** _y_", " ", "\ud800",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Text_of_a_project_cannot_leave_its_place(string text)
    {
        var comment = Write(text);
        var lines = comment.Split('\n');
        // The same number of cells in each line of a table, as GitHub counts them.
        foreach (var table in TablesOf(Blocks.Replace(comment, "").Split('\n')))
            Assert.Single(table.Select(line => CellsOf(line)).Distinct());
        Assert.Equal(3, TablesOf(Blocks.Replace(comment, "").Split('\n')).Count());
        var outside = OutsideOfCode(comment);
        Assert.DoesNotContain("@everyone", outside, StringComparison.Ordinal);
        Assert.DoesNotContain("@org", outside, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", outside, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", outside, StringComparison.Ordinal);
        Assert.Equal(1, lines.Count(line => line.StartsWith("## ", StringComparison.Ordinal)));
        Assert.Equal(Shape(Write("plain")), Shape(comment));
        Assert.DoesNotContain(comment, c => c is '\u202E' or '\0' or '\u001b' or '\ud800');
    }

    [Fact]
    public void Secrets_are_masked_before_they_are_escaped()
    {
        var secrets = new Secrets();
        secrets.Add("p|ss`word");
        var comment = Write("x p|ss`word y", secrets.Mask);
        Assert.Contains("`kx *** y`", comment, StringComparison.Ordinal);
        Assert.DoesNotContain("ss`word", comment, StringComparison.Ordinal);
        Assert.DoesNotContain("&#124;ss", comment, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_is_no_longer_than_hosts_take()
    {
        var comment = new ReviewComment(static text => text).Write(new Review(subject)
        {
            Tables = [.. Enumerable.Range(0, 1_000).Select(i => TableOf(new string('`', 500), $"t{i}"))],
            Errors = [new(ErrorKind.Configuration, new string('x', 100_000))],
        });
        Assert.True(comment.Length < 65_536, $"{comment.Length}");
        Assert.Contains("… and 960 more.", comment, StringComparison.Ordinal);
        Assert.Contains("A section is left out", comment, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_says_promoted_only_of_what_is()
    {
        var writer = new ReviewComment(static text => text);
        var none = writer.Write(subject, new PromotionPlan(null, []));
        Assert.Contains("nothing to promote", none, StringComparison.Ordinal);
        Assert.DoesNotContain(": promoted", none, StringComparison.Ordinal);
        var breaking = new Review(subject) { Promotion = new PromotionPlan(null, []), Tables = [TableOf("x", "t")] };
        Assert.DoesNotContain("promoted", writer.Write(breaking), StringComparison.Ordinal);
    }

    static string Write(string text, Func<string, string>? mask = null) =>
        new ReviewComment(mask ?? (static unmasked => unmasked)).Write(new Review(subject)
        {
            Tables = [TableOf(text, "orders")],
            Errors = [new(ErrorKind.Configuration, text) { Hint = text }],
            Promotion = new PromotionPlan(null, []),
        });

    static ReviewedTable TableOf(string column, string name) => new(new TableDiff(new("silver", name))
    {
        Schema = [new ColumnChange($"c{column}", "bigint", Now: null)], Keys = [$"k{column}"], RowsSame = 1,
    });

    /// <summary>What every line is, but for what code holds.</summary>
    static string Shape(string comment) => Regex.Replace(
        string.Join('\n', OutsideOfCode(comment).Split('\n').Where(line => line.Trim().Length > 0)), "`+", "`",
        RegexOptions.None, TimeSpan.FromSeconds(1));

    static IEnumerable<List<string>> TablesOf(IEnumerable<string> lines)
    {
        var table = new List<string>();
        var isInBlock = false;
        foreach (var line in lines.Append(""))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) isInBlock = !isInBlock;
            if (!isInBlock && line.StartsWith('|')) table.Add(line);
            else if (table.Count > 0)
            {
                yield return table;
                table = [];
            }
        }
    }

    /// <summary>The cells of a line: GitHub ends one at each pipe that no backslash escapes.</summary>
    static int CellsOf(string line) =>
        Regex.Count(line, @"(?:\\.|[^|])*\|", RegexOptions.None, TimeSpan.FromSeconds(1));

    static string OutsideOfCode(string comment) =>
        Tagged.Replace(Spans.Replace(Blocks.Replace(comment, ""), "`"), "`");

    [GeneratedRegex("^(?<fence>`{3,})text\n.*?\n\\k<fence>$", RegexOptions.Singleline | RegexOptions.Multiline, 1_000)]
    private static partial Regex Blocks { get; }

    [GeneratedRegex("`[^`\n]+`", RegexOptions.None, 1_000)]
    private static partial Regex Spans { get; }

    [GeneratedRegex("<code>[A-Za-z0-9 &#;\u0080-\uFFFF]*</code>", RegexOptions.None, 1_000)]
    private static partial Regex Tagged { get; }
}
