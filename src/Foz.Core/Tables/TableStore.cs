using System.Collections.Concurrent;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Delta.Snapshots;
using Foz.Delta.Storage;

namespace Foz.Core.Tables;

/// <summary>The Delta tables of a lake, by their folders. Safe for use by many threads.</summary>
/// <param name="lake">The lake's root.</param>
/// <param name="engines">The engines that read checkpoints.</param>
/// <param name="clock">The time.</param>
/// <param name="keys">Where merges keep indexes of keys; null for nowhere, so that each one finds its rows by a join.</param>
public sealed class TableStore(
    IObjectStore lake, EnginePool engines, TimeProvider clock, KeyIndexCache? keys = null)
{
    readonly ConcurrentDictionary<string, LakeTable> tables = new(StringComparer.Ordinal);
    readonly CheckpointParquet checkpoints = new(engines);

    /// <summary>The table in a folder below the lake; it need not exist yet. What is known of it is kept.</summary>
    /// <param name="location">The folder.</param>
    /// <param name="name">What messages call it, as who opens it first says; null for its folder.</param>
    public LakeTable Open(string location, TableName? name = null) => tables.GetOrAdd(
        location,
        static (location, table) => table.Store.OpenStore(table.Store.Lake.Within(location), table.Name?.ToString()),
        (Store: this, Name: name));

    /// <summary>The table in a folder anywhere on this machine.</summary>
    public LakeTable OpenFolder(string folder) => tables.GetOrAdd(
        Path.GetFullPath(folder), static (path, store) => store.OpenStore(new LocalObjectStore(path), name: null),
        this);

    IObjectStore Lake => lake;

    LakeTable OpenStore(IObjectStore store, string? name) => new(new DeltaTable(store, checkpoints, clock, name), keys);
}
