namespace Foz.Tests.Cli.Commands;

public sealed class ArgumentTests : IDisposable
{
    readonly CommandRunner foz = new();

    public static TheoryData<string> Commands =>
    [
        "init", "validate", "plan", "run", "test", "query", "ls", "show", "history", "changes", "restore", "lineage",
        "source",
        "source check", "source discover", "doctor", "demo", "version",
    ];

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("error: foz has no command 'qeury'\n  did you mean query?\n", "qeury", "select 1")]
    [InlineData(
        "error: foz query has no option --ouput\n  did you mean --output?\n", "query", "select 1", "--ouput", "json")]
    [InlineData("error: foz run has no option --full-refesh\n  did you mean --full-refresh?\n", "run", "--full-refesh")]
    [InlineData("error: foz run has no option -q\n  foz run --help lists them\n", "run", "-q")]
    [InlineData("error: foz run has no option -z1\n  foz run --help lists them\n", "run", "-z1")]
    [InlineData("error: foz run has no option -S\n  did you mean -s?\n", "run", "-S", "orders")]
    [InlineData("error: foz run has no option -wait\n  did you mean --wait?\n", "run", "-wait", "1s")]
    [InlineData("error: foz run has no option --s\n  did you mean -s?\n", "run", "--s", "orders")]
    [InlineData("error: foz source has no command 'chekc'\n  did you mean check?\n", "source", "chekc")]
    [InlineData("error: foz query takes no argument 'b'\n  foz query --help shows how it is used\n", "query", "a", "b")]
    public async Task A_mistyped_word_is_answered_with_the_nearest_right_one(string error, params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.Equal((2, "", error), (result.ExitCode, result.Out, result.Error));
    }

    [Theory]
    [InlineData("run", "--wait", "soon")]
    [InlineData("query", "select 1", "--output", "xml")]
    [InlineData("run", "--log-format", "yaml")]
    [InlineData("show")]
    [InlineData("init", "x", "--template", "oracle")]
    [InlineData("ls")]
    [InlineData("run", "--project", "absent")]
    [InlineData("demo", "--folder", ".")]
    public async Task Wrong_usage_exits_with_2(params string[] args)
    {
        foz.Write("elsewhere/foz.yml", "name: e\n");
        var result = await foz.RunAsync(args);
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help(string command)
    {
        var result = await foz.RunAsync([.. command.Split(' '), "--help"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains($"foz {command}", result.Out, StringComparison.Ordinal);
        if (command != "version") Assert.Contains("Examples:\n  foz ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_shows_all_commands()
    {
        var result = await foz.RunAsync("--help");
        Assert.Equal(0, result.ExitCode);
        foreach (var command in Commands.Select(row => row.Data).Where(c => !c.Contains(' ')))
            // An alias stands before or after its command.
            Assert.Matches($"\n  ([a-z]+, )?{command}[, ]", result.Out);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task The_version_is_one_line(string word) =>
        Assert.Matches(@"^foz [0-9]+\.[0-9]+\.[0-9]+\r?\n\z", (await foz.RunAsync(word)).Out);
}
