using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>What a run does for a table behind its steps.</summary>
public sealed record MaintenancePolicy
{
    /// <summary>The number of small files from which on they are put together, where nobody states one.</summary>
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
    /// <summary>Those of a project that says nothing of them.</summary>
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

/// <summary>Reads <c>maintenance:</c> of <c>foz.yml</c>.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class MaintenanceReader(ErrorList errors)
{
    const string Key = "maintenance";
    const string TablesKey = "tables";
    const int SmallFilesMax = 1_000_000;

    static readonly Dictionary<string, bool> words = new(StringComparer.Ordinal) { ["auto"] = true, ["off"] = false };

    /// <summary>Reads the policies.</summary>
    public MaintenancePolicies Read(MappingReader file)
    {
        if (file.Node(Key) is not { } node) return MaintenancePolicies.Default;
        var reader = MappingReader.Of(node, node.Place, $"'{Key}'", errors, ProjectKeys.Maintenance);
        var common = Policy(reader, new());
        var tables = new Dictionary<string, MaintenancePolicy>(StringComparer.Ordinal);
        // What is said of a schema holds for its tables too, as far as they say nothing.
        foreach (var (name, place, value) in reader.Entries(TablesKey)
            .OrderBy(entry => entry.Key.Contains('.', StringComparison.Ordinal)))
        {
            var key = name.ToLowerInvariant();
            var own = MappingReader.Of(value, place, "what is said of a table or schema", errors, ProjectKeys.MaintenanceOfTable);
            tables[key] = Policy(own, tables.GetValueOrDefault(key.Split('.')[0]) ?? common);
            own.Finish();
        }
        reader.Finish();
        return new(common, tables);
    }

    static MaintenancePolicy Policy(MappingReader reader, MaintenancePolicy above) => new()
    {
        Optimizes = reader.Word("optimize", words) ?? above.Optimizes,
        SmallFiles = (int)(reader.Integer("small_files", 2, SmallFilesMax) ?? above.SmallFiles),
        Vacuums = reader.Word("vacuum", words) ?? above.Vacuums,
    };
}
