using Foz.Cli.Terminal;

namespace Foz.Tests.Cli.Terminal;

/// <summary>What others wrote does nothing to a terminal.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain ação 東京\ttab\nline", "plain ação 東京\ttab\nline")]
    [InlineData("\e]0;owned\a", "\\e]0;owned\\u0007")]
    [InlineData("\e[2J\e[H", "\\e[2J\\e[H")]
    [InlineData("\e[31mred\e[0m", "\e[31mred\e[0m")]
    [InlineData("\e[8mhidden", "\\e[8mhidden")]
    [InlineData("ok\rwrong", "ok\\rwrong")]
    [InlineData("\u009b31m\u0000\b\u007f", "\\u009b31m\\u0000\\u0008\\u007f")]
    [InlineData("user\u202Egnp.exe", "user\\u202egnp.exe")]
    [InlineData("dos\r\n", "dos\n")]
    public void Control_characters_are_shown_and_not_sent(string text, string shown) =>
        Assert.Equal(shown, TerminalText.Printable(text));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_goes_to_a_terminal_is_guarded_and_results_elsewhere_are_not(bool isTerminal)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var shell = new Shell
        {
            Out = output, Error = errors, In = static () => TextReader.Null, IsTerminal = isTerminal,
        }.Guarded();
        new ResultWriter(shell, OutputFormat.Csv).Write([new("name")], [["\e[2Jx"]]);
        shell.Error.WriteLine("error: \e]0;x\a");
        shell.Error.Write('\e');
        shell.Out.Write(['\b', 'x'], 0, 2);
        Assert.Equal(!isTerminal, output.ToString().Contains('\e', StringComparison.Ordinal));
        Assert.Equal(!isTerminal, output.ToString().Contains('\b', StringComparison.Ordinal));
        Assert.DoesNotContain('\e', errors.ToString());
    }

    [Fact]
    public void Cells_of_tables_are_single_lines_without_controls()
    {
        using var output = new StringWriter();
        var shell = new Shell { Out = output, Error = TextWriter.Null, In = static () => TextReader.Null };
        new ResultWriter(shell, OutputFormat.Table).Write([new("na\eme")], [["a\nb\u009bc"], ["\e[31mx"]]);
        Assert.DoesNotContain(output.ToString(), c => char.IsControl(c) && c != '\n');
        Assert.Contains("\\e[31mx", output.ToString(), StringComparison.Ordinal);
    }
}
