using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Quality;

/// <summary>The arguments of one check.</summary>
/// <param name="type">The type of the check.</param>
/// <param name="place">Where the check stands.</param>
/// <param name="column">The column that it stands at; null where it stands at a table.</param>
/// <param name="reader">The arguments.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed partial class CheckArguments(string type, Place place, string? column, MappingReader reader, ErrorList errors)
{
    /// <summary>The columns of a check that may have several: the one that it stands at, or those it names.</summary>
    public IReadOnlyList<string> Columns()
    {
        if (column is not null) return [column];
        IReadOnlyList<string> named = [.. reader.Texts("columns"), .. reader.Texts("column"), .. reader.Texts("value")];
        if (named.Count == 0)
            errors.Add(place, $"'{type}' of a table must name its columns", $"write - {type}: {{columns: [a, b]}}");
        return named;
    }

    /// <summary>A check of the column that it stands at or names.</summary>
    public IEnumerable<CheckDefinition> OnColumn(Func<string, CheckDefinition?> create)
    {
        var on = column ?? reader.Text("column");
        if (on is null)
        {
            errors.Add(place, $"'{type}' is a check of a column", $"move it to a column, or add 'column: …' to it");
            on = "";
        }
        return create(on) is { } check ? [check] : [];
    }

    /// <summary>The values of <c>accepted_values</c>; null, with an error, where there are none.</summary>
    public IReadOnlyList<string>? Values()
    {
        IReadOnlyList<YamlNode.Scalar> values = [.. reader.Scalars("values"), .. reader.Scalars("value")];
        // A null is passed over by the check itself; inside of SQL's IN it would make everything accepted.
        IReadOnlyList<string> texts = [.. values.Where(v => !v.IsNull).Select(v => v.Text)];
        if (texts.Count > 0) return texts;
        errors.Add(place, $"'{type}' needs the list of values", $"write - {type}: [a, b]");
        return null;
    }

    /// <summary>A check that a column's values stand in another table.</summary>
    public CheckDefinition? Relationships(string on)
    {
        var (to, field) = (reader.Text("to"), reader.Text("field"));
        if (to is null || field is null)
        {
            errors.Add(
                place, $"'{type}' needs 'to' and 'field'", $"write - {type}: {{to: silver.customers, field: id}}");
            return null;
        }
        return Table(to, "to") is { } table
            ? new CheckDefinition.Relationships(on, table, field) { ToPlace = reader.PlaceOf("to") }
            : null;
    }

    TableName? Table(string text, string key)
    {
        if (TableName.TryParse(text, out var table)) return table;
        errors.Add(
            reader.PlaceOf(key), $"'{text}' is not a table name", "write schema.table, such as silver.customers");
        return null;
    }

    /// <summary>The limit of <c>min</c> or <c>max</c>; null, with an error, where there is none.</summary>
    public CheckLimit? Limit(string key)
    {
        var node = reader.Node("value");
        if (node is YamlNode.Scalar) return Limit(node);
        errors.Add(node?.Place ?? place, $"'{key}' needs one value", $"write - {key}: 0");
        return null;
    }

    static CheckLimit? Limit(YamlNode? node) =>
        node is YamlNode.Scalar scalar ? CheckLimit.Of(scalar.Text, scalar.IsQuoted) : null;

    /// <summary>The expression of <c>pattern</c>; null, with an error, where there is none.</summary>
    public string? Pattern()
    {
        var regex = reader.Text("value") ?? reader.Text("regex");
        if (!string.IsNullOrEmpty(regex)) return regex;
        errors.Add(place, $"'{type}' needs a regular expression", $"write - {type}: '^[0-9]{{8}}$'");
        return null;
    }

    /// <summary>How many rows; null, with an error, where no limit is stated.</summary>
    public CheckDefinition.RowCount? RowCount()
    {
        if (column is not null)
        {
            errors.Add(place, $"'{type}' is a check of a table", "move it to the checks of the table");
        }
        var (exact, min, max) = (reader.Integer("value", 0), reader.Integer("min", 0), reader.Integer("max", 0));
        if ((exact ?? min ?? max) is null)
        {
            if (reader.Node("value") is null && reader.Node("min") is null && reader.Node("max") is null)
                errors.Add(place, $"'{type}' needs a number", $"write - {type}: {{min: 1}}");
            return null;
        }
        if (min > max)
            errors.Add(reader.PlaceOf("min"), $"'{type}' has no number from {min} to {max}");
        return new(exact ?? min, exact ?? max);
    }

    /// <summary>A SQL check; null, with an error, where it has no query.</summary>
    public CheckDefinition.Custom? Custom()
    {
        if (column is not null)
            errors.Add(place, "a SQL check is a check of a table", "move it to the checks of the table");
        var name = reader.Text("name");
        var query = reader.Text("query");
        var value = reader.Text("value");
        if (string.IsNullOrWhiteSpace(query))
        {
            errors.Add(
                place, "a SQL check needs a query",
                "write - name: …, query: select …, and value: … if one is expected");
            return null;
        }
        return new(name ?? type, query, value) { QueryPlace = PlaceOfSql(reader.Node("query")) };
    }

    /// <summary>
    /// Where SQL begins that stands in YAML; without a column where each of its lines is a line of the file.
    /// </summary>
    public static Place PlaceOfSql(YamlNode? node) => node switch
    {
        YamlNode.Scalar { IsLiteralBlock: true } => new(node.Place.File, node.Place.Line + 1),
        YamlNode.Scalar { IsQuoted: true } => node.Place with { Column = node.Place.Column + 1 },
        _ => node?.Place ?? default,
    };
}
