using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// The model of the elements of a list in the rows of a stream: <c>&lt;stream&gt;__&lt;list&gt;</c>, which <c>lists</c>
/// of a stream defines. It is a model because the stream's table keeps the list as it arrived.
/// </summary>
static class ListModel
{
    const string ParentPrefix = "_parent_";
    const string Index = "_index";
    const string Value = "value";

    /// <summary>The models of a stream.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="stream">The stream.</param>
    public static IEnumerable<Model> Of(ProjectSource source, ProjectStream stream) => stream.Lists.Select(list =>
    {
        var name = $"{stream.Name.Name}__{list.Replace('.', '_')}";
        return new Model
        {
            Name = stream.Name with { Name = name },
            Table = stream.Table with { Name = name },
            Materialization = stream.Definition.Mode is StreamMode.Snapshot
                ? new Materialization.Table()
                : new Materialization.Incremental(new IncrementalStrategy.Append()),
            Body = new(
                SqlOf(stream, list), new(source.File, stream.Definition.Place.Line, stream.Definition.Place.Column)),
            Description = $"The elements of {list} of {stream.Name}",
            Owner = source.Owner,
            Tags = stream.Tags,
            File = source.File,
            IsImplicit = true,
            FollowsRows = true,
        };
    });

    /// <summary>
    /// A row for each element: the keys of the row that holds it, its position from 0, and its fields, or it as
    /// <c>value</c> where it is no object.
    /// </summary>
    static string SqlOf(ProjectStream stream, string list)
    {
        var table = $"{SqlText.Identifier(stream.Name.Schema)}.{SqlText.Identifier(stream.Name.Name)}";
        var column = "p." + string.Join('.', list.Split('.').Select(SqlText.Identifier));
        var keys = stream.Definition.Keys.Select(key =>
            $"p.{SqlText.Identifier(key)} AS {SqlText.Identifier(ParentPrefix + key)}");
        var change = ChangeColumns.Fields.Select(field => $"p.{field.Name}");
        return $"""
            SELECT {string.Join(", ", keys)}, e.i AS {Index}, unnest({column}[e.i + 1 : e.i + 1], max_depth := 2) AS {Value},
                {string.Join(", ", change)}
            FROM {(stream.Definition.Mode is StreamMode.Snapshot ? table : $"STREAM({table})")} AS p, range(len({column})) AS e(i)
            """;
    }
}
