using Foz.Pipelines.Runs.Requests;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Commands.Operating;

/// <summary>Whether a host runs the project.</summary>
static class HostNote
{
    /// <summary>What is said where none does.</summary>
    public const string Missing = "no host runs the project now";

    /// <summary>Finds the host; null where none leads.</summary>
    public static ValueTask<LeaseHolder?> FindAsync(Workspace workspace, CancellationToken cancellationToken) =>
        Leadership.FindAsync(
            workspace.Lake, workspace.File.Name, workspace.File.Environment, cancellationToken);
}
