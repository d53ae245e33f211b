using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine.Plans;

namespace Foz.Pipelines.Lineage;

/// <summary>What the columns of a table or view are made from.</summary>
public sealed record NodeLineage
{
    /// <summary>Its name in the lake.</summary>
    public required TableName Table { get; init; }

    /// <summary>Its columns; empty where they are not known.</summary>
    public IReadOnlyList<ColumnLineage> Columns { get; init; } = [];

    /// <summary>The columns of its SELECT, where its table has others; null where they are the same.</summary>
    public IReadOnlyList<Field>? Selected { get; init; }

    /// <summary>
    /// What decides which rows it has: columns that are joined by, filtered, grouped or ordered by, none twice in one
    /// way.
    /// </summary>
    public IReadOnlyList<UpstreamColumn> Conditions { get; init; } = [];

    /// <summary>
    /// Why nothing more is known: its SQL does not bind to the columns that its tables have, or one of them is not
    /// there yet. Null where all is known.
    /// </summary>
    public FozException? Error { get; init; }

    /// <summary>The column of a name, whatever the case; null where there is none.</summary>
    public ColumnLineage? Find(string column) =>
        Columns.FirstOrDefault(c => c.Field.Name.Equals(column, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A column, and what it is made from.</summary>
/// <param name="Field">The column.</param>
/// <param name="Inputs">What it is made from; empty for a constant, or where nothing stands above it.</param>
public sealed record ColumnLineage(Field Field, IReadOnlyList<UpstreamColumn> Inputs);

/// <summary>A column that another one is made from.</summary>
/// <param name="Table">Its table's name in the lake; of a source, <c>source.stream</c>.</param>
/// <param name="Column">The column.</param>
/// <param name="Transformation">What became of it.</param>
public readonly record struct UpstreamColumn(TableName Table, string Column, Transformation Transformation);
