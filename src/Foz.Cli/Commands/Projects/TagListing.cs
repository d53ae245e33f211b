using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Data;

namespace Foz.Cli.Commands.Projects;

/// <summary>
/// <c>foz ls --tags</c>: the columns of the lake's tables that have tags, and where each tag comes from.
/// </summary>
static class TagListing
{
    /// <summary>The columns of the listing.</summary>
    public static IReadOnlyList<ResultColumn> Columns { get; } =
    [
        new("table"), new("column"), new("tag"), new("origin"),
    ];

    /// <summary>The tags of a table's columns.</summary>
    public static async Task<IEnumerable<object?[]>> OfAsync(
        Lakehouse lake, Definition definition, CancellationToken cancellationToken)
    {
        if (definition.Kind is not DefinitionKind.Table) return [];
        var snapshot = await lake.Tables.Open(definition.Location!, definition.TableName)
            .FindLatestAsync(cancellationToken);
        return from field in snapshot?.Fields ?? []
               from entry in field.Metadata
               where entry.Key.StartsWith(ColumnTag.Prefix, StringComparison.Ordinal)
               let name = ColumnTag.Of([entry])[0]
               select (object?[])[$"{definition.TableName}", field.Name, name, OriginOf(entry.Key, entry.Value)];
    }

    static string OriginOf(string key, string value) =>
        ColumnTag.IsOfRuns(key, value) ? value : "set by SQL or foz alter";
}
