using System.Collections.Immutable;
using System.Text.Json;

namespace Foz.Delta.Schema;

/// <summary>
/// The metadata of a field: JSON values by name, in order (PROTOCOL.md, "Column Metadata"). Immutable.
/// </summary>
public sealed class FieldMetadata : IEquatable<FieldMetadata>
{
    /// <summary>Key of the description.</summary>
    public const string CommentKey = "comment";

    /// <summary>Key of the id under column mapping.</summary>
    public const string ColumnIdKey = "delta.columnMapping.id";

    /// <summary>Key of the physical name under column mapping.</summary>
    public const string PhysicalNameKey = "delta.columnMapping.physicalName";

    /// <summary>Key of the ids of elements, keys and values that lie in a column's arrays and maps.</summary>
    public const string NestedIdsKey = "delta.columnMapping.nested.ids";

    /// <summary>Key of the history of type changes.</summary>
    public const string TypeChangesKey = "delta.typeChanges";

    /// <summary>Key of the SQL condition that each value fulfils.</summary>
    public const string InvariantsKey = "delta.invariants";

    /// <summary>Key of the SQL expression that makes the value.</summary>
    public const string GenerationExpressionKey = "delta.generationExpression";

    /// <summary>Key of the SQL expression that replaces a value not given.</summary>
    public const string CurrentDefaultKey = "CURRENT_DEFAULT";

    /// <summary>Key of the first value of an identity column; its presence makes the column one.</summary>
    public const string IdentityStartKey = "delta.identity.start";

    FieldMetadata(ImmutableArray<KeyValuePair<string, JsonElement>> entries) => Entries = entries;

    /// <summary>No metadata.</summary>
    public static FieldMetadata Empty { get; } = new([]);

    /// <summary>The keys and their values, in the order of the log.</summary>
    public ImmutableArray<KeyValuePair<string, JsonElement>> Entries { get; }

    /// <summary>The value of a key; null if the key is absent.</summary>
    public JsonElement? this[string key]
    {
        get
        {
            foreach (var entry in Entries)
                if (entry.Key == key) return entry.Value;
            return null;
        }
    }

    /// <summary>The text of a key; null if the key is absent or no string.</summary>
    public string? GetString(string key) =>
        this[key] is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The integer of a key; null if the key is absent or no integer.</summary>
    public long? GetLong(string key) =>
        this[key] is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The same metadata with a key set, at its old position if it was there.</summary>
    public FieldMetadata With(string key, JsonElement value)
    {
        var entry = KeyValuePair.Create(key, value.Clone());
        for (var i = 0; i < Entries.Length; i++)
            if (Entries[i].Key == key) return new(Entries.SetItem(i, entry));
        return new(Entries.Add(entry));
    }

    /// <summary>The same metadata with a key set to a text.</summary>
    public FieldMetadata With(string key, string value) =>
        With(key, SchemaValue.ToElement(w => w.WriteStringValue(value)));

    /// <summary>The same metadata with a key set to an integer.</summary>
    public FieldMetadata With(string key, long value) =>
        With(key, SchemaValue.ToElement(w => w.WriteNumberValue(value)));

    /// <summary>The same metadata without a key.</summary>
    public FieldMetadata Without(string key) => new(Entries.RemoveAll(entry => entry.Key == key));

    /// <summary>Whether both have the same keys and JSON values, in whatever order.</summary>
    public bool Equals(FieldMetadata? other)
    {
        if (other is null || Entries.Length != other.Entries.Length) return false;
        foreach (var (key, value) in Entries)
            if (other[key] is not { } otherValue || !JsonElement.DeepEquals(value, otherValue)) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldMetadata);

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.Length;

    /// <summary>Reads the metadata object of a field.</summary>
    internal static FieldMetadata Of(JsonElement metadata)
    {
        var builder = ImmutableArray.CreateBuilder<KeyValuePair<string, JsonElement>>();
        foreach (var property in metadata.EnumerateObject())
            builder.Add(KeyValuePair.Create(property.Name, property.Value.Clone()));
        return builder.Count == 0 ? Empty : new(builder.ToImmutable());
    }
}
