using System.Collections.Frozen;
using System.Globalization;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>A column of a relation of the system catalogs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">DuckDB's type of it.</param>
/// <param name="Default">What it is in rows that do not say it, as SQL.</param>
readonly record struct PgColumn(string Name, string Type, string Default);

/// <summary>
/// A relation of <c>pg_catalog</c> or <c>information_schema</c>, with the columns that PostgreSQL 15 gives it.
/// </summary>
/// <param name="Schema">The schema.</param>
/// <param name="Name">The name.</param>
/// <param name="Oid">PostgreSQL's number of it.</param>
/// <param name="Kind"><c>r</c> or <c>v</c>.</param>
/// <param name="Columns">The columns.</param>
sealed record PgRelation(string Schema, string Name, uint Oid, string Kind, IReadOnlyList<PgColumn> Columns)
{
    /// <summary>The schema of the catalogs.</summary>
    public const string Catalog = "pg_catalog";

    /// <summary>The schema of the standard's views.</summary>
    public const string InformationSchema = "information_schema";

    /// <summary>All relations, by schema and name with a point between.</summary>
    public static readonly FrozenDictionary<string, PgRelation> All =
        EmbeddedTable.ReadLines("pg_relations.tsv").Select(Parse)
            .ToFrozenDictionary(r => $"{r.Schema}.{r.Name}", StringComparer.Ordinal);

    /// <summary>Returns the relation of a name; null if there is none.</summary>
    public static PgRelation? Find(string? schema, string name) =>
        All.GetValueOrDefault($"{schema?.ToLowerInvariant() ?? Catalog}.{name.ToLowerInvariant()}");

    /// <summary>The statements that make it in a schema of the engine's.</summary>
    public string CreateSql(string engineSchema, IEnumerable<PgRow> rows)
    {
        var table = $"{SqlText.Identifier(engineSchema)}.{SqlText.Identifier($"{Schema}.{Name}")}";
        var columns = string.Join(", ", Columns.Select(c => $"{SqlText.Identifier(c.Name)} {c.Type}"));
        var values = string.Join(", ", rows.Select(row =>
            $"({string.Join(", ", Columns.Select(c => row.Find(c.Name) ?? c.Default))})"));
        return $"CREATE TABLE IF NOT EXISTS {table} ({columns});"
            + (values.Length == 0 ? "" : $"INSERT INTO {table} VALUES {values};");
    }

    /// <summary>Returns SQL that may follow FROM, for rows that differ each time.</summary>
    public string Select(IEnumerable<PgRow> rows)
    {
        var values = rows.Append(new PgRow())
            .Select(row => $"({string.Join(", ", Columns.Select(c => row.Find(c.Name) ?? "NULL"))})");
        var columns = Columns.Select((c, i) => $"CAST(c{i} AS {c.Type}) AS {SqlText.Identifier(c.Name)}");
        return $"(SELECT {string.Join(", ", columns)} FROM (VALUES {string.Join(", ", values)}) AS "
            + $"t({string.Join(", ", Columns.Select((_, i) => $"c{i}"))}) WHERE c0 IS NOT NULL)";
    }

    static PgRelation Parse(string[] line)
    {
        var name = line[0].Split('.');
        var columns = line[3].Split(',').Select(c => c.Split(' ')).Select(c => ColumnOf(c[0], c[1][0]));
        return new(name[0], name[1], uint.Parse(line[1], CultureInfo.InvariantCulture), line[2], [.. columns]);
    }

    static PgColumn ColumnOf(string name, char letter) => letter switch
    {
        'u' => new(name, "UINTEGER", "0"),
        'b' => new(name, "BOOLEAN", "false"),
        'i' => new(name, "INTEGER", "0"),
        'h' => new(name, "SMALLINT", "0"),
        'l' => new(name, "BIGINT", "0"),
        'f' => new(name, "FLOAT", "0"),
        'd' => new(name, "DOUBLE", "0"),
        't' => new(name, "TIMESTAMPTZ", "NULL"),
        'v' => new(name, "INTERVAL", "NULL"),
        'y' => new(name, "BLOB", "NULL"),
        'H' => new(name, "SMALLINT[]", "NULL"),
        'U' => new(name, "UINTEGER[]", "NULL"),
        'S' => new(name, "VARCHAR[]", "NULL"),
        _ => new(name, "VARCHAR", "NULL"),
    };
}

/// <summary>Values of a row by columns, as SQL.</summary>
sealed class PgRow
{
    readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>The value of a column as SQL; null where the row does not say it.</summary>
    public string? Find(string column) => values.GetValueOrDefault(column);

    /// <summary>Sets a column's value.</summary>
    public object? this[string column]
    {
        set => values[column] = value switch
        {
            null => "NULL",
            string text => SqlText.Literal(text),
            bool truth => truth ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => throw new ArgumentOutOfRangeException(nameof(value), value, "no value of a catalog"),
        };
    }
}
