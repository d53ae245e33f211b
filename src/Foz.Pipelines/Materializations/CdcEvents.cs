using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// The events of a batch in a temporary table: rows with their sequence, what they do, and their place in the order of
/// all of them.
/// </summary>
/// <param name="session">The session; its temporary table <c>foz_events</c> is replaced.</param>
/// <param name="input">What the columns of rows are.</param>
sealed class CdcEvents(EngineSession session, CdcInput input)
{
    /// <summary>The table, and its columns besides those of the rows.</summary>
    public const string Table = "foz_events", Sequence = "foz_seq", Operation = "foz_op", Absent = "foz_absent",
        At = "foz_at", IsInsert = "foz_insert", IsLast = "foz_last";

    /// <summary>Gets how many events could not be ordered or have no key; they are taken out.</summary>
    public long WithoutKey { get; private set; }

    /// <summary>Gets how many events there are, but for those that were taken out.</summary>
    public long Count { get; private set; }

    /// <summary>Gets how many of them lack columns.</summary>
    public long Partial { get; private set; }

    /// <summary>
    /// Gets how many keys have an event that deletes their row as their last one; 0 where events are not in the order
    /// of a log.
    /// </summary>
    public long Deletes { get; private set; }

    /// <summary>Gets the least and the greatest place in the log; null where there is none.</summary>
    public (long Least, long Greatest)? Places { get; private set; }

    /// <summary>Gets how many events have the sequence of another event of their key in the batch.</summary>
    public long Tied { get; private set; }

    /// <summary>Gets the events of the batch that delete all rows, in the order of their sequence.</summary>
    public IReadOnlyList<CdcTruncation> Truncations { get; private set; } = [];

    /// <summary>
    /// Reads the events with their places; where they come in the order of a log, with whether each is the last one of
    /// its key instead.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="isOrdered">Whether they come so.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Foz.Lake.FozException">
    /// An update changed a key that is not the source's, or a change lacks some of what a column is made from.
    /// </exception>
    public void Read(Relation rows, bool isOrdered, CancellationToken cancellationToken)
    {
        var own = SqlText.Identifiers(input.Columns);
        var isInsert = input.Strategy.ReadsLog ? $"{Foz.Lake.Data.ChangeColumns.Op} = 'c'" : "false";
        // Of one sequence the event that arrived last is the last one; where nothing tells, values decide, so that the
        // same rows always give the same table.
        var order = input.Sequence.Select(part => part.Sql).Concat(input.Arrival)
            .Concat(input.Strategy.ReadsLog ? [] : [$"hash({own})"]);
        var place = isOrdered
            ? $"row_number() OVER (PARTITION BY {Keys} ORDER BY {input.SequenceSql} DESC) = 1 AS {IsLast}"
            : $"row_number() OVER (ORDER BY {string.Join(", ", order)}) AS {At}";
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Table} AS
            SELECT {own}, {input.SequenceSql} AS {Sequence}, {input.OperationSql} AS {Operation},
                CAST({input.AbsentSql} AS VARCHAR[]) AS {Absent}, {isInsert} AS {IsInsert}, {place}
            FROM ({rows.Sql}
            ) AS s
            """, cancellationToken);
        if (CountAll(isOrdered, cancellationToken) > 0) ReadTruncations(cancellationToken);
        if (!input.Strategy.ReadsLog)
            Tied = session.QueryScalar<long>(
                $"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM {Table} "
                    + $"GROUP BY {Keys}, {Sequence} HAVING count(*) > 1)",
                cancellationToken);
    }

    /// <summary>Gives the events of a log their places.</summary>
    public void Number(CancellationToken cancellationToken) => session.Execute(
        $"""
        CREATE OR REPLACE TEMP TABLE {Table} AS SELECT *, row_number() OVER (ORDER BY {Sequence}) AS {At} FROM {Table}
        """, cancellationToken);

    /// <summary>Takes out what comes before a truncation: it has no effect any more.</summary>
    public void TakeOutBefore(string sequence, CancellationToken cancellationToken) =>
        session.Execute($"DELETE FROM {Table} WHERE {Sequence} < {sequence}", cancellationToken);

    string Keys => SqlText.Identifiers(input.Keys);

    /// <summary>Takes out what cannot be ordered or has no key, and counts the rest.</summary>
    /// <returns>How many truncations there are.</returns>
    long CountAll(bool isOrdered, CancellationToken cancellationToken)
    {
        var noKey = string.Join(" OR ", input.Keys.Select(key => $"{SqlText.Identifier(key)} IS NULL"));
        var isOut = $"{Sequence} IS NULL OR ({Operation} <> 't' AND ({noKey}))";
        var place = input.Strategy.ReadsLog
            ? $"CAST({Sequence}.{SqlText.Identifier(input.Sequence[0].Name)} AS BIGINT)"
            : "CAST(NULL AS BIGINT)";
        long truncations;
        using (var rows = session.Query(
            $"""
            SELECT count(*), count(*) FILTER ({isOut}), count(*) FILTER ({Operation} = 't'), count({Absent}),
                count(*) FILTER ({Operation} = 'd' AND {(isOrdered ? IsLast : "false")}), min({place}), max({place}),
                count(*) FILTER ({Operation} = 'm'), count(*) FILTER ({Operation} = 'p')
            FROM {Table}
            """, cancellationToken))
        {
            var counted = rows.Rows(cancellationToken).First();
            (Count, WithoutKey, truncations) = ((long)counted[0]!, (long)counted[1]!, (long)counted[2]!);
            (Partial, Deletes) = ((long)counted[3]!, (long)counted[4]!);
            if (counted[7] is long moved and > 0) throw input.OtherKeys(moved);
            if (counted[8] is long lacking and > 0) throw input.Lacking(lacking);
            if (counted[5] is long least) Places = (least, (long)counted[6]!);
        }
        if (WithoutKey > 0) Count -= session.Execute($"DELETE FROM {Table} WHERE {isOut}", cancellationToken);
        return truncations;
    }

    void ReadTruncations(CancellationToken cancellationToken)
    {
        var parts = input.Sequence.Count == 1
            ? $"CAST({Sequence} AS VARCHAR)"
            : string.Join(", ", input.Sequence.Select(part =>
                $"CAST({Sequence}.{SqlText.Identifier(part.Name)} AS VARCHAR)"));
        using (var rows = session.Query(
            $"SELECT {parts} FROM (SELECT DISTINCT {Sequence} FROM {Table} WHERE {Operation} = 't') "
                + $"ORDER BY {Sequence}",
            cancellationToken))
            Truncations =
            [
                .. rows.Rows(cancellationToken)
                    .Select(row => new CdcTruncation([.. row.Select(part => (string)part!)])),
            ];
        if (Truncations.Count > 0)
            session.Execute($"DELETE FROM {Table} WHERE {Operation} = 't'", cancellationToken);
    }
}

/// <summary>An event that deletes all rows that are before it.</summary>
/// <param name="Parts">The parts of its sequence, as texts.</param>
sealed record CdcTruncation(IReadOnlyList<string> Parts)
{
    /// <summary>Returns SQL of its sequence.</summary>
    /// <param name="input">What the parts are.</param>
    public string Sql(CdcInput input)
    {
        var values = Parts.Zip(input.SequenceTypes, (text, type) => $"CAST({SqlText.Literal(text)} AS {type})");
        return input.Sequence.Count == 1
            ? values.First()
            : $"struct_pack({string.Join(", ", input.Sequence.Zip(values, (part, value) =>
                $"{SqlText.Identifier(part.Name)} := {value}"))})";
    }
}
