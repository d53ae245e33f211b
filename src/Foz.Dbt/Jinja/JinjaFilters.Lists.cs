using System.Globalization;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <content>Filters of lists.</content>
static partial class JinjaFilters
{
    /// <summary>An attribute of an attribute: <c>a.b.0</c>.</summary>
    static object? PathOf(object? item, string path, Place place)
    {
        foreach (var part in path.Split('.'))
        {
            item = long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? JinjaOperators.ItemOf(item, index, place)
                : JinjaOperators.ItemOf(item, part, place);
        }
        return item;
    }

    static Func<object?, object?> KeyOf(object? attribute, bool isCaseSensitive, Place place)
    {
        var path = JinjaArguments.TextOf(attribute);
        return item =>
        {
            var key = path is null ? item : PathOf(item, path, place);
            return !isCaseSensitive && key is string text ? text.ToLowerInvariant() : key;
        };
    }

    static JinjaList Sort(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "reverse", "case_sensitive", "attribute");
        return new JinjaList(JinjaOperators.Sorted(
            arguments.Items(value), arguments, KeyOf(given[2], JinjaValue.IsTrue(given[1]), arguments.Place),
            JinjaValue.IsTrue(given[0])));
    }

    static JinjaList DictSort(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "case_sensitive", "by", "reverse");
        var dict = value as JinjaDict
            ?? throw arguments.Error($"dictsort needs a mapping, not {JinjaValue.ToCode(value)}", hint: null);
        var at = JinjaArguments.TextOf(given[1]) == "value" ? 1L : 0L;
        var isCaseSensitive = JinjaValue.IsTrue(given[0]);
        return new JinjaList(JinjaOperators.Sorted(
            dict.Entries.Select(e => (object?)new JinjaTuple([e.Key, e.Value])), arguments,
            item =>
                JinjaOperators.ItemOf(item, at, arguments.Place) is string text && !isCaseSensitive
                    ? text.ToLowerInvariant()
                    : JinjaOperators.ItemOf(item, at, arguments.Place),
            JinjaValue.IsTrue(given[2])));
    }

    static JinjaList Unique(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "case_sensitive", "attribute");
        var keyOf = KeyOf(given[1], JinjaValue.IsTrue(given[0]), arguments.Place);
        var seen = new JinjaDict();
        var found = new JinjaList();
        foreach (var item in arguments.Items(value))
        {
            var key = keyOf(item);
            if (key is JinjaList list) key = new JinjaTuple(list);
            if (seen.TryGet(key, out _)) continue;
            seen[key] = true;
            found.Add(item);
        }
        return found;
    }

    static JinjaList GroupBy(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "attribute", "default", "case_sensitive");
        var keyOf = KeyOf(given[0], isCaseSensitive: true, arguments.Place);
        var groups = new JinjaList();
        JinjaList? current = null;
        foreach (var item in JinjaOperators.Sorted(arguments.Items(value), arguments, keyOf, isReversed: false))
        {
            if (current is null || !JinjaValue.AreEqual(keyOf(current[0]), keyOf(item)))
            {
                current = [];
                groups.Add(new JinjaGroup(keyOf(item), current));
            }
            current.Add(item);
        }
        return groups;
    }

    static JinjaList Map(object? value, JinjaArguments arguments)
    {
        if (arguments.Named.TryGetValue("attribute", out var attribute))
        {
            var hasDefault = arguments.Named.TryGetValue("default", out var missing);
            return new JinjaList(arguments.Items(value).Select(item =>
                PathOf(item, JinjaValue.ToText(attribute), arguments.Place) is var found && found is JinjaUndefined
                    && hasDefault ? missing : found));
        }
        if (arguments.Positional is not [string filter, ..])
            throw arguments.Error(
                "map needs the name of a filter, or an attribute", "write map('upper') or map(attribute='name')");
        var inner = arguments with { Name = filter, Positional = [.. arguments.Positional.Skip(1)] };
        return new JinjaList(arguments.Items(value).Select(item => Apply(filter, item, inner)));
    }

    static JinjaList Select(object? value, JinjaArguments arguments, bool isAttribute, bool isSelected)
    {
        var given = arguments.Positional;
        var path = isAttribute
            ? given.Count > 0
                ? JinjaValue.ToText(given[0])
                : throw arguments.Error($"{arguments.Name} needs an attribute", hint: null)
            : null;
        if (isAttribute) given = [.. given.Skip(1)];
        var test = given.Count > 0 ? JinjaValue.ToText(given[0]) : null;
        var inner = arguments with { Name = test ?? "", Positional = [.. given.Skip(1)] };
        return new JinjaList(arguments.Items(value).Where(item =>
        {
            var asked = path is null ? item : PathOf(item, path, arguments.Place);
            return (test is null ? JinjaValue.IsTrue(asked) : JinjaTests.Holds(test, asked, inner)) == isSelected;
        }));
    }

    static object? Extreme(object? value, JinjaArguments arguments, bool isMax)
    {
        var given = arguments.Bind(0, "case_sensitive", "attribute");
        var keyOf = KeyOf(given[1], JinjaValue.IsTrue(given[0]), arguments.Place);
        return JinjaOperators.Sorted(arguments.Items(value), arguments, keyOf, isMax) is [var first, ..]
            ? first
            : new JinjaUndefined($"the {arguments.Name} of nothing");
    }

    static object? Sum(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "attribute", "start");
        var path = JinjaArguments.TextOf(given[0]);
        object sum = given[1] is JinjaUndefined or null ? 0L : given[1]!;
        foreach (var item in arguments.Items(value))
        {
            var added = path is null ? item : PathOf(item, path, arguments.Place);
            if (!JinjaValue.IsNumber(added))
                throw arguments.Error($"sum needs numbers, not {JinjaValue.ToCode(added)}", hint: null);
            sum = JinjaNumber.Calculate("+", sum, added!, arguments.Place);
        }
        return sum;
    }

    static JinjaList Batch(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "linecount", "fill_with");
        var size = (int)Math.Clamp(arguments.Integer(given[0], 1), 1, int.MaxValue);
        var hasFill = given[1] is not (null or JinjaUndefined);
        return new JinjaList(arguments.Items(value).Chunk(size).Select(chunk => (object?)new JinjaList(
            hasFill ? chunk.Concat(Enumerable.Repeat(given[1], size - chunk.Length)) : chunk)));
    }

    static JinjaList Slice(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "slices", "fill_with");
        var items = arguments.Items(value).ToList();
        var count = (int)Math.Clamp(arguments.Integer(given[0], 1), 1, 10_000);
        var (size, rest) = (items.Count / count, items.Count % count);
        var slices = new JinjaList();
        for (var (i, at) = (0, 0); i < count; i++)
        {
            var length = size + (i < rest ? 1 : 0);
            var slice = new JinjaList(items.Skip(at).Take(length));
            if (given[1] is not (null or JinjaUndefined) && i >= rest && rest > 0) slice.Add(given[1]);
            slices.Add(slice);
            at += length;
        }
        return slices;
    }

    /// <summary>What <c>groupby</c> gives for each value.</summary>
    sealed class JinjaGroup(object? grouper, JinjaList items) : JinjaObject
    {
        public override IEnumerable<object?> Items => [grouper, items];

        public override bool TryGet(string name, out object? value)
        {
            value = name switch { "grouper" => grouper, "list" => items, _ => null };
            return name is "grouper" or "list";
        }

        public override string ToString() => JinjaValue.ToText(new JinjaTuple([grouper, items]));
    }
}
