using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads <c>maintenance:</c> of <c>foz.yml</c>.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class MaintenanceReader(ErrorList errors)
{
    const string Key = "maintenance";
    const string TablesKey = "tables", ServerKey = "server", HoursKey = "quiet_hours", KeepKey = "keep";
    const int SmallFilesMax = 1_000_000;

    static readonly Dictionary<string, bool> words = new(StringComparer.Ordinal) { ["auto"] = true, ["off"] = false };

    static readonly TimeSpan keepMin = TimeSpan.FromDays(1);

    /// <summary>Reads the policies.</summary>
    /// <param name="file">The file.</param>
    /// <param name="scheduler">What it says of the scheduler, whose time zone holds for hours too.</param>
    public MaintenancePolicies Read(MappingReader file, YamlNode? scheduler)
    {
        if (file.Node(Key) is not { } node) return MaintenancePolicies.Default;
        var reader = MappingReader.Of(node, node.Place, $"'{Key}'", errors, ProjectKeys.Maintenance);
        var common = Policy(reader, new());
        var isOn = reader.Word(ServerKey, words) ?? true;
        var hours = Hours(reader, scheduler);
        var tables = new Dictionary<string, MaintenancePolicy>(StringComparer.Ordinal);
        // What is said of a schema holds for its tables too, as far as they say nothing.
        foreach (var (name, place, value) in reader.Entries(TablesKey)
            .OrderBy(entry => entry.Key.Contains('.', StringComparison.Ordinal)))
        {
            var key = name.ToLowerInvariant();
            var own = MappingReader.Of(
                value, place, "what is said of a table or schema", errors, ProjectKeys.MaintenanceOfTable);
            if (own.Has(KeepKey) && key.Split('.')[0] != TableName.SystemSchema)
                errors.Add(
                    own.PlaceOf(KeepKey), $"'{KeepKey}' is for the schema {TableName.SystemSchema} and its tables",
                    "other tables have `retention` at a column");
            tables[key] = Policy(own, tables.GetValueOrDefault(key.Split('.')[0]) ?? common);
            own.Finish();
        }
        reader.Finish();
        return new(common, tables) { IsOnInServers = isOn, QuietHours = hours };
    }

    DailyHours? Hours(MappingReader reader, YamlNode? scheduler)
    {
        var zone = TimeZones.Read(reader, errors) ?? TimeZones.OfScheduler(scheduler);
        if (reader.Text(HoursKey) is not { } text) return null;
        if (DailyHours.TryParse(text, zone) is { } hours) return hours;
        errors.Add(reader.PlaceOf(HoursKey), $"'{text}' are no hours", "write '22:00-06:00'");
        return null;
    }

    MaintenancePolicy Policy(MappingReader reader, MaintenancePolicy above) => new()
    {
        Optimizes = reader.Word("optimize", words) ?? above.Optimizes,
        SmallFiles = (int)(reader.Integer("small_files", 2, SmallFilesMax) ?? above.SmallFiles),
        Vacuums = reader.Word("vacuum", words) ?? above.Vacuums,
        Keep = Keep(reader) ?? above.Keep,
    };

    TimeSpan? Keep(MappingReader reader)
    {
        if (reader.Text(KeepKey) is not { } text) return null;
        if (Duration.TryParseWords(text, out var keep) && keep >= keepMin) return keep;
        errors.Add(reader.PlaceOf(KeepKey), $"'{text}' is no length of time of a day at least", "write '400 days'");
        return null;
    }
}
