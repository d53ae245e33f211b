using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>What templates do with values: take attributes and items, call, compare and sort them.</summary>
static class JinjaOperators
{
    /// <summary>The value of an attribute: of a mapping, its method, else its item.</summary>
    public static object? AttributeOf(object? of, string key, Place place)
    {
        if (of is JinjaUndefined undefined) throw UndefinedError(undefined, place);
        if (JinjaMethods.Find(of, key) is { } method) return method;
        if (of is JinjaDict dict && dict.TryGet(key, out var item)) return item;
        if (of is JinjaObject known)
        {
            if (known.TryGet(key, out var value)) return value;
            return new JinjaUndefined($"'{key}' of {known.TypeName}", () => HintFor(key, known.Names));
        }
        return new JinjaUndefined($"'{key}' of {JinjaValue.TypeOf(of)}");
    }

    /// <summary>The error of what needs a value that is undefined.</summary>
    public static FozException UndefinedError(JinjaUndefined undefined, Place place) =>
        new(ErrorKind.Configuration, $"{undefined.Name} is undefined")
        {
            Place = place, Hint = undefined.Hint,
        };

    /// <summary>An item by its key or index.</summary>
    public static object? ItemOf(object? of, object? key, Place place)
    {
        switch (of, key)
        {
            case (JinjaUndefined undefined, _):
                throw UndefinedError(undefined, place);
            case (JinjaDict dict, _) when key is not (JinjaList or JinjaDict) && dict.TryGet(key, out var value):
                return value;
            case (string or JinjaList or JinjaTuple, long index):
                var items = of as IReadOnlyList<object?> ?? (of as JinjaTuple)?.Items ?? [.. JinjaValue.ItemsOf(of)!];
                if (index < 0) index += items.Count;
                return index >= 0 && index < items.Count
                    ? items[(int)index]
                    : new JinjaUndefined($"item {key} of {items.Count}");
            case (JinjaObject { Items: { } all }, long index):
                return all.ElementAtOrDefault((int)index) ?? new JinjaUndefined($"item {key}");
            case (_, string name):
                return AttributeOf(of, name, place);
            default:
                return new JinjaUndefined($"{JinjaValue.ToCode(key)} of {JinjaValue.TypeOf(of)}");
        }
    }

    /// <summary>What calling a value gives.</summary>
    public static object? Invoke(object? callee, JinjaArguments arguments) => callee switch
    {
        JinjaCallable function => function.Invoke(arguments),
        JinjaLoop { Recurse: { } recurse } => recurse(arguments),
        JinjaObject known when known.TryGet("__call__", out var inner) && inner is JinjaCallable function =>
            function.Invoke(arguments),
        JinjaUndefined undefined => throw UndefinedError(undefined, arguments.Place),
        _ => throw arguments.Error($"{JinjaValue.ToCode(callee)} cannot be called", hint: null),
    };

    /// <summary>Whether a comparison holds.</summary>
    public static bool Holds(string operation, object? left, object? right, Place place) => operation switch
    {
        "==" => JinjaValue.AreEqual(left, right),
        "!=" => !JinjaValue.AreEqual(left, right),
        "in" => Contains(right, left, place),
        "not in" => !Contains(right, left, place),
        _ => (JinjaValue.Compare(left, right), operation) switch
        {
            (null, _) => throw Error(
                place, $"'{operation}' cannot compare {JinjaValue.TypeOf(left)} and {JinjaValue.TypeOf(right)}",
                left is JinjaUndefined || right is JinjaUndefined
                    ? "one of them is undefined"
                    : "turn one into the other's type: | int, | string"),
            ({ } order, "<") => order < 0,
            ({ } order, "<=") => order <= 0,
            ({ } order, ">") => order > 0,
            ({ } order, _) => order >= 0,
        },
    };

    static bool Contains(object? where, object? value, Place place) => (where, value) switch
    {
        (string text, string part) => text.Contains(part, StringComparison.Ordinal),
        (JinjaDict dict, _) => value is not (JinjaList or JinjaDict) && dict.TryGet(value, out _),
        _ => (JinjaValue.ItemsOf(where) ?? throw Error(
            place, $"'in' looks into lists and texts, and {JinjaValue.ToCode(where)} is none", hint: null))
            .Any(item => JinjaValue.AreEqual(item, value)),
    };

    /// <summary>Returns items in the order of their keys.</summary>
    /// <exception cref="FozException">Thrown when two keys cannot be compared.</exception>
    public static List<object?> Sorted(
        IEnumerable<object?> items, JinjaArguments arguments, Func<object?, object?> keyOf, bool isReversed)
    {
        var comparer = Comparer<object?>.Create((left, right) => JinjaValue.AreEqual(left, right) ? 0
            : JinjaValue.Compare(left, right)
                ?? throw arguments.Error(
                    $"{JinjaValue.ToCode(left)} and {JinjaValue.ToCode(right)} have no order", hint: null));
        try
        {
            return isReversed ? [.. items.OrderByDescending(keyOf, comparer)] : [.. items.OrderBy(keyOf, comparer)];
        }
        catch (InvalidOperationException e) when (e.InnerException is FozException inner)
        {
            throw new FozException(inner.Kind, inner.Message, inner) { Place = inner.Place, Hint = inner.Hint };
        }
    }

    /// <summary>The hint that names the nearest of the known names; null where none is near.</summary>
    public static string? HintFor(string name, IEnumerable<string> known) =>
        NearestName.Find(name, known) is { } nearest ? $"did you mean '{nearest}'?" : null;

    static FozException Error(Place place, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = place, Hint = hint };
}
