using System.Collections.Concurrent;
using Foz.Delta.Snapshots;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Keys;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Lake.Tables;

/// <summary>The Delta tables of a lake, by their folders. Safe for use by many threads.</summary>
/// <param name="lake">The lake's root.</param>
/// <param name="engines">The engines that read checkpoints.</param>
/// <param name="clock">The time.</param>
/// <param name="keys">
/// Where merges keep indexes of keys; null for nowhere, so that each one finds its rows by a join.
/// </param>
/// <param name="openUrl">Opens the store at an address; null where none is read.</param>
public sealed class TableStore(
    IObjectStore lake, EnginePool engines, TimeProvider clock, KeyIndexCache? keys = null,
    Func<string, IObjectStore>? openUrl = null)
{
    readonly ConcurrentDictionary<string, LakeTable> tables = new(StringComparer.Ordinal);
    readonly CheckpointParquet checkpoints = new(engines);
    TableStore? all;
    TimeSpan lookInterval;

    /// <summary>Returns the same tables, each as <see cref="LakeTable.LookingEach"/> returns it.</summary>
    public TableStore LookingEach(TimeSpan interval) =>
        new(lake, engines, clock, keys, openUrl) { all = this, lookInterval = interval };

    /// <summary>The table in a folder below the lake; it need not exist yet. What is known of it is kept.</summary>
    /// <param name="location">The folder.</param>
    /// <param name="name">What messages call it, as who opens it first says; null for its folder.</param>
    public LakeTable Open(string location, TableName? name = null) => tables.GetOrAdd(
        location,
        static (location, table) => table.Store.all is { } all
            ? all.Open(location, table.Name).LookingEach(table.Store.lookInterval)
            : table.Store.OpenStore(table.Store.Lake.Within(location), table.Name?.ToString()),
        (Store: this, Name: name));

    /// <summary>The table in a folder of the lake, anywhere on this machine, or at the address of an object store that
    /// is reached as the lake is.</summary>
    /// <exception cref="FozException">It is an address, and the lake is none.</exception>
    public LakeTable OpenFolder(string folder)
    {
        if (all is not null)
            return tables.GetOrAdd(
                folder,
                static (place, store) => store.all!.OpenFolder(place).LookingEach(store.lookInterval), this);
        if (!ObjectStores.IsUrl(folder))
            return tables.GetOrAdd(
                Path.GetFullPath(folder),
                static (path, store) => store.OpenStore(new LocalObjectStore(path), name: null), this);
        if (folder.StartsWith(lake.Root + "/", StringComparison.Ordinal))
            return Open(folder[(lake.Root.Length + 1)..].TrimEnd('/'));
        if (openUrl is null)
            throw new FozException(ErrorKind.Usage, $"{folder} cannot be read: the lake is not in an object store")
            {
                Hint = "set lake: in foz.yml to an address, whose settings and credentials count for this one too",
            };
        return tables.GetOrAdd(
            folder.TrimEnd('/'), static (url, open) => open.Store.OpenStore(open.Url(url), name: null),
            (Store: this, Url: openUrl));
    }

    IObjectStore Lake => lake;

    LakeTable OpenStore(IObjectStore store, string? name) => new(new DeltaTable(store, checkpoints, clock, name), keys);
}
