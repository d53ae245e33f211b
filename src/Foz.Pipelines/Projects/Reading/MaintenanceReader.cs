using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

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
            var own = MappingReader.Of(
                value, place, "what is said of a table or schema", errors, ProjectKeys.MaintenanceOfTable);
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
