using Foz.Lake.Catalog;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands.Projects;

/// <summary>Names of a project that can follow on a command line, for completion in a shell.</summary>
/// <param name="context">The command's context.</param>
/// <param name="tree">All commands.</param>
sealed partial class CompletionNames(CommandContext context, Command tree)
{
    /// <summary>What stands at a place of a command line.</summary>
    enum Kind
    {
        None,
        Table,
        Selector,
        SelectorName,
        Source,
        Environment,
    }

    /// <summary>Returns the names that begin with a word; none where the project or its lake cannot be read.</summary>
    /// <param name="word">The word that the user began.</param>
    /// <param name="before">The words before it, without that of the program.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IEnumerable<string>> FindAsync(
        string word, IReadOnlyList<string> before, CancellationToken cancellationToken)
    {
        try
        {
            // An option without its value is a mistake, which would hide what is before it.
            var option = before is [.., ['-', ..] last] ? last : null;
            var arguments = tree.Parse(
                option is null ? before : [.. before.SkipLast(1)],
                new ParserConfiguration { ResponseFileTokenReplacer = null });
            var kind = KindAfter(arguments.CommandResult, option);
            return kind is Kind.None
                ? []
                : (await NamesAsync(kind, word, arguments, cancellationToken))
                    .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase) && Plain.IsMatch(name))
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A command says what is wrong; an error in the middle of a line helps no user.
            return [];
        }
    }

    static Kind KindAfter(CommandResult result, string? word)
    {
        var command = result.Command;
        if (word is not null && OptionOf(result, word) is { } option && option.ValueType != typeof(bool))
            return option.Name switch
            {
                "--select" or "--exclude" => Kind.Selector,
                "--selector" => Kind.SelectorName,
                "--target" or "--state" => Kind.Environment,
                "--table" => Kind.Table,
                _ => Kind.None,
            };
        var given = result.Children.OfType<ArgumentResult>().Sum(found => found.Tokens.Count);
        var argument = given < command.Arguments.Count
            ? command.Arguments[given]
            : command.Arguments.LastOrDefault(last => last.Arity.MaximumNumberOfValues > 1);
        return argument?.Name switch
        {
            "names" => command.Parents.Any(parent => parent.Name == SourceCommand.Name) ? Kind.Source : Kind.Selector,
            "table" or "tables" or "models" => Kind.Table,
            "from" or "to" or "before" or "now" => Kind.Environment,
            "source" when command.Name == "clone" => Kind.Table,
            _ => Kind.None,
        };
    }

    /// <summary>Returns the option of a command, or of one above it.</summary>
    static Option? OptionOf(CommandResult? result, string word)
    {
        for (; result is not null; result = result.Parent as CommandResult)
            if (result.Command.Options.FirstOrDefault(o => o.Name == word || o.Aliases.Contains(word)) is { } found)
                return found;
        return null;
    }

    async Task<IEnumerable<string>> NamesAsync(
        Kind kind, string word, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (kind is Kind.Environment) return Workspace.FileOf(context, arguments).Environments;
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        var project = await workspace.TryLoadKnownProjectAsync(
            context, SchemaLock.Read(workspace.File.Folder, new()), cancellationToken) is ProjectResult.Loaded loaded
                ? loaded.Project : null;
        return kind switch
        {
            Kind.Selector when project is not null => SelectorNames.Of(project, word),
            Kind.SelectorName => project?.Selectors.Keys ?? [],
            Kind.Source => project?.Sources.Select(source => source.Name) ?? [],
            _ => (await LakeListing.ReadAsync(workspace.Lake, cancellationToken)).Select(d => $"{d.TableName}")
                .Concat(project?.Graph.Nodes.Select(node => $"{node.Name}") ?? []),
        };
    }

    /// <summary>A name that no shell takes for anything else.</summary>
    [GeneratedRegex(@"^[\w.:,+@%/-]+$")]
    private static partial Regex Plain { get; }
}
