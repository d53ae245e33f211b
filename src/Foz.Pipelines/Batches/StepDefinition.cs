using System.Collections.Immutable;

namespace Foz.Pipelines.Batches;

/// <summary>
/// The definition that a step ran with. Each batch keeps it, so that a later run can compare it with the current one.
/// </summary>
public sealed record StepDefinition
{
    /// <summary>A model's SELECT; null where there is none.</summary>
    public string? Sql { get; init; }

    /// <summary>
    /// What is set of it, keys with dots between those of nested mappings, lists with commas between their items.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The types that it declares of columns, by name; empty where it names a column alone.</summary>
    public ImmutableSortedDictionary<string, string> Columns { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What is said of it for people, by what it is said of; <c>""</c> for the table.</summary>
    public ImmutableSortedDictionary<string, string> Descriptions { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;
}
