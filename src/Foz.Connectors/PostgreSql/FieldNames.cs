using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Names fields of the lake after columns. In the lake, names are unique regardless of case, and change columns follow
/// a table's own: a column whose name is taken gets its number appended, as in <c>Id_2</c>.
/// </summary>
static class FieldNames
{
    static readonly string[] Taken = [RescuedColumn.Name, .. ChangeColumns.Names];

    public static IEnumerable<RelationColumn> Distinct(IReadOnlyList<RelationColumn> columns)
    {
        var taken = new HashSet<string>(Taken, StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns.DistinctBy(c => c.Name, StringComparer.OrdinalIgnoreCase))
            taken.Add(column.Name);
        var first = new HashSet<string>(Taken, StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns)
        {
            var name = column.Name;
            if (!first.Add(name))
            {
                name = $"{column.Name}_{column.Number}";
                while (!taken.Add(name)) name += "_";
            }

            yield return column with { FieldName = name };
        }
    }
}
