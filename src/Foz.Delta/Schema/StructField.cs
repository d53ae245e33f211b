namespace Foz.Delta.Schema;

/// <summary>A column, or a field of a nested struct.</summary>
public sealed record StructField
{
    /// <summary>Makes a field.</summary>
    public StructField(string name, DeltaType type, bool nullable = true, FieldMetadata? metadata = null)
    {
        Name = name;
        Type = type;
        Nullable = nullable;
        Metadata = metadata ?? FieldMetadata.Empty;
    }

    /// <summary>The display name.</summary>
    public string Name { get; init; }

    /// <summary>The type of the values.</summary>
    public DeltaType Type { get; init; }

    /// <summary>Whether a value may be null.</summary>
    public bool Nullable { get; init; }

    /// <summary>What else the log says about the column; unknown keys are kept.</summary>
    public FieldMetadata Metadata { get; init; }

    /// <summary>The description of the column (metadata <c>comment</c>); null if there is none.</summary>
    public string? Comment => Metadata.GetString(FieldMetadata.CommentKey);

    /// <summary>The column's id under column mapping; null if it has none.</summary>
    public int? ColumnId => (int?)Metadata.GetLong(FieldMetadata.ColumnIdKey);

    /// <summary>
    /// The name that data files, statistics and partition values use: under column mapping the one in the metadata,
    /// else <see cref="Name"/>.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the table maps columns but this one has no physical name.
    /// </exception>
    public string PhysicalName(ColumnMappingMode mode) => mode is ColumnMappingMode.None
        ? Name
        : Metadata.GetString(FieldMetadata.PhysicalNameKey) ?? throw new DeltaException(DeltaErrorKind.InvalidSchema,
            $"the table maps columns by {mode.ToString().ToLowerInvariant()}, but column {Name} has no physical name");
}
