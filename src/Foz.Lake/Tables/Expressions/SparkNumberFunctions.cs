using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Spark's functions of numbers.</summary>
static class SparkNumberFunctions
{
    public static IReadOnlyList<SparkFunction> All { get; } =
    [
        SparkFunction.Same("abs", "abs", 1, null),
        SparkFunction.Same("sqrt", "sqrt", 1, DeltaType.Double),
        SparkFunction.Same("exp", "exp", 1, DeltaType.Double),
        SparkFunction.Same("ln", "ln", 1, DeltaType.Double),
        SparkFunction.Same("log10", "log10", 1, DeltaType.Double),
        SparkFunction.Same("log2", "log2", 1, DeltaType.Double),
        SparkFunction.Same("pow,power", "pow", 2, DeltaType.Double),
        SparkFunction.Same("isnan", "isnan", 1, DeltaType.Boolean),
        SparkFunction.Same("shiftleft", "shift_left", 2, null),
        SparkFunction.One("negative", value => value with { Sql = $"(-{value.Sql})" }),
        SparkFunction.One("positive", value => value),
        SparkFunction.One("sign,signum", value => new($"CAST(sign({value.Sql}) AS DOUBLE)", DeltaType.Double)),
        SparkFunction.One("ceil,ceiling", value => Whole("ceil", value)),
        SparkFunction.One("floor", value => Whole("floor", value)),
        SparkFunction.Two("mod", (left, right) => new(
            $"({left.Sql} % {right.Sql})", SparkValues.ArithmeticType(left.Type, right.Type))),
        // Never negative for a positive divisor.
        SparkFunction.Two("pmod", (left, right) => new(
            $"((({left.Sql} % {right.Sql}) + {right.Sql}) % {right.Sql})",
            SparkValues.ArithmeticType(left.Type, right.Type))),
        new(["round"], 1, 2, values => new(
            $"round({string.Join(", ", values.Select(v => v.Sql))})",
            values[0].Type is DecimalType ? null : values[0].Type)),
    ];

    static SqlValue? Whole(string function, SqlValue value) => value.Type is DecimalType or null
        ? new($"{function}({value.Sql})", null)
        : new($"CAST({function}({value.Sql}) AS BIGINT)", DeltaType.Long);
}
