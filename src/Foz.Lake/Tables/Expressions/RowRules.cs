using System.Globalization;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Expressions;

/// <summary>
/// What a table demands of each row that is written to it (PROTOCOL.md, "Column Invariants", "CHECK Constraints",
/// "Generated Columns"): NOT NULL, invariants, constraints, generated values, lengths of texts.
/// </summary>
sealed class RowRules
{
    /// <summary>The prefix of the properties that hold constraints.</summary>
    public const string ConstraintPrefix = "delta.constraints.";

    const int TextMax = 1000;
    const int ColumnsToldMax = 20;

    readonly string table;
    readonly List<RowRule> rules = [];

    RowRules(string table) => this.table = table;

    /// <summary>The rules, in the order in which they are checked.</summary>
    public IReadOnlyList<RowRule> Rules => rules;

    /// <summary>The rules of a table.</summary>
    /// <param name="table">The table, for messages.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="properties">Its properties.</param>
    /// <param name="column">What a column of the top level is in SQL.</param>
    /// <exception cref="FozException">An expression cannot be translated.</exception>
    public static RowRules Of(
        string table, StructType schema, StringMap properties, Func<StructField, string> column)
    {
        var all = new RowRules(table);
        foreach (var field in schema.Fields)
        {
            all.AddNotNull(field, ColumnPath.Of(field.Name), column(field));
            all.AddLength(field, column(field));
            if (InvariantOf(field) is { } invariant)
                all.Add($"the invariant of column {field.Name}", invariant, schema, column);
            if (field.Metadata.GetString(FieldMetadata.GenerationExpressionKey) is { } generation)
                all.AddGenerated(field, generation, schema, column);
        }
        foreach (var (key, expression) in properties)
            if (key.StartsWith(ConstraintPrefix, StringComparison.OrdinalIgnoreCase) && expression is not null)
                all.Add($"the constraint {key[ConstraintPrefix.Length..]}", expression, schema, column);
        return all;
    }

    /// <summary>The one rule that a condition makes, as a constraint that is about to be added.</summary>
    public static RowRule Constraint(
        string table, string name, string expression, StructType schema, Func<StructField, string> column)
    {
        var rule = new RowRules(table);
        rule.Add($"the constraint {name}", expression, schema, column);
        return rule.rules[0];
    }

    /// <summary>The error of a row that breaks a rule.</summary>
    public FozException Broken(RowRule rule, string row) => Broken(table, rule, row);

    /// <summary>The error of a row that breaks a rule.</summary>
    public static FozException Broken(string table, RowRule rule, string row) =>
        new(ErrorKind.Data, $"{table} refuses a row that breaks {rule.Name}: {row}")
        {
            Hint = "nothing was written; leave such rows out or correct them, or change the rule with foz alter",
        };

    /// <summary>A row's values as text, in SQL.</summary>
    public static string TextOf(StructType columns, Func<StructField, string> column)
    {
        var values = columns.Fields.Take(ColumnsToldMax).Select(
            field => $"{SqlText.Literal($"{field.Name} = ")} || coalesce(CAST({column(field)} AS VARCHAR), 'NULL')");
        return $"left(replace({string.Join(" || ', ' || ", values)}, chr(10), ' '), {TextMax})";
    }

    /// <summary>The SQL condition that a column's metadata hold as an invariant; null if there is none.</summary>
    public static string? InvariantOf(StructField field)
    {
        if (field.Metadata.GetString(FieldMetadata.InvariantsKey) is not { } json) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.GetProperty("expression").GetProperty("expression").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FozException(ErrorKind.Table, $"the invariant of column {field.Name} cannot be read: {json}", e);
        }
    }

    void Add(string name, string expression, StructType schema, Func<StructField, string> column)
    {
        try
        {
            var translated = SparkExpression.Translate(expression, schema, column);
            rules.Add(new($"{name} ({expression})", $"coalesce({translated.Value.Sql}, false)"));
        }
        catch (FozException e)
        {
            throw Untranslatable(name, e);
        }
    }

    void AddGenerated(StructField field, string expression, StructType schema, Func<StructField, string> column)
    {
        var name = $"the generated column {field.Name}";
        try
        {
            var value = SparkExpression.Translate(expression, schema, column).Value;
            rules.Add(new(
                $"{name} ({expression})",
                $"({column(field)} IS NOT DISTINCT FROM {SparkValues.Cast(value, field.Type).Sql})")
            { GeneratedColumn = field.Name });
        }
        catch (FozException e)
        {
            throw Untranslatable(name, e);
        }
    }

    FozException Untranslatable(string name, FozException e) =>
        new(e.Kind, $"{table} cannot be written: {name}: {e.Message}", e)
        {
            Hint = "write the table with Spark, or change the rule with foz alter",
        };

    // As Spark has it, a struct that is NULL breaks the rule of a field in it, and what lies in lists and maps is not
    // checked.
    void AddNotNull(StructField field, ColumnPath path, string value)
    {
        if (!field.Nullable)
            rules.Add(new($"NOT NULL of column {path}", $"({value} IS NOT NULL)") { NotNullColumn = path });
        if (field.Type is not StructType type) return;
        foreach (var inner in type.Fields)
            AddNotNull(inner, path.Then(inner.Name), $"({value}).{SqlText.Identifier(inner.Name)}");
    }

    void AddLength(StructField field, string value)
    {
        if (field.Type == DeltaType.String)
        {
            if (TextLength.Of(field) is not { } length) return;
            // Blanks at the end are cut rather than refused.
            var max = length.LengthMax.ToString(CultureInfo.InvariantCulture);
            rules.Add(new(
                $"the length of column {field.Name} ({length})",
                $"({value} IS NULL OR length({value}) <= {max} OR length(rtrim({value}, ' ')) <= {max})"));
        }
        else if (LengthsIn(value, field.Type, TextLength.TypeOf(field), depth: 0) is { } condition)
        {
            rules.Add(new($"the lengths of texts in column {field.Name}", condition));
        }
    }

    /// <summary>The condition that texts inside of a value keep; null where none has a length.</summary>
    static string? LengthsIn(string value, DeltaType type, DeltaType? sized, int depth)
    {
        if (sized is SizedTextType text)
            return $"coalesce(length({value}) <= {text.Length.LengthMax.ToString(CultureInfo.InvariantCulture)}, true)";
        var element = "x" + depth.ToString(CultureInfo.InvariantCulture);
        string? Each(string list, DeltaType part, int place) =>
            LengthsIn(element, part, TextLength.Part(sized, place), depth + 1) is { } condition
                ? $"coalesce(list_bool_and(list_transform({list}, lambda {element}: {condition})), true)"
                : null;
        var parts = type switch
        {
            StructType parent => parent.Fields.Select((inner, place) =>
                LengthsIn(
                    $"({value}).{SqlText.Identifier(inner.Name)}", inner.Type, TextLength.Part(sized, place), depth)),
            ArrayType array => [Each(value, array.Element, 0)],
            MapType map => [Each($"map_keys({value})", map.Key, 0), Each($"map_values({value})", map.Value, 1)],
            _ => Enumerable.Empty<string?>(),
        };
        var conditions = parts.OfType<string>().ToList();
        return conditions.Count == 0 ? null : $"({string.Join(" AND ", conditions)})";
    }
}

/// <summary>A rule that each row keeps.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="Condition">The condition in DuckDB's SQL: never NULL, true where the row keeps it.</param>
sealed record RowRule(string Name, string Condition)
{
    /// <summary>The generated column whose value it checks; null where it is none.</summary>
    public string? GeneratedColumn { get; init; }

    /// <summary>The column that must have a value; null where the rule is another.</summary>
    public ColumnPath? NotNullColumn { get; init; }
}
