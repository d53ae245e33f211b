using Foz.Lake.Configuration;
using static Foz.Dbt.Imports.ImportedModel;

namespace Foz.Dbt.Imports;

/// <summary>Audits of SQLMesh as checks.</summary>
/// <param name="note">Takes the names of those that have no equivalent.</param>
sealed class SqlMeshAudits(Action<string> note)
{
    const string NonBlocking = "_non_blocking";

    /// <summary>The checks of a list of audits: <c>(not_null(columns := (id)), …)</c>.</summary>
    public IEnumerable<YamlNode> Read(string text)
    {
        foreach (var audit in SqlMeshText.Split(SqlMeshText.Inside(text)))
        {
            var open = audit.IndexOf('(', StringComparison.Ordinal);
            var name = (open < 0 ? audit : audit[..open]).Trim().ToLowerInvariant();
            var arguments = new SqlMeshText(open < 0 ? "" : SqlMeshText.Inside(audit[open..])).Pairs(":=")
                .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
            var warns = name.EndsWith(NonBlocking, StringComparison.Ordinal);
            if (warns) name = name[..^NonBlocking.Length];
            var checks = ChecksOf(name, key => arguments.GetValueOrDefault(key)).ToList();
            if (checks.Count == 0) note(name);
            foreach (var check in checks)
                yield return warns
                    ? new YamlNode.Mapping([.. check.Entries, new("on_violation", default, Text("warn"))], default)
                    : check;
        }
    }

    static IEnumerable<YamlNode.Mapping> ChecksOf(string audit, Func<string, string?> argument)
    {
        var columns = Several(argument("columns"));
        var column = argument("column") is { } one ? Text(SqlMeshText.Unquoted(one)) : null;
        return audit switch
        {
            "not_null" when columns.Count > 0 => [Map(("name", Text("not_null")), ("columns", List(columns)))],
            "unique_values" => columns.Select(each => Map(("name", Text("unique")), ("columns", List([each])))),
            "unique_combination_of_columns" when columns.Count > 0 =>
                [Map(("name", Text("unique")), ("columns", List(columns)))],
            "accepted_values" or "not_accepted_values" when column is not null
                && (argument("is_in") ?? argument("is_not_in")) is { } values =>
                [Map(("name", Text(audit)), ("column", column), ("values", List(Several(values))))],
            "number_of_rows" when argument("threshold") is { } rows =>
                [Map(("name", Text("row_count")), ("min", Text(rows)))],
            "forall" =>
                Several(argument("criteria"))
                    .Select(criterion => Map(("name", Text("expression")), ("value", Text(criterion)))),
            "accepted_range" when column is not null =>
            [
                Map(
                    ("name", Text("range")), ("column", column),
                    ("min", argument("min_v") is { } min ? Text(min) : null),
                    ("max", argument("max_v") is { } max ? Text(max) : null)),
            ],
            "not_empty_string" when column is not null => [Map(("name", Text("not_empty")), ("column", column))],
            "match_regex_pattern_list" when column is not null
                && Several(argument("patterns")) is { Count: > 0 } patterns =>
                [
                    Map(("name", Text("pattern")), ("column", column),
                        ("value", new YamlNode.Scalar(string.Join('|', patterns), isQuoted: true, default))),
                ],
            _ => [],
        };
    }

    static List<string> Several(string? text) =>
        text is null ? [] : [.. SqlMeshText.Split(SqlMeshText.Inside(text)).Select(SqlMeshText.Unquoted)];
}
