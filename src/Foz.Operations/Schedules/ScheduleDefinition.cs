using Foz.Lake;
using Foz.Operations.Tasks;

namespace Foz.Operations.Schedules;

/// <summary>A schedule of <c>foz.yml</c>: what runs, and when.</summary>
public sealed record ScheduleDefinition
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is written.</summary>
    public required Place Place { get; init; }

    /// <summary>What makes it due.</summary>
    public required ScheduleTrigger Trigger { get; init; }

    /// <summary>The command line, without <c>foz</c>; empty where there are tasks.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The tasks that it runs; null where it runs a command.</summary>
    public TaskGraph? Tasks { get; init; }

    /// <summary>What becomes of times that passed while no host could start them.</summary>
    public CatchUp CatchUp { get; init; } = CatchUp.Last;

    /// <summary>How many missed times are caught up at most; later ones go first.</summary>
    public int CatchUpMax { get; init; } = 100;

    /// <summary>Whether the newest of missed times is run first.</summary>
    public bool NewestFirst { get; init; }

    /// <summary>For how long after its due time a time does not count as missed.</summary>
    public TimeSpan StartWithin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many of its runs work at once.</summary>
    public int ConcurrencyMax { get; init; } = 1;

    /// <summary>The pool whose places its runs take; null for none.</summary>
    public string? Pool { get; init; }

    /// <summary>Runs with a higher priority start first.</summary>
    public int Priority { get; init; }

    /// <summary>After how long a run is canceled; null for never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How often a run that failed is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>How long after a failure the first such attempt starts; each next one waits twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What may call it over HTTP; null where nothing may.</summary>
    public WebhookAccess? Webhook { get; init; }

    /// <summary>Whether <c>foz.yml</c> keeps it from running.</summary>
    public bool IsOff { get; init; }
}

/// <summary>What becomes of times that passed while no host could start them.</summary>
public enum CatchUp
{
    /// <summary>Missed times are not run.</summary>
    Skip,

    /// <summary>The last of them is.</summary>
    Last,

    /// <summary>All of them are, as far as there may be.</summary>
    All,
}

/// <summary>The schedules of a project, and what they share.</summary>
public sealed record ProjectSchedules
{
    /// <summary>No schedules.</summary>
    public static readonly ProjectSchedules None = new();

    /// <summary>The revision of the project that has them; null where it is not known.</summary>
    public string? Revision { get; init; }

    /// <summary>The schedules, in their order.</summary>
    public IReadOnlyList<ScheduleDefinition> All { get; init; } = [];

    /// <summary>The environments in which they run; null for all.</summary>
    public IReadOnlyList<string>? Environments { get; init; }

    /// <summary>How many runs of schedules work at once.</summary>
    public int RunsMax { get; init; } = 4;

    /// <summary>How many runs of a backfill work at once, at most.</summary>
    public const int BackfillRunsMax = 16;

    /// <summary>The places of each pool.</summary>
    public IReadOnlyDictionary<string, int> Pools { get; init; } = new Dictionary<string, int>();

    /// <summary>For how long ended firings are kept.</summary>
    public TimeSpan Kept { get; init; } = TimeSpan.FromDays(90);
}
