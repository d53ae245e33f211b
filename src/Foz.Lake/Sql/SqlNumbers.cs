using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>
/// Where a statement does with numbers what PostgreSQL does otherwise by their types: it computes or compares columns
/// that may be
/// <c>real</c> with other numbers, of which the engine makes single precision and PostgreSQL double, or joins numbers
/// to texts.
/// </summary>
sealed class SqlNumbers
{
    static readonly HashSet<string> operators = new(StringComparer.Ordinal) { "+", "-", "*" };

    /// <summary>Functions whose result is of their first argument's type.</summary>
    static readonly HashSet<string> same = new(StringComparer.OrdinalIgnoreCase)
    {
        "abs", "any_value", "coalesce", "first", "last", "max", "min", "sum",
        "foz_sum", "foz_sum_distinct", "foz_greatest", "foz_least",
    };

    /// <summary>Functions that give numeric without digits, of whose text the engine has zeros at the end.</summary>
    static readonly HashSet<string> makers = new(StringComparer.OrdinalIgnoreCase)
    {
        "foz_avg", "foz_div", "foz_mean", "foz_numeric", "foz_power", "foz_sqrt",
    };

    readonly List<(IReadOnlyList<string> Reals, IReadOnlyList<string> Numbers)> mixes = [];
    readonly List<string> joined = [];
    bool joinsNumeric;

    SqlNumbers()
    {
    }

    /// <summary>Reads a statement's tree.</summary>
    public static SqlNumbers Read(JsonElement node)
    {
        var found = new SqlNumbers();
        found.Walk(node);
        return found;
    }

    /// <summary>A column of type real that is mixed with other numbers; null for none.</summary>
    /// <param name="reals">Columns of the tables that are of single precision.</param>
    /// <param name="numbers">Columns that are whole numbers or decimals.</param>
    public string? FindMixed(IReadOnlySet<string> reals, IReadOnlySet<string> numbers) => mixes
        .Where(mix => mix.Reals.All(reals.Contains)
            && (mix.Numbers.Count == 0 || mix.Numbers.All(name => numbers.Contains(name) && !reals.Contains(name))))
        .Select(mix => mix.Reals[0]).FirstOrDefault();

    /// <summary>A number that is joined to a text, whose own text would be another; null for none.</summary>
    /// <param name="numbers">Columns of the tables that are of types whose texts differ.</param>
    public string? FindJoined(IReadOnlySet<string> numbers) =>
        joined.Find(numbers.Contains) ?? (joinsNumeric ? "numeric" : null);

    void Walk(JsonElement element)
    {
        SqlNesting.Check();
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Walk(item);
            return;
        }
        if (element.ValueKind != JsonValueKind.Object) return;
        switch (Text(element, "class"))
        {
            case "FUNCTION" when IsOperator(element)
                && element.GetProperty("children") is var operands && operands.GetArrayLength() == 2:
                Mix(operands[0], operands[1], isExact: false);
                break;
            case "FUNCTION" when Text(element, "function_name") is "||":
                foreach (var child in element.GetProperty("children").EnumerateArray()) Join(child);
                break;
            case "COMPARISON":
                Mix(element.GetProperty("left"), element.GetProperty("right"), isExact: true);
                break;
            case "BETWEEN":
                Mix(element.GetProperty("input"), element.GetProperty("lower"), isExact: true);
                Mix(element.GetProperty("input"), element.GetProperty("upper"), isExact: true);
                break;
            case "OPERATOR" when Text(element, "type") is "COMPARE_IN" or "COMPARE_NOT_IN":
                var children = element.GetProperty("children");
                foreach (var item in children.EnumerateArray().Skip(1)) Mix(children[0], item, isExact: true);
                break;
            case "CAST" when IsCastTo(element, "DECIMAL")
                && ColumnsOf(element.GetProperty("child")) is { Count: > 0 } columns:
                mixes.Add((columns, []));
                break;
        }
        foreach (var property in element.EnumerateObject())
            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array) Walk(property.Value);
    }

    void Join(JsonElement operand)
    {
        if (Text(operand, "class") is "COLUMN_REF") joined.Add(NameOf(operand));
        else joinsNumeric |= makers.Contains(Text(operand, "function_name") ?? "");
    }

    /// <summary>Notes two operands.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <param name="isExact">Whether a constant that has the same value in single precision makes no
    /// difference.</param>
    void Mix(JsonElement left, JsonElement right, bool isExact)
    {
        var (a, b) = (ColumnsOf(left), ColumnsOf(right));
        if (a is { Count: > 0 } && b is { Count: > 0 }) mixes.AddRange([(a, b), (b, a)]);
        else if (a is { Count: > 0 } && IsNumber(right, isExact)) mixes.Add((a, []));
        else if (b is { Count: > 0 } && IsNumber(left, isExact)) mixes.Add((b, []));
    }

    /// <summary>The columns of which an expression has the type; null where it has another.</summary>
    static List<string>? ColumnsOf(JsonElement element)
    {
        SqlNesting.Check();
        switch (Text(element, "class"))
        {
            case "COLUMN_REF":
                return [NameOf(element)];
            case "FUNCTION" when same.Contains(Text(element, "function_name") ?? "")
                && element.GetProperty("children").GetArrayLength() > 0:
                return ColumnsOf(element.GetProperty("children")[0]);
            case "FUNCTION" when IsOperator(element):
                var columns = new List<string>();
                foreach (var child in element.GetProperty("children").EnumerateArray())
                {
                    if (ColumnsOf(child) is not { } some) return null;
                    columns.AddRange(some);
                }
                return columns;
            default:
                return null;
        }
    }

    static bool IsNumber(JsonElement element, bool isExact)
    {
        if (Text(element, "class") is "CAST")
            return IsCastTo(element, "DECIMAL") || IsCastTo(element, "INTEGER") || IsCastTo(element, "BIGINT");
        if (Text(element, "class") is not "CONSTANT"
            || !element.GetProperty("value").TryGetProperty("value", out var value)) return false;
        var type = element.GetProperty("value").GetProperty("type");
        if (Text(type, "id") is not ("DECIMAL" or "INTEGER" or "BIGINT" or "HUGEINT")) return false;
        if (!isExact || !value.TryGetDecimal(out var number)) return true;
        if (type.GetProperty("type_info") is { ValueKind: JsonValueKind.Object } info
            && info.TryGetProperty("scale", out var scale))
            number /= (decimal)Math.Pow(10, scale.GetInt32());
        return (decimal)(double)(float)number != number;
    }

    static bool IsOperator(JsonElement element) => operators.Contains(Text(element, "function_name") ?? "");

    static bool IsCastTo(JsonElement element, string type) =>
        element.TryGetProperty("cast_type", out var to) && to.ValueKind == JsonValueKind.Object
        && Text(to, "id") == type;

    static string NameOf(JsonElement column) =>
        column.GetProperty("column_names").EnumerateArray().Last().GetString()!;

    static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
