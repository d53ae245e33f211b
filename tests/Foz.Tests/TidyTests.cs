using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>What keeps the sources readable and no analyzer checks.</summary>
public sealed partial class TidyTests
{
    const int LinesMax = 400;
    const int ColumnsMax = 120;
    const int HidingWordsMax = 20;
    const string RawQuotes = "\"\"\"";

    [Fact]
    public void Source_files_have_at_most_400_lines()
    {
        var tooLong = Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(f => f.lines > LinesMax)
            .Select(f => $"{Path.GetRelativePath(Repository.Root, f.file)}: {f.lines}");
        Assert.Empty(tooLong);
    }

    /// <summary>Lines of raw strings are texts of others, such as pages, and may be longer.</summary>
    [Fact]
    public void Source_lines_have_at_most_120_columns()
    {
        var tooLong = new List<string>();
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            var depth = 0;
            foreach (var (number, line) in File.ReadLines(file).Index())
            {
                var isRaw = depth > 0 || line.Contains(RawQuotes, StringComparison.Ordinal);
                if (line.Length > ColumnsMax && !isRaw)
                    tooLong.Add($"{Path.GetRelativePath(Repository.Root, file)}:{number + 1}: {line.Length}");
                var rest = line.Trim();
                if (depth > 0 && rest.StartsWith(RawQuotes, StringComparison.Ordinal))
                    (depth, rest) = (depth - 1, rest[RawQuotes.Length..]);
                if (rest.EndsWith(RawQuotes, StringComparison.Ordinal) && rest.Split(RawQuotes).Length % 2 == 0) depth++;
            }
            Assert.True(depth == 0, $"{file}: a raw string without an end");
        }
        Assert.Empty(tooLong);
    }

    /// <summary>
    /// Words that make a reader guess who does what. A parameter or a text of others may have one.
    /// </summary>
    [Fact]
    public void Sources_and_documents_have_few_words_that_hide_the_actor()
    {
        var found = Directory.EnumerateFiles(
                Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Concat(MarkdownDocument.All.Select(document => document.Path))
            .SelectMany(file => File.ReadLines(file).Index()
                .Where(line => HidingWords().IsMatch(line.Item))
                .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}:{line.Index + 1}: {line.Item.Trim()}"))
            .ToList();
        Assert.True(found.Count <= HidingWordsMax, string.Join('\n', found));
    }

    [GeneratedRegex(@"\b(behind|told|anew|whoever|stands for|nobody)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex HidingWords();

    /// <summary>
    /// On a busy machine a limit of time fails what is right. A pattern that backtracks without bounds is to be written
    /// otherwise.
    /// </summary>
    [Fact]
    public void Regular_expressions_have_no_limit_of_time()
    {
        const string Limit = "match" + "Timeout";
        var limited = new[] { "src", "tests", "bench" }.Select(folder => Path.Combine(Repository.Root, folder))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => File.ReadAllText(file).Contains(Limit, StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Empty(limited);
    }
}
