using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Streams.Tables;

namespace Foz.Streams.Comparing;

/// <summary>Compares rows in the temporary tables <c>foz_source</c> and <c>foz_lake</c>.</summary>
/// <param name="session">The session.</param>
/// <param name="keys">The columns of the key.</param>
/// <param name="columns">All columns that are compared, those of the key among them.</param>
sealed class RowComparison(EngineSession session, IReadOnlyList<string> keys, IReadOnlyList<ComparedColumn> columns)
{
    /// <summary>The tables of the rows.</summary>
    public const string OfSource = "foz_source", OfLake = "foz_lake";

    const string Number = "foz_number", Result = "foz_result";

    /// <summary>The checksums that the engine makes of the lake's rows.</summary>
    public static RowChecksums Checksums(IEnumerable<Field> fields)
    {
        var types = fields.ToDictionary(field => field.Name, field => field.Type, StringComparer.OrdinalIgnoreCase);
        return new(
            static digits => $"CAST('0x' || {digits} AS BIGINT)",
            name =>
            {
                var (sql, type) = (SqlText.Identifier(name), types[name]);
                // As databases write them.
                return type == DataType.Binary ? $@"'\x' || lower(hex({sql}))"
                    : type == DataType.Double || type == DataType.Float
                        ? $@"regexp_replace(CAST({sql} AS VARCHAR), '\.0$', '')"
                        : $"CAST({sql} AS VARCHAR)";
            });
    }

    /// <summary>Finds how the rows differ.</summary>
    /// <param name="most">How many differences are returned.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public (IReadOnlyDictionary<RowDifferenceKind, long> Counts, IReadOnlyList<RowDifference> First) Run(
        int most, CancellationToken cancellationToken)
    {
        var either = keys.Select(SqlText.Identifier).Select(column => $"coalesce(s.{column}, l.{column})").ToList();
        var key = string.Join(" || ', ' || ", keys.Select((name, i) =>
            $"coalesce(CAST({either[i]} AS VARCHAR), s.{RescuedKey(i)}, l.{RescuedKey(i)}, 'NULL')"));
        var same = string.Join(" AND ", columns.Where(column => IsKey(column.Name))
            .Select(column => column.IsSame("s", "l"))
            .Concat(keys.Select((_, i) => $"s.{RescuedKey(i)} IS NOT DISTINCT FROM l.{RescuedKey(i)}")));
        var entries = columns.Where(column => !IsKey(column.Name)).Select(column =>
            $"{{'c': {SqlText.Literal(column.Name)}, 's': CAST(s.{column.Sql} AS VARCHAR), "
                + $"'l': CAST(l.{column.Sql} AS VARCHAR), 'd': NOT {column.IsSame("s", "l")}}}").ToList();
        var differing = entries.Count == 0
            ? "CAST([] AS STRUCT(c VARCHAR, s VARCHAR, l VARCHAR, d BOOLEAN)[])"
            : $"list_filter([{string.Join(", ", entries)}], lambda foz_entry: foz_entry.d)";
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Result} AS
            SELECT * FROM (
                SELECT {key} AS foz_key, CASE WHEN l.{Number} IS NULL THEN {(int)RowDifferenceKind.MissingInLake}
                        WHEN s.{Number} IS NULL THEN {(int)RowDifferenceKind.MissingInSource}
                        ELSE {(int)RowDifferenceKind.Changed} END AS foz_kind,
                    {string.Join(", ", either.Select((value, i) => $"{value} AS {KeyName(i)}"))},
                    CASE WHEN s.{Number} IS NOT NULL AND l.{Number} IS NOT NULL THEN {differing} END AS foz_columns
                FROM ({Numbered(OfSource)}) AS s FULL JOIN ({Numbered(OfLake)}) AS l
                    ON {same} AND s.{Number} = l.{Number})
            WHERE foz_columns IS NULL OR len(foz_columns) > 0
            """, cancellationToken);
        return (Count(cancellationToken), First(most, cancellationToken));
    }

    Dictionary<RowDifferenceKind, long> Count(CancellationToken cancellationToken)
    {
        using var counts = session.Query(
            $"SELECT foz_kind, count(*) FROM {Result} GROUP BY foz_kind", cancellationToken);
        return counts.Rows(cancellationToken).ToDictionary(
            row => (RowDifferenceKind)Convert.ToInt32(row[0], CultureInfo.InvariantCulture), row => (long)row[1]!);
    }

    List<RowDifference> First(int most, CancellationToken cancellationToken)
    {
        var order = string.Join(", ", keys.Select((_, i) => KeyName(i)));
        using var rows = session.Query(
            $"""
            SELECT foz_key, foz_kind, d.c, d.s, d.l FROM (
                SELECT *, unnest(coalesce(foz_columns, [NULL])) AS d
                FROM (SELECT * FROM {Result} ORDER BY {order}, foz_kind LIMIT {most}))
            ORDER BY {order}, foz_kind LIMIT {most}
            """, cancellationToken);
        return
        [
            .. rows.Rows(cancellationToken).Select(row => new RowDifference(
                (string)row[0]!, (RowDifferenceKind)Convert.ToInt32(row[1], CultureInfo.InvariantCulture))
            {
                Column = (string?)row[2], InSource = (string?)row[3], InLake = (string?)row[4],
            }),
        ];
    }

    /// <summary>
    /// Rows that have one key are counted, so that none of them is compared with two others. Of a key that no column
    /// can hold, such as an infinite date, the source's text is the key.
    /// </summary>
    string Numbered(string table)
    {
        var isRescued = columns.Any(column => column.Name == BronzeRows.RescuedName);
        var texts = keys.Select((name, i) => isRescued
            ? $"CASE WHEN {SqlText.Identifier(name)} IS NULL THEN "
                + $"TRY_CAST({BronzeRows.RescuedName} AS JSON) ->> {SqlText.Literal(name)} END AS {RescuedKey(i)}"
            : $"CAST(NULL AS VARCHAR) AS {RescuedKey(i)}");
        var parts = keys.Select(SqlText.Identifier).Concat(keys.Select((_, i) => RescuedKey(i)));
        return $"SELECT *, row_number() OVER (PARTITION BY {string.Join(", ", parts)}) AS {Number} "
            + $"FROM (SELECT *, {string.Join(", ", texts)} FROM {table})";
    }

    static string RescuedKey(int number) => string.Create(CultureInfo.InvariantCulture, $"foz_r{number}");

    bool IsKey(string column) => keys.Contains(column, StringComparer.OrdinalIgnoreCase);

    static string KeyName(int number) => string.Create(CultureInfo.InvariantCulture, $"foz_k{number}");
}

/// <summary>A column that both sides have.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HasOneType">Whether the values of both sides can be compared as they are.</param>
sealed record ComparedColumn(string Name, bool HasOneType)
{
    /// <summary>The column in SQL.</summary>
    public string Sql => SqlText.Identifier(Name);

    /// <summary>The condition that two rows have the same value.</summary>
    public string IsSame(string one, string other) => HasOneType
        ? $"({one}.{Sql} IS NOT DISTINCT FROM {other}.{Sql})"
        : $"(CAST({one}.{Sql} AS VARCHAR) IS NOT DISTINCT FROM CAST({other}.{Sql} AS VARCHAR))";
}
