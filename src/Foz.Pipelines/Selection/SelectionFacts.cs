using Foz.Lake.Data;
using Foz.Pipelines.Batches;

namespace Foz.Pipelines.Selection;

/// <summary>
/// What selectors ask beside the project's text, by the names of tables as the project has them. Each is there only
/// where a selector asks for it.
/// </summary>
public sealed record SelectionFacts
{
    /// <summary>No facts.</summary>
    public static SelectionFacts None { get; } = new();

    /// <summary>What changed since the tables were last made.</summary>
    public IReadOnlyDictionary<TableName, StateChange> Changes { get; init; } =
        new Dictionary<TableName, StateChange>();

    /// <summary>How tables ended last time, in the words of <c>result:</c>.</summary>
    public IReadOnlyDictionary<TableName, string> Results { get; init; } = new Dictionary<TableName, string>();

    /// <summary>The streams whose source has more than was read.</summary>
    public IReadOnlySet<TableName> Fresher { get; init; } = new HashSet<TableName>();
}
