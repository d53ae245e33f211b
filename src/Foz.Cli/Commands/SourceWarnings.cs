using Foz.Pipelines.Projects;
using Foz.Streams;

namespace Foz.Cli.Commands;

/// <summary>Warnings of sources whose logs were read, and that have no streams of changes any more.</summary>
static class SourceWarnings
{
    /// <summary>Writes them.</summary>
    public static async Task WriteAsync(
        CommandContext context, Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        foreach (var left in await new LeftSources(workspace.Lake, project).FindAsync(cancellationToken))
            context.Warn(left.Warning);
    }
}
