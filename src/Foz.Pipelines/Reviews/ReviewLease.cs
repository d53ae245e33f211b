using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Reviews;

/// <summary>
/// The right to review in an environment, <c>_foz/leases/ci/&lt;environment&gt;.json</c>: of two reviews of one change
/// at once, the second is refused. The runs, cleaning and promotion of a review take their own leases.
/// </summary>
sealed class ReviewLease : IAsyncDisposable
{
    const string Folder = "ci";

    readonly RunHost host;
    readonly StepLease lease;

    ReviewLease(RunHost host, StepLease lease) => (this.host, this.lease) = (host, lease);

    /// <summary>Takes the lease.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="wait">How long to wait for another review.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Another process has it, or the lake has the first format.</exception>
    public static async Task<ReviewLease> TakeAsync(
        Lakehouse lake, string environment, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (await lake.Format.ReadAsync(cancellationToken) == LakeFormat.Oldest)
            throw new FozException(ErrorKind.Usage, "a lake of format 1 is held by one run at a time")
            {
                Hint = "foz upgrade",
            };
        // The name is no environment's: runs in it need not wait for this host, which waits for them.
        var owner = await RunHost.StartAsync(
            lake, JournalWriter.NewRunId(lake.Clock), [$"{Folder} {environment}"], TimeSpan.Zero, static _ => { },
            static _ => Task.CompletedTask, cancellationToken);
        try
        {
            var step = owner.LeaseOf(Folder, environment, wait, static _ => { });
            await step.TakeAsync(static (_, _) => Task.CompletedTask, cancellationToken);
            return new(owner, step);
        }
        catch (FozException e) when (e.Kind is ErrorKind.Conflict)
        {
            await owner.DisposeAsync();
            throw new FozException(ErrorKind.Conflict, $"another foz ci works in {environment}: {e.Message}", e)
            {
                Hint = "wait until it has ended, or stop it: a newer push needs only the last one",
                IsTransient = true,
            };
        }
        catch
        {
            await owner.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="Heartbeat.HoldAsync"/>
    public Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        host.HoldAsync(work, cancellationToken);

    /// <summary>Releases the lease.</summary>
    public async ValueTask DisposeAsync()
    {
        await lease.DisposeAsync();
        await host.DisposeAsync();
    }
}
