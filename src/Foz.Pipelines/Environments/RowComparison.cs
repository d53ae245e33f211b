using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Environments;

/// <summary>Compares the rows of two relations by the columns that both have.</summary>
/// <param name="session">The session in which both can be read.</param>
/// <param name="before">The first, as a SELECT.</param>
/// <param name="now">The second, as a SELECT.</param>
/// <param name="columns">The columns.</param>
/// <param name="samplesMax">How many rows are shown of each kind of difference.</param>
sealed class RowComparison(
    EngineSession session, string before, string now, IReadOnlyList<EngineColumn> columns, int samplesMax)
{
    string Names => SqlText.Identifiers(columns.Select(column => column.Name));

    string Head => $"WITH a AS (SELECT {Names} FROM ({before}\n)), b AS (SELECT {Names} FROM ({now}\n))\n";

    /// <summary>Whether no two rows of either have the same values of some columns.</summary>
    public bool AreUnique(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var list = SqlText.Identifiers(keys);
        return session.QueryScalar<long>(
            $"{Head}SELECT count(*) FROM (SELECT 1 FROM a GROUP BY {list} HAVING count(*) > 1 "
            + $"UNION ALL SELECT 1 FROM b GROUP BY {list} HAVING count(*) > 1)", cancellationToken) == 0;
    }

    /// <summary>Counts whole rows: one that is there twice in one and once in the other is one that differs.</summary>
    public TableDiff AsMultiset(TableDiff diff, CancellationToken cancellationToken)
    {
        var removed = $"SELECT {Names} FROM a EXCEPT ALL SELECT {Names} FROM b";
        var added = $"SELECT {Names} FROM b EXCEPT ALL SELECT {Names} FROM a";
        var (rowsRemoved, rowsAdded) = (Count(removed, cancellationToken), Count(added, cancellationToken));
        return diff with
        {
            RowsRemoved = rowsRemoved,
            RowsAdded = rowsAdded,
            RowsSame = Count("SELECT 1 FROM b", cancellationToken) - rowsAdded,
            Columns = columns,
            Samples =
            [
                .. Rows($"SELECT * FROM ({removed})", cancellationToken).Select(row => new RowSample(row, Now: null)),
                .. Rows($"SELECT * FROM ({added})", cancellationToken).Select(row => new RowSample(Before: null, row)),
            ],
        };
    }

    /// <summary>Tells rows apart by keys, which are unique in both.</summary>
    public TableDiff ByKey(TableDiff diff, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var on = string.Join(
            " AND ",
            keys.Select(key => $"a.{SqlText.Identifier(key)} IS NOT DISTINCT FROM b.{SqlText.Identifier(key)}"));
        var values = columns.Where(c => !keys.Contains(c.Name)).Select(c => c.Name).ToList();
        var differs = values.Count == 0 ? "false" : string.Join(" OR ", values.Select(Differs));
        var both = $"FROM a JOIN b ON {on}";
        var removed = $"FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE {on})";
        var added = $"FROM b WHERE NOT EXISTS (SELECT 1 FROM a WHERE {on})";
        var counts = Rows(
            $"SELECT count(*), count(*) FILTER (WHERE {differs})"
            + string.Concat(values.Select(value => $", count(*) FILTER (WHERE {Differs(value)})")) + $" {both}",
            cancellationToken)[0]
            .Select(count => Convert.ToInt64(count, CultureInfo.InvariantCulture)).ToArray();
        var pairs = string.Join(
            ", ",
            columns.Select(c => $"a.{SqlText.Identifier(c.Name)}")
                .Concat(columns.Select(c => $"b.{SqlText.Identifier(c.Name)}")));
        return diff with
        {
            Keys = keys,
            RowsSame = counts[0] - counts[1],
            RowsChanged = counts[1],
            RowsRemoved = Count($"SELECT 1 {removed}", cancellationToken),
            RowsAdded = Count($"SELECT 1 {added}", cancellationToken),
            ColumnsChanged = values.Zip(counts[2..]).Where(pair => pair.Second > 0)
                .ToDictionary(pair => pair.First, pair => pair.Second),
            Columns = columns,
            Samples =
            [
                .. Rows($"SELECT {pairs} {both} WHERE {differs}", cancellationToken)
                    .Select(row => new RowSample(row[..columns.Count], row[columns.Count..])),
                .. Rows($"SELECT {Names} {removed}", cancellationToken).Select(row => new RowSample(row, Now: null)),
                .. Rows($"SELECT {Names} {added}", cancellationToken).Select(row => new RowSample(Before: null, row)),
            ],
        };
    }

    static string Differs(string column) =>
        $"a.{SqlText.Identifier(column)} IS DISTINCT FROM b.{SqlText.Identifier(column)}";

    long Count(string sql, CancellationToken cancellationToken) =>
        session.QueryScalar<long>($"{Head}SELECT count(*) FROM ({sql})", cancellationToken);

    List<object?[]> Rows(string sql, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            string.Create(CultureInfo.InvariantCulture, $"{Head}{sql} ORDER BY ALL LIMIT {Math.Max(1, samplesMax)}"),
            cancellationToken);
        return [.. rows.Rows(cancellationToken)];
    }
}
