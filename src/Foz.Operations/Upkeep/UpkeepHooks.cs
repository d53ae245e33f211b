using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Upkeep;

/// <summary>What the upkeep of tables takes from its host; each is called at any time.</summary>
public sealed record UpkeepHooks
{
    /// <summary>Gets whether no statement and no run works, and none has for a while.</summary>
    public required Func<bool> IsQuiet { get; init; }

    /// <summary>Gets what the project says of maintenance.</summary>
    public required Func<MaintenancePolicies> Policies { get; init; }

    /// <summary>Gets what the project says of the columns of a table, by its name in the lake.</summary>
    public Func<TableName, IReadOnlyList<ColumnDefinition>> ColumnsOf { get; init; } = static _ => [];

    /// <summary>Gets whether another host maintains the tables.</summary>
    public Func<CancellationToken, ValueTask<bool>> HasOther { get; init; } = static _ => ValueTask.FromResult(false);
}
