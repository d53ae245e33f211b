using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.RegularExpressions;
using Foz.Cli;

namespace Foz.Tests.Documentation;

/// <summary>
/// Holds docs/reference/commands.md against the command line: each command with its arguments, options, their other names,
/// values and defaults is there, and nothing else. A call with placeholders, <c>foz history &lt;table&gt;</c>, documents
/// arguments; so does a row that begins with the name of a command's command.
/// </summary>
public sealed partial class CommandReferenceTests
{
    const string HeadingPrefix = "## foz ";

    static readonly MarkdownDocument page = MarkdownDocument.Find("docs/reference/commands.md");
    static readonly Command root = FozCommand.Tree();

    public static TheoryData<string> Commands => [.. root.Subcommands.Select(command => command.Name)];

    [Fact]
    public void Every_command_has_a_section_and_no_other_has() => Assert.Equal(
        root.Subcommands.Select(command => command.Name).Order(),
        page.Lines.Where(line => line.StartsWith(HeadingPrefix, StringComparison.Ordinal))
            .Select(line => line[HeadingPrefix.Length..]).Order());

    [Fact]
    public void Options_of_every_command_are_documented_and_no_other()
    {
        var rows = page.Table("## Options of every command");
        Assert.Equal(root.Options.Count, rows.Count);
        Assert.Empty(root.Options.Zip(rows).SelectMany(pair => Faults("", [pair.First], [string.Join(' ', pair.Second)])));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_argument_and_option_is_documented_and_no_other(string name)
    {
        var command = root.Subcommands.Single(c => c.Name == name);
        var pieces = PiecesOf(page.Section(HeadingPrefix + name)).ToList();
        var faults = new List<string>();
        if (command.Subcommands.Count == 0)
        {
            faults.AddRange(Faults($"foz {name}", command.Options, pieces));
            faults.AddRange(ArgumentFaults($"foz {name}", command, [], pieces));
        }
        else
        {
            faults.AddRange(SubcommandFaults(command, pieces));
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [GeneratedRegex("^(?<name>--?[a-z?][a-z-]*)( (?<value>.+))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OptionSpan { get; }

    [GeneratedRegex(@"<(?<required>[\w-]+)>|\[(?<optional>[\w-]+)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder { get; }

    /// <summary>Commands of a command: a row may be of several, and names the options of all of them.</summary>
    static IEnumerable<string> SubcommandFaults(Command command, List<string> pieces)
    {
        var open = command.Subcommands.ToList();
        foreach (var piece in pieces)
        {
            var described = command.Subcommands.Where(sub => MarkdownDocument.CodeIn(piece).Any(code =>
                WithoutCall(code, $"foz {command.Name}").Split(' ')[0] == sub.Name && !IsExample(code, command))).ToList();
            if (described.Count == 0) continue;
            open.RemoveAll(described.Contains);
            foreach (var fault in Faults($"foz {command.Name}", described.SelectMany(sub => sub.Options), [piece])
                .Concat(described.SelectMany(sub => ArgumentFaults(sub.Name, sub, command.Arguments, [piece]))))
            {
                yield return fault;
            }
        }
        foreach (var sub in open) yield return $"foz {command.Name} {sub.Name} is not documented";
    }

    /// <summary>Whether code calls a command of a command with words in place of its arguments.</summary>
    static bool IsExample(string code, Command command) =>
        code.StartsWith($"foz {command.Name} ", StringComparison.Ordinal) && command.Arguments.Count > 0 && !Placeholder.IsMatch(code);

    static string WithoutCall(string code, string call) =>
        code.StartsWith(call + " ", StringComparison.Ordinal) ? code[(call.Length + 1)..] : code;

    /// <summary>Rows of tables and paragraphs; blocks of code are examples.</summary>
    static IEnumerable<string> PiecesOf(IReadOnlyList<string> section)
    {
        var paragraph = new List<string>();
        var isCode = false;
        foreach (var line in section.Append(""))
        {
            var isFence = line.StartsWith("```", StringComparison.Ordinal);
            if (isFence) isCode = !isCode;
            if (!isFence && !isCode && line.Length > 0 && line[0] != '|')
            {
                paragraph.Add(line);
                continue;
            }
            if (paragraph.Count > 0) yield return string.Join(' ', paragraph);
            paragraph.Clear();
            if (!isCode && line.StartsWith('|')) yield return line;
        }
    }

    /// <summary>What is wrong with how options are documented.</summary>
    static IEnumerable<string> Faults(string call, IEnumerable<Option> options, List<string> pieces)
    {
        var known = options.ToList();
        var spans = pieces.SelectMany(MarkdownDocument.CodeIn).Select(code => OptionSpan.Match(code)).Where(m => m.Success)
            .Select(m => (Name: m.Groups["name"].Value, Value: m.Groups["value"].Value)).ToList();
        foreach (var (name, _) in spans.Where(span =>
            !known.Concat(root.Options).Any(option => NamesOf(option).Contains(span.Name))))
        {
            yield return $"{call} has no option {name}";
        }
        foreach (var option in known.DistinctBy(option => option.Name))
        {
            foreach (var name in NamesOf(option).Where(name => spans.All(span => span.Name != name)))
                yield return $"{call}: option {name} is not documented";
            var text = string.Join(' ', pieces.Where(piece => piece.Contains($"`{option.Name}", StringComparison.Ordinal)));
            var values = spans.Where(span => NamesOf(option).Contains(span.Name)).Select(span => span.Value).ToList();
            foreach (var fault in ValueFaults(option, values, text)) yield return $"{call}: option {option.Name} {fault}";
        }
    }

    static IEnumerable<string> ValueFaults(Option option, List<string> values, string text)
    {
        if (option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0)
        {
            if (values.Any(value => value.Length > 0)) yield return "takes no value";
            yield break;
        }
        var words = option.GetCompletions(CompletionContext.Empty).Select(item => item.Label).ToList();
        if (!values.Contains($"<{option.HelpName}>") && !words.Any(values.Contains)) yield return $"takes a <{option.HelpName}>";
        var codes = MarkdownDocument.CodeIn(text).Concat(values).ToList();
        foreach (var word in words.Where(word => !codes.Contains(word))) yield return $"can be {word}";
        if (option is { HasDefaultValue: true } && $"{option.GetDefaultValue()}" is { Length: > 0 } otherwise
            && !Regex.IsMatch(text, $@"\b{Regex.Escape(otherwise)}\b", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1)))
        {
            yield return $"is {otherwise} by default";
        }
    }

    /// <summary>What is wrong with how arguments are documented.</summary>
    static IEnumerable<string> ArgumentFaults(
        string call, Command command, IEnumerable<Argument> before, List<string> pieces)
    {
        string[] expected = [.. command.Arguments.Select(PlaceholderOf)];
        string[] withBefore = [.. before.Select(PlaceholderOf), .. expected];
        var documented = pieces.SelectMany(MarkdownDocument.CodeIn)
            .Where(code => $" {code} ".Contains($"{call} ", StringComparison.Ordinal) && !code.StartsWith('-'))
            .Select(code => Placeholder.Matches(code).Select(match => match.Value).ToArray())
            .Where(placeholders => placeholders.Length > 0).ToList();
        if (documented.Count == 0 && expected.Length > 0) yield return $"{call} takes {string.Join(' ', expected)}";
        foreach (var placeholders in documented.Where(p => !p.SequenceEqual(expected) && !p.SequenceEqual(withBefore)))
            yield return $"{call} takes {string.Join(' ', expected)}, not {string.Join(' ', placeholders)}";
    }

    static string PlaceholderOf(Argument argument) =>
        argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : $"<{argument.Name}>";

    static IEnumerable<string> NamesOf(Option option) =>
        option.Aliases.Prepend(option.Name).Where(name => !name.StartsWith('/'));
}
