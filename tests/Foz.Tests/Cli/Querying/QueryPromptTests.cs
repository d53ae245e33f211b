using Foz.Cli.Commands.Querying;

namespace Foz.Tests.Cli.Querying;

public sealed class QueryPromptTests : IDisposable
{
    readonly CommandRunner foz = new();
    readonly string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("", true)]
    [InlineData("select 1", false)]
    [InlineData("select 1;", true)]
    [InlineData("select ';'", false)]
    [InlineData("select ';", false)]
    [InlineData("select 1; -- done", true)]
    [InlineData("select 1 -- ;", false)]
    [InlineData("select /* ;", false)]
    [InlineData("\\d", true)]
    [InlineData("quit", true)]
    public void A_text_ends_with_a_semicolon(string text, bool isWhole) =>
        Assert.Equal(isWhole, QueryPrompt.IsWhole(text));

    [Fact]
    public async Task Statements_and_listings_are_shown_on_a_terminal_of_80_columns()
    {
        (await foz.RunAsync("init", "shop", "--template", "empty")).ExpectOk();
        (await foz.RunAsync("run", "--project", "shop")).ExpectOk();
        foz.Write("two.sql", "select 1 as a; select 2 as b;\n");
        var result = await PromptAsync(
            """
            select method, count(*) as n
            from silver.sales group by 1 order by 1;
            \d
            \dt silver.*
            \d gold.sales_by_day
            \dv
            \dn
            \l
            \x
            select 1 as one, null as two;
            \x off
            \i two.sql
            selec 1;
            select 1 as one; select nothing; select 3;
            \d absent
            \copy t to stdout
            \nothing
            \pset border 2
            help
            quit
            """,
            "--project", "shop");
        using var screen = new Screen(80);
        await screen.WriteAsync(result.Out);
        await screen.FlushAsync(TestContext.Current.CancellationToken);
        Expect.File("prompt.txt", StillText.Of(screen.Picture) + "\nstandard error\n" + result.Error);
    }

    [Fact]
    public async Task A_terminal_without_a_cursor_gets_plain_lines()
    {
        foz.IsInteractive = true;
        foz.Input = "select 1\nas a;\n\\timing off\nselect 2 as b;\n";
        var result = await foz.RunAsync("query");
        result.ExpectOk();
        Assert.Equal(
            """
            \? for help, \q to end
            foz=> foz-> a
            ─
            1
            (1 row)
            Time: TIME
            foz=> Timing is off.
            foz=> b
            ─
            2
            (1 row)
            foz=> 
            """.ReplaceLineEndings("\n"), StillText.Of(result.Out));
    }

    [Fact]
    public async Task Without_a_terminal_the_input_is_the_text()
    {
        foz.Input = "select 1 as a; select 2 as b";
        Assert.Equal("a\n1\n\nb\n2\n", (await foz.RunAsync("query", "-o", "csv")).Out);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task A_file_of_several_statements_runs_until_one_fails_at_its_place(string lineEnd)
    {
        const string Text = "-- two; of them\nselect 1 as a;\nselect\n  nothing as b;\nselect 3 as c;\n";
        foz.Write("report.sql", Text.Replace("\n", lineEnd, StringComparison.Ordinal));
        var result = await foz.RunAsync("query", "-f", "report.sql", "-o", "csv");
        Assert.Equal((1, "a\n1\n\n"), (result.ExitCode, result.Out));
        Assert.StartsWith("error: sql:4:3: ", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Types lines at the prompt.</summary>
    async Task<CommandOutput> PromptAsync(string typed, params string[] options)
    {
        foz.Width = 80;
        foz.Keys = new(typed.ReplaceLineEndings("\n") + "\n");
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", Path.Combine(foz.Folder, "state"));
        try
        {
            return await foz.RunAsync(["query", .. options]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_STATE_HOME", state);
        }
    }
}
