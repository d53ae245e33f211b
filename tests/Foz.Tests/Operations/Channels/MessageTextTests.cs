using System.Globalization;
using System.Text;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class MessageTextTests
{
    [Fact]
    public void A_text_is_cut_between_characters_and_says_how_much()
    {
        var text = string.Concat(Enumerable.Repeat("👩‍👩‍👧‍👦", 200));
        var cut = MessageText.Cut(text, 100, MessageWords.English);
        // Each family has 11 UTF-16 units; the notice of 200 takes as many as that of 2,200.
        Assert.Equal(string.Concat(Enumerable.Repeat("👩‍👩‍👧‍👦", 6)) + "… (194 more characters)", cut);
        Assert.Equal("…", MessageText.Cell("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 10));
        Assert.Equal("1.234.567 caracteres a mais", MessageWords.Portuguese.MoreCharacters(1_234_567));
        Assert.Equal("1 more row", MessageWords.English.MoreRows(1));
    }

    [Fact]
    public void Any_text_is_cut_to_its_length_and_keeps_its_beginning()
    {
        var random = new Random(Soak.Seed());
        for (var i = 0; i < 2000 * Soak.Factor; i++)
        {
            var text = MessageText.Clean(ChannelPropertyTests.RandomMessage(random).Text).Trim();
            var max = random.Next(0, 300);
            Func<string, int> lengthOf = i % 2 == 0
                ? static part => part.Length : static part => Encoding.UTF8.GetByteCount(MessageText.EscapeHtml(part));
            var cut = MessageText.Cut(text, max, MessageWords.English, lengthOf);
            Assert.True(lengthOf(cut) <= max, $"{lengthOf(cut)} of {max}: {cut}");
            if (lengthOf(text) <= max) Assert.Equal(text, cut);
            var kept = cut.LastIndexOf("… (", StringComparison.Ordinal);
            if (cut == text || kept < 0) continue;
            Assert.StartsWith(cut[..kept], text, StringComparison.Ordinal);
            // It ends where a character ends, and the notice counts the rest, spaces before it included.
            var ends = StringInfo.ParseCombiningCharacters(text);
            Assert.Contains(ends, end => text[..end].TrimEnd() == cut[..kept] && cut[kept..].Contains(
                $"({MessageWords.English.MoreCharacters(ends.Length - Array.IndexOf(ends, end))})"));
        }
    }

    [Fact]
    public void A_clean_text_has_no_control_characters_but_line_ends()
    {
        Assert.Equal("a\nb\nc\nd e", MessageText.Clean("a\r\nb\rc\nd\te\0\u0007\u202E\u2066\u001b"));
        Assert.Equal("x\uFFFDy\uFFFDz😀", MessageText.Clean("x\uD83Dy\uDE00z😀"));
        Assert.Equal("a b", MessageText.OneLine("  a \n\n\t b "));
    }

    [Fact]
    public void A_table_is_cut_by_cells_then_columns_then_rows()
    {
        var rows = new MessageRows(
            ["id", "a long name of a column that goes on and on"],
            [["1", null], ["22", "é"], ["3"], .. Enumerable.Range(4, 6).Select(i => (string[])[$"{i}", "a value"])]);
        Assert.Equal(
            """
            id | a long name of a column that goes on an…
            1  | NULL
            22 | é
            3  |
            … 6 more rows
            """, MessageText.Table(rows, 3, 1000, MessageWords.English));
        Assert.Equal(
            """
            id | a long name of a column that goes on an…
            1  | NULL
            … 8 more rows
            """, MessageText.Table(rows, 10, 70, MessageWords.English));
        Assert.Equal(
            """
            id
            1
            … 1 more column
            … 8 more rows
            """, MessageText.Table(rows, 1, 50, MessageWords.English));
        Assert.Equal("", MessageText.Table(rows, 10, 5, MessageWords.English));
    }

    [Fact]
    public void Both_languages_have_all_words_and_they_differ()
    {
        var texts = typeof(MessageWords).GetProperties().Where(p => p.PropertyType == typeof(string)).ToList();
        Assert.All(texts, property =>
        {
            var english = property.GetValue(MessageWords.English);
            var portuguese = property.GetValue(MessageWords.Portuguese);
            Assert.False(string.IsNullOrWhiteSpace((string?)english));
            Assert.False(string.IsNullOrWhiteSpace((string?)portuguese));
            Assert.NotEqual(english, portuguese);
        });
        Assert.True(texts.Count > 15);
    }
}
