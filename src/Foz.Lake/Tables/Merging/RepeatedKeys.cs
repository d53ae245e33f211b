using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Merging;

/// <summary>Keys of which a table has several rows, although its key should be unique.</summary>
/// <param name="Keys">How many such keys there are; at least one.</param>
/// <param name="Rows">How many rows have them.</param>
/// <param name="Examples">Some of them, the first as text: <c>id = 5, day = 2026-01-01</c>.</param>
public sealed record RepeatedKeys(long Keys, long Rows, IReadOnlyList<string> Examples)
{
    const int ExamplesMax = 10;

    /// <summary>The keys, for a report: <c>4 rows have 2 keys: id = 5; id = 7</c>.</summary>
    public string Report => $"{Count}: {string.Join("; ", Examples)}{(Keys > Examples.Count ? "; …" : "")}";

    string Count => $"{Rows:N0} rows have {Keys:N0} {(Keys == 1 ? "key" : "keys")}";

    /// <summary>Looks through all rows of a table; those that have NULL in the key are passed over.</summary>
    /// <param name="session">The session that reads them.</param>
    /// <param name="table">The table.</param>
    /// <param name="key">The columns of the key.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The keys; null where each row has its own, and where the table lacks a column of the key.</returns>
    public static async Task<RepeatedKeys?> FindAsync(
        EngineSession session, TableSnapshot table, IReadOnlyList<string> key, CancellationToken cancellationToken)
    {
        var columns = table.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!key.All(columns.Contains)) return null;
        var names = SqlText.Identifiers(key);
        var notNull = string.Join(" AND ", key.Select(column => $"{SqlText.Identifier(column)} IS NOT NULL"));
        var text = string.Join(
            " || ', ' || ", key.Select(column => $"{SqlText.Literal($"{column} = ")} || {SqlText.Identifier(column)}"));
        using var rows = await table.OpenAsync(session, cancellationToken);
        using var found = session.Query(
            $"""
            SELECT count(*), coalesce(sum(foz_rows), 0)::BIGINT, min({text}, {ExamplesMax}) FROM (
                SELECT {names}, count(*) AS foz_rows FROM {rows.Sql} WHERE {notNull} GROUP BY {names} HAVING count(*) > 1)
            """, cancellationToken);
        return found.Rows(cancellationToken)
            .First() is [long keys and > 0, long repeated, IEnumerable<object?> examples]
            ? new(keys, repeated, [.. examples.Select(example => $"{example}")])
            : null;
    }

    /// <summary>What is wrong, for a message: <c>4 rows have 2 keys, such as id = 5</c>.</summary>
    public override string ToString() => $"{Count}, such as {Examples[0]}";
}
