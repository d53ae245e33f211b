using Foz.Lake.Configuration;

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
    public static SqlValue Call(string name, IReadOnlyList<SqlValue> arguments, SparkCursor cursor)
    {
        if (!functions.TryGetValue(name, out var function))
        {
            var near = NearestName.Find(name, functions.Keys);
            throw cursor.Fault(
                $"the function {name} is not supported{(near is null ? "" : $" (did you mean {near}?)")}");
        }
        if (arguments.Count < function.ArgumentsMin || arguments.Count > function.ArgumentsMax)
            throw cursor.Fault($"the function {name} takes {function.Counts} arguments, not {arguments.Count}");
        return function.Write(arguments)
            ?? throw cursor.Fault($"the function {name} is not supported with these arguments");
    }

    static Dictionary<string, SparkFunction> Index(IEnumerable<SparkFunction> all)
    {
        var index = new Dictionary<string, SparkFunction>(StringComparer.Ordinal);
        foreach (var function in all)
            foreach (var name in function.Names) index.Add(name, function);
        return index;
    }
}
