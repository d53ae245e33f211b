using Foz.Lake.Data;

namespace Foz.Lake.Catalog;

/// <summary>All names of a lake.</summary>
public static class LakeListing
{
    /// <summary>
    /// What the catalog defines and, in a lake on this machine, Delta tables that another engine wrote, by schema in
    /// the order of the layers.
    /// </summary>
    /// <param name="lake">The lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<Definition>> ReadAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        var found = new Dictionary<TableName, Definition>();
        await foreach (var definition in lake.Catalog.ListAsync(cancellationToken))
            found[definition.TableName] = definition;
        // A name's table may be in a folder of another name, and is no second table.
        var folders = found.Values.Select(definition => definition.Location).OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in (lake.IsLocal ? TablesOnDisk(lake.Folder) : []).Where(name =>
            !found.ContainsKey(name) && !folders.Contains(LakeCatalog.DefaultLocation(name))
                && !LakeCatalog.IsMovable(name)))
            if (await lake.Catalog.FindAsync(name, cancellationToken) is { } definition)
                found[name] = definition;
        return
        [
            .. found.Values.OrderBy(d => RankOf(d.Schema)).ThenBy(d => d.Schema, StringComparer.OrdinalIgnoreCase)
                .ThenBy(d => d.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    static int RankOf(string schema) =>
        schema.EndsWith("bronze", StringComparison.OrdinalIgnoreCase) ? 0
        : schema.EndsWith("silver", StringComparison.OrdinalIgnoreCase) ? 1
        : schema.EndsWith("gold", StringComparison.OrdinalIgnoreCase) ? 2
        : schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase) ? 4 : 3;

    static IEnumerable<TableName> TablesOnDisk(string lake) => !Directory.Exists(lake)
        ? []
        : Directory.EnumerateDirectories(lake).Where(schema => !Path.GetFileName(schema).StartsWith('_'))
            .SelectMany(Directory.EnumerateDirectories)
            .Where(table => Directory.Exists(Path.Combine(table, "_delta_log")))
            .Select(table => new TableName(Path.GetFileName(Path.GetDirectoryName(table)!), Path.GetFileName(table)));
}
