using System.Text.RegularExpressions;

namespace Foz.Tests.Documentation;

/// <summary>Holds the sentences of documents short.</summary>
public sealed partial class SentenceTests
{
    const double WordsMax = 25;

    public static TheoryData<string> Documents => [.. MarkdownDocument.All.Select(document => document.Name)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Sentences_have_at_most_25_words_on_average(string name)
    {
        var sentences = SentencesOf(MarkdownDocument.Find(name).Prose).ToList();
        if (sentences.Count == 0) return;
        var average = sentences.Average(WordsOf);
        Assert.True(
            average <= WordsMax,
            $"{average:0.0} words on average; the longest: {sentences.MaxBy(WordsOf)}");
    }

    [Fact]
    public void A_sentence_ends_where_a_reader_ends_it()
    {
        string[] lines =
        [
            "# A heading", "", "One sentence", "over two lines. Another `with. code` and [a link](page.md).", "",
            "| a | table |", "- An item.", "- A second", "  one: with more",
        ];
        Assert.Equal(
            ["One sentence over two lines.", "Another x and a link.", "An item.", "A second one: with more"],
            SentencesOf(lines));
        Assert.Equal([5, 5, 2, 5], SentencesOf(lines).Select(WordsOf));
    }

    static int WordsOf(string sentence) => sentence.Split(' ').Length;

    static IEnumerable<string> SentencesOf(IEnumerable<string> lines) => ParagraphsOf(lines)
        .Select(text => Link().Replace(Code().Replace(text, "x"), "$1"))
        .SelectMany(text => End().Split(text));

    static IEnumerable<string> ParagraphsOf(IEnumerable<string> lines)
    {
        var paragraph = new List<string>();
        foreach (var line in lines.Select(line => line.Trim()).Append(""))
        {
            var item = Item().Match(line);
            if (line is "" or ['|' or '#' or '<', ..] || item.Success)
            {
                if (paragraph.Count > 0) yield return string.Join(' ', paragraph);
                paragraph.Clear();
            }
            if (line is not ("" or ['|' or '#' or '<', ..])) paragraph.Add(line[item.Length..]);
        }
    }

    [GeneratedRegex("^([-*]|[0-9]+[.]) +")]
    private static partial Regex Item();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?<=[.!?]) +(?=[A-Z0-9`*\"])")]
    private static partial Regex End();
}
