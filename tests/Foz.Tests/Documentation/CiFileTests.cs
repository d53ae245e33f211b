using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Foz.Cli;
using Foz.Lake.Configuration;

namespace Foz.Tests.Documentation;

/// <summary>The files of <c>deploy/ci</c>: they can be read, and call commands that there are.</summary>
public sealed partial class CiFileTests
{
    static readonly Command root = FozCommand.Tree();

    static string Folder => Path.Combine(Repository.Root, "deploy", "ci");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void They_call_commands_and_options_that_there_are(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file)).Replace("\\\n", " ", StringComparison.Ordinal);
        var calls = Calls.Matches(text);
        Assert.Contains(calls, call => call.Groups["rest"].Value.Contains("--promote", StringComparison.Ordinal));
        foreach (Match call in calls)
        {
            var command = root.Subcommands.Single(known => known.Name == call.Groups["command"].Value);
            var options = command.Options.Concat(root.Options).SelectMany(CommandText.Names).ToHashSet();
            Assert.All(Options.Matches(call.Groups["rest"].Value), option => Assert.Contains(option.Value, options));
        }
        // Nothing is unpacked that was not compared with the sum that the file has.
        var (compared, unpacked) = (
            text.IndexOf("sha256sum --check", StringComparison.Ordinal),
            text.IndexOf("tar -x", StringComparison.Ordinal));
        Assert.InRange(compared, 1, unpacked);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Their_scripts_are_scripts_of_a_shell(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var scripts = file.EndsWith(".yml", StringComparison.Ordinal)
            ? ScriptsOf(file, text)
            :
            [
                .. Quoted.Matches(text).Select(match =>
                    match.Groups["script"].Value.Replace(@"\\", @"\", StringComparison.Ordinal)),
            ];
        Assert.NotEmpty(scripts);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no bash");
        foreach (var script in scripts) ExpectShell(script);
    }

    static List<string> ScriptsOf(string file, string text)
    {
        var errors = new ErrorList();
        var yaml = YamlReader.Read(text, file, errors);
        errors.ThrowIfAny();
        var scripts = new List<string>();
        Collect(yaml!, isScript: false, scripts);
        return scripts;
    }

    static void Collect(YamlNode node, bool isScript, List<string> scripts)
    {
        switch (node)
        {
            case YamlNode.Scalar scalar when isScript:
                // Expressions of Azure are filled in before the shell sees them.
                scripts.Add(Expressions.Replace(scalar.Text, "x"));
                break;
            case YamlNode.Sequence list:
                foreach (var item in list.Items) Collect(item, isScript, scripts);
                break;
            case YamlNode.Mapping mapping:
                foreach (var entry in mapping.Entries)
                    Collect(
                        entry.Value, entry.Key is "run" or "bash" or "script" or "before_script" or "after_script",
                        scripts);
                break;
        }
    }

    static void ExpectShell(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true,
        })!;
        bash.StandardInput.Write(script);
        bash.StandardInput.Close();
        var error = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.True(bash.ExitCode == 0, $"{error}\n{script}");
    }

    [GeneratedRegex("\\bfoz\"? (?<command>ci|clean) (?<rest>.*)", RegexOptions.None, 1_000)]
    private static partial Regex Calls { get; }

    [GeneratedRegex("--[a-z-]+", RegexOptions.None, 1_000)]
    private static partial Regex Options { get; }

    [GeneratedRegex("'''(?<script>.*?)'''", RegexOptions.Singleline, 1_000)]
    private static partial Regex Quoted { get; }

    [GeneratedRegex(@"\$\(number\)", RegexOptions.None, 1_000)]
    private static partial Regex Expressions { get; }
}
