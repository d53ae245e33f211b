using System.Collections.Immutable;
using Foz.Lake.Data;

namespace Foz.Connectors.Changes;

/// <summary>How changes find the row that they are about.</summary>
public enum RowIdentity
{
    /// <summary>They do not: the table has inserts only, or nothing distinguishes its rows.</summary>
    None,

    /// <summary>By the columns of a key.</summary>
    Key,

    /// <summary>By all columns, as the table has no key; equal rows are not distinguished.</summary>
    WholeRow,
}

/// <summary>
/// A table as its changes have it, up to the next change of its columns. Two of one table are equal if its changes
/// look the same.
/// </summary>
/// <param name="Schema">The schema, or database, that it is in.</param>
/// <param name="Name">Its name there.</param>
public sealed record ChangeTable(string Schema, string Name)
{
    /// <summary>
    /// Gets the source's number of the table, which stays when it is renamed. Where the source has none it is made of
    /// the name, so that a renamed table is another one.
    /// </summary>
    public required long Id { get; init; }

    /// <summary>Gets the fields of a row; the first <see cref="ColumnCount"/> are the table's columns.</summary>
    public required ImmutableArray<Field> Fields { get; init; }

    /// <summary>Gets how many columns the table has.</summary>
    public required int ColumnCount { get; init; }

    /// <summary>Gets how changes find their row.</summary>
    public required RowIdentity Identity { get; init; }

    /// <summary>
    /// Gets which columns are the key, counted from 0; empty where <see cref="Identity"/> is none.
    /// </summary>
    public required ImmutableArray<int> Keys { get; init; }

    /// <summary>Gets whether updates come with all of the row before them.</summary>
    public bool HasBefore { get; init; }

    /// <inheritdoc/>
    public bool Equals(ChangeTable? other) =>
        other is not null && Schema == other.Schema && Name == other.Name && Id == other.Id
        && Identity == other.Identity && HasBefore == other.HasBefore && ColumnCount == other.ColumnCount
        && Keys.AsSpan().SequenceEqual(other.Keys.AsSpan()) && Fields.SequenceEqual(other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Schema, Name, Id, Identity, ColumnCount);

    /// <summary>Returns the name with its schema.</summary>
    public override string ToString() => $"{Schema}.{Name}";
}
