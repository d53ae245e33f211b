using System.Diagnostics;

namespace Foz.Tests.Cli.Commands;

public sealed class CompletionCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("foz ver", "version")]
    [InlineData("foz run --full-r", "--full-refresh")]
    [InlineData("foz --verbose user add-", "add-key")]
    [InlineData("foz user add --own", "--owner")]
    [InlineData("foz version --full-r", "")]
    public async Task Bash_completes_commands_and_options(string line, string expected)
    {
        var script = await foz.RunAsync("completion", "bash");
        script.ExpectOk();
        var words = line.Split(' ');
        var start = new ProcessStartInfo("bash", ["--norc", "-c", script.Out + "\n"
            + $"COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _foz; echo \"${{COMPREPLY[*]}}\""])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var bash = Process.Start(start)!;
        var completed = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, completed.Trim());
    }

    [Theory]
    [InlineData("zsh", "'version:Show the version; with")]
    [InlineData("fish", "complete -c foz -n \"__foz_at ' user'\" -a add -d '")]
    public async Task Other_shells_get_descriptions_too(string shell, string expected)
    {
        var script = await foz.RunAsync("completion", shell);
        script.ExpectOk();
        Assert.Contains(expected, script.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_manual_has_every_command_and_no_line_that_the_formatter_would_obey()
    {
        var page = await foz.RunAsync("manual");
        page.ExpectOk();
        foreach (var name in Foz.Cli.CommandTree.Names)
            Assert.Contains(
                $".SS foz {name.Replace("-", "\\-", StringComparison.Ordinal)}", page.Out, StringComparison.Ordinal);
        Assert.All(
            page.Out.Split('\n').Where(line => line.StartsWith('.')),
            line => Assert.Matches(@"^\.(TH|SH|SS|TP|PP|nf|fi|B|I)( |$)", line));
    }
}
