using Foz.Cli.Terminal;

namespace Foz.Tests.Cli.Terminal;

public sealed class TextWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("ação", 4)]
    [InlineData("a\u0303", 1)]
    [InlineData("東京", 4)]
    [InlineData("🚀!", 3)]
    public void Letters_take_one_column_or_two_and_marks_none(string text, int width) =>
        Assert.Equal(width, TextWidth.Of(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("東京都", 5, "東京…")]
    [InlineData("東京都", 4, "東…")]
    [InlineData("🚀🚀🚀", 3, "🚀…")]
    [InlineData("abc", 1, "…")]
    public void What_does_not_fit_is_cut(string text, int width, string cut) =>
        Assert.Equal(cut, TextWidth.Cut(text, width));

    [Fact]
    public void Wrapped_lines_fit_if_their_words_do_and_lose_nothing()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var words = Enumerable.Range(0, random.Next(1, 20))
                .Select(_ => new string(random.Next(4) == 0 ? '東' : 'x', random.Next(1, 12))).ToList();
            var text = string.Join(' ', words);
            var width = random.Next(6, 40);
            var lines = TextWidth.Wrap(text, width, "    ").ToList();

            Assert.True(
                string.Join(' ', lines.Select(line => line.TrimStart())) == text, $"seed {seed}: '{text}' in {width}");
            Assert.All(lines, (line, n) => Assert.True(
                TextWidth.Of(line) <= width || !line.TrimStart().Contains(' '), $"seed {seed}: '{line}' in {width}"));
            Assert.All(lines.Skip(1), line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        }
    }
}
