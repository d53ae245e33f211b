using System.Globalization;
using Foz.Core.Data;

namespace Foz.Core.Quality;

/// <summary>The SELECTs that count and show the rows that break checks.</summary>
/// <param name="relation">
/// The table as it would be after the commit, as SQL that can stand behind FROM: a quoted name, a function call or a
/// SELECT in parentheses.
/// </param>
/// <param name="relationOf">Another table at its committed version, as such SQL.</param>
public sealed class CheckSql(string relation, Func<TableName, string> relationOf)
{
    /// <summary>
    /// One SELECT with one row for all checks but SQL checks: the number of rows, then the violations of each check
    /// in order, all as BIGINT. Checks of single rows and of null share one scan; <c>unique</c> and
    /// <c>relationships</c> take one each.
    /// </summary>
    /// <param name="checks">The checks; none may be a <see cref="CheckDefinition.Custom"/>.</param>
    public string Counts(IReadOnlyList<CheckDefinition> checks) =>
        $"SELECT {string.Join(",\n  ", checks.Select(Count).Prepend("count(*)"))}\nFROM {relation} AS t";

    /// <summary>
    /// A SELECT with one row for a SQL check: its violations as BIGINT, and the value that it returned as VARCHAR
    /// where one is expected, else null.
    /// </summary>
    /// <param name="query">Its query, as the engine is to run it, without a semicolon at the end.</param>
    /// <param name="value">The expected value; null where no row is.</param>
    public static string CustomCount(string query, string? value) => value is null
        ? $"SELECT count(*), CAST(NULL AS VARCHAR)\nFROM (\n{query}\n)"
        : $"SELECT CASE WHEN v IS NOT DISTINCT FROM {Literal(value)} THEN 0 ELSE 1 END::BIGINT, CAST(v AS VARCHAR)\n"
            + $"FROM (SELECT (\n{query}\n) AS v)";

    /// <summary>A SELECT of rows that break a check, each as JSON; null for a check that has none to show.</summary>
    /// <param name="check">The check.</param>
    /// <param name="rowsMax">How many rows.</param>
    /// <param name="query">The query of a SQL check, as the engine is to run it.</param>
    public string? Samples(CheckDefinition check, int rowsMax, string? query = null)
    {
        var rows = check switch
        {
            CheckDefinition.Unique unique =>
                $"{relation} AS t WHERE ({Names(unique.KeyColumns)}) IN ({Repeated(unique)}) ORDER BY {Names(unique.KeyColumns)}",
            CheckDefinition.Relationships relationships => Orphans(relationships),
            CheckDefinition.Custom { Value: null } => $"(\n{query}\n) AS t",
            CheckDefinition.Custom or CheckDefinition.RowCount => null,
            _ => $"{relation} AS t WHERE {Violation(check)}",
        };
        return rows is null
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"SELECT to_json(t)::VARCHAR FROM (SELECT * FROM {rows} LIMIT {rowsMax}) AS t");
    }

    string Count(CheckDefinition check) => check switch
    {
        CheckDefinition.Unique unique => $"(SELECT coalesce(sum(n - 1), 0)::BIGINT FROM ({Repeated(unique, "count(*) AS n")}))",
        CheckDefinition.Relationships relationships => $"(SELECT count(*) FROM {Orphans(relationships)})",
        CheckDefinition.RowCount rowCount => Missing(rowCount),
        CheckDefinition.NotNull notNull => $"count(*) - count({Name(notNull.Column)})",
        _ => $"count(*) FILTER (WHERE {Violation(check)})",
    };

    /// <summary>The condition that is true for a row that breaks a check, and null or false for others.</summary>
    static string Violation(CheckDefinition check) => check switch
    {
        CheckDefinition.NotNull notNull => $"{Name(notNull.Column)} IS NULL",
        CheckDefinition.AcceptedValues accepted =>
            $"{Name(accepted.Column)} NOT IN ({string.Join(", ", accepted.Values.Select(Literal))})",
        CheckDefinition.Positive positive => $"{Name(positive.Column)} <= 0",
        CheckDefinition.Min min => $"{Name(min.Column)} < {Limit(min.Limit)}",
        CheckDefinition.Max max => $"{Name(max.Column)} > {Limit(max.Limit)}",
        CheckDefinition.Pattern pattern => $"NOT regexp_matches({Name(pattern.Column)}, {Literal(pattern.Regex)})",
        _ => throw new System.Diagnostics.UnreachableException(check.Title),
    };

    string Repeated(CheckDefinition.Unique unique, string? select = null) =>
        $"SELECT {select ?? Names(unique.KeyColumns)} FROM {relation} WHERE "
        + string.Join(" AND ", unique.KeyColumns.Select(column => $"{Name(column)} IS NOT NULL"))
        + $" GROUP BY {Names(unique.KeyColumns)} HAVING count(*) > 1";

    string Orphans(CheckDefinition.Relationships check) =>
        $"{relation} AS c WHERE c.{Name(check.Column)} IS NOT NULL AND NOT EXISTS "
        + $"(SELECT 1 FROM {relationOf(check.To)} AS p WHERE p.{Name(check.Field)} = c.{Name(check.Column)})";

    static string Missing(CheckDefinition.RowCount check)
    {
        var tooFew = check.RowsMin is { } min ? $"{min} - count(*)" : "0";
        var tooMany = check.RowsMax is { } max ? $"count(*) - {max}" : "0";
        return $"greatest(0, {tooFew}, {tooMany})::BIGINT";
    }

    static string Limit(CheckLimit limit) => limit.IsNumber ? limit.Text : Literal(limit.Text);

    static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(Name));

    static string Name(string column) => $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
