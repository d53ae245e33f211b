using System.Collections.ObjectModel;
using Foz.Connectors;
using Foz.Lake;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects;

/// <summary>What a project says of a column.</summary>
public sealed record ColumnDefinition
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its SQL type as it is written; null where none is stated.</summary>
    public string? Type { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Tags of what it is made from that are none of its own, or families of them, with why.</summary>
    public IReadOnlyDictionary<string, string> Release { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>How old its value may be: rows in which it is older are deleted; null where rows stay.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>
    /// What takes the place of its values when they arrive from a source; null where they arrive unchanged.
    /// </summary>
    public ColumnMask? Mask { get; init; }

    /// <summary>Whether its table's contract lets it be null.</summary>
    public bool IsNullable { get; init; } = true;

    /// <summary>How its values are cleaned, in order.</summary>
    public IReadOnlyList<CleanRule> Clean { get; init; } = [];

    /// <summary>Its checks.</summary>
    public IReadOnlyList<CheckDefinition> Checks { get; init; } = [];

    /// <summary>The columns that it is made from, as a program states them: <c>silver.orders.amount</c>.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }
}
