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

    /// <summary>When that process started, which distinguishes it from a later one with the same number.</summary>
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

    /// <summary>
    /// The environments that a host works in or reads from, or whose runs a lease excludes; null for all of the lake.
    /// </summary>
    public IReadOnlyList<string>? Environments { get; init; }

    /// <summary>Whether it and work in some environments (null for all) may have one in common.</summary>
    internal bool Meets(IReadOnlyList<string>? environments) =>
        Environments is null || environments is null
        || Environments.Intersect(environments, StringComparer.OrdinalIgnoreCase).Any();

    /// <summary>Describes this process, for a run that begins now.</summary>
    internal static LeaseHolder Describe(string runId, IReadOnlyList<string>? environments, TimeProvider clock)
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
            Environments = environments,
        };
    }

    /// <summary>Whether its process was on this machine, and is not any more.</summary>
    [JsonIgnore]
    internal bool IsGone
    {
        get
        {
            if (Host != Environment.MachineName) return false;
            try
            {
                using var process = Process.GetProcessById(ProcessId);
                return (StartOf(process) - ProcessStartedAt).Duration() >= TimeSpan.FromSeconds(2);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                return true;
            }
        }
    }

    /// <summary>Whether it was renewed lately, as far as the clocks of two machines can tell.</summary>
    internal bool LooksAlive(TimeProvider clock) => (clock.GetUtcNow() - RenewedAt).Duration() < Heartbeat.Lifetime;

    /// <summary>Reads what a lease, or a host, holds.</summary>
    /// <exception cref="FozException">It is none.</exception>
    internal static LeaseHolder Read(StoredObject lease) => LakeFormat.ReadLease(lease, LeaseJson.Default.LeaseHolder);

    /// <summary>Writes what a lease, or a host, holds.</summary>
    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, LeaseJson.Default.LeaseHolder);

    /// <summary>The error of a run that waited too long for this one.</summary>
    /// <param name="what">What it holds: <c>the lake</c>, or a step.</param>
    /// <param name="wait">How long it waited.</param>
    internal FozException MakeHeldError(string what, TimeSpan wait) => new(
        ErrorKind.Conflict,
        $"run {RunId} of {User}@{Host} (process {ProcessId}) has held {what} since {Since:u} and did not end within "
        + $"{wait.TotalSeconds:0.#} s")
    {
        Hint = "wait longer with --wait 10m, or stop that run",
        IsTransient = true,
    };

    static DateTimeOffset StartOf(Process process) => new(process.StartTime.ToUniversalTime(), TimeSpan.Zero);
}

/// <summary>Watches the heartbeat of another run.</summary>
/// <param name="clock">Measures how long it stays unchanged.</param>
/// <param name="lifetime">How long it counts; null as a run's does.</param>
sealed class LeaseWatch(TimeProvider clock, TimeSpan? lifetime = null)
{
    string? etag;
    long seenAt;

    /// <summary>Whether it changed while it was watched.</summary>
    public bool IsRenewed { get; private set; }

    /// <summary>Looks at it: whether it was the same for longer than a lease holds.</summary>
    public bool IsSilent(string tag)
    {
        if (tag == etag) return clock.GetElapsedTime(seenAt) > (lifetime ?? Heartbeat.Lifetime);
        IsRenewed = etag is not null;
        (etag, seenAt) = (tag, clock.GetTimestamp());
        return false;
    }
}

[JsonSerializable(typeof(LeaseHolder))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
sealed partial class LeaseJson : JsonSerializerContext;
