using System.Text.Json;

namespace Foz.Dbt.Imports;

/// <summary>The check for each kind of expectation.</summary>
static class ExpectationChecks
{
    const string OfColumn = "expect_column_", OfPair = "expect_column_pair_";

    /// <summary>Lists that say nothing where they are empty.</summary>
    static readonly string[] Empty = ["value_set", "column_list"];

    const string UseContract = "declare the columns with their types, and contract: enforced";

    /// <summary>Checks of a column that take the limits of an expectation.</summary>
    static readonly Dictionary<string, string> Limited = new(StringComparer.Ordinal)
    {
        ["expect_column_mean_to_be_between"] = "mean",
        ["expect_column_median_to_be_between"] = "median",
        ["expect_column_stdev_to_be_between"] = "stddev",
        ["expect_column_sum_to_be_between"] = "sum",
        ["expect_column_unique_value_count_to_be_between"] = "distinct_count",
        ["expect_column_proportion_of_unique_values_to_be_between"] = "distinct_ratio",
        ["expect_column_value_lengths_to_be_between"] = "length",
        ["expect_table_row_count_to_be_between"] = "row_count",
    };

    static readonly Dictionary<string, string> Instead = new(StringComparer.Ordinal)
    {
        ["expect_column_to_exist"] = UseContract,
        ["expect_table_columns_to_match_set"] = UseContract,
        ["expect_table_columns_to_match_ordered_list"] = UseContract,
        ["expect_table_column_count_to_equal"] = UseContract,
        ["expect_table_column_count_to_be_between"] = UseContract,
        ["expect_column_values_to_be_of_type"] = UseContract,
        ["expect_column_values_to_be_in_type_list"] = UseContract,
    };

    /// <summary>Adds the checks for an expectation.</summary>
    /// <returns>Null, or what to do instead if no check fits.</returns>
    public static string? Add(Expectation e, string? table, List<ImportedCheck> checks)
    {
        if (e.Type.StartsWith(OfColumn, StringComparison.Ordinal)
            && !e.Type.StartsWith(OfPair, StringComparison.Ordinal) && e.Column is null)
            return "it names no column";
        if (Empty.FirstOrDefault(name =>
            e.Find(name) is { ValueKind: JsonValueKind.Array } list && !HasValue(list)) is { } empty)
            return $"its '{empty}' has no value: no check is about nothing";
        var before = checks.Count;
        foreach (var (column, name, arguments) in Translate(e, table))
            checks.Add(new(column, Yaml(name, [.. arguments, .. Common(e, name)])));
        return checks.Count > before
            ? null
            : Instead.GetValueOrDefault(e.Type) ?? "write it as a check, such as a SQL check";
    }

    static IEnumerable<(string? Column, string Name, IReadOnlyList<string> Arguments)> Translate(
        Expectation e, string? table)
    {
        if (Limited.TryGetValue(e.Type, out var limited)) return One(e.Column, limited, Limits(e));
        return e.Type switch
        {
            "expect_column_values_to_not_be_null" => One(e.Column, "not_null", []),
            "expect_column_values_to_be_null" => One(e.Column, "expression", ["value: is null"]),
            "expect_column_values_to_be_unique" => One(e.Column, "unique", []),
            "expect_compound_columns_to_be_unique" or "expect_multicolumn_values_to_be_unique" =>
                One(null, "unique", Argument("columns", e.Yaml("column_list"))),
            "expect_column_values_to_be_in_set" or "expect_column_distinct_values_to_be_in_set" =>
                One(e.Column, "accepted_values", Argument("values", e.Yaml("value_set"))),
            "expect_column_values_to_not_be_in_set" =>
                One(e.Column, "not_accepted_values", Argument("values", e.Yaml("value_set"))),
            "expect_column_values_to_be_between" => Between(e),
            "expect_column_min_to_be_between" when e.Find("max_value") is null =>
                One(e.Column, "min", Argument("value", e.Yaml("min_value"))),
            "expect_column_max_to_be_between" when e.Find("min_value") is null =>
                One(e.Column, "max", Argument("value", e.Yaml("max_value"))),
            "expect_column_values_to_match_regex" => One(e.Column, "pattern", Argument("value", e.Yaml("regex"))),
            "expect_column_values_to_not_match_regex" =>
                One(e.Column, "not_pattern", Argument("value", e.Yaml("regex"))),
            "expect_column_value_lengths_to_equal" => One(e.Column, "length", Argument("value", e.Yaml("value"))),
            "expect_column_values_to_match_strftime_format" when e.Yaml("strftime_format") is { } pattern =>
                One(e.Column, "format", ["value: timestamp", $"pattern: {pattern}"]),
            "expect_column_values_to_be_dateutil_parseable" => One(e.Column, "type", ["value: timestamp"]),
            "expect_column_values_to_be_json_parseable" => One(e.Column, "format", ["value: json"]),
            "expect_column_quantile_values_to_be_between" => Quantiles(e),
            "expect_table_row_count_to_equal" => One(null, "row_count", Argument("value", e.Yaml("value"))),
            "expect_table_row_count_to_equal_other_table" when e.Text("other_table_name") is { } other
                && other.Contains('.', StringComparison.Ordinal) =>
                One(null, "row_count_to", [$"to: {other}"]),
            "expect_column_pair_values_a_to_be_greater_than_b" =>
                Pair(e, e.Flag("or_equal") ? ">=" : ">"),
            "expect_column_pair_values_to_be_equal" => Pair(e, "="),
            "expect_multicolumn_sum_to_equal" when e.Find("column_list") is { ValueKind: JsonValueKind.Array } columns
                && e.Yaml("sum_total") is { } sum =>
                One(null, "expression",
                    [
                        "value: " + Expectation.Quoted(
                            string.Join(" + ", columns.EnumerateArray().Select(c => Name(c.GetString()!)))
                                + $" = {sum}"),
                    ]),
            "unexpected_rows_expectation" when e.Text("unexpected_rows_query") is { } query && table is not null =>
                One(null, "custom",
                    [$"query: {Expectation.Quoted(query.Replace("{batch}", table, StringComparison.Ordinal))}"]),
            _ => [],
        };
    }

    static bool HasValue(JsonElement list) =>
        list.EnumerateArray().Any(item => item.ValueKind is not JsonValueKind.Null);

    /// <summary>A check, or none where an expectation lacks what it needs.</summary>
    static IEnumerable<(string?, string, IReadOnlyList<string>)> One(
        string? column, string name, IReadOnlyList<string>? arguments) =>
        arguments is null ? [] : [(column, name, arguments)];

    static string[]? Argument(string name, string? yaml) => yaml is null ? null : [$"{name}: {yaml}"];

    static IReadOnlyList<string>? Limits(Expectation e)
    {
        IReadOnlyList<string> limits =
        [
            .. Argument("min", e.Yaml("min_value")) ?? [], .. Argument("max", e.Yaml("max_value")) ?? [],
        ];
        return limits.Count == 0 ? null : limits;
    }

    static IEnumerable<(string?, string, IReadOnlyList<string>)> Between(Expectation e)
    {
        var (strictMin, strictMax) = (e.Flag("strict_min"), e.Flag("strict_max"));
        if (e.Find("min_value") is null) strictMin = strictMax;
        if (e.Find("max_value") is null) strictMax = strictMin;
        if (Limits(e) is not { } limits) return [];
        if (strictMin == strictMax) return One(e.Column, "range", strictMin ? [.. limits, "inclusive: false"] : limits);
        return
        [
            (e.Column, "range", [limits[0], .. strictMin ? new[] { "inclusive: false" } : []]),
            (e.Column, "range", [limits[1], .. strictMax ? new[] { "inclusive: false" } : []]),
        ];
    }

    static IEnumerable<(string?, string, IReadOnlyList<string>)> Quantiles(Expectation e)
    {
        if (e.Find("quantile_ranges") is not { ValueKind: JsonValueKind.Object } ranges
            || !ranges.TryGetProperty("quantiles", out var quantiles)
            || !ranges.TryGetProperty("value_ranges", out var values)
            || quantiles.GetArrayLength() != values.GetArrayLength())
            yield break;
        foreach (var (quantile, range) in quantiles.EnumerateArray().Zip(values.EnumerateArray()))
        {
            var limits = new List<string> { $"quantile: {Expectation.YamlOf(quantile)}" };
            if (range[0].ValueKind is not JsonValueKind.Null) limits.Add($"min: {Expectation.YamlOf(range[0])}");
            if (range[1].ValueKind is not JsonValueKind.Null) limits.Add($"max: {Expectation.YamlOf(range[1])}");
            if (limits.Count > 1) yield return (e.Column, "quantile", limits);
        }
    }

    static IEnumerable<(string?, string, IReadOnlyList<string>)> Pair(Expectation e, string comparison) =>
        e.Text("column_A") is { } a && e.Text("column_B") is { } b
            ? One(null, "compare", [$"value: {Expectation.Quoted($"{Name(a)} {comparison} {Name(b)}")}"])
            : [];

    /// <summary>A column's name as SQL and <c>compare</c> read it.</summary>
    static string Name(string column) =>
        column.All(c => char.IsLetterOrDigit(c) || c == '_') && !char.IsDigit(column[0]) ? column : $"\"{column}\"";

    static IEnumerable<string> Common(Expectation e, string name)
    {
        if (e.Yaml("mostly") is { } mostly && mostly is not "1" and not "1.0" && name is not "row_count")
            yield return $"mostly: {mostly}";
        if (e.IsWarning) yield return "on_violation: warn";
    }

    static string Yaml(string name, IReadOnlyList<string> arguments) =>
        arguments.Count == 0 ? name : $"{name}: {{{string.Join(", ", arguments)}}}";
}
