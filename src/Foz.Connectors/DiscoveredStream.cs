using Foz.Lake.Data;

namespace Foz.Connectors;

/// <summary>A stream that a source offers.</summary>
/// <param name="Definition">How to take it: name, keys and a mode that works; settings as they go into YAML.</param>
/// <param name="Fields">Its columns, as they arrive in bronze without the change columns.</param>
public sealed record DiscoveredStream(StreamDefinition Definition, IReadOnlyList<Field> Fields)
{
    /// <summary>About how many rows it has; null where unknown.</summary>
    public long? RowCountEstimate { get; init; }

    /// <summary>
    /// Examines the stream's data for settings to write in addition to those of its definition; null where there is
    /// nothing to find.
    /// </summary>
    public Func<CancellationToken, StreamProposal>? Propose { get; init; }
}

/// <summary>The settings that the data of a stream suggests.</summary>
/// <param name="Settings">Settings with their values, as YAML writes them.</param>
/// <param name="Fields">The columns that arrive with them; empty where none is known.</param>
/// <param name="Notes">Notes for the user, such as a file that cannot be read.</param>
public sealed record StreamProposal(
    IReadOnlyList<(string Name, string Value)> Settings, IReadOnlyList<Field> Fields,
    IReadOnlyList<string> Notes)
{
    /// <summary>
    /// The columns that seem to identify a row: named so, and different in all rows that were read; empty for none.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
