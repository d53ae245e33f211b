using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// The last version of rows: SCD type 1. A row is what its events give in the order of their sequence, in whichever
/// order they arrive: for each column the last event that has it, of those after the last one that deleted the row.
/// </summary>
/// <param name="session">
/// The session with the events, the state and the rows of their keys; its temporary table <c>foz_next</c> is replaced.
/// </param>
/// <param name="input">What the columns of events are.</param>
/// <param name="truncated">SQL of the sequence of the last truncation; null for none.</param>
/// <param name="known">A SELECT of the state that counts.</param>
sealed class CdcFold(EngineSession session, CdcInput input, string? truncated, string known)
{
    /// <summary>The temporary table of the present rows.</summary>
    public const string Old = "foz_old";

    /// <summary>The temporary table of what keys become, and its columns beside rows and state.</summary>
    public const string Next = "foz_next", IsWritten = "foz_written";

    const string Last = "foz_last_events";

    const int KeysPerPart = 50_000;

    const string Events = CdcEvents.Table, Seq = CdcEvents.Sequence, Op = CdcEvents.Operation, At = CdcEvents.At,
        Absent = CdcEvents.Absent;

    readonly string keys = SqlText.Identifiers(input.Keys);

    CdcInput Input => input;

    string? Truncated => truncated;

    /// <summary>
    /// Finds the keys of the events, and tells how many have events without all columns, or a row of several events.
    /// </summary>
    /// <param name="isTruncated">
    /// Whether the batch has a truncation, so that rows change which have no event in it.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public long ReadKeys(bool isTruncated, CancellationToken cancellationToken)
    {
        var isPartial = input.Strategy.IgnoresNullUpdates
            ? "true"
            : $"l.foz_absent OR s.{CdcState.ColumnSequences} IS NOT NULL";
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Last} AS
            SELECT l.*, {isPartial} AS foz_partial FROM (
                SELECT {keys}, max({At}) AS foz_last, max({At}) FILTER (WHERE {Op} = 'd') AS foz_deleted_at,
                    max({Seq}) FILTER (WHERE {Op} = 'd') AS foz_deleted_by, bool_or({Absent} IS NOT NULL) AS foz_absent
                FROM {Events} GROUP BY {keys}{(isTruncated ? Cut : "")}) AS l
            LEFT JOIN ({known}) AS s ON {Same("l", "s")}
            """, cancellationToken);
        return session.QueryScalar<long>($"SELECT count(*) FROM {Last} WHERE foz_partial", cancellationToken);
    }

    /// <summary>
    /// Finds what the keys of the events become: all columns of the row, the state, and whether the row is written.
    /// </summary>
    /// <param name="partial">How many keys have events without all columns, or a row of several events.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Run(long partial, CancellationToken cancellationToken)
    {
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Next} AS {Whole()}", cancellationToken);
        // The columns of each key are in memory at once.
        var parts = (partial + KeysPerPart - 1) / KeysPerPart;
        for (var part = 0L; part < parts; part++)
        {
            var some = string.Create(CultureInfo.InvariantCulture, $"foz_partial AND hash({keys}) % {parts} = {part}");
            session.Execute($"INSERT INTO {Next} {Partial(some)}", cancellationToken);
        }
    }

    /// <summary>Of whole rows the last event decides.</summary>
    string Whole() => $"""
        SELECT {Of("e", input.Columns)}, {Later("s", Seq)} AS {CdcState.Sequence},
            CASE WHEN {IsNewer} THEN e.{Op} = 'd' ELSE s.{CdcState.IsDeleted} END AS {CdcState.IsDeleted},
            {Greater($"s.{CdcState.DeletedBy}", "l.foz_deleted_by")} AS {CdcState.DeletedBy},
            {DeletedBefore} AS {CdcState.DeletedAt},
            CAST(NULL AS MAP(VARCHAR, {input.SequenceType})) AS {CdcState.ColumnSequences}, {IsNewer} AS {IsWritten}
        FROM {Last} AS l JOIN {Events} AS e ON e.{At} = l.foz_last LEFT JOIN ({known}) AS s ON {Same("l", "s")}
        WHERE NOT l.foz_partial
        """;

    /// <summary>The rows that outlive a truncation, of which columns come from events before it.</summary>
    string Cut => $"""

        UNION ALL SELECT {keys}, NULL, NULL, NULL, true FROM ({known}) ANTI JOIN {Events} USING ({keys})
        WHERE len(list_filter(map_values({CdcState.ColumnSequences}), lambda foz_part: foz_part < {truncated})) > 0
        """;

    /// <summary>When the row was deleted, where it was before the batch.</summary>
    static string DeletedBefore => $"CASE WHEN {IsNewer} THEN NULL ELSE s.{CdcState.DeletedAt} END";

    static string IsNewer => $"(s.{CdcState.Sequence} IS NULL OR e.{Seq} >= s.{CdcState.Sequence})";

    string Partial(string some)
    {
        var values = input.Values.Select((column, number) => new ColumnFold(column, number, this)).ToList();
        var found = values.SelectMany(value => value.Found).Select(part => $",\n{part}");
        var chosen = values.Select(value => value.Chosen).Select(part => $",\n{part}");
        var entries = string.Join(", ", values.Select(value => value.Entry));
        var others = values.Count == 0
            ? "NULL"
            : $"list_filter([{entries}], lambda foz_part: foz_part.v IS DISTINCT FROM {CdcState.Sequence})";
        var own = input.Columns.Select(column => values.Find(value => value.Column == column) is { } value
            ? $"{value.Value} AS {SqlText.Identifier(column)}"
            : SqlText.Identifier(column));
        return $"""
            WITH l AS (SELECT * FROM {Last} WHERE {some}),
            s AS MATERIALIZED (SELECT * FROM ({known}) SEMI JOIN l USING ({keys})),
            f AS (
                SELECT {Of("e", input.Keys)}{string.Concat(found)}
                FROM {Events} AS e JOIN l ON {Same("e", "l")} LEFT JOIN s ON {Same("e", "s")}
                WHERE e.{Op} = 'u' AND (l.foz_deleted_at IS NULL OR e.{At} > l.foz_deleted_at)
                    AND (s.{CdcState.DeletedBy} IS NULL OR e.{Seq} >= s.{CdcState.DeletedBy})
                GROUP BY {Of("e", input.Keys)}),
            m AS (
                SELECT {Of("l", input.Keys)}, {Later("s", Seq)} AS {CdcState.Sequence},
                    CASE WHEN {IsNewer} THEN e.{Op} = 'd' ELSE s.{CdcState.IsDeleted} END AS {CdcState.IsDeleted},
                    {Greater($"s.{CdcState.DeletedBy}", "l.foz_deleted_by")} AS {CdcState.DeletedBy},
                    {DeletedBefore} AS {CdcState.DeletedAt}{string.Concat(chosen)}
                FROM l LEFT JOIN {Events} AS e ON e.{At} = l.foz_last
                LEFT JOIN f ON {Same("l", "f")} LEFT JOIN s ON {Same("l", "s")}
                LEFT JOIN {Old} AS o ON {Same("l", "o")})
            SELECT {string.Join(", ", own)}, {CdcState.Sequence}, {CdcState.IsDeleted}, {CdcState.DeletedBy},
                {CdcState.DeletedAt},
                CASE WHEN NOT {CdcState.IsDeleted} AND len({others}) > 0 THEN map_from_entries({others}) END
                    AS {CdcState.ColumnSequences},
                true AS {IsWritten}
            FROM m
            """;
    }

    /// <summary>SQL of the later one of two sequences, of the state and of the event.</summary>
    static string Later(string state, string sequence) =>
        $"CASE WHEN {IsNewer} THEN e.{sequence} ELSE {state}.{CdcState.Sequence} END";

    static string Greater(string one, string other) =>
        $"CASE WHEN {one} IS NULL OR {other} > {one} THEN {other} ELSE {one} END";

    string Same(string one, string other) => string.Join(" AND ", input.Keys.Select(key =>
        $"{one}.{SqlText.Identifier(key)} = {other}.{SqlText.Identifier(key)}"));

    static string Of(string alias, IEnumerable<string> columns) =>
        string.Join(", ", columns.Select(column => $"{alias}.{SqlText.Identifier(column)}"));

    /// <summary>SQL of what becomes of a column.</summary>
    sealed class ColumnFold(string column, int number, CdcFold fold)
    {
        readonly string name = SqlText.Identifier(column), literal = SqlText.Literal(column);

        readonly string suffix = number.ToString(CultureInfo.InvariantCulture);

        public string Column => column;

        /// <summary>Gets the last event of the batch that has the column: its value and its sequence.</summary>
        public IEnumerable<string> Found =>
        [
            $"arg_max(struct_pack(v := e.{name}), e.{At}) FILTER (WHERE {HasIt}) AS foz_v{suffix}",
            $"max(e.{Seq}) FILTER (WHERE {HasIt}) AS foz_s{suffix}",
        ];

        /// <summary>Gets the value, and the sequence of the event that gave it; NULL where none did.</summary>
        public string Chosen => $"""
            CASE WHEN {IsFromBatch} THEN f.foz_v{suffix}.v WHEN {IsKept} THEN o.{name} END AS {Value},
                CASE WHEN {IsFromBatch} THEN f.foz_s{suffix} WHEN {IsKept} THEN {Known} END AS foz_c{suffix}
            """;

        public string Value => $"foz_n{suffix}";

        public string Entry => $"{{'k': {literal}, 'v': foz_c{suffix}}}";

        string HasIt => fold.Input.Strategy.IgnoresNullUpdates
            ? $"e.{name} IS NOT NULL AND {IsSent}"
            : IsSent;

        string IsSent => $"NOT coalesce(list_contains(e.{Absent}, {literal}), false)";

        string IsFromBatch =>
            $"(f.foz_s{suffix} IS NOT NULL AND (({IsKept}) IS NOT TRUE OR f.foz_s{suffix} >= {Known}))";

        /// <summary>Gets the sequence of the event that gave the present value; NULL where none did.</summary>
        string Known =>
            $"(CASE WHEN s.{CdcState.Sequence} IS NULL OR s.{CdcState.IsDeleted} THEN NULL "
            + $"WHEN list_contains(map_keys(s.{CdcState.ColumnSequences}), {literal}) "
            + $"THEN map_extract(s.{CdcState.ColumnSequences}, {literal})[1] ELSE s.{CdcState.Sequence} END)";

        string IsKept =>
            $"({Known} IS NOT NULL AND (l.foz_deleted_by IS NULL OR {Known} > l.foz_deleted_by)"
            + (fold.Truncated is null ? ")" : $" AND {Known} >= {fold.Truncated})");
    }
}
