using System.Text.RegularExpressions;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Streams.Comparing;

/// <summary>A table in the lake whose rows are to be those of a stream's table in its source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Model">
/// The model that keeps the current rows; null where they are what the changes in bronze leave.
/// </param>
sealed partial record ComparedTable(ProjectSource Source, ProjectStream Stream, Model? Model)
{
    /// <summary>The table in the lake.</summary>
    public TableName Name => Model?.Table ?? Stream.Table;

    /// <summary>Finds what a user names: a bronze table, a model of its current rows, or a stream.</summary>
    /// <exception cref="FozException">
    /// No such table or stream is known, or it has other rows than the source.
    /// </exception>
    public static ComparedTable Find(Project project, string name)
    {
        var streams = (from source in project.Sources
                       from stream in source.Streams
                       where stream.Definition.Mode is StreamMode.Changes
                       select new ComparedTable(source, stream, Model: null)).ToList();
        var models = (from stream in streams
                      from node in project.Graph.Nodes.OfType<GraphNode.OfModel>()
                      where node.Model.Materialization.Strategy is IncrementalStrategy.Cdc { ReadsLog: true }
                          && node.References.Any(read => read.IsStream && read.Name == stream.Stream.Name)
                      select stream with { Model = node.Model }).ToList();
        if (streams.Find(known => Is($"{known.Stream.Name}", name)) is { } bronze) return bronze;
        if (models.Find(known => Is($"{known.Model!.Name}", name)) is { } silver)
            return silver.HasRowsOfSource
                ? silver
                : throw new FozException(
                    ErrorKind.Usage,
                    $"{name} has other rows than its source: its SELECT is more than SELECT * FROM STREAM(…)")
                {
                    Place = silver.Model!.Place, Hint = $"foz stream compare {silver.Stream.Name}",
                };
        var named = streams.Where(known =>
            Is(known.Stream.Definition.Name, name) || Is($"{known.Source.Name}.{known.Stream.Definition.Name}", name))
            .ToList();
        if (named is [var only])
            return models.Find(known => known.Stream == only.Stream && known.HasRowsOfSource) ?? only;
        var all = streams.Select(known => $"{known.Stream.Name}")
            .Concat(models.Select(known => $"{known.Model!.Name}")).Order(StringComparer.Ordinal).ToList();
        throw new FozException(
            ErrorKind.Usage,
            named.Count > 1
                ? $"several sources have a stream '{name}'"
                : $"'{name}' is no stream of mode cdc, and no table of the current rows of one")
        {
            Hint = named.Count > 1
                ? $"name one: {string.Join(", ", named.Select(known => $"{known.Source.Name}.{name}"))}"
                : NearestName.Hint(name, all) ?? "foz stream ls lists them",
        };
    }

    /// <summary>Whether the model takes the changes as they are.</summary>
    bool HasRowsOfSource => Model is { Program: null, Template: null } && PlainSelect.IsMatch(Model.Sql);

    [GeneratedRegex(@"^\s*select\s+\*\s+from\s+stream\s*\(\s*[\w"".]+\s*\)\s*;?\s*$", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex PlainSelect { get; }

    static bool Is(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
