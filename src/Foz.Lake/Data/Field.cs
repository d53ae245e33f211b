using System.Collections.Immutable;

namespace Foz.Lake.Data;

/// <summary>A named, typed column of a table or field of a struct.</summary>
/// <param name="Name">Its name, as written; unique in its table whatever the case.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsNullable">Whether it may hold null.</param>
public sealed record Field(string Name, DataType Type, bool IsNullable = true)
{
    /// <summary>The key of <see cref="Metadata"/> that holds the source's own type of a column.</summary>
    public const string SourceTypeKey = "foz.source.type";

    /// <summary>The key of <see cref="Metadata"/> that holds a description.</summary>
    public const string CommentKey = "comment";

    /// <summary>Text kept with the column in the table's own schema.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>This field with the source's own type of it noted.</summary>
    public Field WithSourceType(string sourceType) =>
        this with { Metadata = Metadata.SetItem(SourceTypeKey, sourceType) };

    /// <inheritdoc/>
    public bool Equals(Field? other) =>
        other is not null && Name == other.Name && Type == other.Type && IsNullable == other.IsNullable
        && Metadata.SequenceEqual(other.Metadata);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, IsNullable);
}
