using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>What <c>is</c> asks.</summary>
static class JinjaTests
{
    static readonly Dictionary<string, Func<object?, JinjaArguments, bool>> ByName = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, _) => v is not JinjaUndefined,
        ["undefined"] = (v, _) => v is JinjaUndefined,
        ["none"] = (v, _) => v is null,
        ["true"] = (v, _) => v is true,
        ["false"] = (v, _) => v is false,
        ["boolean"] = (v, _) => v is bool,
        ["string"] = (v, _) => v is string,
        ["number"] = (v, _) => JinjaValue.IsNumber(v),
        ["integer"] = (v, _) => v is long,
        ["float"] = (v, _) => v is double,
        ["mapping"] = (v, _) => v is JinjaDict or JinjaObject { IsMapping: true },
        ["sequence"] = (v, _) => v is string or JinjaList or JinjaTuple or JinjaDict or JinjaUndefined,
        ["iterable"] = (v, _) => JinjaValue.ItemsOf(v) is not null,
        ["callable"] = (v, _) => v is JinjaCallable,
        ["sameas"] = (v, a) => ReferenceEquals(v, a.Single()) || (v is bool or long or string && v.Equals(a.Single())),
        ["lower"] = (v, _) => JinjaValue.ToText(v) is var t && t.Any(char.IsLetter) && !t.Any(char.IsUpper),
        ["upper"] = (v, _) => JinjaValue.ToText(v) is var t && t.Any(char.IsLetter) && !t.Any(char.IsLower),
        ["even"] = (v, a) => Integer(v, a) % 2 == 0,
        ["odd"] = (v, a) => Integer(v, a) % 2 != 0,
        ["divisibleby"] = (v, a) => a.Integer(a.Single("num"), 0) is not 0 and var by ? Integer(v, a) % by == 0
            : throw a.Error("a number is divided by zero", hint: null),
        ["in"] = (v, a) => JinjaOperators.Holds("in", v, a.Single(), a.Place),
        ["filter"] = (v, _) => v is string name && JinjaFilters.Names.Contains(name),
        ["test"] = (v, _) => v is string name && IsKnown(name),
        ["escaped"] = (_, _) => false,
    };

    static readonly Dictionary<string, string> Comparisons = new(StringComparer.Ordinal)
    {
        ["eq"] = "==", ["equalto"] = "==", ["=="] = "==", ["ne"] = "!=", ["!="] = "!=", ["lt"] = "<",
        ["lessthan"] = "<", ["<"] = "<",
        ["le"] = "<=", ["<="] = "<=", ["gt"] = ">", ["greaterthan"] = ">", [">"] = ">", ["ge"] = ">=", [">="] = ">=",
    };

    /// <summary>The names of all tests.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. ByName.Keys, .. Comparisons.Keys];

    /// <summary>Whether a value passes a test.</summary>
    /// <exception cref="FozException">Thrown when there is no such test.</exception>
    public static bool Holds(string name, object? value, JinjaArguments arguments)
    {
        if (Comparisons.TryGetValue(name, out var comparison))
            return JinjaOperators.Holds(comparison, value, arguments.Single("other"), arguments.Place);
        return ByName.TryGetValue(name, out var test)
            ? test(value, arguments)
            : throw arguments.Error(
                $"unknown test '{name}' after 'is'", NearestName.Hint(name, Names.Where(n => char.IsLetter(n[0]))));
    }

    static bool IsKnown(string name) => Names.Contains(name);

    static long Integer(object? value, JinjaArguments arguments) =>
        value as long?
            ?? throw arguments.Error(
                $"'{arguments.Name}' asks a whole number, not {JinjaValue.ToCode(value)}", hint: null);
}
