using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Pipelines.Runs;

/// <summary>
/// A project whose sources are open, and complete: what sources of <c>streams: all</c> have is in it.
/// </summary>
sealed class OpenedProject : IAsyncDisposable
{
    readonly Dictionary<string, ISource> sources = new(StringComparer.Ordinal);
    readonly Dictionary<TableName, FozException> unidentified = [];

    OpenedProject(Project project) => Project = project;

    /// <summary>The project.</summary>
    public Project Project { get; private set; }

    /// <summary>Its sources, by name.</summary>
    public IReadOnlyDictionary<string, ISource> Sources => sources;

    /// <summary>
    /// Streams of changes whose keys the source does not tell, and why: tables of their current rows cannot be made.
    /// </summary>
    public IReadOnlyDictionary<TableName, FozException> Unidentified => unidentified;

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
                await opened.FindKeysAsync(source.Name, open, engines, cancellationToken);
            }
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Asks a source for the keys of streams whose current rows are kept, where the project does not state them. Of a
    /// stream of changes only the tables that need them are refused.
    /// </summary>
    /// <exception cref="FozException">It cannot be asked, or another stream has none.</exception>
    async Task FindKeysAsync(string name, ISource source, EnginePool engines, CancellationToken cancellationToken)
    {
        var known = Project.Sources.First(known => known.Name == name);
        var streams = Project.StreamsToIdentify(known);
        if (streams.Count == 0) return;
        var keys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        var errors = new Foz.Lake.Configuration.ErrorList();
        foreach (var stream in streams)
        {
            var whole = known.Streams.First(one => one.Definition == stream);
            var found = await FindKeysAsync(whole);
            foreach (var masked in CurrentModel.MaskedKeys(whole, stream.Keys.Count > 0 ? stream.Keys : found))
                errors.Add(masked);
            if (stream.Keys.Count > 0) continue;
            keys[stream.Name] = found;
            if (found.Count > 0 || unidentified.ContainsKey(whole.Name)) continue;
            if (stream.Mode is StreamMode.Changes) unidentified[whole.Name] = CurrentModel.WithoutKeys(stream);
            else errors.Add(CurrentModel.WithoutKeys(stream));
        }
        errors.ThrowIfAny();
        if (keys.Count == 0) return;
        Project = Project.WithKeys(name, keys, engines, cancellationToken);

        async Task<IReadOnlyList<string>> FindKeysAsync(ProjectStream stream)
        {
            var definition = stream.Definition;
            try
            {
                return await source.FindKeysAsync(definition, cancellationToken);
            }
            catch (FozException e) when (
                (e.Kind is ErrorKind.Source or ErrorKind.Denied) && definition.Keys.Count > 0)
            {
                // The stream's step says that the source does not answer.
            }
            catch (FozException e) when (definition.Mode is StreamMode.Changes && e.Kind is not ErrorKind.Canceled)
            {
                unidentified[stream.Name] = e;
            }
            return definition.Keys;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in sources.Values) await source.DisposeAsync();
    }
}
