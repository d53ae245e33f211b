using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Pipelines.Upgrades;

/// <summary>What an upgrade does to an object of a lake.</summary>
/// <param name="Format">The format that it belongs to.</param>
/// <param name="Object">The object's path below the lake.</param>
/// <param name="Change">What becomes of it, as a phrase.</param>
public sealed record FormatChange(int Format, string Object, string Change);

/// <summary>Brings a lake from one format to the next. <see cref="LakeUpgrade"/> has the list of all.</summary>
public interface IFormatUpgrade
{
    /// <summary>The format that a lake has afterwards; before, it has the format one lower.</summary>
    int Format { get; }

    /// <summary>Finds what <see cref="ApplyAsync"/> would change, without writing.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    Task<IReadOnlyList<FormatChange>> FindChangesAsync(Lakehouse lake, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the lake. Each part can be done again: after a kill at any moment the next call completes it. The
    /// format's number is stated afterwards, by the caller.
    /// </summary>
    /// <param name="lake">The lake.</param>
    /// <param name="lease">Holds the lake for this upgrade alone.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The lease was lost, or the lake cannot be upgraded.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    Task ApplyAsync(Lakehouse lake, RunLease lease, CancellationToken cancellationToken);
}
