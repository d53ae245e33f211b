using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Foz.Delta.Log;

/// <summary>
/// An immutable map of a few names to texts, such as partition values, tags and table properties. Equal if it has the
/// same pairs in any order. Look-up is linear; key arrays are shared between the files of a table.
/// </summary>
public sealed class StringMap : IReadOnlyDictionary<string, string?>, IEquatable<StringMap>
{
    readonly string[] keys;
    readonly string?[] values;

    /// <summary>Takes two arrays of one length, which must not change any more; keys are distinct.</summary>
    public StringMap(string[] keys, string?[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, keys.Length);
        this.keys = keys;
        this.values = values;
    }

    /// <summary>Copies pairs with distinct keys.</summary>
    public StringMap(IEnumerable<KeyValuePair<string, string?>> pairs)
    {
        var copy = pairs.ToArray();
        keys = Array.ConvertAll(copy, pair => pair.Key);
        values = Array.ConvertAll(copy, pair => pair.Value);
    }

    /// <summary>The map without pairs.</summary>
    public static StringMap Empty { get; } = new([], []);

    /// <inheritdoc/>
    public int Count => keys.Length;

    /// <summary>The keys in the order of the log.</summary>
    public IEnumerable<string> Keys => keys;

    /// <summary>The values in the order of <see cref="Keys"/>.</summary>
    public IEnumerable<string?> Values => values;

    /// <summary>The value of a key.</summary>
    /// <exception cref="KeyNotFoundException">The key is absent.</exception>
    public string? this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"no key '{key}'");

    /// <summary>The value of a key; null if the key is absent or its value is null.</summary>
    public string? Find(string key) => TryGetValue(key, out var value) ? value : null;

    /// <summary>This map with one pair added or replaced.</summary>
    public StringMap With(string key, string? value) =>
        new(this.Where(pair => pair.Key != key).Append(new KeyValuePair<string, string?>(key, value)));

    /// <summary>This map without a key.</summary>
    public StringMap Without(string key) => new(this.Where(pair => pair.Key != key));

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Array.IndexOf(keys, key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string? value)
    {
        var index = Array.IndexOf(keys, key);
        value = index < 0 ? null : values[index];
        return index >= 0;
    }

    /// <summary>Whether these are the values, in the order of <see cref="Keys"/>.</summary>
    internal bool HasValues(ReadOnlySpan<string?> others) => others.SequenceEqual(values);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string?>> GetEnumerator()
    {
        for (var i = 0; i < keys.Length; i++) yield return new KeyValuePair<string, string?>(keys[i], values[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(StringMap? other)
    {
        if (other is null || other.Count != Count) return false;
        if (ReferenceEquals(this, other)) return true;
        for (var i = 0; i < keys.Length; i++)
            if (!other.TryGetValue(keys[i], out var value) || value != values[i]) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StringMap other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = 0;
        for (var i = 0; i < keys.Length; i++) hash ^= HashCode.Combine(keys[i], values[i]);
        return hash;
    }

    /// <summary>The pairs as <c>a=1, b=null</c>.</summary>
    public override string ToString() => string.Join(", ", this.Select(pair => $"{pair.Key}={pair.Value ?? "null"}"));
}
