using Foz.Connectors.Exports;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Registry;

/// <summary>All targets of exports, by key and type of connection.</summary>
public static class ExportRegistry
{
    /// <summary>One line a target.</summary>
    public static IReadOnlyList<IExportTarget> Targets { get; } =
    [
        new FileExport(),
        new PostgreSqlExport(),
        new DatabaseExport(),
        new HttpExport(),
    ];

    /// <summary>The keys that name where rows go, each once.</summary>
    public static IReadOnlyList<SettingSpec> Addresses { get; } =
        [.. Targets.Select(target => target.Address).DistinctBy(key => key.Name)];

    /// <summary>The settings of all targets, each once.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
        [.. Targets.SelectMany(target => target.Settings).DistinctBy(setting => setting.Name)];

    /// <summary>The types of connections that targets of a key take, with null for none.</summary>
    /// <param name="key">The key of an address.</param>
    public static IReadOnlyList<string?> ConnectionTypes(string key) =>
        [.. Targets.Where(target => target.Address.Name == key).Select(target => target.ConnectionType)];

    /// <summary>The target of a key and a connection; null where there is none.</summary>
    /// <param name="key">The key of its address.</param>
    /// <param name="connectionType">The type of the connection; null for none.</param>
    public static IExportTarget? Find(string key, string? connectionType) =>
        Targets.FirstOrDefault(target => target.Address.Name == key && target.ConnectionType == connectionType);
}
