using Foz.Delta.Schema;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// Columns that a statement gives as NULL and nothing else, which DuckDB knows no type of. They fit any column that the
/// table has. For one that it lacks Delta's <c>void</c> would be the type; most readers refuse tables with it, so that
/// it is not written.
/// </summary>
static class UntypedColumns
{
    /// <summary>Whether it makes a difference which of a statement's columns are such.</summary>
    /// <param name="columns">The columns, as the engine returns them.</param>
    /// <param name="present">The schema of the table; null where there is none.</param>
    public static bool MayMatter(IReadOnlyList<EngineColumn> columns, StructType? present) => columns.Any(
        column => UntypedNulls.MayBeIn(column.Type) && !Fits(column, present?.Find(column.Name)?.Type));

    /// <summary>The schema of a statement's rows with the table's types where it has none.</summary>
    /// <param name="data">The schema of the rows.</param>
    /// <param name="present">The schema of the table; null where there is none.</param>
    /// <param name="table">The table, for the message.</param>
    /// <exception cref="FozException">The table has no column to take a type from.</exception>
    public static StructType Fill(StructType data, StructType? present, string table) => (StructType)Fill(
        data, present, ColumnPath.Root,
        path => new(ErrorKind.Sql, $"column {path} of {table} is NULL in all rows and has no type")
        {
            Hint = "say which type it has, such as CAST(NULL AS VARCHAR), or leave it out",
        });

    static bool Fits(EngineColumn column, DeltaType? present)
    {
        var type = DeltaTypes.ToDeltaType(column.ToField().Type);
        return present is not null && (type == present || TypeWidening.CanRead(type, present));
    }

    static DeltaType Fill(
        DeltaType data, DeltaType? present, ColumnPath path, Func<ColumnPath, FozException> untyped) => data switch
        {
            PrimitiveType { Kind: PrimitiveKind.Void } => present ?? throw untyped(path),
            StructType rows => new StructType([.. rows.Fields.Select(field => field with
            {
                Type = Fill(
                    field.Type, (present as StructType)?.Find(field.Name)?.Type, path.Then(field.Name), untyped),
            })]),
            ArrayType list => list with
            {
                Element = Fill(list.Element, (present as ArrayType)?.Element, path.Then("element"), untyped),
            },
            MapType map => map with
            {
                Key = Fill(map.Key, (present as MapType)?.Key, path.Then("key"), untyped),
                Value = Fill(map.Value, (present as MapType)?.Value, path.Then("value"), untyped),
            },
            _ => data,
        };
}
