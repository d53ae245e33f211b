using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.UnitTests;

/// <summary>Rows of a unit test as a relation of the engine.</summary>
static class UnitRelation
{
    const string Texts = "foz_texts";
    const string Row = "row";

    /// <summary>Rows that are given, with all columns of the table: those that a row does not state are null.</summary>
    /// <param name="session">The session.</param>
    /// <param name="table">What the table is called in errors.</param>
    /// <param name="rows">The rows; null for none.</param>
    /// <param name="schema">The table's columns.</param>
    /// <param name="place">Where the test stands.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A column is not the table's, a value not one of its type; nothing is known of an empty table.
    /// </exception>
    public static string OfGiven(
        EngineSession session, string table, UnitRows? rows, UnitSchema schema, Place place,
        CancellationToken cancellationToken)
    {
        if (schema.Fields.Count == 0 && rows is (null or UnitRows.Listed { Columns.Count: 0 }))
            throw new FozException(
                ErrorKind.Configuration, $"the columns of {table} are not known, of which the test gives no rows")
            {
                Place = place,
                Hint = "give it one row, or declare its columns with their types",
            };
        if (rows is UnitRows.Query query) return OfQuery(session, query, schema, cancellationToken);
        var fields = Fields(table, rows as UnitRows.Listed, schema);
        if (rows is not UnitRows.Listed { Rows.Count: > 0 } listed) return Empty(fields);
        foreach (var (row, column) in Misfits(session, listed, fields, cancellationToken))
        {
            var (value, name) = (listed.Rows[row][column]!, listed.Columns[column].Name);
            throw new FozException(
                ErrorKind.Data, $"'{value.Text}' in column {name} of {table} is no {TypeOf(fields, name)}")
            {
                Place = value.Place, Hint = "give a value that the column can hold as it is",
            };
        }
        var relation = OfListed(listed, fields, (_, _, value, type) => Cell(value, type));
        Check(session, relation, table, listed, cancellationToken);
        return relation;
    }

    /// <summary>
    /// Rows that are expected, and which of their columns are texts, as a column is in which a value is none of its
    /// type.
    /// </summary>
    /// <inheritdoc cref="OfGiven"/>
    public static (string Sql, IReadOnlySet<string> AsText) OfExpected(
        EngineSession session, string table, UnitRows rows, UnitSchema schema, CancellationToken cancellationToken)
    {
        var asText = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (rows is UnitRows.Query query) return (OfQuery(session, query, schema, cancellationToken), asText);
        var listed = (UnitRows.Listed)rows;
        var fields = Fields(table, listed, schema);
        if (listed.Rows.Count == 0) return (Empty(fields), asText);
        var misfits = Misfits(session, listed, fields, cancellationToken).ToHashSet();
        asText.UnionWith(misfits.Select(misfit => listed.Columns[misfit.Column].Name));
        var sql = OfListed(listed, fields, (row, column, value, type) =>
            column < 0 || !asText.Contains(listed.Columns[column].Name) ? Cell(value, type)
            : misfits.Contains((row, column)) ? SqlText.Literal(value!.Text)
            : $"CAST({Cell(value, type)} AS VARCHAR)");
        return (sql, asText);
    }

    static string Empty(IEnumerable<UnitField> fields) =>
        $"(SELECT {string.Join(", ", fields.Select(field =>
            $"{Cell(null, field.Type)} AS {SqlText.Identifier(field.Name)}"))} WHERE false)";

    /// <param name="rows">The rows.</param>
    /// <param name="fields">The columns of the relation.</param>
    /// <param name="cell">
    /// SQL of a value, by its row, its column among those stated or -1, the value and the type.
    /// </param>
    static string OfListed(
        UnitRows.Listed rows, IReadOnlyList<UnitField> fields, Func<int, int, UnitValue?, string, string> cell)
    {
        var indexes = rows.Columns.Index()
            .ToDictionary(column => column.Item.Name, column => column.Index, StringComparer.OrdinalIgnoreCase);
        var selects = rows.Rows.Select((row, number) => "SELECT " + string.Join(", ", fields.Select(field =>
        {
            var column = indexes.GetValueOrDefault(field.Name, -1);
            return $"{cell(number, column, column < 0 ? null : row[column], field.Type)} AS "
                + $"{SqlText.Identifier(field.Name)}";
        })));
        return $"({string.Join(" UNION ALL ", selects)})";
    }

    /// <summary>
    /// The values that are none of their column's type, or that it holds only in part, by row and column.
    /// </summary>
    static List<(int Row, int Column)> Misfits(
        EngineSession session, UnitRows.Listed rows, IReadOnlyList<UnitField> fields,
        CancellationToken cancellationToken)
    {
        var tests = rows.Columns.Select((column, i) => (Column: i, Type: TypeOf(fields, column.Name)))
            .Where(test => test.Type.Length > 0)
            .Select(test =>
                $"SELECT {Row}, {test.Column} FROM {Texts} WHERE "
                    + $"{TextCasts.Misfits(session, $"c{test.Column}", test.Type, cancellationToken)}")
            .ToList();
        if (tests.Count == 0) return [];
        var texts = rows.Rows.Select((row, number) =>
            $"({number}, {string.Join(", ", row.Select(value =>
                $"CAST({SqlText.LiteralOrNull(value?.Text)} AS VARCHAR)"))})");
        using var found = session.Query(
            $"WITH {Texts}({Row}, {string.Join(", ", rows.Columns.Select((_, i) => $"c{i}"))}) AS (VALUES "
                + $"{string.Join(", ", texts)}) "
            + $"{string.Join(" UNION ALL ", tests)} ORDER BY ALL", cancellationToken);
        return
        [
            .. found.Rows(cancellationToken).Select(row => (
                Convert.ToInt32(row[0], CultureInfo.InvariantCulture),
                Convert.ToInt32(row[1], CultureInfo.InvariantCulture))),
        ];
    }

    static string TypeOf(IEnumerable<UnitField> fields, string column) =>
        fields.First(field => field.Name.Equals(column, StringComparison.OrdinalIgnoreCase)).Type;

    static string Cell(UnitValue? value, string type) => (value, type) switch
    {
        (null, "") => "NULL",
        (null, _) => $"CAST(NULL AS {type})",
        (_, "") => IsPlain(value) ? value.Text : SqlText.Literal(value.Text),
        _ => $"CAST({SqlText.Literal(value.Text)} AS {type})",
    };

    /// <summary>Whether a value is its own SQL literal: a number, or true or false.</summary>
    static bool IsPlain(UnitValue value) => !value.IsText
        && (value.Text is "true" or "false"
            || decimal.TryParse(
                value.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out _));

    /// <summary>The table's columns, and where there may be others, those that rows state.</summary>
    static IReadOnlyList<UnitField> Fields(string table, UnitRows.Listed? rows, UnitSchema schema)
    {
        var others = (rows?.Columns ?? []).Where(column =>
            !schema.Fields.Any(field => field.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase))).ToList();
        if (!schema.IsWhole) return [.. schema.Fields, .. others.Select(column => new UnitField(column.Name, ""))];
        foreach (var column in others)
        {
            throw new FozException(ErrorKind.NotFound, $"{table} has no column '{column.Name}'")
            {
                Place = column.Place,
                Hint = NearestName.Hint(column.Name, schema.Fields.Select(field => field.Name)),
            };
        }
        return schema.Fields;
    }

    static string OfQuery(
        EngineSession session, UnitRows.Query query, UnitSchema schema, CancellationToken cancellationToken)
    {
        try
        {
            session.Describe(query.Sql, cancellationToken);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            throw new FozException(e.Kind, e.Message, e) { Place = query.Place, Hint = e.Hint };
        }
        if (schema.Fields.Count == 0) return $"({query.Sql}\n)";
        var names = schema.IsWhole ? SqlText.Identifiers(schema.Fields.Select(field => field.Name)) : "*";
        return $"(SELECT {names} FROM ({Empty(schema.Fields)} UNION ALL BY NAME ({query.Sql}\n)))";
    }

    /// <summary>Finds rows that do not go together.</summary>
    static void Check(
        EngineSession session, string relation, string table, UnitRows.Listed rows, CancellationToken cancellationToken)
    {
        try
        {
            session.Execute(
                $"CREATE OR REPLACE TEMP TABLE foz_unit_given AS SELECT * FROM {relation}", cancellationToken);
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
