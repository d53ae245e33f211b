using System.Diagnostics;

namespace Foz.Tests.Cli.Commands;

public sealed class CompletionCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("=gold. run", "gold.sales_by_day")]
    [InlineData("=+sa run", "+sales +sales_by_day")]
    [InlineData("=sil run --full-refresh --select bronze.sales gold.sales_by_day,", "silver.sales")]
    [InlineData("=silver.sales,bronze. build -s", "silver.sales,bronze.sales")]
    [InlineData("=state:n plan", "state:new")]
    [InlineData("=tag: run", "tag:daily")]
    [InlineData("=g run --select", "gold.sales_by_day group:")]
    [InlineData("=p run --target", "prod")]
    [InlineData("= source check", "exports")]
    [InlineData("=bronze. history", "bronze.sales")]
    [InlineData("=silver. alter", "silver.sales")]
    [InlineData("= alter silver.sales", "")]
    [InlineData("= init", "")]
    [InlineData("= run --project", "")]
    [InlineData("=x run --project nowhere", "")]
    public async Task Names_of_the_project_are_completed(string words, string expected)
    {
        foz.Write("foz.yml", """
            name: shop
            environments: {prod: {}}
            connections: {exports: {type: files, path: data}}
            """);
        foz.Write("data/orders.csv", "id\n1\n");
        foz.Write("sources/exports.yml", "connection: exports\nstreams: all\n");
        foz.Write("models/bronze/sales.sql", "select 1 as id");
        foz.Write("models/silver/sales.sql", "/* @foz\ntags: [daily]\n@foz */\nselect * from bronze.sales");
        foz.Write("models/gold/sales_by_day.sql", "select * from silver.sales");
        var result = await foz.RunAsync(["completion", "names", "--", .. words.Split(' ')]);
        result.ExpectOk();
        Assert.Equal((expected, ""), (string.Join(' ', result.Out.Split('\n')).Trim(), result.Error));
    }

    [Theory]
    [InlineData("foz ver", "version")]
    [InlineData("foz run gold.", "gold.sales gold.stock")]
    [InlineData("foz --verbose run +gold.s", "+gold.sales +gold.stock")]
    [InlineData("foz run tag : da", "daily")]
    [InlineData("foz run --full-r", "--full-refresh")]
    [InlineData("foz --verbose user add-", "add-key")]
    [InlineData("foz user add --own", "--owner")]
    [InlineData("foz version --full-r", "")]
    public async Task Bash_completes_commands_and_options(string line, string expected)
    {
        var script = await foz.RunAsync("completion", "bash");
        script.ExpectOk();
        var words = line.Split(' ');
        const string Known = "gold.sales gold.stock +gold.sales +gold.stock tag:daily";
        var start = new ProcessStartInfo("bash", ["--norc", "-c",
            $"foz() {{ compgen -W '{Known}' -- \"${{4#=}}\"; }}\n{script.Out}\n"
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
    [InlineData("powershell", "        ' user' = @('add', 'add-key', 'ls', ")]
    [InlineData("fish", "complete -c foz -n \"__foz_at ' user'\" -a add -d '")]
    public async Task Other_shells_get_all_commands(string shell, string expected)
    {
        var script = await foz.RunAsync("completion", shell);
        script.ExpectOk();
        Assert.Contains(expected, script.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foz ru", "run\tLoad new data, build the models that read it, and check them")]
    [InlineData("foz run gold.s", "gold.sales,gold.stock")]
    [InlineData("foz query --file half", "half.sql")]
    public async Task Fish_completes_commands_names_and_files_where_there_are_no_names(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "no fish");
        foz.Write("half.sql", "select 1");
        var script = await foz.RunAsync("completion", "fish");
        script.ExpectOk();
        foz.Write("foz.fish", script.Out);
        var answered = await AskAsync("/usr/bin/fish", "--no-config", "-c",
            "function foz; string match -e -- (string sub -s 2 -- $argv[4]) gold.sales gold.stock; end\n"
            + $"source foz.fish\ncomplete -C '{line}'");
        Assert.Equal(expected, string.Join(',', answered.TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task Zsh_takes_the_script_as_a_file_and_as_a_text()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "no zsh");
        var script = await foz.RunAsync("completion", "zsh");
        script.ExpectOk();
        foz.Write("functions/_foz", script.Out);
        const string Begin = "autoload -U compinit; compinit -u -D; ";
        foreach (var source in new[] { $"fpath=({foz.Folder}/functions $fpath); {Begin}", $"{Begin}. functions/_foz;" })
            Assert.Equal("_foz\n", await AskAsync("/usr/bin/zsh", "-f", "-c", $"{source} echo $_comps[foz]"));
    }

    async Task<string> AskAsync(string shell, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, arguments)
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = foz.Folder,
        })!;
        return await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
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
