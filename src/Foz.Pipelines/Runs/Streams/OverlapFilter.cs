using Foz.Connectors;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>
/// Removes the rows of a batch that its table already has, counting duplicates: a batch that reads the rows of the last
/// cursor again meets those that arrived before.
/// </summary>
/// <param name="Select">The rows that are new.</param>
/// <param name="Rows">How many rows are left out.</param>
sealed record OverlapFilter(string Select, long Rows)
{
    const string Arrived = "foz_arrived";

    /// <summary>
    /// The condition that is true for the rows of the table that a batch may read again; null where it reads none, and
    /// where the table does not have the cursor as it came, or as a type that orders it as its source does.
    /// </summary>
    /// <param name="session">Asks whether the cursor can be read.</param>
    /// <param name="node">The stream.</param>
    /// <param name="present">The table; null where it is new.</param>
    /// <param name="manifest">The batch.</param>
    public static string? FindReread(
        EngineSession session, GraphNode.OfStream node, TableSnapshot? present, StepManifest manifest)
    {
        if (manifest.Stream is not StreamInputs.OfCursor { Rereads: true, From: { } from } inputs
            || node.Stream.Definition.Cursor is not { } cursor)
            return null;
        if (present?.Fields
            .FirstOrDefault(f => f.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase)) is not { } field)
            return null;
        if (node.Stream.Columns.Any(column =>
            column.Mask is not null && column.Name.Equals(cursor, StringComparison.OrdinalIgnoreCase))
            || node.Clean.Any(rule => rule.Columns.Contains(field.Name, StringComparer.OrdinalIgnoreCase))) return null;
        var value = $"{SqlText.Literal(from)} AS {ColumnTypes.NameOf(field.Type)}";
        // The order of texts is that of their collation in the source, which may hold 'b' and 'B' to be equal. The
        // cursor's text of bytes is not how the engine writes them.
        if (field.Type == DataType.String || field.Type == DataType.Binary) return null;
        var name = SqlText.Identifier(field.Name);
        return session.QueryScalar<bool>($"SELECT TRY_CAST({value}) IS NOT NULL", CancellationToken.None)
            ? $"({name} >= CAST({value}){(inputs.ReadsNulls ? $" OR {name} IS NULL" : "")})"
            : null;
    }

    /// <summary>
    /// Tells them apart by all columns that both have, and of nested ones by the fields that the table's have.
    /// </summary>
    /// <param name="session">Where the rows are read; its temporary table <c>foz_arrived</c> is replaced.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="present">The table.</param>
    /// <param name="table">Its name.</param>
    /// <param name="select">The rows as they go to the table, read once.</param>
    /// <param name="fields">Their columns, without change columns.</param>
    /// <param name="reread">
    /// The condition that is true for the rows of the table that can be among them; null for all.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<OverlapFilter> LeaveOutAsync(
        EngineSession session, Lakehouse lake, TableSnapshot present, TableName table, string select,
        IReadOnlyList<Field> fields,
        string? reread, CancellationToken cancellationToken)
    {
        var known = present.Fields.ToDictionary(f => f.Name, f => f.Type, StringComparer.OrdinalIgnoreCase);
        var both = fields.Where(f => known.ContainsKey(f.Name)).ToList();
        var columns = both.Select(f => Comparable(f, known[f.Name])).ToList();
        var list = SqlText.Identifiers(both.Select(f => f.Name));
        var binder = new StatementBinder(session, new LakeNameResolver(lake, lake.Tables, _ => null));
        using var arrived = await binder.BindAsync(
            $"SELECT {list}, count(*) AS foz_count FROM "
                + $"{SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)} WHERE "
                + $"{reread ?? "true"} GROUP BY {list}",
            cancellationToken);
        session.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE {Arrived} AS
            SELECT a.* EXCLUDE (foz_number), coalesce(a.foz_number <= k.foz_count, false) AS foz_is_known
            FROM (SELECT a.*, row_number() OVER (PARTITION BY {string.Join(", ", columns.Select(column => column.Arrives))}) AS foz_number FROM ({select}) AS a) AS a
            LEFT JOIN ({arrived.Sql}) AS k ON {string.Join(" AND ", columns.Select(c => $"{c.Arrives} IS NOT DISTINCT FROM {c.Known}"))}
            """, cancellationToken);
        return new(
            $"SELECT * EXCLUDE (foz_is_known) FROM {Arrived} WHERE NOT foz_is_known",
            session.QueryScalar<long>($"SELECT count(*) FROM {Arrived} WHERE foz_is_known", cancellationToken));
    }

    /// <summary>
    /// Two values as they are compared: nested ones by the fields that the table has, and as text where one type does
    /// not hold the other, which the table then refuses.
    /// </summary>
    static (string Arrives, string Known) Comparable(Field field, DataType known)
    {
        var name = SqlText.Identifier(field.Name);
        return field.Type == known
            || (DeltaTypes.Wider(known, field.Type) ?? DeltaTypes.Wider(field.Type, known)) is not null
            ? ($"a.{name}", $"k.{name}")
            : (field.Type, known) is (DataType.Struct, DataType.Struct) or (DataType.Array, DataType.Array)
                ? ($"CAST(a.{name} AS {ColumnTypes.NameOf(known)})", $"k.{name}")
                : ($"CAST(a.{name} AS VARCHAR)", $"CAST(k.{name} AS VARCHAR)");
    }
}
