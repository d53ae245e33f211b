using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Operations.Tasks;
using Foz.Storage;

namespace Foz.Operations.Firings;

/// <summary>
/// What is known of the schedules of a project in an environment:
/// <c>_foz/schedules/&lt;project&gt;.&lt;environment&gt;.json</c>. Each change replaces what was read.
/// </summary>
sealed record ScheduleStates
{
    /// <summary>By the schedules' names.</summary>
    public IReadOnlyDictionary<string, ScheduleState> Schedules { get; init; } =
        new Dictionary<string, ScheduleState>();

    /// <summary>Firings that no time made, which are not in their batches yet.</summary>
    public IReadOnlyList<Firing> Pending { get; init; } = [];

    /// <summary>The ids of firings that somebody wants to end.</summary>
    public IReadOnlyList<string> Cancels { get; init; } = [];

    /// <summary>What people decided about tasks, until the host has noted it.</summary>
    public IReadOnlyList<TaskDecision> Decisions { get; init; } = [];

    /// <summary>The backfills that work or have ended lately.</summary>
    public IReadOnlyList<Backfill> Backfills { get; init; } = [];

    /// <summary>The revision of the project that the host works with; null where no host noted one.</summary>
    public RevisionNote? Revision { get; init; }

    /// <summary>The oldest batch that may have a firing which has not ended; null for any.</summary>
    public string? OpenFrom { get; init; }

    /// <summary>How often the states were changed.</summary>
    public long Changes { get; init; }

    /// <summary>What is known of a schedule; null where it was not seen yet.</summary>
    public ScheduleState? Find(string name) => Schedules.GetValueOrDefault(name);

    /// <summary>The states with that of one schedule.</summary>
    public ScheduleStates With(string name, ScheduleState state) =>
        this with { Schedules = new Dictionary<string, ScheduleState>(Schedules) { [name] = state } };
}

/// <summary>The revision of the project that a host works with.</summary>
/// <param name="Id">A hash of its texts, or the commit of git.</param>
/// <param name="TakenAt">When the host took it.</param>
/// <param name="Problem">
/// What is wrong with the changed project, so that it is not taken; null where nothing is.
/// </param>
public sealed record RevisionNote(string? Id, DateTimeOffset TakenAt, string? Problem);

/// <summary>What is known of a schedule.</summary>
/// <param name="Decided">All times up to this one have their firings.</param>
/// <param name="Trigger">The trigger as it was then: times of a changed one count from the change.</param>
sealed record ScheduleState(DateTimeOffset Decided, string Trigger)
{
    /// <summary>Who paused it; null where it is not paused.</summary>
    public string? PausedBy { get; init; }

    /// <summary>When it was paused; null where it is not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>The versions of tables that have their firings.</summary>
    public IReadOnlyDictionary<string, long>? Versions { get; init; }

    /// <summary>What was seen of new files or old streams when they made a firing last; null before.</summary>
    public string? Mark { get; init; }

    /// <summary>Whether somebody paused it.</summary>
    [JsonIgnore]
    public bool IsPaused => PausedAt is not null;
}

/// <summary>Reads and changes <see cref="ScheduleStates"/>; for one thread.</summary>
/// <param name="store">The lake's objects.</param>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed class ScheduleStateStore(LakeStore store, string project, string environment)
{
    readonly string path = $"_foz/schedules/{FiringStore.Escape(project, environment)}.json";

    // A host looks several times a second, and the states of many schedules are large.
    (string ETag, ScheduleStates States)? parsed;

    /// <summary>Reads the states; those of no schedule where there are none.</summary>
    public async Task<ScheduleStates> ReadAsync(CancellationToken cancellationToken) =>
        Parse(await GetAsync(cancellationToken));

    /// <summary>Replaces the states, again where another process was first.</summary>
    /// <param name="change">Gives the new ones; the same object where nothing changes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The states as they are then.</returns>
    public async Task<ScheduleStates> ChangeAsync(
        Func<ScheduleStates, ScheduleStates> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await GetAsync(cancellationToken);
            var before = Parse(stored);
            var after = change(before);
            if (ReferenceEquals(before, after)) return after;
            after = after with { Changes = before.Changes + 1 };
            var content = JsonSerializer.SerializeToUtf8Bytes(after, FiringJson.Default.ScheduleStates);
            if (await FiringStore.ReplaceAsync(store, path, content, stored?.ETag, cancellationToken)) return after;
        }
    }

    /// <summary>The object; an error where the whole lake is gone, which is not to be made anew.</summary>
    async Task<StoredObject?> GetAsync(CancellationToken cancellationToken)
    {
        var stored = await store.GetAsync(path, cancellationToken);
        if (stored is null && parsed is not null
            && await store.GetInfoAsync(LakeFormat.Path, cancellationToken) is null)
            throw new FozException(ErrorKind.Storage, $"the lake in {store.Root} is gone")
            {
                Hint = "put it back, or stop this host first if a new one is wanted", IsTransient = true,
            };
        return stored;
    }

    ScheduleStates Parse(StoredObject? stored)
    {
        if (stored is null) return new();
        if (parsed?.ETag == stored.ETag) return parsed.Value.States;
        try
        {
            var states = JsonSerializer.Deserialize(stored.Content.Span, FiringJson.Default.ScheduleStates)
                ?? throw new JsonException("it is empty");
            parsed = (stored.ETag, states);
            return states;
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Storage, $"the state of schedules {path} cannot be read: {e.Message}", e)
            {
                Hint = "delete that object: schedules then count from now, and none is paused",
            };
        }
    }
}
