using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Pipelines.Upgrades;

/// <summary>What was, or would be, changed of a lake by an upgrade.</summary>
/// <param name="From">The format that the lake had; null where there is no lake yet.</param>
/// <param name="Changes">What is changed, in order; empty for a lake of the newest format.</param>
public sealed record UpgradeResult(int? From, ImmutableArray<FormatChange> Changes);

/// <summary>Brings a lake to the newest format, one format after the other.</summary>
/// <param name="lake">The lake.</param>
public sealed class LakeUpgrade(Lakehouse lake)
{
    /// <summary>All upgrades, by the format that they bring a lake to.</summary>
    public static readonly ImmutableArray<IFormatUpgrade> Steps = [new StatedFormatUpgrade()];

    /// <summary>Finds what an upgrade would change, without writing.</summary>
    /// <exception cref="FozException">This Foz does not know the lake's format.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<UpgradeResult> CheckAsync(CancellationToken cancellationToken)
    {
        var from = await lake.Format.FindAsync(cancellationToken);
        var changes = ImmutableArray.CreateBuilder<FormatChange>();
        foreach (var step in Steps.Where(step => step.Format > from))
            changes.AddRange(await step.FindChangesAsync(lake, cancellationToken));
        return new(from, changes.DrainToImmutable());
    }

    /// <summary>
    /// Upgrades the lake, each format under the lake's lease. After a kill the next call completes it.
    /// </summary>
    /// <param name="wait">How long to wait at most for a run that holds the lake.</param>
    /// <param name="onWait">Called once for a run that it waits for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="FozException">
    /// This Foz does not know the lake's format, another run still holds the lake after <paramref name="wait"/>, or
    /// took it over.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<UpgradeResult> RunAsync(
        TimeSpan wait, Action<LeaseHolder> onWait, CancellationToken cancellationToken)
    {
        var found = await CheckAsync(cancellationToken);
        if (found.From is not null) await lake.Format.ReadForWritingAsync(cancellationToken);
        foreach (var step in Steps.Where(step => step.Format > found.From))
            await ApplyAsync(step, wait, onWait, cancellationToken);
        return found;
    }

    async Task ApplyAsync(
        IFormatUpgrade step, TimeSpan wait, Action<LeaseHolder> onWait, CancellationToken cancellationToken)
    {
        await using var lease = await RunLease.AcquireAsync(
            lake.Store, JournalWriter.NewRunId(lake.Clock), environments: null, wait, onWait, lake.Clock,
            cancellationToken);
        if (await lake.Format.ReadAsync(cancellationToken) >= step.Format) return;
        Failpoint.Hit("upgrade.held");
        await lease.HoldAsync(
            async stop =>
            {
                await step.ApplyAsync(lake, lease, stop);
                Failpoint.Hit("upgrade.applied");
                await lake.Format.StateAsync(step.Format, stop);
                return step;
            },
            cancellationToken);
        Failpoint.Hit("upgrade.stated");
    }
}
