using Foz.Core.Data;
using static Foz.Core.Engine.SqlText;

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
        : $"SELECT (v IS DISTINCT FROM {Literal(value)})::BIGINT, CAST(v AS VARCHAR)\nFROM (SELECT (\n{query}\n) AS v)";

    /// <summary>A SELECT of rows that break a check, each as JSON; null for a check that has none to show.</summary>
    /// <param name="check">The check.</param>
    /// <param name="rowsMax">How many rows.</param>
    /// <param name="query">The query of a SQL check, as the engine is to run it.</param>
    public string? Samples(CheckDefinition check, int rowsMax, string? query = null)
    {
        var rows = check switch
        {
            CheckDefinition.Unique unique => Repeated(unique, Names(unique.KeyColumns)),
            CheckDefinition.Relationships relationships => Orphans(relationships),
            CheckDefinition.Custom { Value: null } => $"(\n{query}\n) AS t",
            CheckDefinition.Custom or CheckDefinition.RowCount => null,
            _ => $"{relation} AS t WHERE {Violation(check)}",
        };
        return rows is null
            ? null
            : $"SELECT to_json(t)::VARCHAR FROM (SELECT * FROM {rows} LIMIT {rowsMax}) AS t";
    }

    string Count(CheckDefinition check) => check switch
    {
        CheckDefinition.Unique { KeyColumns: [var column] } =>
            $"(SELECT count({Identifier(column)}) - count(DISTINCT {Identifier(column)}) FROM {relation})",
        CheckDefinition.Unique unique =>
            $"(SELECT count(*) FROM {WithKey(unique)})"
            + $" - (SELECT count(*) FROM (SELECT DISTINCT {Names(unique.KeyColumns)} FROM {WithKey(unique)}))",
        CheckDefinition.Relationships relationships => $"(SELECT count(*) FROM {Orphans(relationships)})",
        CheckDefinition.RowCount rowCount => Missing(rowCount),
        CheckDefinition.NotNull notNull => $"count(*) - count({Identifier(notNull.Column)})",
        _ => $"count(*) FILTER (WHERE {Violation(check)})",
    };

    /// <summary>The condition that is true for a row that breaks a check, and null or false for others.</summary>
    static string Violation(CheckDefinition check) => check switch
    {
        CheckDefinition.NotNull notNull => $"{Identifier(notNull.Column)} IS NULL",
        CheckDefinition.AcceptedValues accepted =>
            $"{Identifier(accepted.Column)} NOT IN ({string.Join(", ", accepted.Values.Select(Literal))})",
        CheckDefinition.Positive positive => $"{Identifier(positive.Column)} <= 0",
        CheckDefinition.Min min => $"{Identifier(min.Column)} < {Limit(min.Limit)}",
        CheckDefinition.Max max => $"{Identifier(max.Column)} > {Limit(max.Limit)}",
        CheckDefinition.Pattern pattern =>
            $"NOT regexp_matches({Identifier(pattern.Column)}, {Literal(pattern.Regex)})",
        _ => throw new System.Diagnostics.UnreachableException(check.Title),
    };

    /// <summary>The rows whose key has no null.</summary>
    string WithKey(CheckDefinition.Unique unique) =>
        $"{relation} WHERE {string.Join(" AND ", unique.KeyColumns.Select(c => $"{Identifier(c)} IS NOT NULL"))}";

    string Repeated(CheckDefinition.Unique unique, string key) =>
        $"{relation} AS t WHERE ({key}) IN "
        + $"(SELECT {key} FROM {WithKey(unique)} GROUP BY {key} HAVING count(*) > 1) ORDER BY {key}";

    string Orphans(CheckDefinition.Relationships check)
    {
        var (child, parent) = ($"c.{Identifier(check.Column)}", $"p.{Identifier(check.Field)}");
        return $"{relation} AS c WHERE {child} IS NOT NULL "
            + $"AND NOT EXISTS (SELECT 1 FROM {relationOf(check.To)} AS p WHERE {parent} = {child})";
    }

    static string Missing(CheckDefinition.RowCount check)
    {
        var tooFew = check.RowsMin is { } min ? $"{min} - count(*)" : "0";
        var tooMany = check.RowsMax is { } max ? $"count(*) - {max}" : "0";
        return $"greatest(0, {tooFew}, {tooMany})::BIGINT";
    }

    static string Limit(CheckLimit limit) => limit.IsNumber ? limit.Text : Literal(limit.Text);

    static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(Identifier));
}
