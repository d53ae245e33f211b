using System.Globalization;
using Foz.Core.Catalog;
using Foz.Core.Configuration;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Lineage;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.UnitTests;

/// <summary>A column of a table that a unit test gives rows of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in DuckDB's words.</param>
readonly record struct UnitField(string Name, string Type);

/// <summary>The columns of tables that unit tests give rows of.</summary>
static class UnitSchema
{
    /// <summary>
    /// The columns that a model's SQL gives, or that a table has in the lake, or that the project declares; empty where none
    /// of them is known.
    /// </summary>
    public static async Task<IReadOnlyList<UnitField>> OfAsync(
        Lake lake, Project project, ProjectLineage lineage, Reference reference, CancellationToken cancellationToken)
    {
        var node = project.Graph.Find(reference.Name);
        if (reference.Kind is not ReferenceKind.Self
            && await lineage.FindAsync(reference.Table, cancellationToken) is { Error: null, Columns: { Count: > 0 } columns })
            return [.. columns.Select(column => Of(column.Field))];
        if (await lake.Catalog.FindAsync(reference.Table, cancellationToken) is { Kind: DefinitionKind.Table, Location: { } location }
            && await lake.Tables.Open(location, reference.Table).FindLatestAsync(cancellationToken) is { } snapshot)
            return [.. snapshot.Fields.Select(Of)];
        return [.. (node?.Columns ?? []).Where(column => column.Type is not null).Select(column => new UnitField(column.Name, column.Type!))];
    }

    static UnitField Of(Field field) => new(field.Name, ColumnTypes.NameOf(field.Type));
}

/// <summary>Rows of a unit test as a relation of the engine.</summary>
static class UnitRelation
{
    /// <summary>The rows, with all columns of the table: those that a row does not state are null.</summary>
    /// <param name="session">The session.</param>
    /// <param name="table">What the table is called in errors.</param>
    /// <param name="rows">The rows; null for none.</param>
    /// <param name="schema">The table's columns; empty where they are not known.</param>
    /// <param name="place">Where the test stands.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A column is not the table's, a value not of its type; nothing is known of an empty table.</exception>
    public static string Of(
        EngineSession session, string table, UnitRows? rows, IReadOnlyList<UnitField> schema, Place place,
        CancellationToken cancellationToken)
    {
        var listed = rows as UnitRows.Listed;
        if (schema.Count == 0 && rows is null or UnitRows.Listed { Columns.Count: 0 } && schema.Count == 0)
            throw new FozException(ErrorKind.Configuration, $"the columns of {table} are not known, of which the test gives no rows")
            {
                Place = place,
                Hint = "give it one row, or declare its columns with their types",
            };
        if (rows is UnitRows.Query query) return OfQuery(session, query, schema, cancellationToken);
        var fields = Fields(table, listed, schema);
        if (listed is null || listed.Rows.Count == 0)
            return $"(SELECT {string.Join(", ", fields.Select(field => $"CAST(NULL AS {field.Type}) AS {SqlText.Identifier(field.Name)}"))} WHERE false)";
        var indexes = listed.Columns.Index().ToDictionary(column => column.Item.Name, column => column.Index, StringComparer.OrdinalIgnoreCase);
        var selects = listed.Rows.Select(row => "SELECT " + string.Join(", ", fields.Select(field =>
            $"{Cell(indexes.TryGetValue(field.Name, out var i) ? row[i] : null, field.Type)} AS {SqlText.Identifier(field.Name)}")));
        var relation = $"({string.Join(" UNION ALL ", selects)})";
        Check(session, relation, table, listed, cancellationToken);
        return relation;
    }

    static string Cell(UnitValue? value, string type) => (value, type) switch
    {
        (null, "") => "NULL",
        (null, _) => $"CAST(NULL AS {type})",
        (_, "") => IsPlain(value) ? value.Text : SqlText.Literal(value.Text),
        _ => $"CAST({SqlText.Literal(value.Text)} AS {type})",
    };

    /// <summary>Whether a value stands for itself in SQL: a number, or true or false.</summary>
    static bool IsPlain(UnitValue value) => !value.IsText
        && (value.Text is "true" or "false"
            || decimal.TryParse(value.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _));

    /// <summary>The table's columns, or, where they are not known, those that rows state.</summary>
    static IReadOnlyList<UnitField> Fields(string table, UnitRows.Listed? rows, IReadOnlyList<UnitField> schema)
    {
        if (schema.Count == 0) return [.. rows!.Columns.Select(column => new UnitField(column.Name, ""))];
        foreach (var column in rows?.Columns ?? [])
        {
            if (schema.Any(field => field.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase))) continue;
            throw new FozException(ErrorKind.NotFound, $"{table} has no column '{column.Name}'")
            {
                Place = column.Place,
                Hint = NearestName.Hint(column.Name, schema.Select(field => field.Name)),
            };
        }
        return schema;
    }

    static string OfQuery(
        EngineSession session, UnitRows.Query query, IReadOnlyList<UnitField> schema, CancellationToken cancellationToken)
    {
        try
        {
            session.Describe(query.Sql, cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            throw new FozException(e.Kind, e.Message, e) { Place = query.Place, Hint = e.Hint };
        }
        if (schema.Count == 0) return $"({query.Sql}\n)";
        var empty = string.Join(", ", schema.Select(field => $"CAST(NULL AS {field.Type}) AS {SqlText.Identifier(field.Name)}"));
        return $"(SELECT {SqlText.Identifiers(schema.Select(field => field.Name))} FROM (SELECT {empty} WHERE false UNION ALL BY NAME ({query.Sql}\n)))";
    }

    /// <summary>Finds a value that is not of its column's type, with its place.</summary>
    static void Check(
        EngineSession session, string relation, string table, UnitRows.Listed rows, CancellationToken cancellationToken)
    {
        try
        {
            session.Execute($"CREATE OR REPLACE TEMP TABLE foz_unit_given AS SELECT * FROM {relation}", cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data or ErrorKind.Sql)
        {
            throw new FozException(ErrorKind.Data, $"the rows of {table} cannot be read: {e.Message}", e)
            {
                Place = rows.Place, Hint = e.Hint,
            };
        }
    }
}
