using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>What Spark SQL makes of values where DuckDB's SQL has other rules or other words.</summary>
static class SparkValues
{
    /// <summary>Texts one after the other; NULL if one is.</summary>
    public static SqlValue Concat(IReadOnlyList<SqlValue> values) =>
        new($"({string.Join(" || ", values.Select(value => Cast(value, DeltaType.String).Sql))})", DeltaType.String);

    /// <summary>A quotient, as Spark has it: of whole numbers a double, NULL for a divisor of 0.</summary>
    public static SqlValue Divide(SqlValue left, SqlValue right) => new(
        $"({left.Sql} / {right.Sql})",
        left.Type is DecimalType || right.Type is DecimalType ? null : DeltaType.Double);

    /// <summary>The type of a sum, difference or product; null where it is not known.</summary>
    public static DeltaType? ArithmeticType(DeltaType? left, DeltaType? right)
    {
        if (left is not PrimitiveType a || right is not PrimitiveType b) return null;
        PrimitiveType[] order =
            [DeltaType.Byte, DeltaType.Short, DeltaType.Integer, DeltaType.Long, DeltaType.Float, DeltaType.Double];
        var wider = Math.Max(Array.IndexOf(order, a), Array.IndexOf(order, b));
        return Array.IndexOf(order, a) < 0 || Array.IndexOf(order, b) < 0 ? null : order[wider];
    }

    /// <summary>A value as another type, by Spark's rules where DuckDB's differ.</summary>
    public static SqlValue Cast(SqlValue value, DeltaType type, bool isTry = false)
    {
        if (value.Type == type) return value;
        var sql = (value.Type, type) switch
        {
            // DuckDB rounds, Spark cuts.
            (PrimitiveType { Kind: PrimitiveKind.Double or PrimitiveKind.Float } or DecimalType, PrimitiveType to)
                when IsInteger(to) => $"trunc({value.Sql})",
            (PrimitiveType { Kind: PrimitiveKind.Timestamp }, PrimitiveType to) when IsInteger(to) =>
                $"floor(epoch({value.Sql}))",
            (PrimitiveType { Kind: PrimitiveKind.Timestamp }, PrimitiveType { Kind: PrimitiveKind.Double }) =>
                $"epoch({value.Sql})",
            (PrimitiveType { Kind: PrimitiveKind.Timestamp }, PrimitiveType { Kind: PrimitiveKind.String }) =>
                $"CAST({value.Sql} AS TIMESTAMP)",
            (PrimitiveType from, PrimitiveType { Kind: PrimitiveKind.Timestamp }) when IsInteger(from) =>
                $"to_timestamp({value.Sql})",
            _ => value.Sql,
        };
        return new($"{(isTry ? "TRY_" : "")}CAST({sql} AS {PhysicalColumns.LogicalTypeName(type)})", type);
    }

    static bool IsInteger(PrimitiveType type) =>
        type.Kind is PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long;
}
