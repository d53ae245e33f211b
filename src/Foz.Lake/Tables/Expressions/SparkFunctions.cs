using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>
/// The functions of Spark SQL that constraints, generated columns and defaults may call, in DuckDB's SQL.
/// </summary>
static class SparkFunctions
{
    static readonly Dictionary<string, SparkFunction> functions = Index(
    [
        .. SparkTextFunctions.All, .. SparkTimeFunctions.All, .. SparkNumberFunctions.All, .. SparkGeneralFunctions.All,
    ]);

    /// <summary>The names of all of them, in order.</summary>
    public static IEnumerable<string> Names => functions.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether a function gives another value each time.</summary>
    public static bool IsVolatile(string name) => functions[name].IsVolatile;

    /// <summary>A call.</summary>
    /// <exception cref="FozException">The function is not supported, or takes other arguments.</exception>
    public static SqlValue Call(string name, IReadOnlyList<SqlValue> arguments, SparkParser parser)
    {
        if (!functions.TryGetValue(name, out var function))
        {
            var near = Foz.Lake.Configuration.NearestName.Find(name, functions.Keys);
            throw parser.Fault(
                $"the function {name} is not supported{(near is null ? "" : $" (did you mean {near}?)")}");
        }
        if (arguments.Count < function.ArgumentsMin || arguments.Count > function.ArgumentsMax)
            throw parser.Fault($"the function {name} takes {function.Counts} arguments, not {arguments.Count}");
        return function.Write(arguments)
            ?? throw parser.Fault($"the function {name} is not supported with these arguments");
    }

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

    static Dictionary<string, SparkFunction> Index(IEnumerable<SparkFunction> all)
    {
        var index = new Dictionary<string, SparkFunction>(StringComparer.Ordinal);
        foreach (var function in all)
            foreach (var name in function.Names) index.Add(name, function);
        return index;
    }
}

/// <summary>A function of Spark SQL.</summary>
/// <param name="Names">Its names, in small letters.</param>
/// <param name="ArgumentsMin">How many arguments it takes at least.</param>
/// <param name="ArgumentsMax">How many arguments it takes at most.</param>
/// <param name="Write">The call in DuckDB's SQL; null where the arguments are not of a supported kind.</param>
sealed record SparkFunction(
    string[] Names, int ArgumentsMin, int ArgumentsMax, Func<IReadOnlyList<SqlValue>, SqlValue?> Write)
{
    /// <summary>Whether it gives another value each time.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>How many arguments it takes, for people.</summary>
    public string Counts => ArgumentsMin == ArgumentsMax ? $"{ArgumentsMin}"
        : ArgumentsMax == int.MaxValue ? $"{ArgumentsMin} or more"
        : $"{ArgumentsMin} to {ArgumentsMax}";

    /// <summary>A function that DuckDB has alike, perhaps by another name.</summary>
    /// <param name="names">Spark's names, with commas between.</param>
    /// <param name="call">DuckDB's name.</param>
    /// <param name="arguments">How many arguments it takes.</param>
    /// <param name="type">The type of the result; null for that of the first argument.</param>
    public static SparkFunction Same(string names, string call, int arguments, DeltaType? type) => new(
        names.Split(','), arguments, arguments,
        values => new($"{call}({string.Join(", ", values.Select(v => v.Sql))})", type ?? values[0].Type));

    /// <summary>A function of one argument.</summary>
    public static SparkFunction One(string names, Func<SqlValue, SqlValue?> write) =>
        new(names.Split(','), 1, 1, values => write(values[0]));

    /// <summary>A function of two arguments.</summary>
    public static SparkFunction Two(string names, Func<SqlValue, SqlValue, SqlValue?> write) =>
        new(names.Split(','), 2, 2, values => write(values[0], values[1]));
}
