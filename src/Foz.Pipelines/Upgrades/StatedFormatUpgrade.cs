using Foz.Lake.Catalog;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Upgrades;

/// <summary>
/// Format 2: the lake states its format, and its lease is one that a Foz that knows no formats does not take.
/// </summary>
sealed class StatedFormatUpgrade : IFormatUpgrade
{
    /// <inheritdoc/>
    public int Format => 2;

    /// <inheritdoc/>
    public Task<IReadOnlyList<FormatChange>> FindChangesAsync(Lakehouse lake, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FormatChange>>(
        [
            new(Format, LakeFormat.FirstLease, "closed, so that a Foz that knows no formats cannot run here"),
            new(Format, LakeFormat.Path, $"new: states format {Format}"),
        ]);

    /// <inheritdoc/>
    public Task ApplyAsync(Lakehouse lake, RunLease lease, CancellationToken cancellationToken) =>
        lease.CloseAsync(Format, cancellationToken);
}
