using System.Text.Json;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>Reads filters and bound expressions out of the JSON of plans; null for what cannot be expressed.</summary>
static class PlanFilter
{
    /// <summary>A filter that DuckDB pushed into the scan of a column.</summary>
    public static FilterExpression? Read(JsonElement filter, IReadOnlyList<string> column)
    {
        switch (filter.GetProperty("filter_type").GetString())
        {
            case "CONSTANT_COMPARISON":
                return Compare(
                    column, filter.GetProperty("comparison_type").GetString(), filter.GetProperty("constant"));
            case "OPTIONAL_FILTER":
                // It may be skipped, but holds of every row that is needed.
                return filter.GetProperty("child_filter") is { ValueKind: JsonValueKind.Object } optional
                    ? Read(optional, column) : null;
            case "IN_FILTER":
                return In(column, filter.GetProperty("values").EnumerateArray());
            case "IS_NULL":
                return new FilterExpression.IsNull(column);
            case "IS_NOT_NULL":
                return new FilterExpression.IsNotNull(column);
            case "CONJUNCTION_AND":
                return FilterExpression.All(Children().Select(child => Read(child, column)));
            case "CONJUNCTION_OR":
                return FilterExpression.Any(Children().Select(child => Read(child, column)));
            case "STRUCT_EXTRACT":
                return filter.GetProperty("child_name").GetString() is { Length: > 0 } field
                    ? Read(filter.GetProperty("child_filter"), [.. column, field]) : null;
            case "EXPRESSION_FILTER":
                return ReadExpression(filter.GetProperty("expr"), _ => column);
            default:
                return null;
        }

        JsonElement.ArrayEnumerator Children() => filter.GetProperty("child_filters").EnumerateArray();
    }

    /// <summary>A condition whose columns are numbers.</summary>
    public static FilterExpression? ReadExpression(JsonElement expression, Func<int, IReadOnlyList<string>?> columnOf)
    {
        var type = expression.GetProperty("type").GetString();
        switch (expression.GetProperty("expression_class").GetString())
        {
            case "BOUND_CONJUNCTION":
                var terms = expression.GetProperty("children").EnumerateArray()
                    .Select(term => ReadExpression(term, columnOf));
                return type == "CONJUNCTION_AND" ? FilterExpression.All(terms) : FilterExpression.Any(terms);
            case "BOUND_COMPARISON":
                return ReadComparison(expression, type, columnOf);
            case "BOUND_REF":
                return Column(expression, columnOf) is { } truth
                    ? new FilterExpression.Compare(truth, FilterComparison.Equal, "true") : null;
            case "BOUND_OPERATOR":
                return ReadOperator(expression.GetProperty("children"), type, columnOf);
            default:
                return null;
        }
    }

    static FilterExpression.Compare? ReadComparison(
        JsonElement expression, string? type, Func<int, IReadOnlyList<string>?> columnOf)
    {
        var (left, right) = (expression.GetProperty("left"), expression.GetProperty("right"));
        if (IsConstant(left)) (left, right, type) = (right, left, Mirrored(type));
        return Column(left, columnOf) is { } column && IsConstant(right)
            ? Compare(column, type, right.GetProperty("value"))
            : null;
    }

    static FilterExpression? ReadOperator(
        JsonElement children, string? type, Func<int, IReadOnlyList<string>?> columnOf)
    {
        if (Column(children[0], columnOf) is not { } column) return null;
        var rest = children.EnumerateArray().Skip(1);
        return type switch
        {
            "OPERATOR_IS_NULL" => new FilterExpression.IsNull(column),
            "OPERATOR_IS_NOT_NULL" => new FilterExpression.IsNotNull(column),
            "OPERATOR_NOT" => new FilterExpression.Compare(column, FilterComparison.Equal, "false"),
            "COMPARE_IN" when rest.All(IsConstant) => In(column, rest.Select(c => c.GetProperty("value"))),
            "COMPARE_NOT_IN" when rest.All(IsConstant) => FilterExpression.All(
                rest.Select(c => Compare(column, "COMPARE_NOTEQUAL", c.GetProperty("value")))),
            _ => null,
        };
    }

    static FilterExpression.Compare? Compare(IReadOnlyList<string> column, string? type, JsonElement constant)
    {
        FilterComparison? comparison = type switch
        {
            "COMPARE_EQUAL" => FilterComparison.Equal,
            "COMPARE_NOTEQUAL" => FilterComparison.NotEqual,
            "COMPARE_LESSTHAN" => FilterComparison.Less,
            "COMPARE_LESSTHANOREQUALTO" => FilterComparison.LessOrEqual,
            "COMPARE_GREATERTHAN" => FilterComparison.Greater,
            "COMPARE_GREATERTHANOREQUALTO" => FilterComparison.GreaterOrEqual,
            _ => null,
        };
        return comparison is { } known && PlanValue.TextOf(constant) is { } literal
            ? new(column, known, literal)
            : null;
    }

    static FilterExpression.In? In(IReadOnlyList<string> column, IEnumerable<JsonElement> constants)
    {
        List<string> literals = [];
        foreach (var constant in constants)
        {
            if (PlanValue.TextOf(constant) is { } literal) literals.Add(literal);
            // Nothing equals NULL; another value that is not read would be missed.
            else if (!constant.GetProperty("is_null").GetBoolean()) return null;
        }
        return new(column, literals);
    }

    static bool IsConstant(JsonElement expression) =>
        expression.GetProperty("expression_class").ValueEquals("BOUND_CONSTANT");

    /// <summary>A bare column, or a field of one; null for anything else, a cast column too.</summary>
    static IReadOnlyList<string>? Column(JsonElement expression, Func<int, IReadOnlyList<string>?> columnOf)
    {
        if (expression.GetProperty("expression_class").ValueEquals("BOUND_REF"))
            return columnOf(expression.GetProperty("index").GetInt32());
        return expression.GetProperty("expression_class").ValueEquals("BOUND_FUNCTION")
            && expression.GetProperty("name").ValueEquals("struct_extract")
            && expression.GetProperty("children") is var children && IsConstant(children[1])
            && PlanValue.TextOf(children[1].GetProperty("value")) is { } field
            && Column(children[0], columnOf) is { } parent ? [.. parent, field] : null;
    }

    static string? Mirrored(string? type) => type switch
    {
        "COMPARE_LESSTHAN" => "COMPARE_GREATERTHAN",
        "COMPARE_LESSTHANOREQUALTO" => "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_GREATERTHAN" => "COMPARE_LESSTHAN",
        "COMPARE_GREATERTHANOREQUALTO" => "COMPARE_LESSTHANOREQUALTO",
        _ => type,
    };
}
