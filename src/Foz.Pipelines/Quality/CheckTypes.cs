using Foz.Lake.Configuration;

namespace Foz.Pipelines.Quality;

/// <summary>The types of checks, and what other tools call them.</summary>
static class CheckTypes
{
    /// <summary>The type of SQL checks.</summary>
    public const string Custom = "custom";

    /// <summary>How each type is read from its arguments.</summary>
    public static readonly Dictionary<string, Func<CheckArguments, IEnumerable<CheckDefinition>>> ByName =
        new Dictionary<string, Func<CheckArguments, IEnumerable<CheckDefinition>>>(StringComparer.Ordinal)
        {
            ["not_null"] = a => a.Columns().Select(column => new CheckDefinition.NotNull(column)),
            ["not_empty"] = a => a.Columns().Select(column => new CheckDefinition.NotEmpty(column)),
            ["unique"] = a => a.Columns() is { Count: > 0 } columns ? [new CheckDefinition.Unique(columns)] : [],
            ["accepted_values"] = a =>
                a.OnColumn(c => a.Values() is { } values ? new CheckDefinition.AcceptedValues(c, values) : null),
            ["not_accepted_values"] = a =>
                a.OnColumn(c => a.Values() is { } values ? new CheckDefinition.NotAcceptedValues(c, values) : null),
            ["relationships"] = a => a.OnColumn(a.Relationships),
            ["positive"] = a => a.OnColumn(column => new CheckDefinition.Positive(column)),
            ["non_negative"] = a => a.OnColumn(c => new CheckDefinition.Min(c, Zero)),
            ["negative"] = a => a.OnColumn(c => new CheckDefinition.Range(c, null, Zero, IsInclusive: false)),
            ["min"] = a => a.OnColumn(c => a.Limit("min") is { } limit ? new CheckDefinition.Min(c, limit) : null),
            ["max"] = a => a.OnColumn(c => a.Limit("max") is { } limit ? new CheckDefinition.Max(c, limit) : null),
            ["range"] = a => a.OnColumn(a.Range),
            ["pattern"] = a => a.OnColumn(c => a.Pattern() is { } regex ? new CheckDefinition.Pattern(c, regex) : null),
            ["not_pattern"] =
                a => a.OnColumn(c => a.Pattern() is { } regex ? new CheckDefinition.NotPattern(c, regex) : null),
            ["length"] = a => a.OnColumn(a.Length),
            ["type"] = a => a.OnColumn(a.Type),
            ["format"] = a => a.OnColumn(a.Format),
            ["compare"] = a => a.Compare() is { } compare ? [compare] : [],
            ["expression"] = a => a.Expression() is { } expression ? [expression] : [],
            ["row_count"] = a => a.RowCount() is { } rowCount ? [rowCount] : [],
            ["row_count_to"] = a => a.RowCountTo() is { } rowCount ? [rowCount] : [],
            ["mean"] = a => a.OnColumn(a.Statistic),
            ["median"] = a => a.OnColumn(a.Statistic),
            ["quantile"] = a => a.OnColumn(a.Quantile),
            ["stddev"] = a => a.OnColumn(a.Statistic),
            ["sum"] = a => a.OnColumn(a.Statistic),
            ["null_ratio"] = a => a.OnColumn(a.Statistic),
            ["distinct_count"] = a => a.OnColumn(a.Statistic),
            ["distinct_ratio"] = a => a.OnColumn(a.Statistic),
            ["freshness"] = a => a.OnColumn(a.Freshness),
            ["anomaly"] = a => a.Anomaly() is { } anomaly ? [anomaly] : [],
            [Custom] = a => a.Custom() is { } custom ? [custom] : [],
        };

    /// <summary>The checks that replace tests of dbt_utils, and the names of their arguments here.</summary>
    public static readonly Dictionary<string, (string Type, (string Theirs, string Ours)[] Arguments)> Aliases =
        new(StringComparer.Ordinal)
        {
            ["dbt_utils.accepted_range"] = ("range", [("min_value", "min"), ("max_value", "max")]),
            ["dbt_utils.expression_is_true"] = ("expression", [("expression", "value"), ("condition", "where")]),
            ["dbt_utils.unique_combination_of_columns"] = ("unique", [("combination_of_columns", "columns")]),
            ["dbt_utils.not_empty_string"] = ("not_empty", []),
            ["dbt_utils.not_accepted_values"] = ("not_accepted_values", []),
            ["dbt_utils.relationships_where"] = ("relationships", [("from_condition", "where")]),
            ["dbt_utils.equal_rowcount"] = ("row_count_to", [("compare_model", "to")]),
            ["dbt_utils.recency"] = ("freshness", [("field", "column")]),
        };

    /// <summary>How a type is read, by any of its names; null where there is no such type.</summary>
    public static Func<CheckArguments, IEnumerable<CheckDefinition>>? Find(string name) =>
        ByName.GetValueOrDefault(NameOf(name));

    /// <summary>A type's own name.</summary>
    public static string NameOf(string name) => Aliases.TryGetValue(name, out var alias) ? alias.Type : name;

    /// <summary>The arguments of a check by the names that they have here.</summary>
    public static YamlNode.Mapping Translate(string name, YamlNode.Mapping mapping) =>
        Aliases.TryGetValue(name, out var alias)
            ? new([.. mapping.Entries.Select(entry =>
                alias.Arguments.FirstOrDefault(argument => argument.Theirs == entry.Key).Ours is { } ours
                    ? entry with { Key = ours }
                    : entry)], mapping.Place)
            : mapping;

    static CheckLimit Zero => new("0", IsNumber: true);
}
