using System.CommandLine;
using Foz.Lake;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands;

/// <summary>The argument and options that say what of a project a command works on.</summary>
sealed class SelectionOptions
{
    readonly Argument<string[]> names = new("names")
    {
        Description = "Selectors: orders, silver.*, tag:daily; +name adds upstream tables, name+ downstream tables",
        Arity = ArgumentArity.ZeroOrMore,
    };

    readonly Option<string[]> select = new("--select", "-s")
    {
        Description = "Selectors as names; a space means or, a comma means and",
        HelpName = "selectors", AllowMultipleArgumentsPerToken = true,
    };

    readonly Option<string[]> exclude = new("--exclude")
    {
        Description = "Selectors of what to exclude", HelpName = "selectors", AllowMultipleArgumentsPerToken = true,
    };

    readonly Option<string?> selector = new("--selector")
    {
        Description = "A named selector of selectors.yml or foz.yml", HelpName = "name",
    };

    readonly Option<string?> state = new("--state")
    {
        Description =
            "What state: selectors compare with: an environment, or a folder with an earlier project (default: the "
                + "definitions that built the lake)",
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

    /// <summary>Returns the names after the command.</summary>
    public IReadOnlyList<string> Names(ParseResult arguments) => arguments.GetValue(names) ?? [];

    /// <summary>Returns the requested selection; without the first names where these are something else.</summary>
    /// <exception cref="FozException">Thrown when there is no such state.</exception>
    public SelectionRequest Read(
        CommandContext context, Workspace workspace, ParseResult arguments, CancellationToken cancellationToken,
        int namesSkipped = 0) => ReadSelectors(arguments, namesSkipped) with
        {
            State = StateOption.Read(
                context, workspace, arguments.GetValue(state) ?? workspace.File.Defaults.State, cancellationToken),
        };

    /// <summary>Returns the selectors, without what they compare with.</summary>
    public SelectionRequest ReadSelectors(ParseResult arguments, int namesSkipped = 0) =>
        new()
        {
            Select = [.. Names(arguments).Skip(namesSkipped), .. arguments.GetValue(select) ?? []],
            Exclude = arguments.GetValue(exclude) ?? [],
            Selector = arguments.GetValue(selector),
        };
}
