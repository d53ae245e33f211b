using Foz.Lake.Data;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects;

/// <summary>What runs do for a table after their steps, and servers when nothing else is to do.</summary>
public sealed record MaintenancePolicy
{
    /// <summary>The default number of small files from which on they are compacted.</summary>
    public const int SmallFilesDefault = 50;

    /// <summary>Whether small files are put together when there are many.</summary>
    public bool Optimizes { get; init; } = true;

    /// <summary>From how many small files on.</summary>
    public int SmallFiles { get; init; } = SmallFilesDefault;

    /// <summary>Whether files are deleted that no version needs which is younger than the table's retention.</summary>
    public bool Vacuums { get; init; }

    /// <summary>How long rows of tables of the schema <c>foz</c> are kept; null for ever.</summary>
    public TimeSpan? Keep { get; init; }
}

/// <summary>The policies of a project's tables.</summary>
public sealed class MaintenancePolicies
{
    /// <summary>The policies of a project without <c>maintenance</c>.</summary>
    public static MaintenancePolicies Default { get; } = new(new(), new Dictionary<string, MaintenancePolicy>());

    readonly MaintenancePolicy common;
    readonly IReadOnlyDictionary<string, MaintenancePolicy> byName;

    internal MaintenancePolicies(MaintenancePolicy common, IReadOnlyDictionary<string, MaintenancePolicy> byName) =>
        (this.common, this.byName) = (common, byName);

    /// <summary>Whether servers maintain the tables of the lake.</summary>
    public bool IsOnInServers { get; init; } = true;

    /// <summary>The hours in which servers maintain tables; null for all.</summary>
    public DailyHours? QuietHours { get; init; }

    /// <summary>The policy of a table: its own, that of its schema, or that of all.</summary>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    public MaintenancePolicy Of(TableName name) =>
        byName.TryGetValue(name.ToString().ToLowerInvariant(), out var own) ? own
        : byName.TryGetValue(name.Schema.ToLowerInvariant(), out var ofSchema) ? ofSchema
        : common;
}
