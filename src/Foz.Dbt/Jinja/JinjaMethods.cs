using System.Globalization;

namespace Foz.Dbt.Jinja;

/// <summary>The methods of texts, lists and mappings, as Python has them.</summary>
static class JinjaMethods
{
    static readonly Dictionary<string, Func<string, JinjaArguments, object?>> OfText = new(StringComparer.Ordinal)
    {
        ["upper"] = (t, _) => t.ToUpperInvariant(),
        ["lower"] = (t, _) => t.ToLowerInvariant(),
        ["casefold"] = (t, _) => t.ToLowerInvariant(),
        ["capitalize"] = (t, _) => JinjaText.Capitalize(t),
        ["title"] = (t, _) => JinjaText.Title(t),
        ["swapcase"] = (t, _) =>
            string.Concat(t.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))),
        ["strip"] = (t, a) => Characters(a) is { } set ? t.Trim(set) : t.Trim(),
        ["lstrip"] = (t, a) => Characters(a) is { } set ? t.TrimStart(set) : t.TrimStart(),
        ["rstrip"] = (t, a) => Characters(a) is { } set ? t.TrimEnd(set) : t.TrimEnd(),
        ["split"] = (t, a) => a.Bind(0, "sep", "maxsplit") is var v
            ? new JinjaList(JinjaText.Split(t, JinjaArguments.TextOf(v[0]), a.Integer(v[1], -1))) : null,
        ["rsplit"] = (t, a) => SplitFromRight(t, a),
        ["splitlines"] = (t, _) => new JinjaList(t.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')),
        ["replace"] = (t, a) => Replace(t, a),
        ["startswith"] = (t, a) => Any(a, part => t.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (t, a) => Any(a, part => t.EndsWith(part, StringComparison.Ordinal)),
        ["join"] = (t, a) => string.Join(t, a.Items(a.Single()).Select(JinjaValue.ToText)),
        ["format"] = (t, a) => JinjaText.Format(t, a),
        ["find"] = (t, a) => (long)t.IndexOf(Text(a), StringComparison.Ordinal),
        ["rfind"] = (t, a) => (long)t.LastIndexOf(Text(a), StringComparison.Ordinal),
        ["index"] = (t, a) => t.IndexOf(Text(a), StringComparison.Ordinal) is >= 0 and var at ? (long)at
            : throw a.Error($"{JinjaValue.ToCode(Text(a))} is not in {JinjaValue.ToCode(t)}", hint: null),
        ["count"] = (t, a) => (long)(Text(a) is { Length: > 0 } part ? t.Split(part).Length - 1 : t.Length + 1),
        ["isdigit"] = (t, _) => t.Length > 0 && t.All(char.IsDigit),
        ["isnumeric"] = (t, _) => t.Length > 0 && t.All(char.IsNumber),
        ["isdecimal"] = (t, _) => t.Length > 0 && t.All(char.IsDigit),
        ["isalpha"] = (t, _) => t.Length > 0 && t.All(char.IsLetter),
        ["isalnum"] = (t, _) => t.Length > 0 && t.All(char.IsLetterOrDigit),
        ["isspace"] = (t, _) => t.Length > 0 && t.All(char.IsWhiteSpace),
        ["isupper"] = (t, _) => t.Any(char.IsLetter) && !t.Any(char.IsLower),
        ["islower"] = (t, _) => t.Any(char.IsLetter) && !t.Any(char.IsUpper),
        ["zfill"] = (t, a) => t.StartsWith('-') ? "-" + t[1..].PadLeft(Width(a) - 1, '0') : t.PadLeft(Width(a), '0'),
        ["ljust"] =
            (t, a) => a.Bind(1, "width", "fillchar") is var v ? t.PadRight((int)a.Integer(v[0], 0), Fill(v[1])) : null,
        ["rjust"] =
            (t, a) => a.Bind(1, "width", "fillchar") is var v ? t.PadLeft((int)a.Integer(v[0], 0), Fill(v[1])) : null,
        ["center"] = (t, a) => Center(t, Width(a)),
        ["removeprefix"] =
            (t, a) => Text(a) is var part && t.StartsWith(part, StringComparison.Ordinal) ? t[part.Length..] : t,
        ["removesuffix"] = (t, a) =>
            Text(a) is var part && part.Length > 0 && t.EndsWith(part, StringComparison.Ordinal)
                ? t[..^part.Length]
                : t,
        ["partition"] = (t, a) => Text(a) is var part && t.IndexOf(part, StringComparison.Ordinal) is >= 0 and var at
            ? new JinjaTuple([t[..at], part, t[(at + part.Length)..]]) : new JinjaTuple([t, "", ""]),
        ["rpartition"] = (t, a) =>
            Text(a) is var part && t.LastIndexOf(part, StringComparison.Ordinal) is >= 0 and var at
                ? new JinjaTuple([t[..at], part, t[(at + part.Length)..]]) : new JinjaTuple(["", "", t]),
    };

    static readonly Dictionary<string, Func<JinjaList, JinjaArguments, object?>> OfList = new(StringComparer.Ordinal)
    {
        ["append"] = (l, a) => Done(() => l.Add(a.Single())),
        ["extend"] = (l, a) => Done(() => l.AddRange(a.Items(a.Single()).ToList())),
        ["insert"] = (l, a) => a.Bind(2, "index", "value") is var v
            ? Done(() =>
                l.Insert((int)Math.Clamp(a.Integer(v[0], 0) is var i && i < 0 ? i + l.Count : i, 0, l.Count), v[1]))
                : null,
        ["pop"] = (l, a) => Pop(l, a),
        ["remove"] = (l, a) => Done(() => l.RemoveAt(IndexOf(l, a))),
        ["index"] = (l, a) => (long)IndexOf(l, a),
        ["count"] = (l, a) => (long)l.Count(item => JinjaValue.AreEqual(item, a.Single())),
        ["reverse"] = (l, _) => Done(l.Reverse),
        ["sort"] = (l, a) => Done(() => Sort(l, a)),
        ["copy"] = (l, _) => new JinjaList(l),
        ["clear"] = (l, _) => Done(l.Clear),
    };

    static readonly Dictionary<string, Func<JinjaDict, JinjaArguments, object?>> OfDict = new(StringComparer.Ordinal)
    {
        ["get"] = (d, a) => a.Bind(1, "key", "default") is var v && d.TryGet(v[0], out var found) ? found
            : ReferenceEquals(v[1], JinjaArguments.Missing) ? null : v[1],
        ["items"] = (d, _) => new JinjaList(d.Entries.Select(e => (object?)new JinjaTuple([e.Key, e.Value]))),
        ["keys"] = (d, _) => new JinjaList(d.Keys),
        ["values"] = (d, _) => new JinjaList(d.Values),
        ["update"] = (d, a) => Done(() => Update(d, a)),
        ["setdefault"] = (d, a) => a.Bind(1, "key", "default") is var v && d.TryGet(v[0], out var found) ? found
            : d[v[0]] = ReferenceEquals(v[1], JinjaArguments.Missing) ? null : v[1],
        ["pop"] = (d, a) => Pop(d, a),
        ["copy"] = (d, _) => Copy(d),
        ["clear"] = (d, _) => Done(d.Clear),
    };

    /// <summary>A method of a value; null where it has none of the name.</summary>
    public static JinjaCallable? Find(object? of, string name) => of switch
    {
        string text when OfText.TryGetValue(name, out var method) => new(name, arguments => method(text, arguments)),
        JinjaList list when OfList.TryGetValue(name, out var method) => new(name, arguments => method(list, arguments)),
        JinjaTuple tuple when name is "index" or "count" =>
            new(name, arguments => OfList[name](new(tuple.Items), arguments)),
        JinjaDict dict when OfDict.TryGetValue(name, out var method) => new(name, arguments => method(dict, arguments)),
        _ => null,
    };

    static object? Done(Action action)
    {
        action();
        return null;
    }

    static string Text(JinjaArguments arguments) =>
        JinjaValue.ToText(arguments.Positional is [var first, ..] ? first : arguments.Single());

    static char[]? Characters(JinjaArguments arguments) =>
        JinjaArguments.TextOf(arguments.Bind(0, "chars")[0])?.ToCharArray();

    static int Width(JinjaArguments arguments) =>
        (int)Math.Clamp(arguments.Integer(arguments.Single("width"), 0), 0, 10_000);

    static char Fill(object? value) => JinjaArguments.TextOf(value) is [var c] ? c : ' ';

    static string Center(string text, int width) =>
        text.Length >= width
            ? text
            : text.PadLeft(text.Length + (width - text.Length) / 2 + ((width - text.Length) & width & 1))
                .PadRight(width);

    static bool Any(JinjaArguments arguments, Func<string, bool> holds) => arguments.Single() switch
    {
        JinjaTuple several => several.Items.Any(part => holds(JinjaValue.ToText(part))),
        var part => holds(JinjaValue.ToText(part)),
    };

    static string Replace(string text, JinjaArguments arguments)
    {
        var values = arguments.Bind(2, "old", "new", "count");
        var (old, with, count) =
            (JinjaValue.ToText(values[0]), JinjaValue.ToText(values[1]), arguments.Integer(values[2], -1));
        if (count < 0) return old.Length == 0 ? text : text.Replace(old, with, StringComparison.Ordinal);
        return string.Join(with, JinjaText.Split(text, old, count));
    }

    static JinjaList SplitFromRight(string text, JinjaArguments arguments)
    {
        var values = arguments.Bind(0, "sep", "maxsplit");
        var separator = JinjaArguments.TextOf(values[0]);
        var parts = JinjaText.Split(text, separator, -1);
        var cuts = arguments.Integer(values[1], -1);
        if (cuts < 0 || parts.Count <= cuts + 1) return new(parts);
        var head = parts.Count - (int)cuts;
        return new([string.Join(separator ?? " ", parts.Take(head)), .. parts.Skip(head)]);
    }

    static object? Pop(JinjaList list, JinjaArguments arguments)
    {
        var index = arguments.Integer(arguments.Bind(0, "index")[0], -1);
        if (index < 0) index += list.Count;
        if (index < 0 || index >= list.Count)
            throw arguments.Error("pop() of a place that the list does not have", hint: null);
        var item = list[(int)index];
        list.RemoveAt((int)index);
        return item;
    }

    static object? Pop(JinjaDict dict, JinjaArguments arguments)
    {
        var values = arguments.Bind(1, "key", "default");
        if (dict.TryGet(values[0], out var found)) dict.Remove(values[0]);
        else if (ReferenceEquals(values[1], JinjaArguments.Missing))
            throw arguments.Error($"pop(): there is no key {JinjaValue.ToCode(values[0])}", hint: null);
        else found = values[1];
        return found;
    }

    static int IndexOf(JinjaList list, JinjaArguments arguments)
    {
        var value = arguments.Single();
        var index = list.FindIndex(item => JinjaValue.AreEqual(item, value));
        return index >= 0 ? index : throw arguments.Error($"{JinjaValue.ToCode(value)} is not in the list", hint: null);
    }

    static void Sort(JinjaList list, JinjaArguments arguments)
    {
        var isReversed = JinjaValue.IsTrue(arguments.Bind(0, "reverse")[0]);
        var sorted = JinjaOperators.Sorted(list, arguments, item => item, isReversed);
        list.Clear();
        list.AddRange(sorted);
    }

    static void Update(JinjaDict dict, JinjaArguments arguments)
    {
        foreach (var other in arguments.Positional)
        {
            if (other is JinjaDict known)
                foreach (var (key, value) in known.Entries.ToList()) dict[key] = value;
            else
                foreach (var pair in arguments.Items(other))
                    dict[JinjaOperators.ItemOf(pair, 0L, arguments.Place)] = JinjaOperators.ItemOf(
                        pair, 1L, arguments.Place);
        }
        foreach (var (key, value) in arguments.Named) dict[key] = value;
    }

    static JinjaDict Copy(JinjaDict dict)
    {
        var copy = new JinjaDict();
        foreach (var (key, value) in dict.Entries) copy[key] = value;
        return copy;
    }

    /// <summary>Returns the whole number that a text or number holds; null if it holds none.</summary>
    public static long? IntegerOf(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        double number when Math.Abs(number) < 9e18 => (long)number,
        decimal number => (long)number,
        string text when long.TryParse(
            text.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var number) => number,
        string text when double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) < 9e18 => (long)number,
        _ => null,
    };
}
