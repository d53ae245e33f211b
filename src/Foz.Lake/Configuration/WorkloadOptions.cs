
namespace Foz.Lake.Configuration;

/// <summary>A class of statements: whose they are, and what all of them together may use.</summary>
public sealed record WorkloadOptions
{
    /// <summary>The key under <c>serve</c> of <c>foz.yml</c>.</summary>
    public const string Key = "workloads";

    /// <summary>The class of those that no other class takes.</summary>
    public const string DefaultName = "default";

    /// <summary>How many statements wait where no limit is set.</summary>
    public const int QueueMaxDefault = 1000;

    /// <summary>How long they wait where no limit is set.</summary>
    public static readonly TimeSpan QueueTimeoutDefault = TimeSpan.FromMinutes(5);

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("users", "the users whose statements it takes"),
        new("roles", "the roles whose statements it takes, beside those of `users`"),
        new("applications",
            "what clients call themselves (`application_name`, Trino's source), of those "
                + "users; all where it is left out"),
        new("memory", "what all its statements together may use, of the server's memory")
        {
            Default = "an equal part of what the others leave",
        },
        new("threads", "how many threads work for it") { Default = "`threads` of the project" },
        new("slots", "how many statements run at the same time; others wait")
        {
            Default = "twice its `threads`, at least 4",
        },
        new("queue", "how many statements wait; more are refused") { Default = "1000" },
        new("queue_timeout", "how long a statement waits before it is given up") { Default = "5m" },
        new("statement_timeout", "how long a statement works, without its time in the queue and its client's pauses")
        {
            Default = "any time",
        },
        new("spill", "how much of the disk it takes for what does not fit into its memory")
        {
            Default = "an equal part of nine tenths of what is free",
        },
    ];

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The users.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>The roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>What clients call themselves; empty for all clients.</summary>
    public IReadOnlyList<string> Applications { get; init; } = [];

    /// <summary>Bytes of memory; null for a part of what is left.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Threads; null for those of the process.</summary>
    public int? Threads { get; init; }

    /// <summary>How many statements run at the same time; null for a number that follows from the threads.</summary>
    public int? Slots { get; init; }

    /// <summary>How many statements wait at most.</summary>
    public int QueueMax { get; init; } = QueueMaxDefault;

    /// <summary>How long a statement waits at most.</summary>
    public TimeSpan QueueTimeout { get; init; } = QueueTimeoutDefault;

    /// <summary>How long a statement works at most; null for any time.</summary>
    public TimeSpan? StatementTimeout { get; init; }

    /// <summary>Bytes on the disk for what does not fit into memory; null for a part of what is free.</summary>
    public long? SpillBytesMax { get; init; }
}
