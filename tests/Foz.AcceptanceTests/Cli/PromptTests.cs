using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The prompt of <c>foz query</c> on a real terminal.</summary>
public sealed class PromptTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-prompt-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Statements_of_several_lines_are_completed_run_paged_and_canceled()
    {
        Assert.SkipWhen(ProcessTests.IsIgnored(signal: 2), "the tests run where Ctrl-C is ignored");
        await using var terminal = await PseudoTerminal.StartAsync(
            folder,
            """
            foz init . --template empty > /dev/null && foz run > /dev/null
            foz query
            """,
            environment: ("PAGER", "sed s/^/paged:/"));
        await EnterAsync("to end", "\\d\n");
        await EnterAsync("rows)", "select method, count(*) as n\n");
        await terminal.TypeAsync("-> ", "from silver.sa\t");
        await terminal.TypeAsync("silver.sales", " group by 1 order by 1;\n");
        await EnterAsync("Time: ", "select count(*) from range(100000000000) t(i) where sqrt(i) < 0;\n");
        await terminal.TypeAsync("running: ", "\u0003");
        await EnterAsync("canceled", "select i from range(40) t(i);\n");
        await terminal.SeeAsync("paged:39");
        await EnterAsync("Time: ", "\u001b[A");
        await terminal.TypeAsync("range(40) t(i);", "\u0003");
        await terminal.TypeAsync("=> ", "\\q\n");
        Expect.File("prompt.txt", StillText.Of(await terminal.EndAsync()));

        // What is typed before the prompt is there would be echoed by the terminal itself.
        async Task EnterAsync(string expected, string typed)
        {
            await terminal.SeeAsync(expected);
            await terminal.TypeAsync("=> ", typed);
        }
    }
}
