using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// Rows whose key was changed, in the events of a source's log: a delete of the old key, and right after it an insert
/// of the new one. Columns that the source did not send with it have the values of the row of the old key.
/// </summary>
/// <param name="session">The session with the events; its temporary table <c>foz_moves</c> is replaced.</param>
/// <param name="input">What the columns of events are.</param>
sealed class CdcMoves(EngineSession session, CdcInput input)
{
    const string Moves = "foz_moves", Events = CdcEvents.Table, At = CdcEvents.At, Op = CdcEvents.Operation,
        Absent = CdcEvents.Absent;

    /// <summary>Gives such columns their values.</summary>
    /// <param name="current">The present rows of the keys, as FROM takes it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Resolve(string current, CancellationToken cancellationToken)
    {
        var lsn = SqlText.Identifier(input.Sequence[0].Name);
        var old = string.Join(", ", input.Keys.Select((key, i) => $"d.{SqlText.Identifier(key)} AS {Key(i)}"));
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Moves} AS
            SELECT c.{At} AS foz_to, d.{At} AS foz_from, {old}
            FROM {Events} AS c JOIN {Events} AS d ON d.{At} = c.{At} - 1
            WHERE c.{CdcEvents.IsInsert} AND c.{Absent} IS NOT NULL AND d.{Op} = 'd'
                AND c.{CdcEvents.Sequence}.{lsn} = d.{CdcEvents.Sequence}.{lsn}
            """, cancellationToken);
        // A key may have been changed again: what it has now is known once the first change is.
        while (session.QueryScalar<long>($"SELECT count(*) FROM {Moves}", cancellationToken) > 0)
            ResolveFirst(current, cancellationToken);
    }

    /// <summary>Resolves the moves whose old row none of the other ones made.</summary>
    void ResolveFirst(string current, CancellationToken cancellationToken)
    {
        var ofMove = Same("e", "m");
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE foz_ready AS SELECT * FROM {Moves} AS m WHERE NOT EXISTS (
                SELECT 1 FROM {Moves} AS o JOIN {Events} AS e ON e.{At} = o.foz_to
                WHERE {ofMove} AND o.foz_to < m.foz_from)
            """, cancellationToken);
        var found = input.Values.Select((column, i) =>
        {
            var name = SqlText.Identifier(column);
            return $"arg_max(struct_pack(v := h.{name}), h.{At}) FILTER (WHERE h.{Op} = 'u' AND NOT coalesce("
                + $"list_contains(h.{Absent}, {SqlText.Literal(column)}), false)) AS {Value(i)}";
        });
        var set = input.Values.Select((column, i) =>
        {
            var name = SqlText.Identifier(column);
            return $"{name} = CASE WHEN list_contains({Absent}, {SqlText.Literal(column)}) THEN x.{name} "
                + $"ELSE {Events}.{name} END";
        });
        var chosen = input.Values.Select((column, i) =>
        {
            var name = SqlText.Identifier(column);
            return $"CASE WHEN g.{Value(i)} IS NOT NULL THEN g.{Value(i)}.v WHEN r.foz_reset IS NULL THEN o.{name} END "
                + $"AS {name}";
        });
        session.Execute(
            $"""
            UPDATE {Events} SET {string.Join(", ", set.Append($"{Absent} = NULL"))}
            FROM (
                WITH h AS (
                    SELECT m.foz_to, e.* FROM foz_ready AS m JOIN {Events} AS e ON {ofMove} AND e.{At} < m.foz_from),
                r AS (SELECT foz_to, max({At}) FILTER (WHERE {Op} = 'd') AS foz_reset FROM h GROUP BY foz_to),
                g AS (
                    SELECT h.foz_to{string.Concat(found.Select(part => ", " + part))}
                    FROM h JOIN r USING (foz_to) WHERE r.foz_reset IS NULL OR h.{At} > r.foz_reset GROUP BY h.foz_to)
                SELECT m.foz_to{string.Concat(chosen.Select(part => ", " + part))}
                FROM foz_ready AS m LEFT JOIN g USING (foz_to) LEFT JOIN r USING (foz_to)
                LEFT JOIN {current} AS o ON {Same("o", "m")}) AS x
            WHERE {Events}.{At} = x.foz_to
            """, cancellationToken);
        session.Execute(
            $"DELETE FROM {Moves} WHERE foz_to IN (SELECT foz_to FROM foz_ready)", cancellationToken);
    }

    string Same(string rows, string moves) => string.Join(
        " AND ", input.Keys.Select((key, i) => $"{rows}.{SqlText.Identifier(key)} = {moves}.{Key(i)}"));

    static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"foz_k{number}");

    static string Value(int number) => string.Create(CultureInfo.InvariantCulture, $"foz_v{number}");
}
