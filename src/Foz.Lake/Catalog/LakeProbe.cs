using Foz.Storage;

namespace Foz.Lake.Catalog;

/// <summary>The findings of a check of a lake's storage.</summary>
/// <param name="Elapsed">How long a write, a read, a listing and a deletion took together.</param>
/// <param name="ClockSkew">How far the storage's clock is ahead of this machine's.</param>
/// <param name="Fault">Which promise that commits depend on the storage breaks; null if none.</param>
public sealed record LakeProbe(TimeSpan Elapsed, TimeSpan ClockSkew, string? Fault)
{
    /// <summary>Tries out what a lake's storage must do, on an object of its own that is deleted again.</summary>
    /// <exception cref="StorageException">The storage cannot be reached, read or written.</exception>
    public static async Task<LakeProbe> RunAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        var found = await StoreProbe.RunAsync(lake.Store, lake.Clock, cancellationToken);
        return new(found.Elapsed, found.ClockSkew, found.Fault);
    }

    /// <summary>
    /// The kind of network file system that a folder is on; null if it is on this machine or unknown.
    /// </summary>
    public static string? NetworkFileSystemOf(string folder) => LocalObjectStore.NetworkFileSystemOf(folder);
}
