using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>What a run does for a table after its steps.</summary>
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

    /// <summary>The policy of a table: its own, that of its schema, or that of all.</summary>
    /// <param name="name">Its name, as the project's SQL has it.</param>
    public MaintenancePolicy Of(TableName name) =>
        byName.TryGetValue(name.ToString().ToLowerInvariant(), out var own) ? own
        : byName.TryGetValue(name.Schema.ToLowerInvariant(), out var ofSchema) ? ofSchema
        : common;
}
