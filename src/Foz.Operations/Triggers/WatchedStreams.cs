using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Triggers;

/// <summary>Finds the streams that triggers name: a source is all of its streams.</summary>
static class WatchedStreams
{
    /// <summary>Returns the streams.</summary>
    /// <param name="project">The project.</param>
    /// <param name="names">Sources, or <c>source.stream</c>.</param>
    /// <exception cref="FozException">There is no such source or stream.</exception>
    public static IEnumerable<(ProjectSource Source, ProjectStream Stream)> Of(
        Project project, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (Find(project, name) is { } error) throw error;
            var source = SourceOf(project, name)!;
            foreach (var stream in source.Streams)
                if (name == source.Name || name == $"{source.Name}.{stream.Definition.Name}")
                    yield return (source, stream);
        }
    }

    /// <summary>Finds what is wrong with a name; null where nothing is.</summary>
    public static FozException? Find(Project project, string name) =>
        SourceOf(project, name) is { } source
            && (name == source.Name || source.IsUndiscovered
                || source.Streams.Any(stream => name == $"{source.Name}.{stream.Definition.Name}"))
            ? null
            : new(ErrorKind.Configuration, $"there is no source or stream '{name}'")
            {
                Hint = NearestName.Hint(
                    name, project.Sources.SelectMany(known => known.Streams
                        .Select(stream => $"{known.Name}.{stream.Definition.Name}").Prepend(known.Name))),
            };

    static ProjectSource? SourceOf(Project project, string name) =>
        project.Sources.FirstOrDefault(source =>
            name == source.Name || name.StartsWith($"{source.Name}.", StringComparison.Ordinal));
}
