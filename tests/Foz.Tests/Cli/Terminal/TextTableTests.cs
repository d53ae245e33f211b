using Foz.Cli.Terminal;

namespace Foz.Tests.Cli.Terminal;

public sealed class TextTableTests
{
    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("name"), new("rows", IsNumber: true), new("description")];

    [Fact]
    public void Columns_are_aligned_whatever_letters_they_hold()
    {
        var text = Write(width: 0, ["東京", "1", null], ["ação", "1,200", "x"], ["🚀🚀🚀", "3", "x\n\ty"]).Text;
        Expect.File("table.txt", text);
        var ends = text.TrimEnd('\n').Split('\n').Select(line => TextWidth.Of(line[..line.LastIndexOf(' ')]));
        Assert.Single(ends.Distinct());
    }

    [Fact]
    public void On_a_terminal_the_widest_texts_are_cut_until_rows_fit()
    {
        var (text, isWhole) = Write(width: 50, ["silver.orders", "1,200", new string('d', 90)], ["s", "1", "short"]);
        Assert.False(isWhole);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.True(TextWidth.Of(line) <= 50, line));
        Assert.Contains("silver.orders  1,200  ddddd", text, StringComparison.Ordinal);
        Assert.Contains("d…\n", text, StringComparison.Ordinal);
        Assert.True(Write(width: 50, ["silver.orders", "1,200", "d"]).IsWhole);
    }

    [Fact]
    public void Where_that_does_not_help_each_value_gets_a_line()
    {
        var (text, isWhole) = Write(width: 24, ["silver.orders", "1,200", new string('d', 90)], ["s", "1", null]);
        Expect.File("records.txt", text);
        Assert.False(isWhole);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.True(TextWidth.Of(line) < 24, line));
        Assert.True(Write(width: 24, ["s.orders", "1,200", "d"]).IsWhole);
    }

    [Fact]
    public void Details_are_left_out_from_the_last_on_before_names_are_cut()
    {
        IReadOnlyList<ResultColumn> columns =
        [
            new("name"), new("rows", IsNumber: true), new("last_commit", IsTime: true, IsDetail: true),
            new("description", IsDetail: true),
        ];
        string?[] row = ["bronze.order_items__rejected", "40", "2026-11-24 20:50:18Z", "What was ordered"];
        Assert.Equal(("name  rows  last_commit  description", true), HeadOf(columns, 80, row));
        Assert.Equal(("name  rows  last_commit", false), HeadOf(columns, 60, row));
        Assert.Equal(("name  rows", false), HeadOf(columns, 40, row));
        Assert.Equal(("name  rows", false), HeadOf(columns, 30, row));
        Assert.Equal(("name  rows  last_commit", true), HeadOf(columns, 60, [.. row[..^1], ""]));
        Assert.Equal(("name  rows  last_commit  description", true), HeadOf(columns, 0, [.. row[..^1], ""]));
        Assert.Contains("bronze.order_items__rejected    40\n", Write(columns, 40, row).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_file_very_long_texts_are_cut()
    {
        var (text, isWhole) = Write(width: 0, ["a", "1", new string('d', 81)], ["b", "2", new string('e', 80)]);
        Assert.False(isWhole);
        Assert.Contains($"{new string('d', 79)}…\n", text, StringComparison.Ordinal);
        Assert.Contains($"{new string('e', 80)}\n", text, StringComparison.Ordinal);
    }

    static (string Head, bool IsWhole) HeadOf(IReadOnlyList<ResultColumn> columns, int width, string?[] row)
    {
        var (text, isWhole) = Write(columns, width, row);
        return (string.Join("  ", text.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)), isWhole);
    }

    static (string Text, bool IsWhole) Write(int width, params string?[][] rows) => Write(Columns, width, rows);

    static (string Text, bool IsWhole) Write(IReadOnlyList<ResultColumn> columns, int width, params string?[][] rows)
    {
        using var output = new StringWriter();
        var table = new TextTable(columns);
        foreach (var row in rows) table.Add(row);
        var isWhole = table.Write(new()
        {
            Out = output, Error = output, In = () => TextReader.Null, IsTerminal = width > 0, WidthNow = () => width,
        });
        return (output.ToString(), isWhole);
    }
}
