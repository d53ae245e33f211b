using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>The functions that every template has.</summary>
static class JinjaFunctions
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, object?> All { get; } = new Dictionary<string, object?>(
        StringComparer.Ordinal)
    {
        ["range"] = new JinjaCallable("range", Range),
        ["dict"] = new JinjaCallable("dict", arguments =>
        {
            var dict = new JinjaDict();
            JinjaMethods.Find(dict, "update")!.Invoke(arguments);
            return dict;
        }),
        ["namespace"] = new JinjaCallable("namespace", Namespace),
        ["joiner"] = new JinjaCallable("joiner", Joiner),
        ["cycler"] = new JinjaCallable("cycler", arguments => new Cycler(arguments)),
    };

    static JinjaList Range(JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "start", "stop", "step");
        var (from, to) = given[1] is JinjaUndefined
            ? (0, arguments.Integer(given[0], 0))
            : (arguments.Integer(given[0], 0), arguments.Integer(given[1], 0));
        var step = arguments.Integer(given[2], 1);
        if (step == 0) throw arguments.Error("the step of range() cannot be 0", hint: null);
        var items = new JinjaList();
        for (var i = from; step > 0 ? i < to : i > to; i += step)
        {
            if (items.Count >= arguments.Rendering.Limits.ItemsMax)
            {
                throw new FozException(
                    ErrorKind.Resource, $"range() makes more than {arguments.Rendering.Limits.ItemsMax:N0} numbers")
                {
                    Place = arguments.Place,
                };
            }
            items.Add(i);
        }
        return items;
    }

    static JinjaNamespace Namespace(JinjaArguments arguments)
    {
        var made = new JinjaNamespace();
        foreach (var given in arguments.Positional.OfType<JinjaDict>())
            foreach (var (key, value) in given.Entries) made.Values[JinjaValue.ToText(key)] = value;
        foreach (var (key, value) in arguments.Named) made.Values[key] = value;
        return made;
    }

    static JinjaCallable Joiner(JinjaArguments arguments)
    {
        var separator = JinjaArguments.TextOf(arguments.Bind(0, "sep")[0]) ?? ", ";
        var isUsed = false;
        return new JinjaCallable("joiner", _ =>
        {
            var text = isUsed ? separator : "";
            isUsed = true;
            return text;
        });
    }

    sealed class Cycler(JinjaArguments given) : JinjaObject
    {
        int at;

        public override bool TryGet(string name, out object? value)
        {
            value = name switch
            {
                "current" => given.Positional[at],
                "next" => new JinjaCallable("next", _ =>
                {
                    var now = given.Positional[at];
                    at = (at + 1) % given.Positional.Count;
                    return now;
                }),
                "reset" => new JinjaCallable("reset", _ => at = 0),
                _ => null,
            };
            return value is not null;
        }

        public override string ToString() => "<Cycler>";
    }
}
