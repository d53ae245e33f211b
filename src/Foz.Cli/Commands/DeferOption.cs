using System.CommandLine;
using Foz.Lake;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Selection;

namespace Foz.Cli.Commands;

/// <summary>The option to read from another environment what the own one has not made.</summary>
sealed class DeferOption
{
    readonly Option<bool> defer = new("--defer")
    {
        Description = "Read tables that are neither selected nor built in this environment from that of --state",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Add(defer);

    /// <summary>The environment; null where none is asked for.</summary>
    /// <exception cref="FozException"><c>--state</c> names no environment.</exception>
    public EnvironmentLake? Read(ParseResult arguments, Workspace workspace, SelectionRequest selection) =>
        arguments.GetValue(defer) || workspace.File.Defaults.Defers ? Of(selection.State) : null;

    /// <summary>The environment that a state is of.</summary>
    /// <exception cref="FozException">It is of none.</exception>
    public static EnvironmentLake Of(StateSource? state) =>
        state is StateSource.OfLake { Lake: var lake, SchemaPrefix: var prefix } environment
            ? new(lake, prefix) { Name = environment.Name, BasePrefix = environment.BasePrefix }
            : throw new FozException(ErrorKind.Usage, "--defer needs the environment to read from")
            {
                Hint = "name it with --state prod",
            };
}
