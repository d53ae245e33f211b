using System.CommandLine;
using Foz.Lake;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands;

/// <summary>The argument and options that say what of a project a command works on.</summary>
sealed class SelectionOptions
{
    readonly Argument<string[]> names = new("names")
    {
        Description = "What to take: orders, silver.*, tag:daily; +name takes what it needs, name+ what needs it",
        Arity = ArgumentArity.ZeroOrMore,
    };

    readonly Option<string[]> select = new("--select", "-s")
    {
        Description = "The same as names; a space means any of several selectors, a comma all of them",
        HelpName = "selectors", AllowMultipleArgumentsPerToken = true,
    };

    readonly Option<string[]> exclude = new("--exclude")
    {
        Description = "What to leave out of it", HelpName = "selectors", AllowMultipleArgumentsPerToken = true,
    };

    readonly Option<string?> selector = new("--selector")
    {
        Description = "A selector that selectors.yml or foz.yml states", HelpName = "name",
    };

    readonly Option<string?> state = new("--state")
    {
        Description =
            "What selectors with state: compare with: an environment, or a folder with the project as it was (default: "
                + "what the lake was made from)",
        HelpName = "state",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(names);
        command.Add(select);
        command.Add(exclude);
        command.Add(selector);
        command.Add(state);
    }

    /// <summary>The names that stand behind the command.</summary>
    public IReadOnlyList<string> Names(ParseResult arguments) => arguments.GetValue(names) ?? [];

    /// <summary>What was asked for; without the first names where these are something else.</summary>
    /// <exception cref="FozException">There is no such state.</exception>
    public SelectionRequest Read(
        CommandContext context, Workspace workspace, ParseResult arguments, CancellationToken cancellationToken,
        int namesSkipped = 0) => new()
        {
            State = StateOption.Read(
                context, workspace, arguments.GetValue(state) ?? workspace.File.Defaults.State, cancellationToken),
            Select = [.. Names(arguments).Skip(namesSkipped), .. arguments.GetValue(select) ?? []],
            Exclude = arguments.GetValue(exclude) ?? [],
            Selector = arguments.GetValue(selector),
        };
}
