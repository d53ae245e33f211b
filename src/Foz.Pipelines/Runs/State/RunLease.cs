using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>Who holds the right to run the pipelines of a lake.</summary>
public sealed record LeaseHolder
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The user who started it.</summary>
    public required string User { get; init; }

    /// <summary>The machine it runs on.</summary>
    public required string Host { get; init; }

    /// <summary>Its process on that machine.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When that process started; tells it from a later one with the same number.</summary>
    public required DateTimeOffset ProcessStartedAt { get; init; }

    /// <summary>When it took the lease.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it last said that it is alive, by its machine's clock.</summary>
    public required DateTimeOffset RenewedAt { get; init; }

    /// <summary>How often it said so: one that is renewed is never as it was, whatever its clock does.</summary>
    public long Renewals { get; init; }

    /// <summary>Whether it gave the lease back.</summary>
    public bool IsReleased { get; init; }

    /// <summary>The lake's format as the holder last knew it; 0 of a Foz that knows no formats.</summary>
    public int Format { get; init; }
}

/// <summary>
/// The lease object <c>_foz/leases/lake.json</c>, or <c>_foz/leases/run.json</c> of lakes of format 1: one run at a
/// time works on a lake. It is renewed while held; one that was not renewed for <see cref="Lifetime"/>, or whose
/// process on this machine is gone, is taken over. How long it was not renewed is measured by who watches it, with a
/// clock that only counts: clocks of machines differ, and jump.
/// </summary>
public sealed class RunLease : IAsyncDisposable
{
    /// <summary>How long a lease holds after it was last renewed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    const string LaterPath = "_foz/leases/lake.json";
    static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    readonly LakeStore lake;
    readonly string path;
    readonly TimeProvider clock;
    readonly CancellationTokenSource stop = new();
    readonly CancellationTokenSource lost = new();
    readonly Task renewal;
    LeaseHolder holder;
    string etag;
    long renewedAt;
    bool isClosed;

    RunLease(LakeStore lake, TimeProvider clock, LeaseHolder holder, string etag)
    {
        (this.lake, this.clock, this.holder, this.etag) = (lake, clock, holder, etag);
        path = PathOf(holder.Format);
        renewedAt = clock.GetTimestamp();
        renewal = RenewAsync();
    }

    /// <summary>Canceled when another process took the lease over; the run must stop.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Why work under the lease could not end; null while it is held.</summary>
    public FozException? LostError => lost.IsCancellationRequested ? MakeLostError() : null;

    FozException MakeLostError() => new(
        ErrorKind.Conflict,
        $"run {holder.RunId} lost the lake: it stood still, or could not reach the lake, for more than {Lifetime.TotalSeconds:0} s, "
        + "and another run may have taken over")
    {
        Hint = "what it had not committed is not in the lake; run again when the other run has ended",
        IsTransient = true,
    };

    /// <summary>Does work that must stop when the lease is lost.</summary>
    /// <param name="work">The work, with what stops it.</param>
    /// <param name="cancellationToken">Stops it too.</param>
    /// <exception cref="FozException">The lease was lost (<see cref="LostError"/>), or the work failed.</exception>
    public async Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Lost);
        try
        {
            return await work(either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or FozException { Kind: ErrorKind.Canceled }
            && !cancellationToken.IsCancellationRequested && lost.IsCancellationRequested)
        {
            throw MakeLostError();
        }
    }

    /// <summary>Takes the lease, waiting for the run that holds it.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="runId">The run that takes it.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Told once for whom it waits.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">
    /// The other run still holds it after <paramref name="wait"/>, or brought the lake to a format that this Foz does
    /// not know.
    /// </exception>
    public static async Task<RunLease> AcquireAsync(
        LakeStore lake, string runId, TimeSpan wait, Action<LeaseHolder> onWait, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var startedAt = clock.GetTimestamp();
        var watch = new LeaseWatch(clock);
        var isWaiting = false;
        while (true)
        {
            var (lease, other) = await TryAcquireAsync(lake, runId, watch, clock, cancellationToken);
            if (lease is not null) return lease;
            // One that was not renewed for long, by its own words, may be dead: to know takes its whole lifetime.
            if (clock.GetElapsedTime(startedAt) >= wait && (watch.IsRenewed || LooksAlive(other!, clock))) throw Held(other!, wait);
            if (!isWaiting) onWait(other!);
            isWaiting = true;
            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    /// <summary>Gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await renewal;
        if (!lost.IsCancellationRequested && !isClosed) await ReleaseAsync();
        stop.Dispose();
        lost.Dispose();
    }

    /// <summary>Gives the lease back for good, and closes it to each Foz that knows no formats.</summary>
    /// <param name="format">The format that does not use it any more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The lease was lost.</exception>
    public async Task CloseAsync(int format, CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await renewal;
        var result = lost.IsCancellationRequested
            ? PutIfMatchResult.Mismatch.Value
            : await lake.PutIfMatchAsync(path, LakeFormat.Closed(format), etag, cancellationToken);
        isClosed = true;
        if (result is not PutIfMatchResult.Written) throw MakeLostError();
    }

    static string PathOf(int format) => format == LakeFormat.Oldest ? LakeFormat.FirstLease : LaterPath;

    async Task ReleaseAsync()
    {
        try
        {
            var format = await lake.Format.ReadAsync(CancellationToken.None);
            var released = holder with { IsReleased = true, Format = format };
            await lake.PutIfMatchAsync(path, Write(released), etag, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The storage failed; the lease ends with this process or its lifetime, and how the run ended is told.
        }
    }

    static async Task<(RunLease? Lease, LeaseHolder? Other)> TryAcquireAsync(
        LakeStore lake, string runId, LeaseWatch watch, TimeProvider clock, CancellationToken cancellationToken)
    {
        var mine = Describe(runId, clock) with { Format = await lake.Format.ReadForWritingAsync(cancellationToken) };
        var present = await lake.GetAsync(PathOf(mine.Format), cancellationToken);
        var other = present is null ? null : Read(present);
        if (other is { IsReleased: false } && !IsGone(other) && !watch.IsSilent(present!.ETag)) return (null, other);
        // Who held the lake since its format was read may have changed it.
        var isCurrent = present is null || (other is { IsReleased: true } && other.Format == mine.Format)
            || await lake.Format.ReadAgainAsync(cancellationToken) == mine.Format;
        return isCurrent && await WriteAsync(lake, mine, present, cancellationToken) is { } etag
            ? (new(lake, clock, mine, etag), null)
            : await TryAcquireAsync(lake, runId, watch, clock, cancellationToken);
    }

    /// <summary>Reads who holds a lease; null for one that another format closed.</summary>
    static LeaseHolder? Read(StoredObject lease) =>
        LakeFormat.ClosedBy(lease) is null ? LakeFormat.ReadLease(lease, LeaseJson.Default.LeaseHolder) : null;

    /// <returns>The tag of what was written; null where another run was first.</returns>
    static async Task<string?> WriteAsync(
        LakeStore lake, LeaseHolder mine, StoredObject? present, CancellationToken cancellationToken)
    {
        var place = PathOf(mine.Format);
        if (present is not null)
        {
            var replaced = await lake.PutIfMatchAsync(place, Write(mine), present.ETag, cancellationToken);
            return (replaced as PutIfMatchResult.Written)?.ETag;
        }
        return await lake.PutIfAbsentAsync(place, Write(mine), cancellationToken) is PutIfAbsentResult.Created
            ? (await lake.GetAsync(place, cancellationToken))?.ETag ?? ""
            : null;
    }

    static LeaseHolder Describe(string runId, TimeProvider clock)
    {
        using var process = Process.GetCurrentProcess();
        return new()
        {
            RunId = runId,
            User = Environment.UserName,
            Host = Environment.MachineName,
            ProcessId = process.Id,
            ProcessStartedAt = StartOf(process),
            Since = clock.GetUtcNow(),
            RenewedAt = clock.GetUtcNow(),
        };
    }

    /// <summary>Whether its process was on this machine, and is not any more.</summary>
    static bool IsGone(LeaseHolder holder)
    {
        if (holder.Host != Environment.MachineName) return false;
        try
        {
            using var process = Process.GetProcessById(holder.ProcessId);
            return (StartOf(process) - holder.ProcessStartedAt).Duration() >= TimeSpan.FromSeconds(2);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Whether it was renewed lately, as far as the clocks of two machines can tell.</summary>
    static bool LooksAlive(LeaseHolder holder, TimeProvider clock) => (clock.GetUtcNow() - holder.RenewedAt).Duration() < Lifetime;

    static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime(), TimeSpan.Zero);

    static byte[] Write(LeaseHolder holder) =>
        JsonSerializer.SerializeToUtf8Bytes(holder, LeaseJson.Default.LeaseHolder);

    static FozException Held(LeaseHolder other, TimeSpan wait) =>
        new(ErrorKind.Conflict,
            $"run {other.RunId} of {other.User}@{other.Host} (process {other.ProcessId}) has held the lake since "
            + $"{other.Since:u} and did not end within {wait.TotalSeconds:0.#} s")
        {
            Hint = "wait longer with --wait 10m, or stop that run",
            IsTransient = true,
        };

    async Task RenewAsync()
    {
        try
        {
            while (!lost.IsCancellationRequested)
            {
                await Task.Delay(RenewalInterval, clock, stop.Token);
                await RenewOnceAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the lease is given back there.
        }
    }

    async Task RenewOnceAsync()
    {
        var (renewed, now) = (holder with { RenewedAt = clock.GetUtcNow(), Renewals = holder.Renewals + 1 }, clock.GetTimestamp());
        try
        {
            var result = await lake.PutIfMatchAsync(path, Write(renewed), etag, stop.Token);
            if (result is PutIfMatchResult.Written written) (holder, etag, renewedAt) = (renewed, written.ETag, now);
            else await lost.CancelAsync();
        }
        catch (StorageException) when (clock.GetElapsedTime(renewedAt) < Lifetime)
        {
            // The storage failed; the lease still holds, and the next renewal may succeed.
        }
        catch (StorageException)
        {
            await lost.CancelAsync();
        }
    }
}

/// <summary>Watches the lease of another run.</summary>
/// <param name="clock">Measures how long it stays as it is.</param>
sealed class LeaseWatch(TimeProvider clock)
{
    string? etag;
    long seenAt;

    /// <summary>Whether it changed while it was watched.</summary>
    public bool IsRenewed { get; private set; }

    /// <summary>Looks at it: whether it was the same for longer than a lease holds.</summary>
    public bool IsSilent(string tag)
    {
        if (tag == etag) return clock.GetElapsedTime(seenAt) > RunLease.Lifetime;
        IsRenewed = etag is not null;
        (etag, seenAt) = (tag, clock.GetTimestamp());
        return false;
    }
}

[JsonSerializable(typeof(LeaseHolder))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
sealed partial class LeaseJson : JsonSerializerContext;
