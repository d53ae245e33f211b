using Foz.Lake.Data;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality;

/// <summary>Builds the SELECTs that count and show the rows that break checks.</summary>
/// <param name="relation">
/// The table as it would be after the commit, as SQL that may follow FROM: a quoted name, a function call or a SELECT
/// in parentheses.
/// </param>
/// <param name="relationOf">Another table at its committed version, as such SQL.</param>
sealed class CheckSql(string relation, Func<TableName, string> relationOf)
{
    /// <summary>
    /// One SELECT with one row for all checks but SQL checks: the number of rows, then a number for each check in
    /// order: its violations as BIGINT, or of a check of the table as a whole what is measured as DOUBLE. All share one
    /// scan but <c>relationships</c> and <c>unique</c> of several columns, which take one each.
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
    public string? Samples(CheckDefinition check, int rowsMax, string? query = null) =>
        Rows(check, query) is { } rows ? $"SELECT to_json(t)::VARCHAR FROM ({rows} LIMIT {rowsMax}) AS t" : null;

    /// <summary>A SELECT of the rows that break a check; null for a check that has none to show.</summary>
    /// <param name="check">The check.</param>
    /// <param name="query">The query of a SQL check, as it is to be run.</param>
    public string? Rows(CheckDefinition check, string? query) => check switch
    {
        CheckDefinition.Unique unique => $"SELECT * FROM {Repeated(unique, Names(unique.KeyColumns))}",
        CheckDefinition.Custom { Value: null } => $"SELECT * FROM (\n{query}\n) AS t",
        { Scope: CheckScope.Table } => null,
        _ => $"SELECT * FROM {relation} AS t WHERE {Violation(check)}",
    };

    string Count(CheckDefinition check) => check switch
    {
        CheckDefinition.Unique { KeyColumns: [var column] } =>
            $"count({Identifier(column)}){Filter(check)} - count(DISTINCT {Identifier(column)}){Filter(check)}",
        CheckDefinition.Unique unique =>
            $"(SELECT count(*) FROM {WithKey(unique)})"
            + $" - (SELECT count(*) FROM (SELECT DISTINCT {Names(unique.KeyColumns)} FROM {WithKey(unique)}))",
        CheckDefinition.RowCount rowCount => Missing(rowCount, $"count(*){Filter(check)}"),
        CheckDefinition.RowCountTo other => $"(SELECT count(*) FROM {relationOf(other.To)})::DOUBLE",
        CheckDefinition.Statistic statistic => statistic.Measure.Sql(statistic.Column, Filter(check)),
        CheckDefinition.Freshness freshness => $"epoch(max({Identifier(freshness.Column)}){Filter(check)})::DOUBLE",
        CheckDefinition.NotNull { Where: null } notNull => $"count(*) - count({Identifier(notNull.Column)})",
        CheckDefinition.Relationships => $"(SELECT count(*) FROM {relation} AS t WHERE {Violation(check)})",
        _ => $"count(*) FILTER (WHERE {Violation(check)})",
    };

    static string Filter(CheckDefinition check) => check.Where is null ? "" : $" FILTER (WHERE (\n{check.Where}\n))";

    /// <summary>
    /// The condition that is true for a row that breaks a check, and null or false for others, over columns of
    /// <c>t</c>; for checks of <see cref="CheckScope.Row"/>.
    /// </summary>
    public string Violation(CheckDefinition check) =>
        check.Where is null ? Broken(check) : $"({Broken(check)}) AND (\n{check.Where}\n)";

    string Broken(CheckDefinition check) => check switch
    {
        CheckDefinition.NotNull notNull => $"{Column(notNull.Column)} IS NULL",
        CheckDefinition.NotEmpty notEmpty => $"length(trim({Column(notEmpty.Column)}::VARCHAR)) = 0",
        CheckDefinition.AcceptedValues accepted => $"{Column(accepted.Column)} NOT IN ({Literals(accepted.Values)})",
        CheckDefinition.NotAcceptedValues refused => $"{Column(refused.Column)} IN ({Literals(refused.Values)})",
        CheckDefinition.Relationships relationships => Orphan(relationships),
        CheckDefinition.Positive positive => $"{Column(positive.Column)} <= 0",
        CheckDefinition.Min min => $"{Column(min.Column)} < {Limit(min.Limit)}",
        CheckDefinition.Max max => $"{Column(max.Column)} > {Limit(max.Limit)}",
        CheckDefinition.Range range => string.Join(" OR ", Outside(range)),
        CheckDefinition.Pattern pattern => $"NOT regexp_matches({Column(pattern.Column)}, {Literal(pattern.Regex)})",
        CheckDefinition.NotPattern pattern => $"regexp_matches({Column(pattern.Column)}, {Literal(pattern.Regex)})",
        CheckDefinition.Length length =>
            Outside($"length({Column(length.Column)}::VARCHAR)", length.CharactersMin, length.CharactersMax),
        CheckDefinition.Type type =>
            $"{Column(type.Column)} IS NOT NULL AND TRY_CAST({Column(type.Column)} AS {type.SqlType}) IS NULL",
        CheckDefinition.Format { TimePattern: { } pattern } format =>
            $"{Column(format.Column)} IS NOT NULL AND "
                + $"{TimePattern.Parse($"{Column(format.Column)}::VARCHAR", pattern)} IS NULL",
        CheckDefinition.Format format =>
            $"{Column(format.Column)} IS NOT NULL "
            + string.Concat(Foz.Lake.Data.Formats.ValueFormat.NamesOfWritten(format.FormatName).Select(
                name => $"AND foz_format({Literal(name)}, {Column(format.Column)}::VARCHAR) IS NULL ")),
        CheckDefinition.Compare compare => $"NOT ({Column(compare.Left)} {compare.Operator} {Column(compare.Right)})",
        CheckDefinition.Expression { Column: { } column } expression => $"NOT (\n{Column(column)} {expression.Sql}\n)",
        CheckDefinition.Expression expression => $"NOT (\n{expression.Sql}\n)",
        CheckDefinition.Readable readable => $"{Column(readable.Invalid)} IS NOT NULL",
        _ => throw new System.Diagnostics.UnreachableException(check.Title),
    };

    /// <summary>A short text of what is wrong with a row, as SQL over columns of <c>t</c>.</summary>
    /// <param name="check">The check that the row breaks.</param>
    public static string Reason(CheckDefinition check)
    {
        var title = Literal(check.Title + (check.Description is { } why ? $", {why}" : ""));
        if (check is CheckDefinition.Readable { Invalid: var invalid })
            return $"{title} || ': ' || coalesce({Column(invalid)}, '')";
        var values = check.Columns.Select(column => $"coalesce({Column(column)}::VARCHAR, 'null')");
        return check.Columns.Count == 0 ? title : $"{title} || ': ' || {string.Join(" || ', ' || ", values)}";
    }

    static IEnumerable<string> Outside(CheckDefinition.Range range)
    {
        var column = Column(range.Column);
        if (range.From is { } from) yield return $"{column} {(range.IsInclusive ? "<" : "<=")} {Limit(from)}";
        if (range.To is { } to) yield return $"{column} {(range.IsInclusive ? ">" : ">=")} {Limit(to)}";
    }

    static string Outside(string value, long? min, long? max) => string.Join(
        " OR ",
        new[] { min is null ? null : $"{value} < {min}", max is null ? null : $"{value} > {max}" }.OfType<string>());

    /// <summary>The rows whose key has no null.</summary>
    string WithKey(CheckDefinition.Unique unique) =>
        $"{relation} AS t WHERE {string.Join(" AND ", unique.KeyColumns.Select(c => $"{Identifier(c)} IS NOT NULL"))}"
        + (unique.Where is null ? "" : $" AND (\n{unique.Where}\n)");

    string Repeated(CheckDefinition.Unique unique, string key) =>
        $"{WithKey(unique)} AND ({key}) IN "
        + $"(SELECT {key} FROM {WithKey(unique)} GROUP BY {key} HAVING count(*) > 1) ORDER BY {key}";

    string Orphan(CheckDefinition.Relationships check)
    {
        var (child, parent) = (Column(check.Column), $"p.{Identifier(check.Field)}");
        return $"{child} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {relationOf(check.To)} "
            + $"AS p WHERE {parent} = {child})";
    }

    static string Missing(CheckDefinition.RowCount check, string count)
    {
        var tooFew = check.RowsMin is { } min ? $"{min} - {count}" : "0";
        var tooMany = check.RowsMax is { } max ? $"{count} - {max}" : "0";
        return $"greatest(0, {tooFew}, {tooMany})::BIGINT";
    }

    static string Limit(CheckLimit limit) => limit.IsNumber ? limit.Text : Literal(limit.Text);

    static string Literals(IEnumerable<string> values) => string.Join(", ", values.Select(Literal));

    static string Column(string name) => $"t.{Identifier(name)}";

    static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(Identifier));
}
