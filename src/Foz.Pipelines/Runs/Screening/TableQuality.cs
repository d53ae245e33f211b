using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>How well a table keeps what is said of it: what a page about it shows.</summary>
/// <param name="Node">The table, with its contract and its rules of cleaning.</param>
/// <param name="Checks">Its checks in order, then its rules of cleaning, each with what was found of it.</param>
/// <param name="Quarantine">What is in its quarantine.</param>
public sealed record TableQuality(
    GraphNode Node, IReadOnlyList<CheckHistory> Checks, IReadOnlyList<QuarantineEntry> Quarantine)
{
    /// <summary>How many rows wait in its quarantine.</summary>
    public long RowsQuarantined => Quarantine.Sum(entry => entry.Rows);

    /// <summary>Whether every check passed when it was last made; null where none was ever made.</summary>
    public bool? Passed =>
        Checks.All(check => check.Last is null) ? null : Checks.All(check => check.Last is null or { Passed: true });
}

/// <summary>What became of a check in runs.</summary>
/// <param name="Title">The check and its columns; of a rule of cleaning <c>clean.trim(name)</c>.</param>
/// <param name="Arguments">What it asks besides; may be empty.</param>
/// <param name="Check">The check as the project has it; null for a rule of cleaning.</param>
/// <param name="Last">What was found when it was last made; null where it never was.</param>
/// <param name="Runs">How often it was made.</param>
/// <param name="RunsPassed">How often it passed.</param>
public sealed record CheckHistory(
    string Title, string Arguments, CheckDefinition? Check, CheckFound? Last, long Runs, long RunsPassed);

/// <summary>What a check found at a time.</summary>
/// <param name="Passed">Whether it passed.</param>
/// <param name="Violations">How many rows broke it; of a rule of cleaning how many values it changed.</param>
/// <param name="RowsChecked">How many rows were looked at.</param>
/// <param name="OnViolation">What a violation did, in YAML's word.</param>
/// <param name="Actual">What was measured, of a check of the table as a whole; null for others.</param>
/// <param name="At">When.</param>
public sealed record CheckFound(
    bool Passed, long Violations, long RowsChecked, string OnViolation, string? Actual, DateTimeOffset At);

/// <summary>Reads how well tables keep what is said of them.</summary>
/// <param name="lake">The lake.</param>
public sealed class TableQualityReader(Lakehouse lake)
{
    /// <summary>Reads.</summary>
    /// <param name="nodes">The tables.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One for each table, in the same order.</returns>
    public async Task<IReadOnlyList<TableQuality>> ReadAsync(
        IReadOnlyList<GraphNode> nodes, CancellationToken cancellationToken)
    {
        var found = (await FoundAsync(cancellationToken)).ToLookup(
            check => check.Table, StringComparer.OrdinalIgnoreCase);
        var waiting = (await new Quarantine(lake).ListAsync(nodes, cancellationToken)).ToLookup(entry => entry.Table);
        return [.. nodes.Select(node => new TableQuality(
            node, [.. HistoriesOf(node, found[node.Table.ToString()])], [.. waiting[node.Table]]))];
    }

    static IEnumerable<CheckHistory> HistoriesOf(GraphNode node, IEnumerable<FoundCheck> found)
    {
        var known = found.ToDictionary(check => (check.Title, check.Arguments), check => check);
        foreach (var check in node.Checks)
        {
            yield return known.TryGetValue((check.Title, check.Arguments), out var made)
                ? new(check.Title, check.Arguments, check, made.Last, made.Runs, made.RunsPassed)
                : new(check.Title, check.Arguments, check, Last: null, 0, 0);
        }
        // A rule of the table is for columns that only its rows tell.
        foreach (var made in known.Values.Where(made => node.Clean.Any(rule => made.IsOf(rule))))
            yield return new(made.Title, made.Arguments, Check: null, made.Last, made.Runs, made.RunsPassed);
    }

    async Task<List<FoundCheck>> FoundAsync(CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        var names = new LakeNameResolver(
            lake, lake.Tables,
            name => JournalTables.Contains(name) ? () => new JournalWriter(lake).SelectPendingAsync(name.Name) : null);
        try
        {
            using var bound = await new StatementBinder(session, names).BindAsync(
                $"""
                SELECT table_name, "check" || coalesce('(' || "column" || ')', ''), coalesce(arguments, ''), count(*),
                    count(*) FILTER (WHERE passed), max_by(passed, checked_at), max_by(violations, checked_at),
                    max_by(rows_checked, checked_at), max_by(on_violation, checked_at), max_by(coalesce(actual, ''), checked_at),
                    epoch_ms(max(checked_at))
                FROM {TableName.SystemSchema}.{CheckRecord.Table} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                """, cancellationToken);
            using var rows = session.Query(bound.Sql, cancellationToken);
            return [.. rows.Rows(cancellationToken).Select(row => new FoundCheck(
                (string)row[0]!, (string)row[1]!, (string)row[2]!, (long)row[3]!, (long)row[4]!,
                new(
                    (bool)row[5]!, (long)row[6]!, (long)row[7]!, (string)row[8]!,
                    (string)row[9]! is { Length: > 0 } actual ? actual : null,
                    DateTimeOffset.FromUnixTimeMilliseconds((long)row[10]!))))];
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            // No run has made a check yet.
            return [];
        }
    }

    sealed record FoundCheck(string Table, string Title, string Arguments, long Runs, long RunsPassed, CheckFound Last)
    {
        /// <summary>Whether it reports what a cleaning rule did.</summary>
        public bool IsOf(CleanRule rule) => Title.Split('(')[0] is var name
            && (name == $"clean.{rule.Name}" || name == $"clean.{rule.Name}.invalid");
    }
}
