using Foz.Core.Connectors;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Runs;

/// <summary>A project whose sources are open, and complete: what sources of <c>streams: all</c> have is in it.</summary>
sealed class OpenedProject : IAsyncDisposable
{
    readonly Dictionary<string, ISource> sources = new(StringComparer.Ordinal);

    OpenedProject(Project project) => Project = project;

    /// <summary>The project.</summary>
    public Project Project { get; private set; }

    /// <summary>Its sources, by name.</summary>
    public IReadOnlyDictionary<string, ISource> Sources => sources;

    /// <summary>Opens the sources of a project.</summary>
    /// <exception cref="FozException">A setting is wrong, or a source could not be discovered.</exception>
    public static async Task<OpenedProject> OpenAsync(
        Project project, EnginePool engines, CancellationToken cancellationToken)
    {
        var opened = new OpenedProject(project);
        try
        {
            foreach (var source in project.Sources)
            {
                var open = ConnectorRegistry.Find(source.Definition.Connection.Type)!
                    .Open(source.Definition, project.Folder);
                opened.sources[source.Name] = open;
                if (source.IsUndiscovered)
                    opened.Project = opened.Project.WithDiscovered(
                        source.Name, await open.DiscoverAsync(cancellationToken), engines, cancellationToken);
            }
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in sources.Values) await source.DisposeAsync();
    }
}
