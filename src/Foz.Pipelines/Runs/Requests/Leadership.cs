using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Requests;

/// <summary>
/// The host that answers the requests of a project in an environment:
/// <c>_foz/leaders/&lt;project&gt;.&lt;environment&gt;.json</c>, renewed while it does. A leader that stood still loses
/// its place, and with it nothing but requests: its steps are held by leases of their own.
/// </summary>
public sealed class Leadership : IAsyncDisposable
{
    readonly LakeStore store;
    readonly Heartbeat beat;
    readonly string path;
    readonly (string Project, string Environment) led;

    Leadership(LakeStore store, string path, (string, string) led, Heartbeat beat) =>
        (this.store, this.path, this.led, this.beat) = (store, path, led, beat);

    /// <summary>The host.</summary>
    public string HostId => beat.Holder.RunId;

    /// <summary>Canceled when another host took its place, or may have, as the lake could not be written.</summary>
    public CancellationToken Lost => beat.Lost;

    /// <summary>Why the lake could not be written; null where another host took its place.</summary>
    public string? StorageError => beat.StorageError;

    /// <summary>Whether it answers the requests of a project in an environment.</summary>
    public bool Leads(string project, string environment) => led == (project, environment);

    /// <summary>Waits until no other host leads, and leads.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="project">The project.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="onWait">Called once with the host that leads.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<Leadership> TakeAsync(
        Lakehouse lake, string project, string environment, Action<LeaseHolder> onWait,
        CancellationToken cancellationToken)
    {
        var place = PathOf(project, environment);
        var watch = new LeaseWatch(lake.Clock, Heartbeat.LeaderLifetime);
        var hasWaited = false;
        while (true)
        {
            var format = await lake.Format.ReadForWritingAsync(cancellationToken);
            var present = await lake.Store.GetAsync(place, cancellationToken);
            if (present is not null && Find(present) is { } other && !watch.IsSilent(present.ETag))
            {
                if (!hasWaited) onWait(other);
                hasWaited = true;
                await Task.Delay(Heartbeat.LeaderLifetime / 12, lake.Clock, cancellationToken);
                continue;
            }
            var mine = LeaseHolder.Describe(JournalWriter.NewRunId(lake.Clock), [environment], lake.Clock) with
            {
                Format = format,
            };
            if (await Leases.WriteAsync(lake.Store, place, mine.Write(), present?.ETag, cancellationToken) is { } etag)
                return new(
                    lake.Store, place, (project, environment),
                    new(lake.Store, place, mine, etag, lake.Clock, Heartbeat.LeaderLifetime));
        }
    }

    /// <summary>Finds the host that leads, as far as one look can tell; null where none does.</summary>
    public static async ValueTask<LeaseHolder?> FindAsync(
        Lakehouse lake, string project, string environment, CancellationToken cancellationToken) =>
        await lake.Store.GetAsync(PathOf(project, environment), cancellationToken) is { } present
        && Find(present) is { } leader && leader.LooksAlive(lake.Clock)
            ? leader
            : null;

    /// <summary>The host that an object names; null where it ended, or where no host has written the object.</summary>
    static LeaseHolder? Find(StoredObject present)
    {
        try
        {
            return LeaseHolder.Read(present) is { IsReleased: false, IsGone: false } holder ? holder : null;
        }
        catch (FozException)
        {
            return null;
        }
    }

    /// <summary>Releases the leadership to the next host.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (await beat.StopAsync())
                await Leases.WriteAsync(
                    store, path, (beat.Holder with { IsReleased = true }).Write(), beat.ETag, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The storage failed; the place is free when this process ends, or after a while.
        }
        await beat.DisposeAsync();
    }

    static string PathOf(string project, string environment) =>
        $"_foz/leaders/{Uri.EscapeDataString(project)}.{Uri.EscapeDataString(environment)}.json";
}
