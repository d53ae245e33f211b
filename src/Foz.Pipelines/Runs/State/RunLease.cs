using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
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
}

/// <summary>
/// The lease object <c>_foz/leases/run.json</c>: one run at a time works on a lake. It is renewed while held; one
/// that was not renewed for <see cref="Lifetime"/>, or whose process on this machine is gone, is taken over. How long it was not
/// renewed is measured by who watches it, with a clock that only counts: clocks of machines differ, and jump.
/// </summary>
public sealed class RunLease : IAsyncDisposable
{
    /// <summary>How long a lease holds after it was last renewed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    const string Path = "_foz/leases/run.json";
    static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    readonly IObjectStore lake;
    readonly TimeProvider clock;
    readonly CancellationTokenSource stop = new();
    readonly CancellationTokenSource lost = new();
    readonly Task renewal;
    LeaseHolder holder;
    string etag;
    long renewedAt;

    RunLease(IObjectStore lake, TimeProvider clock, LeaseHolder holder, string etag)
    {
        (this.lake, this.clock, this.holder, this.etag) = (lake, clock, holder, etag);
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
    /// <param name="lake">The lake's root.</param>
    /// <param name="runId">The run that takes it.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Told once for whom it waits.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">The other run still holds it after <paramref name="wait"/>.</exception>
    public static async Task<RunLease> AcquireAsync(
        IObjectStore lake, string runId, TimeSpan wait, Action<LeaseHolder> onWait, TimeProvider clock,
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
        if (!lost.IsCancellationRequested) await ReleaseAsync();
        stop.Dispose();
        lost.Dispose();
    }

    async Task ReleaseAsync()
    {
        var released = holder with { IsReleased = true };
        try
        {
            await lake.PutIfMatchAsync(Path, Write(released), etag, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The storage failed; the lease ends with this process or its lifetime, and how the run ended is told.
        }
    }

    static async Task<(RunLease? Lease, LeaseHolder? Other)> TryAcquireAsync(
        IObjectStore lake, string runId, LeaseWatch watch, TimeProvider clock, CancellationToken cancellationToken)
    {
        var mine = Describe(runId, clock);
        if (await lake.GetAsync(Path, cancellationToken) is not { } present)
        {
            return await lake.PutIfAbsentAsync(Path, Write(mine), cancellationToken) is PutIfAbsentResult.Created
                ? (new(lake, clock, mine, await ETagAsync(lake, cancellationToken)), null)
                : await TryAcquireAsync(lake, runId, watch, clock, cancellationToken);
        }
        var other = JsonSerializer.Deserialize(present.Content.Span, LeaseJson.Default.LeaseHolder);
        if (other is { IsReleased: false } && !IsGone(other) && !watch.IsSilent(present.ETag)) return (null, other);
        return await lake.PutIfMatchAsync(Path, Write(mine), present.ETag, cancellationToken) is PutIfMatchResult.Written
            ? (new(lake, clock, mine, await ETagAsync(lake, cancellationToken)), null)
            : await TryAcquireAsync(lake, runId, watch, clock, cancellationToken);
    }

    static async Task<string> ETagAsync(IObjectStore lake, CancellationToken cancellationToken) =>
        (await lake.GetAsync(Path, cancellationToken))?.ETag ?? "";

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
            var result = await lake.PutIfMatchAsync(Path, Write(renewed), etag, stop.Token);
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
