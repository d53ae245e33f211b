using System.Globalization;
using System.Text;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>A list, which templates can change.</summary>
sealed class JinjaList : List<object?>
{
    /// <summary>An empty list.</summary>
    public JinjaList() { }

    /// <summary>A list of items.</summary>
    public JinjaList(IEnumerable<object?> items)
        : base(items) { }
}

/// <summary>A list that does not change: <c>(1, 2)</c>.</summary>
/// <param name="Items">Its items.</param>
sealed record JinjaTuple(IReadOnlyList<object?> Items)
{
    /// <inheritdoc/>
    public bool Equals(JinjaTuple? other) => other is not null && JinjaValue.AreEqual(Items, other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        Items.Aggregate(Items.Count, (hash, item) => HashCode.Combine(hash, JinjaValue.HashOf(item)));
}

/// <summary>A mapping in the order in which its keys came.</summary>
sealed class JinjaDict
{
    static readonly object NoneKey = new();

    readonly OrderedDictionary<object, object?> entries = new(JinjaValue.KeyComparer);

    /// <summary>Its keys in order.</summary>
    public IEnumerable<object?> Keys => entries.Keys.Select(key => ReferenceEquals(key, NoneKey) ? null : key);

    /// <summary>Its values in order.</summary>
    public IEnumerable<object?> Values => entries.Values;

    /// <summary>How many keys it has.</summary>
    public int Count => entries.Count;

    /// <summary>The value of a key.</summary>
    public object? this[object? key]
    {
        get => entries[key ?? NoneKey];
        set => entries[key ?? NoneKey] = value;
    }

    /// <summary>Keys and values in order.</summary>
    public IEnumerable<(object? Key, object? Value)> Entries =>
        entries.Select(e => (ReferenceEquals(e.Key, NoneKey) ? null : e.Key, e.Value));

    /// <summary>The value of a key, if it is there.</summary>
    public bool TryGet(object? key, out object? value) => entries.TryGetValue(key ?? NoneKey, out value);

    /// <summary>Removes a key; returns whether it existed.</summary>
    public bool Remove(object? key) => entries.Remove(key ?? NoneKey);

    /// <summary>Removes all keys.</summary>
    public void Clear() => entries.Clear();

    /// <summary>A mapping of texts.</summary>
    public static JinjaDict Of(params IEnumerable<(string Key, object? Value)> entries)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in entries) dict[key] = value;
        return dict;
    }
}

/// <summary>
/// What a name or attribute is that nothing defines: false, empty, and an error where more is asked of it.
/// </summary>
/// <param name="Name">What was asked for, as an error says it: <c>'a' is undefined</c>.</param>
/// <param name="FindHint">Finds what was meant perhaps; null where it is unknown.</param>
sealed record JinjaUndefined(string Name, Func<string?>? FindHint = null)
{
    /// <summary>What was meant perhaps; null where it is unknown.</summary>
    public string? Hint => FindHint?.Invoke();

    /// <inheritdoc/>
    public bool Equals(JinjaUndefined? other) => other is not null;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;
}

/// <summary>An object of the context of a template, such as a relation.</summary>
abstract class JinjaObject
{
    /// <summary>What Python calls its type.</summary>
    public virtual string TypeName => GetType().Name;

    /// <summary>Its text.</summary>
    public abstract override string ToString();

    /// <summary>The value of an attribute.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it has such an attribute.</returns>
    public virtual bool TryGet(string name, out object? value)
    {
        value = null;
        return false;
    }

    /// <summary>The names of its attributes, for hints.</summary>
    public virtual IEnumerable<string> Names => [];

    /// <summary>Its items; null where it has none to go through.</summary>
    public virtual IEnumerable<object?>? Items => null;

    /// <summary>Whether it counts as true.</summary>
    public virtual bool IsTrue => true;

    /// <summary>Whether it is a mapping of its attributes, too.</summary>
    public virtual bool IsMapping => false;
}

/// <summary>What <c>namespace()</c> makes: attributes that can be set from inner scopes.</summary>
sealed class JinjaNamespace : JinjaObject
{
    /// <summary>Its attributes.</summary>
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<string> Names => Values.Keys;

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value) => Values.TryGetValue(name, out value);

    /// <inheritdoc/>
    public override string ToString() => "<Namespace>";
}

/// <summary>What values of templates are like, as Python has it.</summary>
static class JinjaValue
{
    /// <summary>Compares keys as <see cref="AreEqual(object?, object?)"/> does.</summary>
    public static IEqualityComparer<object> KeyComparer { get; } = new Comparer();

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        decimal number => number != 0,
        string text => text.Length > 0,
        JinjaList list => list.Count > 0,
        JinjaTuple tuple => tuple.Items.Count > 0,
        JinjaDict dict => dict.Count > 0,
        JinjaObject known => known.IsTrue,
        _ => true,
    };

    /// <summary>A value as <c>{{ }}</c> writes it: Python's <c>str</c>.</summary>
    public static string ToText(object? value)
    {
        if (value is string text) return text;
        var written = new StringBuilder();
        Write(written, value, isInner: false, 0);
        return written.ToString();
    }

    /// <summary>A value as it stands in a list: Python's <c>repr</c>.</summary>
    public static string ToCode(object? value)
    {
        var written = new StringBuilder();
        Write(written, value, isInner: true, 0);
        return written.ToString();
    }

    static void Write(StringBuilder written, object? value, bool isInner, int depth)
    {
        if (depth > 50)
            throw new FozException(ErrorKind.Configuration, "a list or mapping holds itself, and cannot be written");
        switch (value)
        {
            case null: written.Append("None"); break;
            case JinjaUndefined: written.Append(isInner ? "Undefined" : ""); break;
            case bool flag: written.Append(flag ? "True" : "False"); break;
            case string text when isInner: WriteQuoted(written, text); break;
            case double number: written.Append(TextOf(number)); break;
            case decimal number
                when isInner:
                written.Append(CultureInfo.InvariantCulture, $"Decimal('{number}')"); break;
            case JinjaList list: WriteItems(written, list, "[", "]", depth); break;
            case JinjaTuple tuple:
                WriteItems(
                written, tuple.Items, "(", tuple.Items.Count == 1 ? ",)" : ")", depth); break;
            case JinjaDict dict:
                written.Append('{');
                var isFirst = true;
                foreach (var (key, item) in dict.Entries)
                {
                    if (!isFirst) written.Append(", ");
                    isFirst = false;
                    Write(written, key, isInner: true, depth + 1);
                    written.Append(": ");
                    Write(written, item, isInner: true, depth + 1);
                }
                written.Append('}');
                break;
            case IFormattable number: written.Append(number.ToString(null, CultureInfo.InvariantCulture)); break;
            default: written.Append(value); break;
        }
    }

    static void WriteItems(StringBuilder written, IReadOnlyList<object?> items, string open, string close, int depth)
    {
        written.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) written.Append(", ");
            Write(written, items[i], isInner: true, depth + 1);
        }
        written.Append(close);
    }

    static void WriteQuoted(StringBuilder written, string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal)
            ? '"'
            : '\'';
        written.Append(quote);
        foreach (var c in text)
        {
            written.Append(c switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when c == quote => $"\\{c}",
                _ when char.IsControl(c) => $"\\x{(int)c:x2}",
                _ => c.ToString(),
            });
        }
        written.Append(quote);
    }

    /// <summary>A number as Python writes it.</summary>
    static string TextOf(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var size = Math.Abs(number);
        if (size is >= 1e16 or (> 0 and < 1e-4))
        {
            text = number.ToString("0.################e+00", CultureInfo.InvariantCulture);
            return text;
        }
        if (text.Contains('E', StringComparison.Ordinal))
            text = ((decimal)number).ToString(CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    /// <summary>Whether two values are equal: numbers regardless of their type, and flags as 0 and 1.</summary>
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (string a, string b) => a == b,
        _ when IsNumber(left) && IsNumber(right) => JinjaNumber.Compare(left!, right!) == 0,
        (JinjaList a, JinjaList b) => AreEqual(a, (IReadOnlyList<object?>)b),
        (JinjaDict a, JinjaDict b) => a.Count == b.Count
            && a.Entries.All(entry => b.TryGet(entry.Key, out var value) && AreEqual(entry.Value, value)),
        _ => left!.Equals(right),
    };

    /// <summary>Whether two lists hold equal values.</summary>
    public static bool AreEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right) =>
        left.Count == right.Count && !left.Where((item, i) => !AreEqual(item, right[i])).Any();

    /// <summary>A hash that equal values share.</summary>
    public static int HashOf(object? value) => value switch
    {
        null => 0,
        string text => text.GetHashCode(StringComparison.Ordinal),
        _ when IsNumber(value) => JinjaNumber.ToDouble(value).GetHashCode(),
        _ => value.GetHashCode(),
    };

    /// <summary>Whether a value is a number, or a flag, which counts as one.</summary>
    public static bool IsNumber(object? value) => value is long or double or decimal or bool;

    /// <summary>The items of a value that has some; null where it is no list, mapping or text.</summary>
    public static IEnumerable<object?>? ItemsOf(object? value) => value switch
    {
        JinjaList list => list,
        JinjaTuple tuple => tuple.Items,
        JinjaDict dict => dict.Keys,
        string text => CharactersOf(text),
        JinjaUndefined => [],
        JinjaObject known => known.Items,
        _ => null,
    };

    static IEnumerable<object?> CharactersOf(string text)
    {
        foreach (var rune in text.EnumerateRunes()) yield return rune.ToString();
    }

    /// <summary>What Python calls a value's type.</summary>
    public static string TypeOf(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long => "int",
        double => "float",
        decimal => "Decimal",
        string => "str",
        JinjaList => "list",
        JinjaTuple => "tuple",
        JinjaDict => "dict",
        JinjaUndefined => "Undefined",
        JinjaObject known => known.TypeName,
        JinjaCallable => "function",
        _ => value.GetType().Name,
    };

    /// <summary>Which of two values comes first; null where they cannot be compared.</summary>
    public static int? Compare(object? left, object? right)
    {
        switch (left, right)
        {
            case (string a, string b): return string.CompareOrdinal(a, b);
            case (JinjaList a, JinjaList b): return CompareItems(a, b);
            case (JinjaTuple a, JinjaTuple b): return CompareItems(a.Items, b.Items);
            case (IJinjaArithmetic a, _): return a.Compare(right);
        }
        return IsNumber(left) && IsNumber(right) ? JinjaNumber.Compare(left!, right!) : null;
    }

    static int? CompareItems(IReadOnlyList<object?> left, IReadOnlyList<object?> right)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
            if (!AreEqual(left[i], right[i])) return Compare(left[i], right[i]);
        return left.Count.CompareTo(right.Count);
    }

    sealed class Comparer : IEqualityComparer<object>
    {
        bool IEqualityComparer<object>.Equals(object? x, object? y) => AreEqual(x, y);

        int IEqualityComparer<object>.GetHashCode(object obj) => HashOf(obj);
    }
}
