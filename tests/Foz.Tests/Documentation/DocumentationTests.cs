using System.Text.RegularExpressions;
using Foz.Cli;
using Foz.Cli.Terminal;
using Foz.Core.Configuration;

namespace Foz.Tests.Documentation;

/// <summary>Holds the documents against each other, the folders and the command.</summary>
public sealed partial class DocumentationTests
{
    static readonly string[] Documents =
    [
        .. Directory.GetFiles(Repository.Root, "*.md"),
        .. new[] { "docs", "examples" }.Select(folder => Path.Combine(Repository.Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.md", SearchOption.AllDirectories)),
    ];

    [Fact]
    public void Links_between_documents_resolve()
    {
        var faults = new List<string>();
        foreach (var document in Documents)
        {
            foreach (Match link in Link.Matches(WithoutCode(File.ReadAllText(document))))
            {
                var parts = link.Groups["target"].Value.Split('#', 2);
                if (parts[0].Contains(':', StringComparison.Ordinal)) continue;
                var target = parts[0].Length == 0
                    ? document
                    : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, parts[0]));
                if (!Path.Exists(target)) faults.Add($"{Relative(document)}: there is no {Relative(target)}");
                else if (parts.Length == 2 && !Anchors(target).Contains(parts[1]))
                    faults.Add($"{Relative(document)}: {Relative(target)} has no heading #{parts[1]}");
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void The_architecture_names_only_what_is_there()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "ARCHITECTURE.md"));
        var named = Section(text, "How do I…").SelectMany(line => Code.Matches(line))
            .Select(match => match.Groups["code"].Value).Where(code => code.Contains('/', StringComparison.Ordinal)).ToList();
        var folders = Section(text, "What may use what").Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => Code.Match(line).Groups["code"].Value).Select(FolderOf).ToList();

        Assert.NotEmpty(named);
        Assert.NotEmpty(folders);
        Assert.All(named.Concat(folders), path => Assert.True(
            Path.Exists(Path.Combine(Repository.Root, path)), $"ARCHITECTURE.md names {path}, which is not there"));
    }

    [Fact]
    public void Yaml_in_documents_can_be_read()
    {
        var faults = new List<string>();
        foreach (var (document, language, code) in Documents.SelectMany(Blocks).Where(b => b.Language is "yaml" or "yml"))
        {
            var errors = new ErrorList();
            YamlReader.Read(code, Relative(document), errors);
            faults.AddRange(errors.Items.Select(error => $"{language} in {error.Describe()}"));
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Commands_and_options_in_documents_exist()
    {
        var root = await HelpAsync();
        var faults = new List<string>();
        foreach (var (document, command, options) in Documents.SelectMany(CommandLines))
        {
            if (!Regex.IsMatch(root, $@"^  {Regex.Escape(command)}\b", RegexOptions.Multiline, TimeSpan.FromSeconds(1)))
            {
                faults.Add($"{Relative(document)}: there is no command foz {command}");
                continue;
            }
            var help = await HelpAsync(command.Split(' '));
            faults.AddRange(options.Where(option => !help.Contains(option, StringComparison.Ordinal))
                .Select(option => $"{Relative(document)}: foz {command} has no option {option}"));
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link { get; }

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code { get; }

    [GeneratedRegex(@"^\s*(\$ )?(\./)?foz (?<command>[a-z]+)(?<rest>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommandLine { get; }

    [GeneratedRegex(@"(?<=\s)--?[a-z][a-z-]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option { get; }

    [GeneratedRegex("\"[^\"]*\"|'[^']*'", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted { get; }

    static async Task<string> HelpAsync(params string[] command)
    {
        using var output = new StringWriter();
        var shell = new Shell { Out = output, Error = output, In = () => TextReader.Null };
        Assert.Equal(0, await FozCommand.RunAsync([.. command, "--help"], shell, TestContext.Current.CancellationToken));
        return output.ToString();
    }

    /// <summary>The calls of <c>foz</c> in blocks of shell commands, and in the headings of the reference.</summary>
    static IEnumerable<(string Document, string Command, List<string> Options)> CommandLines(string document)
    {
        var lines = Blocks(document).Where(block => block.Language is "sh" or "bash" or "console")
            .SelectMany(block => block.Code.Split('\n'))
            .Concat(File.ReadLines(document).Where(line => line.StartsWith('#')).Select(line => line.Trim('#', ' ', '`')));
        foreach (var line in lines)
        {
            if (CommandLine.Match(line) is not { Success: true } call) continue;
            var rest = Quoted.Replace(call.Groups["rest"].Value, "…").Split(['|', '>', '#', ';', '&'])[0];
            yield return (document, call.Groups["command"].Value, [.. Option.Matches(rest).Select(match => match.Value)]);
        }
    }

    static IEnumerable<(string Document, string Language, string Code)> Blocks(string document)
    {
        string? language = null;
        var code = new List<string>();
        foreach (var line in File.ReadLines(document))
        {
            if (!line.StartsWith("```", StringComparison.Ordinal))
            {
                if (language is not null) code.Add(line);
                continue;
            }
            if (language is not null) yield return (document, language, string.Join('\n', code));
            language = language is null ? line[3..].Split(' ')[0] : null;
            code.Clear();
        }
    }

    static string WithoutCode(string text) =>
        string.Concat(text.Split("```").Where((_, i) => i % 2 == 0));

    static IEnumerable<string> Section(string text, string heading) => text.Split('\n')
        .SkipWhile(line => line != $"## {heading}").Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));

    /// <summary>The anchors of a document's headings, as GitHub makes them.</summary>
    static HashSet<string> Anchors(string document) =>
    [
        .. File.ReadLines(document).Where(line => line.StartsWith('#')).Select(line => string.Concat(
            line.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_'))
            .Replace(' ', '-')),
    ];

    /// <summary>The folder of a namespace: the first two parts are the project's.</summary>
    static string FolderOf(string name)
    {
        var parts = name.Split('.');
        return Path.Combine(["src", string.Join('.', parts.Take(2)), .. parts.Skip(2)]);
    }

    static string Relative(string path) => Path.GetRelativePath(Repository.Root, path);
}
