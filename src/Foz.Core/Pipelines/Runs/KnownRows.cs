using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// Leaves the rows of a batch out that its table has, each as often as it has it: a batch that reads the rows of the last cursor
/// again meets those that arrived before.
/// </summary>
/// <param name="Select">The rows that are new.</param>
/// <param name="Rows">How many rows are left out.</param>
sealed record KnownRows(string Select, long Rows)
{
    const string Arrived = "foz_arrived";

    /// <summary>
    /// The condition that is true for the rows of the table that a batch may read again; null where it reads none, and where the table
    /// does not have the cursor as it came, or as a type that reads it.
    /// </summary>
    /// <param name="session">Asks whether the cursor can be read.</param>
    /// <param name="node">The stream.</param>
    /// <param name="present">The table; null where it is new.</param>
    /// <param name="manifest">The batch.</param>
    public static string? FindReread(EngineSession session, GraphNode.OfStream node, Tables.TableSnapshot? present, StepManifest manifest)
    {
        if (manifest.Stream is not { RereadsCursor: true, CursorFrom: { } from } || node.Stream.Definition.Cursor is not { } cursor) return null;
        if (present?.Fields.FirstOrDefault(f => f.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase)) is not { } field) return null;
        if (node.Stream.Columns.Any(column => column.Mask is not null && column.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase))
            || node.Clean.Any(rule => rule.Columns.Contains(field.Name, StringComparer.OrdinalIgnoreCase))) return null;
        var value = $"{SqlText.Literal(from)} AS {ColumnTypes.NameOf(field.Type)}";
        return session.QueryScalar<bool>($"SELECT TRY_CAST({value}) IS NOT NULL", CancellationToken.None)
            ? $"{SqlText.Identifier(field.Name)} >= CAST({value})"
            : null;
    }

    /// <summary>Tells them apart by all columns that both have.</summary>
    /// <param name="session">Where the rows are read; its temporary table <c>foz_arrived</c> is replaced.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="present">The table.</param>
    /// <param name="table">Its name.</param>
    /// <param name="select">The rows as they go to the table, read once.</param>
    /// <param name="fields">Their columns, without change columns.</param>
    /// <param name="reread">The condition that is true for the rows of the table that can be among them; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<KnownRows> LeaveOutAsync(
        EngineSession session, Lake lake, Tables.TableSnapshot present, TableName table, string select, IReadOnlyList<Field> fields,
        string? reread, CancellationToken cancellationToken)
    {
        var names = present.Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var columns = fields.Select(f => f.Name).Where(names.Contains).Select(SqlText.Identifier).ToList();
        var list = string.Join(", ", columns);
        var binder = new StatementBinder(session, new LakeNames(lake, lake.Tables, _ => null));
        using var known = await binder.BindAsync(
            $"SELECT {list}, count(*) AS foz_count FROM {SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)} WHERE {reread ?? "true"} GROUP BY {list}",
            cancellationToken);
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Arrived} AS
            SELECT a.* EXCLUDE (foz_number), coalesce(a.foz_number <= k.foz_count, false) AS foz_is_known
            FROM (SELECT *, row_number() OVER (PARTITION BY {list}) AS foz_number FROM ({select})) AS a
            LEFT JOIN ({known.Sql}) AS k ON {string.Join(" AND ", columns.Select(c => $"a.{c} IS NOT DISTINCT FROM k.{c}"))}
            """, cancellationToken);
        return new(
            $"SELECT * EXCLUDE (foz_is_known) FROM {Arrived} WHERE NOT foz_is_known",
            session.QueryScalar<long>($"SELECT count(*) FROM {Arrived} WHERE foz_is_known", cancellationToken));
    }
}
