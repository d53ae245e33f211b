using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>What <c>|</c> makes of values.</summary>
static partial class JinjaFilters
{
    static readonly Dictionary<string, Func<object?, JinjaArguments, object?>> ByName = new(StringComparer.Ordinal)
    {
        ["abs"] = (v, a) => v switch
        {
            long number => Math.Abs(number),
            double number => Math.Abs(number),
            decimal number => Math.Abs(number),
            _ => throw a.Error($"abs needs a number, not {JinjaValue.ToCode(v)}", hint: null),
        },
        ["attr"] = (v, a) => JinjaOperators.AttributeOf(v, JinjaValue.ToText(a.Single("name")), a.Place),
        ["batch"] = Batch,
        ["capitalize"] = (v, _) => JinjaText.Capitalize(JinjaValue.ToText(v)),
        ["center"] = (v, a) => JinjaMethods.Find(JinjaValue.ToText(v), "center")!.Invoke(
            a.Positional.Count + a.Named.Count == 0 ? a with { Positional = [80L] } : a),
        ["default"] = Default,
        ["d"] = Default,
        ["dictsort"] = DictSort,
        ["escape"] = (v, _) => Escape(JinjaValue.ToText(v)),
        ["e"] = (v, _) => Escape(JinjaValue.ToText(v)),
        ["forceescape"] = (v, _) => Escape(JinjaValue.ToText(v)),
        ["first"] =
            (v, a) => a.Items(v).Take(1).ToList() is [var first] ? first : new JinjaUndefined("the first of nothing"),
        ["last"] = (v, a) => a.Items(v).ToList() is [.., var last] ? last : new JinjaUndefined("the last of nothing"),
        ["float"] = (v, a) => a.Bind(0, "default") is var given && FloatOf(v) is { } number ? number
            : ReferenceEquals(given[0], JinjaArguments.Missing) ? 0.0 : given[0],
        ["format"] = (v, a) => JinjaText.Printf(
            JinjaValue.ToText(v),
            a.Named.Count > 0 ? [JinjaDict.Of(a.Named.Select(n => (n.Key, n.Value)))] : a.Positional, a.Place),
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = (v, a) =>
            a.Bind(0, "default", "base") is var given && JinjaMethods.IntegerOf(v) is { } number ? number
                : ReferenceEquals(given[0], JinjaArguments.Missing) ? 0L : given[0],
        ["items"] = (v, a) => v is JinjaDict ? JinjaMethods.Find(v, "items")!.Invoke(a)
            : v is JinjaUndefined
                ? new JinjaList()
                : throw a.Error($"items needs a mapping, not {JinjaValue.ToCode(v)}", hint: null),
        ["join"] = Join,
        ["length"] = (v, a) => Length(v, a),
        ["count"] = (v, a) => Length(v, a),
        ["list"] = (v, a) => new JinjaList(a.Items(v)),
        ["lower"] = (v, _) => JinjaValue.ToText(v).ToLowerInvariant(),
        ["upper"] = (v, _) => JinjaValue.ToText(v).ToUpperInvariant(),
        ["map"] = Map,
        ["max"] = (v, a) => Extreme(v, a, isMax: true),
        ["min"] = (v, a) => Extreme(v, a, isMax: false),
        ["pprint"] = (v, _) => JinjaValue.ToCode(v),
        ["reject"] = (v, a) => Select(v, a, isAttribute: false, isSelected: false),
        ["rejectattr"] = (v, a) => Select(v, a, isAttribute: true, isSelected: false),
        ["select"] = (v, a) => Select(v, a, isAttribute: false, isSelected: true),
        ["selectattr"] = (v, a) => Select(v, a, isAttribute: true, isSelected: true),
        ["replace"] = (v, a) => JinjaMethods.Find(JinjaValue.ToText(v), "replace")!.Invoke(a),
        ["reverse"] = (v, a) => v is string ? string.Concat(a.Items(v).Reverse()) : new JinjaList(a.Items(v).Reverse()),
        ["round"] = Round,
        ["safe"] = (v, _) => v,
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["string"] = (v, _) => JinjaValue.ToText(v),
        ["sum"] = Sum,
        ["title"] = (v, _) => JinjaText.Title(JinjaValue.ToText(v)),
        ["tojson"] = (v, a) => JinjaJson.Write(v, a.Integer(a.Bind(0, "indent")[0], 0), isSorted: true, a),
        ["trim"] = (v, a) => JinjaMethods.Find(JinjaValue.ToText(v), "strip")!.Invoke(a),
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["urlencode"] =
            (v, _) => Uri.EscapeDataString(JinjaValue.ToText(v)).Replace("%2F", "/", StringComparison.Ordinal),
        ["wordcount"] = (v, _) => (long)JinjaText.Split(JinjaValue.ToText(v), null, -1).Count,
        ["as_text"] = (v, _) => JinjaValue.ToText(v),
        ["as_native"] = (v, _) => v,
        ["as_bool"] = (v, a) => AsBool(v, a),
        ["as_number"] = (v, a) => AsNumber(v, a),
    };

    /// <summary>Filters of Jinja that are about pages.</summary>
    static readonly string[] Unsupported = ["filesizeformat", "striptags", "urlize", "wordwrap", "xmlattr", "random"];

    /// <summary>The names of all filters.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>Returns the result of a filter for a value.</summary>
    /// <exception cref="FozException">Thrown when there is no such filter, or it does not accept the value.</exception>
    public static object? Apply(string name, object? value, JinjaArguments arguments) =>
        ByName.TryGetValue(name, out var filter) ? filter(value, arguments)
            : Unsupported.Contains(name)
                ? throw arguments.Error($"the filter '{name}' of Jinja is not supported", hint: null)
            : throw arguments.Error($"unknown filter '{name}'", NearestName.Hint(name, ByName.Keys));

    static object? Default(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "default_value", "boolean");
        var isMissing = value is JinjaUndefined || (JinjaValue.IsTrue(given[1]) && !JinjaValue.IsTrue(value));
        return !isMissing ? value : ReferenceEquals(given[0], JinjaArguments.Missing) ? "" : given[0];
    }

    static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal)
            .Replace("\"", "&#34;", StringComparison.Ordinal);

    static object? FloatOf(object? value) => value switch
    {
        string text =>
            double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : null,
        _ => JinjaValue.IsNumber(value) ? JinjaNumber.ToDouble(value!) : null,
    };

    static string Join(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "d", "attribute");
        var attribute = JinjaArguments.TextOf(given[1]);
        return string.Join(
            JinjaArguments.TextOf(given[0]) ?? "",
            arguments.Items(value)
                .Select(item =>
                    JinjaValue.ToText(attribute is null ? item : PathOf(item, attribute, arguments.Place))));
    }

    static long Length(object? value, JinjaArguments arguments) => value switch
    {
        JinjaList list => list.Count,
        JinjaDict dict => dict.Count,
        _ => arguments.Items(value).Count(),
    };

    static object? Round(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "precision", "method");
        var digits = arguments.Integer(given[0], 0);
        if (!JinjaValue.IsNumber(value))
            throw arguments.Error($"round needs a number, not {JinjaValue.ToCode(value)}", hint: null);
        var scale = Math.Pow(10, digits);
        var number = JinjaNumber.ToDouble(value!);
        var method = JinjaArguments.TextOf(given[1]) ?? "common";
        var rounded = method switch
        {
            "common" => digits is >= 0 and <= 15 ? Math.Round(number, (int)digits, MidpointRounding.ToEven)
                : Math.Round(number * scale, MidpointRounding.ToEven) / scale,
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw arguments.Error($"round cannot be '{method}'", "common, ceil or floor"),
        };
        return value is long && method == "common" && digits >= 0 ? value : rounded;
    }

    static string Indent(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "width", "first", "blank");
        var indent = given[0] is string text
            ? text
            : new string(' ', (int)Math.Clamp(arguments.Integer(given[0], 4), 0, 1000));
        var (isFirst, isBlank) = (JinjaValue.IsTrue(given[1]), JinjaValue.IsTrue(given[2]));
        var lines = JinjaValue.ToText(value).Split('\n');
        return string.Join('\n', lines.Select((line, i) => i == 0 ? isFirst ? indent + line : line
            : line.Length > 0 || isBlank ? indent + line : line));
    }

    static string Truncate(object? value, JinjaArguments arguments)
    {
        var given = arguments.Bind(0, "length", "killwords", "end", "leeway");
        var text = JinjaValue.ToText(value);
        var (length, end, leeway) = ((int)arguments.Integer(given[0], 255), JinjaArguments.TextOf(given[2])
            ?? "...", (int)arguments.Integer(given[3], 5));
        if (text.Length <= length + leeway) return text;
        var cut = text[..Math.Max(0, length - end.Length)];
        if (!JinjaValue.IsTrue(given[1]) && cut.LastIndexOf(' ') is > 0 and var space) cut = cut[..space];
        return cut + end;
    }

    static object? AsBool(object? value, JinjaArguments arguments) => value switch
    {
        bool => value,
        string text when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
        string text when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
        _ => throw arguments.Error($"as_bool needs true or false, not {JinjaValue.ToCode(value)}", hint: null),
    };

    static object? AsNumber(object? value, JinjaArguments arguments) => value switch
    {
        long or double or decimal => value,
        string text
            when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
                number,
        _ => FloatOf(value)
            ?? throw arguments.Error($"as_number needs a number, not {JinjaValue.ToCode(value)}", hint: null),
    };
}
