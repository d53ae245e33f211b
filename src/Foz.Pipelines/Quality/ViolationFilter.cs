using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality;

/// <summary>
/// Takes the rows that break checks out of a batch: those of <c>on_violation: drop</c> and <c>quarantine</c>. A row
/// that breaks both kinds is quarantined.
/// </summary>
/// <param name="session">The session that holds the batch; its temporary table <c>foz_broken</c> is replaced.</param>
/// <param name="batch">The name of a temporary table with the batch's rows.</param>
sealed class ViolationFilter(EngineSession session, string batch)
{
    const string Broken = "foz_broken", Row = "foz_row", Part = "foz_part", Mask = "foz_mask";

    /// <summary>How many checks have a bit in one number.</summary>
    const int ChecksOfMask = 60;

    readonly List<CheckDefinition[]> parts = [];

    /// <summary>
    /// Another table at its committed version, as SQL that may follow FROM; for <c>relationships</c>.
    /// </summary>
    public required Func<TableName, string> RelationOf { get; init; }

    /// <summary>
    /// The rows that the table keeps beside the batch, as such SQL: for <c>unique</c>. Null where it keeps none.
    /// </summary>
    public string? RetainedRows { get; init; }

    /// <summary>
    /// Which rows of a key count where several come: the newest by a column; for <c>unique</c>, which passes over the
    /// others, as the table does. Null where each row counts.
    /// </summary>
    public (IReadOnlyList<string> Key, string Sequence)? Newest { get; init; }

    /// <summary>Checks the batch.</summary>
    /// <param name="checks">The checks that remove rows.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    /// <returns>A result for each check, in order.</returns>
    /// <exception cref="FozException">A check cannot be run; says which.</exception>
    public IReadOnlyList<CheckResult> Run(IReadOnlyList<CheckDefinition> checks, CancellationToken cancellationToken)
    {
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Broken} ({Row} BIGINT, {Part} INTEGER, {Mask} BIGINT)", cancellationToken);
        foreach (var part in checks.Where(check => check.Scope is CheckScope.Row).Chunk(ChecksOfMask))
            Look(part, cancellationToken);
        // A row that another check removes is no duplicate: keys are checked after the other checks.
        foreach (var check in checks.Where(check => check.Scope is CheckScope.Key))
        {
            // A row that is taken out replaces none, and the one that it would have replaced is in the way of others.
            while (Look([check], cancellationToken) > 0 && (RetainedRows ?? Newest?.Sequence) is not null) { }
        }
        var counts = checks.Select(check =>
            $"count(*) FILTER (WHERE "
                + string.Join(" OR ", Bits().Where(bit => ReferenceEquals(bit.Check, check)).Select(bit => bit.Breaks))
                + ")");
        using var found = session.Query(
            $"SELECT {string.Join(", ", counts.Prepend($"(SELECT count(*) FROM {batch})"))} FROM {Broken}",
            cancellationToken);
        var row = found.Rows(cancellationToken).First().Select(value => (long)value!).ToArray();
        return [.. checks.Select((check, i) => new CheckResult(check, row[i + 1], row[0]) { IsOfBatch = true })];
    }

    /// <summary>
    /// Each bit that was looked at: its check, and the condition that is true for a noted row that breaks it.
    /// </summary>
    IEnumerable<(CheckDefinition Check, string Breaks)> Bits() => parts.SelectMany((part, number) =>
        part.Select((check, i) => (check, $"({Part} = {number} AND ({Mask} & {1L << i}) <> 0)")));

    /// <summary>Notes the rows that break some checks, all in one scan, and tells how many.</summary>
    long Look(CheckDefinition[] checks, CancellationToken cancellationToken)
    {
        var bits = checks.Select((check, i) => $"CASE WHEN {Condition(check)} THEN {1L << i} ELSE 0 END");
        try
        {
            var found = session.Execute(
                $"""
                INSERT INTO {Broken}
                SELECT * FROM (
                    SELECT t.rowid AS {Row}, {parts.Count} AS {Part}, {string.Join("\n + ", bits)} AS {Mask}
                    FROM {Identifier(batch)} AS t)
                WHERE {Mask} <> 0
                """, cancellationToken);
            parts.Add(checks);
            return found;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.Data)
        {
            // One of them is at fault: the first that fails alone is named.
            if (checks is not [var only])
            {
                foreach (var check in checks) Look([check], cancellationToken);
                throw;
            }
            throw new FozException(e.Kind, $"the check {only.Title} cannot be run: {e.Message}", e)
            {
                Place = only.Place, Hint = e.Hint,
            };
        }
    }

    /// <summary>How many rows are taken out, and how many of them are quarantined.</summary>
    public (long TakenOut, long Quarantined) Count(CancellationToken cancellationToken)
    {
        using var counts = session.Query(
            $"SELECT count(*), count(*) FILTER (WHERE kept) FROM (SELECT bool_or({IsKept}) AS kept "
                + $"FROM {Broken} GROUP BY {Row})",
            cancellationToken);
        var row = counts.Rows(cancellationToken).First();
        return ((long)row[0]!, (long)row[1]!);
    }

    /// <summary>The condition that is true for what was noted of a row by a check that quarantines.</summary>
    string IsKept => string.Join(
        " OR ",
        Bits().Where(bit => bit.Check.OnViolation is OnViolation.Quarantine).Select(bit => bit.Breaks)
            .DefaultIfEmpty("false"));

    /// <summary>The condition that is true for the rows of the batch that stay.</summary>
    /// <param name="alias">What the batch is called.</param>
    public static string Stays(string alias) =>
        $"NOT EXISTS (SELECT 1 FROM {Broken} AS b WHERE b.{Row} = {alias}.rowid)";

    /// <summary>
    /// Gets a SELECT of the quarantined rows of the batch, with two more columns at the end: <c>foz_checks</c>, a list
    /// of the titles of the checks that a row breaks, and <c>foz_reason</c>, a text for people.
    /// </summary>
    public string Quarantined
    {
        get
        {
            var broken = Bits().ToList();
            var titles = broken.Select(b => $"CASE WHEN {b.Breaks} THEN [{Literal(b.Check.Title)}] ELSE [] END");
            var reasons = broken.Select(b => $"CASE WHEN {b.Breaks} THEN {CheckSql.Reason(b.Check)} END");
            return
                $"""
                SELECT t.*, q.foz_checks, q.foz_reason
                FROM {Identifier(batch)} AS t JOIN (
                    SELECT {Row}, flatten(list({string.Join(" || ", titles)} ORDER BY {Part})) AS foz_checks,
                        string_agg(concat_ws('; ', {string.Join(", ", reasons)}), '; ' ORDER BY {Part}) AS foz_reason
                    FROM {Broken} JOIN {Identifier(batch)} AS t ON t.rowid = {Row}
                    GROUP BY {Row} HAVING bool_or({IsKept})) AS q ON q.{Row} = t.rowid
                """;
        }
    }

    string Condition(CheckDefinition check) => check is CheckDefinition.Unique unique
        ? TooMany(unique)
        : new CheckSql(Identifier(batch), RelationOf).Violation(check);

    /// <summary>
    /// The rows of a key that are too many. Which one stays is the same whenever it is asked: the first by the hash of
    /// all values; none where the table keeps a row of that key.
    /// </summary>
    string TooMany(CheckDefinition.Unique unique)
    {
        var key = Identifiers(unique.KeyColumns);
        var hasKey = string.Join(" AND ", unique.KeyColumns.Select(c => $"t.{Identifier(c)} IS NOT NULL"));
        var where = $"{(unique.Where is { } condition ? $"{hasKey} AND (\n{condition}\n)" : hasKey)} AND {Counts("t")}";
        // Of the newest rows of a key those that are the same in everything are one.
        var number = Newest is null
            ? $"row_number() OVER (PARTITION BY {key} ORDER BY hash(t), t.rowid)"
            : $"dense_rank() OVER (PARTITION BY {key} ORDER BY hash(t))";
        var later =
            $"""
            t.rowid IN (
                SELECT foz_id FROM (
                    SELECT t.rowid AS foz_id, {number} AS foz_number
                    FROM {Identifier(batch)} AS t WHERE {where})
                WHERE foz_number > 1)
            """;
        if (RetainedRows is null) return later;
        var same = string.Join(" AND ", unique.KeyColumns.Select(c => $"k.{Identifier(c)} = t.{Identifier(c)}"));
        return $"{later} OR ({where} AND EXISTS (SELECT 1 FROM {RetainedRows} AS k WHERE {same}))";
    }

    /// <summary>
    /// The condition that is true for the rows of the batch that stay and are not older than another one of their key.
    /// </summary>
    string Counts(string alias)
    {
        if (Newest is not var (key, sequence)) return Stays(alias);
        var noKey = string.Join(" OR ", key.Select(column => $"n.{Identifier(column)} IS NULL"));
        return
            $"""
            {alias}.rowid IN (
                SELECT n.rowid FROM {Identifier(batch)} AS n WHERE {Stays("n")}
                QUALIFY {noKey} OR rank() OVER (PARTITION BY {Identifiers(key)} ORDER BY n.{Identifier(sequence)} DESC NULLS LAST) = 1)
            """;
    }
}
