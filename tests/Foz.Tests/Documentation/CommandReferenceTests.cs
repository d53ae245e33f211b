using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.RegularExpressions;
using Foz.Cli;

namespace Foz.Tests.Documentation;

/// <summary>
/// Writes into docs/reference/commands.md what the command line says of itself, and holds what else stands there
/// against it.
/// </summary>
public sealed partial class CommandReferenceTests
{
    const string Name = "docs/reference/commands.md";
    const string HeadingPrefix = "## foz ";

    static readonly Command root = FozCommand.Tree();

    [Fact]
    public void Every_command_has_a_section_in_the_order_of_help() => Assert.Equal(
        root.Subcommands.Select(command => command.Name),
        MarkdownDocument.Read(Name).Lines.Where(line => line.StartsWith(HeadingPrefix, StringComparison.Ordinal))
            .Select(line => line[HeadingPrefix.Length..]));

    [Fact]
    public void Commands_arguments_options_and_examples_are_those_of_help()
    {
        Generated.Block(
            MarkdownDocument.Read(Name), "commands",
            root.Subcommands.Select(command => Generated.Row(
                $"[`foz {command.Name}`](#foz-{command.Name})",
                CommandText.Escaped(command.Description!))).Prepend("|---|---|")
                .Prepend("| command | does |"));
        Generated.Table(
            MarkdownDocument.Read(Name), "## Options of every command",
            root.Options.Select(option => new[] { CommandText.NamesOf(option), CommandText.Meaning(option) }));
        foreach (var command in root.Subcommands)
            Generated.Block(MarkdownDocument.Read(Name), $"foz {command.Name}", CommandText.Of(command));
    }

    [Fact]
    public void What_is_told_of_an_option_names_the_words_that_it_takes() => Assert.Empty(
        All(root).SelectMany(command => command.Options, (command, option) => (command, option)).SelectMany(pair =>
            pair.option.GetCompletions(CompletionContext.Empty).Select(word => word.Label)
                .Where(word => pair.option.ValueType != typeof(bool) && !Regex.IsMatch(
                    pair.option.Description!, $@"\b{Regex.Escape(word)}\b", RegexOptions.None, TimeSpan.FromSeconds(1)))
                .Select(word => $"foz {pair.command.Name} {pair.option.Name}: {word}")));

    [Fact]
    public void Remarks_name_options_that_there_are()
    {
        var page = MarkdownDocument.Read(Name);
        Assert.Empty(root.Subcommands.SelectMany(command =>
        {
            var known = All(command).SelectMany(c => c.Options).Concat(root.Options).SelectMany(CommandText.Names)
                .ToHashSet();
            return MarkdownDocument.CodeIn(string.Join(' ', page.Section(HeadingPrefix + command.Name)))
                .Select(code => OptionSpan.Match(code))
                .Where(match => match.Success && !known.Contains(match.Groups["name"].Value))
                .Select(match => $"foz {command.Name} has no option {match.Groups["name"].Value}");
        }));
    }

    [GeneratedRegex("^(?<name>--?[a-z?][a-z-]*)( .+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex OptionSpan { get; }

    static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
