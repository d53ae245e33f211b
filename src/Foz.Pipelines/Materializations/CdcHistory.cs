using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// All versions of rows: SCD type 2. The events of a key are those that its versions show, those that the state has
/// beside them, and those of the batch; from all of them its versions are computed again, so that the order of arrival
/// makes no difference.
/// </summary>
/// <param name="session">
/// The session with the events, the state and the versions of their keys; its temporary tables <c>foz_history</c> and
/// <c>foz_next</c> are replaced.
/// </param>
/// <param name="input">What the columns of events are.</param>
/// <param name="truncated">SQL of the sequences of truncations.</param>
/// <param name="known">A SELECT of the state that counts.</param>
sealed class CdcHistory(EngineSession session, CdcInput input, IReadOnlyList<string> truncated, string known)
{
    /// <summary>Columns of the state: what an event did, what it did not have, and when it arrived.</summary>
    public const string Operation = "__operation", Absent = "__absent", ArrivedAt = "__arrived_at";

    /// <summary>The temporary table of versions, and its columns besides those of the table.</summary>
    const string Next = CdcFold.Next, All = "foz_history";

    const string Seq = CdcEvents.Sequence, Op = CdcEvents.Operation, Missing = CdcEvents.Absent;

    // Which of two events of one sequence counts: what arrives now, then what the state has, then what versions show.
    const int OfBatch = 3, OfState = 2, OfVersion = 1, OfEnd = 0, OfTruncation = -1;

    // Windows over more rows at once take too much memory.
    const long RowsPerPart = 400_000;

    static readonly string start = SqlText.Identifier(CdcInput.StartAt), end = SqlText.Identifier(CdcInput.EndAt);

    readonly string keys = SqlText.Identifiers(input.Keys), columns = SqlText.Identifiers(input.Columns);

    /// <summary>Gets a SELECT of the versions that the table gets.</summary>
    public string Added => $"""
        SELECT {columns}, {start}, {end} FROM {Next} AS n
        WHERE foz_last AND {Op} = 'u' AND NOT EXISTS (SELECT 1 FROM {CdcFold.Old} AS o WHERE {IsSame})
        """;

    /// <summary>Gets a SELECT of the present versions that go.</summary>
    public string Removed => $"""
        SELECT * FROM {CdcFold.Old} AS o
        WHERE NOT EXISTS (SELECT 1 FROM {Next} AS n WHERE foz_last AND {Op} = 'u' AND {IsSame})
        """;

    /// <summary>
    /// Returns a SELECT of the events that the state gets: those that no version shows as they were, and all that end
    /// versions.
    /// </summary>
    /// <param name="now">SQL of the instant of the batch.</param>
    public string StateAdded(string now) => $"""
        SELECT {Of("a", input.Columns)}, a.{Seq} AS {CdcState.Sequence}, a.{Op} AS {Operation}, a.{Missing} AS {Absent},
            {now} AS {ArrivedAt}
        FROM {All} AS a JOIN {Next} AS n ON {Same("a", "n")} AND a.{Seq} = n.{Seq}
        WHERE (a.{Op} = 'd' AND a.foz_from = {OfBatch})
            OR (a.{Op} = 'u' AND a.foz_from <> {OfState} AND (n.foz_events > 1 OR n.foz_partial))
        """;

    /// <summary>Gets a SELECT of the rows of the state that go, besides those that are too old.</summary>
    public string StateRemoved => $"""
        SELECT s.* FROM {CdcState.Table} AS s SEMI JOIN {All} AS a
        ON {Same("s", "a")} AND s.{CdcState.Sequence} = a.{Seq} AND a.foz_from = {OfBatch}
        """;

    /// <summary>Computes the versions of the keys.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        session.Execute($"CREATE OR REPLACE TEMP TABLE {All} AS {Events()}", cancellationToken);
        var rows = session.QueryScalar<long>($"SELECT count(*) FROM {All}", cancellationToken);
        var parts = Math.Max(1, (rows + RowsPerPart - 1) / RowsPerPart);
        var isPartial = input.Strategy.IgnoresNullUpdates || session.QueryScalar<bool>(
            $"SELECT EXISTS (SELECT 1 FROM {All} WHERE {Missing} IS NOT NULL)", cancellationToken);
        for (var part = 0L; part < parts; part++)
        {
            var some = string.Create(CultureInfo.InvariantCulture, $"hash({keys}) % {parts} = {part}");
            var into = part == 0 ? $"CREATE OR REPLACE TEMP TABLE {Next} AS" : $"INSERT INTO {Next}";
            session.Execute($"{into} {Versions(some, isPartial)}", cancellationToken);
        }
    }

    /// <summary>SQL of the parts of a sequence, which are ordered faster than a struct of them.</summary>
    string Order => input.Sequence.Count == 1
        ? Seq
        : string.Join(", ", input.Sequence.Select(part => $"{Seq}.{SqlText.Identifier(part.Name)}"));

    /// <summary>All events of the keys, one of each sequence.</summary>
    string Events()
    {
        var nulls = string.Join(", ", input.Columns.Select(column => input.Keys.Contains(column)
            ? SqlText.Identifier(column)
            : $"NULL AS {SqlText.Identifier(column)}"));
        var truncations = truncated.Select(sequence => string.Create(
            CultureInfo.InvariantCulture,
            $"""
            UNION ALL SELECT {nulls}, {sequence}, 'd', NULL, {OfTruncation}, 0
            FROM (SELECT {keys} FROM {CdcEvents.Table} UNION SELECT {keys} FROM {CdcFold.Old})

            """));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT * FROM (
                SELECT {columns}, {Seq}, {Op}, {Missing}, {OfBatch} AS foz_from, {CdcEvents.At} AS foz_place
                FROM {CdcEvents.Table}
                UNION ALL SELECT {columns}, {CdcState.Sequence}, {Operation}, {Absent}, {OfState}, 0 FROM ({known})
                UNION ALL SELECT {columns}, {start}, 'u', NULL, {OfVersion}, 0 FROM {CdcFold.Old}
                UNION ALL SELECT {nulls}, {end}, 'd', NULL, {OfEnd}, 0 FROM {CdcFold.Old} WHERE {end} IS NOT NULL
                {string.Concat(truncations)})
            QUALIFY row_number() OVER (PARTITION BY {keys}, {Order} ORDER BY foz_from DESC, foz_place DESC) = 1
            """);
    }

    /// <summary>
    /// The events with the run of events that each one is of: a version has the values of its last one.
    /// </summary>
    string Versions(string some, bool isPartial)
    {
        var changes = input.Values.Where(input.IsTracked).Select(SqlText.Identifier)
            .Select(column => $"{column} IS DISTINCT FROM lag({column}) OVER w");
        var starts = string.Join(
            " OR ", changes.Prepend($"{Op} = 'd' OR lag({Op}) OVER w IS NULL OR lag({Op}) OVER w = 'd'"));
        var ofKey = $"PARTITION BY {keys} ORDER BY {Order}";
        return $"""
            WITH e AS (
                SELECT *, count(*) FILTER (WHERE {Op} = 'd') OVER ({ofKey}) AS foz_life, {IsPartial} AS foz_is_partial
                FROM {All} WHERE {some}),
            r AS ({(isPartial ? Resolved() : "SELECT * FROM e")}),
            s AS (SELECT *, {starts} AS foz_starts FROM r WINDOW w AS ({ofKey})),
            v AS (
                SELECT *, count(*) FILTER (WHERE foz_starts) OVER w AS foz_run, lead({Seq}) OVER w AS {end},
                    coalesce(lead(foz_starts) OVER w, true) AS foz_last,
                    last_value(CASE WHEN foz_starts THEN {Seq} END IGNORE NULLS) OVER w AS {start}
                FROM s WINDOW w AS ({ofKey}))
            SELECT {columns}, {Seq}, {Op}, {start}, {end}, foz_last, count(*) OVER u AS foz_events,
                bool_or(foz_is_partial) OVER u AS foz_partial
            FROM v WINDOW u AS (PARTITION BY {keys}, foz_run)
            """;
    }

    /// <summary>The events with all columns: what an event does not have is as the event before it left it.</summary>
    string Resolved()
    {
        var own = input.Columns.Select(column =>
        {
            var name = SqlText.Identifier(column);
            if (input.Keys.Contains(column)) return name;
            var hasIt = $"NOT coalesce(list_contains({Missing}, {SqlText.Literal(column)}), false)"
                + (input.Strategy.IgnoresNullUpdates ? $" AND {name} IS NOT NULL" : "");
            return $"(last_value(CASE WHEN {Op} = 'u' AND {hasIt} THEN struct_pack(v := {name}) END IGNORE NULLS) "
                + $"OVER w).v AS {name}";
        });
        return $"""
            SELECT {string.Join(", ", own)}, {Seq}, {Op}, foz_is_partial FROM e
            WINDOW w AS (
                PARTITION BY {keys}, foz_life ORDER BY {Order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            """;
    }

    /// <summary>Whether an event does not have all columns.</summary>
    string IsPartial
    {
        get
        {
            var nulls = input.Strategy.IgnoresNullUpdates
                ? input.Values.Select(column => $" OR {SqlText.Identifier(column)} IS NULL")
                : [];
            return $"{Op} = 'u' AND ({Missing} IS NOT NULL{string.Concat(nulls)})";
        }
    }

    /// <summary>Whether a version is the same as a present one.</summary>
    string IsSame => Same("o", "n") + $" AND o.{start} = n.{start} AND o.{end} IS NOT DISTINCT FROM n.{end}"
        + string.Concat(input.Values.Select(SqlText.Identifier)
            .Select(column => $" AND o.{column} IS NOT DISTINCT FROM n.{column}"));

    string Same(string one, string other) => string.Join(" AND ", input.Keys.Select(SqlText.Identifier)
        .Select(key => $"{one}.{key} = {other}.{key}"));

    static string Of(string alias, IEnumerable<string> columns) =>
        string.Join(", ", columns.Select(column => $"{alias}.{SqlText.Identifier(column)}"));
}
