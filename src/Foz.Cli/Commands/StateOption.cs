using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Cli.Commands;

/// <summary>The value of <c>--state</c>: an environment, or a folder with an earlier state of the project.</summary>
static class StateOption
{
    /// <summary>The state of a name; null for none.</summary>
    /// <exception cref="FozException">It is neither.</exception>
    public static StateSource? Read(
        CommandContext context, Workspace workspace, string? name, CancellationToken cancellationToken)
    {
        if (name is null) return null;
        if (workspace.File.HasEnvironment(name))
        {
            var file = ProjectLoader.LoadFile(workspace.File.Folder, Workspace.Reading with { Target = name });
            return new StateSource.OfLake(
                Lakehouse.Open(file.Lake, workspace.Engines, context.Shell.Clock), file.SchemaPrefix)
            {
                Name = name, BasePrefix = file.Base?.SchemaPrefix,
            };
        }
        var folder = context.Shell.PathOf(name);
        if (ProjectFile.IsProject(folder, Workspace.Reading.Readers))
            return new StateSource.OfProject(ProjectLoader.Load(
                folder, Workspace.Reading with { ExistsInLake = static _ => true }, workspace.Engines,
                cancellationToken));
        throw new FozException(
            ErrorKind.Usage,
            $"--state cannot be '{name}': it is neither an environment nor a folder with a {ProjectFile.FileName}")
        {
            Hint = NearestName.Hint(name, workspace.File.Environments),
        };
    }
}
