using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Spark's functions of values of any type: of NULL, of conditions, of collections, and casts.</summary>
static class SparkGeneralFunctions
{
    public static IReadOnlyList<SparkFunction> All { get; } =
    [
        new(["coalesce", "nvl", "ifnull"], 1, int.MaxValue, values => Call("coalesce", values)),
        new(["greatest"], 2, int.MaxValue, values => Call("greatest", values)),
        new(["least"], 2, int.MaxValue, values => Call("least", values)),
        SparkFunction.Two("nullif", (value, other) => value with { Sql = $"nullif({value.Sql}, {other.Sql})" }),
        SparkFunction.One("isnull", value => new($"({value.Sql} IS NULL)", DeltaType.Boolean)),
        SparkFunction.One("isnotnull", value => new($"({value.Sql} IS NOT NULL)", DeltaType.Boolean)),
        new(["if", "iff"], 3, 3, values => values[1] with
        {
            Sql = $"(CASE WHEN {values[0].Sql} THEN {values[1].Sql} ELSE {values[2].Sql} END)",
        }),
        new(["nvl2"], 3, 3, values => values[1] with
        {
            Sql = $"(CASE WHEN {values[0].Sql} IS NOT NULL THEN {values[1].Sql} ELSE {values[2].Sql} END)",
        }),
        SparkFunction.One("size,cardinality,array_size", value => value.Type switch
        {
            ArrayType => new SqlValue($"CAST(len({value.Sql}) AS INTEGER)", DeltaType.Integer),
            MapType => new SqlValue($"CAST(cardinality({value.Sql}) AS INTEGER)", DeltaType.Integer),
            _ => null,
        }),
        SparkFunction.Two(
            "array_contains", (list, value) => new($"list_contains({list.Sql}, {value.Sql})", DeltaType.Boolean)),
        SparkFunction.One("map_keys", map => map.Type is MapType type
            ? new SqlValue($"map_keys({map.Sql})", new ArrayType(type.Key, ContainsNull: false))
            : null),
        new(["array"], 0, int.MaxValue, values => new(
            $"[{string.Join(", ", values.Select(v => v.Sql))}]",
            values is [{ Type: { } element }, ..] ? new ArrayType(element, ContainsNull: true) : null)),
        new(["uuid"], 0, 0, _ => new("CAST(uuid() AS VARCHAR)", DeltaType.String)) { IsVolatile = true },
        new(["rand", "random"], 0, 0, _ => new("random()", DeltaType.Double)) { IsVolatile = true },
        CastTo("tinyint", DeltaType.Byte), CastTo("smallint", DeltaType.Short), CastTo("int", DeltaType.Integer),
        CastTo("bigint", DeltaType.Long), CastTo("float", DeltaType.Float), CastTo("double", DeltaType.Double),
        CastTo("string", DeltaType.String), CastTo("boolean", DeltaType.Boolean), CastTo("binary", DeltaType.Binary),
    ];

    static SqlValue? Call(string function, IReadOnlyList<SqlValue> values) => new(
        $"{function}({string.Join(", ", values.Select(v => v.Sql))})",
        values.Select(v => v.Type).FirstOrDefault(type => type is not null));

    static SparkFunction CastTo(string name, DeltaType type) =>
        SparkFunction.One(name, value => SparkValues.Cast(value, type));
}
