using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Foz.Cli;
using Foz.Lake.Configuration;

namespace Foz.Tests.Documentation;

/// <summary>Holds the documents against each other, the folders and the command.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Links_between_documents_resolve()
    {
        var faults = new List<string>();
        foreach (var document in MarkdownDocument.All)
        {
            foreach (Match link in Link.Matches(string.Join('\n', document.Prose)))
            {
                var parts = link.Groups["target"].Value.Split('#', 2);
                if (parts[0].Contains(':', StringComparison.Ordinal)) continue;
                var target = parts[0].Length == 0
                    ? document.Path
                    : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document.Path)!, parts[0]));
                if (!Path.Exists(target)) faults.Add($"{document.Name}: there is no {Relative(target)}");
                else if (parts.Length == 2 && !Anchors(target).Contains(parts[1]))
                    faults.Add($"{document.Name}: {Relative(target)} has no heading #{parts[1]}");
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void The_index_leads_to_all_that_users_look_for()
    {
        var linked = LinksOf("docs/README.md");
        var sought = MarkdownDocument.Find("CONTRIBUTING.md").Table("## What users look for")
            .Select(cells => MarkdownDocument.CodeIn(cells[1]).Single()).ToList();
        Assert.Equal(20, sought.Count);
        Assert.Equal([], sought.Except(linked));
    }

    [Fact]
    public void Every_page_is_linked_from_the_index_or_from_a_page_that_is()
    {
        var pages = MarkdownDocument.All.Select(document => document.Name)
            .Where(name => name.StartsWith("docs/", StringComparison.Ordinal)).ToHashSet();
        var linked = LinksOf("docs/README.md").Select(PageOf).Where(pages.Contains).ToHashSet();
        linked.UnionWith(LinksOf("docs/guide/tools.md").Select(PageOf));
        Assert.Equal([], pages.Except(linked).Except(["docs/README.md"]));
    }

    /// <summary>What a page links to inside of the repository, with headings.</summary>
    static HashSet<string> LinksOf(string name)
    {
        var document = MarkdownDocument.Find(name);
        var folder = Path.GetDirectoryName(document.Path)!;
        return
        [
            .. Link.Matches(string.Join('\n', document.Prose)).Select(link => link.Groups["target"].Value)
                .Where(target => !target.Contains(':', StringComparison.Ordinal))
                .Select(target => Relative(Path.GetFullPath(Path.Combine(folder, target)))),
        ];
    }

    static string PageOf(string link) => link.Split('#')[0];

    [Fact]
    public void The_architecture_names_only_what_is_there()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "ARCHITECTURE.md"));
        var named = Section(text, "How do I…").SelectMany(line => Code.Matches(line))
            .Select(match => match.Groups["code"].Value).Where(code => code.Contains('/', StringComparison.Ordinal))
            .ToList();
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
        foreach (var block in MarkdownDocument.All.SelectMany(d => d.Blocks).Where(b => b.Language == "yaml"))
        {
            var errors = new ErrorList();
            YamlReader.Read(block.Code, $"{block}", errors);
            faults.AddRange(errors.Items.Select(error => error.Describe()));
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Commands_in_documents_can_be_called()
    {
        var calls = MarkdownDocument.All.SelectMany(CommandLines).ToList();
        var tree = FozCommand.Tree();
        var faults = calls.Where(call => call.Arguments != "--version" && !IsCall(tree.Parse(Words(call.Arguments))))
            .Select(call => $"{call.Document}: foz {call.Arguments}").ToList();

        Assert.True(calls.Count > 50, $"{calls.Count} calls were found");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link { get; }

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex Code { get; }

    /// <summary>A call of the command in a line of a shell, or in a piece of code inside of a sentence.</summary>
    [GeneratedRegex(
        """(?<=^|&& |; )(\./)?foz (?<arguments>[a-z-]("(\\.|[^"\\])*"|'[^']*'|[^#;&|<>"'])*)""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Call { get; }

    [GeneratedRegex("""
        "(\\.|[^"\\])*"|'[^']*'|[^\s"']+
        """, RegexOptions.ExplicitCapture)]
    private static partial Regex Word { get; }

    [GeneratedRegex(@"<(?<name>\w+)>|\[(?<name>\w+)\]", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder { get; }

    /// <summary>
    /// Returns the calls of <c>foz</c> in shell commands, in examples, in lines of other programs, and in sentences.
    /// Words such as <c>&lt;folder&gt;</c> and <c>[names]</c> are placeholders for arguments.
    /// </summary>
    static IEnumerable<(string Document, string Arguments)> CommandLines(MarkdownDocument document) =>
        document.Blocks.Where(block => block.Language is "sh" or "console" or "cron")
            .SelectMany(block => block.Code.Split('\n'))
            .Concat(MarkdownDocument.CodeIn(string.Join(' ', document.Prose)))
            .SelectMany(text => Call.Matches(Placeholder.Replace(text, "${name}")))
            .Select(call => (document.Name, call.Groups["arguments"].Value.Trim()));

    /// <summary>
    /// Whether each word is a command, an option, or stands where an argument can; some may be missing.
    /// </summary>
    static bool IsCall(ParseResult parsed) =>
        parsed.CommandResult.Command is not RootCommand && parsed.CommandResult.Parent is not null
        && parsed.UnmatchedTokens.Count == 0
        && !parsed.Tokens.Any(token => token.Type is TokenType.Argument && token.Value.StartsWith('-'));

    static string[] Words(string text) => [.. Word.Matches(text).Select(word => word.Value.Trim('"', '\''))];

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
