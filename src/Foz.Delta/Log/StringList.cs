using System.Collections;
using System.Runtime.CompilerServices;

namespace Foz.Delta.Log;

/// <summary>An immutable list of names that is equal to another with the same names in the same order.</summary>
[CollectionBuilder(typeof(StringList), nameof(Create))]
public sealed class StringList : IReadOnlyList<string>, IEquatable<StringList>
{
    readonly string[] items;

    StringList(string[] items) => this.items = items;

    /// <summary>The list without names.</summary>
    public static StringList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => items.Length;

    /// <inheritdoc/>
    public string this[int index] => items[index];

    /// <summary>Copies names.</summary>
    public static StringList Create(ReadOnlySpan<string> names) => names.IsEmpty ? Empty : new StringList([.. names]);

    /// <summary>Copies names.</summary>
    public static StringList From(IEnumerable<string> names) => new([.. names]);

    /// <inheritdoc/>
    public bool Equals(StringList? other) => other is not null && items.AsSpan().SequenceEqual(other.items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StringList other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in items) hash.Add(item, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    /// <summary>The names, separated by commas.</summary>
    public override string ToString() => string.Join(", ", items);
}
