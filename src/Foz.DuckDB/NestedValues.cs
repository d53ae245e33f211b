using System.Collections;

namespace Foz.DuckDB;

/// <summary>A BIT: a string of bits.</summary>
/// <param name="Text">The bits as the characters 0 and 1, at least one.</param>
public readonly record struct BitValue(string Text)
{
    /// <summary>The bits as the characters 0 and 1.</summary>
    public override string ToString() => Text;
}

/// <summary>A value of a STRUCT: its fields in order, equal to another with the same.</summary>
public sealed class StructValue : IReadOnlyList<KeyValuePair<string, object?>>, IEquatable<StructValue>
{
    readonly KeyValuePair<string, object?>[] fields;

    /// <summary>A value of the fields, in order.</summary>
    public StructValue(params IEnumerable<KeyValuePair<string, object?>> fields) => this.fields = [.. fields];

    /// <summary>A value of the fields, in order.</summary>
    public StructValue(params IEnumerable<(string Name, object? Value)> fields) =>
        this.fields = [.. fields.Select(f => KeyValuePair.Create(f.Name, f.Value))];

    /// <inheritdoc/>
    public int Count => fields.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => fields[index];

    /// <summary>The value of the first field of that name, in any case.</summary>
    /// <exception cref="KeyNotFoundException">No field has the name.</exception>
    public object? this[string name]
    {
        get
        {
            foreach (var field in fields)
                if (field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) return field.Value;
            throw new KeyNotFoundException($"the struct has no field {name}: {this}");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => fields.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(StructValue? other) =>
        other is not null && fields.Length == other.fields.Length
        && fields.Zip(other.fields).All(p =>
            p.First.Key == p.Second.Key && ValueEquality.Same(p.First.Value, p.Second.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StructValue);

    /// <inheritdoc/>
    public override int GetHashCode() => fields.Length == 0 ? 0 : HashCode.Combine(fields.Length, fields[0].Key);

    /// <summary>The fields in braces.</summary>
    public override string ToString() =>
        $"{{{string.Join(", ", fields.Select(f => $"'{f.Key}': {f.Value ?? "NULL"}"))}}}";
}

/// <summary>A value of a MAP: its entries in DuckDB's order, equal to another with the same.</summary>
public sealed class MapValue : IReadOnlyList<KeyValuePair<object, object?>>, IEquatable<MapValue>
{
    readonly KeyValuePair<object, object?>[] entries;

    /// <summary>A value of the entries; no two keys may be equal.</summary>
    public MapValue(params IEnumerable<KeyValuePair<object, object?>> entries) => this.entries = [.. entries];

    /// <summary>A value of the entries; no two keys may be equal.</summary>
    public MapValue(params IEnumerable<(object Key, object? Value)> entries) =>
        this.entries = [.. entries.Select(e => KeyValuePair.Create(e.Key, e.Value))];

    /// <inheritdoc/>
    public int Count => entries.Length;

    /// <inheritdoc/>
    public KeyValuePair<object, object?> this[int index] => entries[index];

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(MapValue? other) =>
        other is not null && entries.Length == other.entries.Length
        && entries.Zip(other.entries).All(p =>
            ValueEquality.Same(p.First.Key, p.Second.Key) && ValueEquality.Same(p.First.Value, p.Second.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MapValue);

    /// <inheritdoc/>
    public override int GetHashCode() => entries.Length;

    /// <summary>The entries in braces.</summary>
    public override string ToString() =>
        $"{{{string.Join(", ", entries.Select(e => $"{e.Key}={e.Value ?? "NULL"}"))}}}";
}

/// <summary>A value of a UNION.</summary>
/// <param name="Tag">The name of the member that it has.</param>
/// <param name="Value">The member's value.</param>
public sealed record UnionValue(string Tag, object? Value)
{
    /// <summary>Whether the other has the same member and value, lists compared by their elements.</summary>
    public bool Equals(UnionValue? other) =>
        other is not null && Tag == other.Tag && ValueEquality.Same(Value, other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Tag.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Equality of values that may hold lists.</summary>
static class ValueEquality
{
    public static bool Same(object? left, object? right) => (left, right) switch
    {
        (byte[] l, byte[] r) => l.AsSpan().SequenceEqual(r),
        (object?[] l, object?[] r) => l.Length == r.Length && l.Zip(r).All(p => Same(p.First, p.Second)),
        _ => Equals(left, right),
    };
}
