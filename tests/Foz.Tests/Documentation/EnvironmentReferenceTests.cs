using System.Text.RegularExpressions;
using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Foz.Tests.Documentation;

/// <summary>Holds the documented environment variables against those that are read.</summary>
public sealed partial class EnvironmentReferenceTests
{
    static readonly string[] Folders = ["src", "tests", "bench", ".ci"];

    [Fact]
    public void Every_variable_that_foz_reads_is_documented_and_no_other()
    {
        var read = Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
            .Select(folder => Path.GetFileName(folder)!)
            .Select(project => project == "Foz.Cli" ? "foz" : project).SelectMany(VariablesOf)
            .Concat(Foz.Cli.Remote.RemoteServer.VariableNames).Concat(TerminalEncoding.VariableNames)
            .Append(LineHistory.FolderVariable).Distinct();
        Assert.Equal(
            read.Order(),
            Documented("docs/reference/commands.md", "## Environment variables")
                // Those that Foz sets, and one that a project's .env may set too.
                .Where(name => name is not ("TMPDIR" or "FOZ_HANDOVER" or "FOZ_OUTPUT" or "FOZ_FIRING" or "FOZ_TASK"
                    or "FOZ_LINK_KEY"))
                .Concat(
                    Documented(
                        "CONTRIBUTING.md",
                        "## Environment variables")
                        .Where(name => name.StartsWith("FOZ_FAILPOINT", StringComparison.Ordinal))).Order());
    }

    [Fact]
    public void Every_variable_of_this_checkout_is_documented_and_no_other()
    {
        var named = Folders.SelectMany(folder => Directory.EnumerateFiles(
                Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
            .Where(file =>
                Path.GetExtension(file) is ".cs" or ".sh" or ""
                    && !file.Contains("node_modules", StringComparison.Ordinal))
            .Append(Path.Combine(Repository.Root, "Makefile")).Append(Path.Combine(Repository.Root, "foz"))
            .SelectMany(file => OwnVariable.Matches(File.ReadAllText(file)).Select(match => match.Value)).Distinct();
        Assert.Equal(
            named.Order(),
            Documented("docs/reference/commands.md", "## Environment variables")
                .Concat(Documented("CONTRIBUTING.md", "## Environment variables"))
                .Where(name => name.StartsWith("FOZ_", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Every_variable_of_a_cloud_that_is_read_is_documented_and_no_other()
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, "Foz.Storage.dll"));
        var read = module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody)
            .SelectMany(method => method.Body.Instructions).Select(instruction => instruction.Operand).OfType<string>()
            .Where(text => CloudVariable.IsMatch(text)).Distinct();
        Assert.Equal(
            read.Order(),
            MarkdownDocument.CodeIn(string.Join(' ', MarkdownDocument.Find("docs/guide/object-stores.md").Prose))
                .Where(code => CloudVariable.IsMatch(code)).Distinct().Order());
    }

    [GeneratedRegex("^(AWS|AZURE|GOOGLE|STORAGE)_[A-Z0-9_]+$", RegexOptions.ExplicitCapture)]
    private static partial Regex CloudVariable { get; }

    [GeneratedRegex(@"(?<![A-Z_])FOZ_[A-Z_]*[A-Z]")]
    private static partial Regex OwnVariable { get; }

    static IEnumerable<string> Documented(string document, string heading) =>
        MarkdownDocument.Find(document).Table(heading).SelectMany(cells => MarkdownDocument.CodeIn(cells[0]));

    /// <summary>The constants that an assembly asks the environment for.</summary>
    static List<string> VariablesOf(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        return
        [
            .. module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody)
                .SelectMany(method => method.Body.Instructions)
                .Where(instruction => instruction.OpCode == OpCodes.Call && instruction.Operand is MethodReference
                {
                    Name: nameof(Environment.GetEnvironmentVariable), DeclaringType.FullName: "System.Environment",
                })
                .Select(instruction => Assert.IsType<string>(instruction.Previous.Operand)),
        ];
    }
}
