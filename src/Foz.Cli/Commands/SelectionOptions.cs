using System.CommandLine;
using Foz.Core.Pipelines.Selectors;

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

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(names);
        AddOptionsTo(command);
    }

    /// <summary>Adds the options alone.</summary>
    public void AddOptionsTo(Command command)
    {
        command.Add(select);
        command.Add(exclude);
        command.Add(selector);
    }

    /// <summary>What was asked for.</summary>
    public SelectionRequest Read(ParseResult arguments) => new()
    {
        Select = [.. arguments.GetValue(names) ?? [], .. arguments.GetValue(select) ?? []],
        Exclude = arguments.GetValue(exclude) ?? [],
        Selector = arguments.GetValue(selector),
    };
}
