using System.Collections.Frozen;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Serving.Catalogs;
using Foz.Serving.Sql;

namespace Foz.Serving.Trino;

/// <summary>
/// A relation of <c>information_schema</c> or of the catalog <c>system</c>, with the columns that Trino gives it
/// (Trino's documentation, "System connector").
/// </summary>
/// <param name="Catalog">The catalog; null for a relation that each has.</param>
/// <param name="Schema">The schema.</param>
/// <param name="Name">The name.</param>
/// <param name="Columns">The columns with their types of DuckDB.</param>
sealed record TrinoRelation(
    string? Catalog, string Schema, string Name, IReadOnlyList<(string Name, string Type)> Columns)
{
    /// <summary>The catalog of what the server tells of itself.</summary>
    public const string System = "system";

    /// <summary>The schema of the standard's views, in each catalog.</summary>
    public const string InformationSchema = "information_schema";

    /// <summary>The catalogs.</summary>
    public static readonly FrozenSet<string> Catalogs = FrozenSet.ToFrozenSet(
        [TableName.Catalog, System], StringComparer.OrdinalIgnoreCase);

    /// <summary>All relations.</summary>
    public static readonly IReadOnlyList<TrinoRelation> All =
    [
        .. EmbeddedTable.ReadLines("trino_relations.tsv").Select(Parse),
    ];

    static readonly FrozenDictionary<string, TrinoRelation> byName =
        All.ToFrozenDictionary(r => $"{r.Schema}.{r.Name}", StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the relation of a name; null if there is none.</summary>
    public static TrinoRelation? Find(string catalog, string schema, string name) =>
        byName.GetValueOrDefault($"{schema}.{name}") is { } found
        && (found.Catalog is null || found.Catalog.Equals(catalog, StringComparison.OrdinalIgnoreCase))
            ? found
            : null;

    /// <summary>The schemas of a catalog.</summary>
    public static IEnumerable<string> SchemasOf(string catalog, CatalogImage image) =>
        (catalog.Equals(System, StringComparison.OrdinalIgnoreCase)
            ? All.Where(r => r.Catalog is not null).Select(r => r.Schema)
            : image.Tables.Select(t => t.Name.Schema.ToLowerInvariant()))
        .Append(InformationSchema).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The name of its table in the engine, for a catalog.</summary>
    public string TableOf(string catalog) => $"trino.{Catalog ?? catalog.ToLowerInvariant()}.{Schema}.{Name}";

    /// <summary>The statements that make it in a schema of the engine's.</summary>
    public string CreateSql(string engineSchema, string catalog, IEnumerable<object?[]> rows)
    {
        var table = $"{SqlText.Identifier(engineSchema)}.{SqlText.Identifier(TableOf(catalog))}";
        var columns = string.Join(", ", Columns.Select(c => $"{SqlText.Identifier(c.Name)} {c.Type}"));
        var values = ValuesOf(rows);
        return $"CREATE TABLE IF NOT EXISTS {table} ({columns});"
            + (values.Length == 0 ? "" : $"INSERT INTO {table} VALUES {values};");
    }

    /// <summary>Returns SQL that may follow FROM, for rows that differ each time.</summary>
    public string Select(IEnumerable<object?[]> rows)
    {
        var values = ValuesOf(rows.Append(new object?[Columns.Count]));
        var columns = Columns.Select((c, i) => $"CAST(c{i} AS {c.Type}) AS {SqlText.Identifier(c.Name)}");
        return $"(SELECT {string.Join(", ", columns)} FROM (VALUES {values}) AS "
            + $"t({string.Join(", ", Columns.Select((_, i) => $"c{i}"))}) WHERE c0 IS NOT NULL)";
    }

    static string ValuesOf(IEnumerable<object?[]> rows) =>
        string.Join(", ", rows.Select(row => $"({string.Join(", ", row.Select(SqlValueText.Of))})"));

    static TrinoRelation Parse(string[] line)
    {
        var catalog = line[0] == InformationSchema ? null : System;
        return new(catalog, line[0], line[1], [.. line[2].Split(' ').Select(ColumnOf)]);
    }

    /// <summary>Parses a column: its name, and after a colon the letter of a type other than text.</summary>
    static (string Name, string Type) ColumnOf(string text) => text.Split(':') switch
    {
        [var name, "l"] => (name, "BIGINT"),
        [var name, "b"] => (name, "BOOLEAN"),
        [var name, "t"] => (name, "TIMESTAMPTZ"),
        [var name, "a"] => (name, "VARCHAR[]"),
        [var name, ..] => (name, "VARCHAR"),
        [] => throw new InvalidDataException("a column without a name"),
    };
}
