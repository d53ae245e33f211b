namespace Foz.Lake.Journal;

/// <summary>A statement of a client as it ran, in <c>foz.queries</c>; never holds a value of it or of a row.</summary>
public sealed record QueryRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "queries";

    /// <summary>When it was begun: when it asked for a slot.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The user who ran the statement.</summary>
    public required string User { get; init; }

    /// <summary><c>postgresql</c> or <c>trino</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Where the client is.</summary>
    public string? Address { get; init; }

    /// <summary>What the client calls itself; null where it does not say.</summary>
    public string? Application { get; init; }

    /// <summary>The number of the session.</summary>
    public required long Session { get; init; }

    /// <summary>The class that it was of.</summary>
    public required string Workload { get; init; }

    /// <summary>The statement with a question mark for each literal and without comments.</summary>
    public required string Statement { get; init; }

    /// <summary>The SHA-256 of <see cref="Statement"/>, whole.</summary>
    public required string StatementHash { get; init; }

    /// <summary>The tables and views that it named and that are there for the user.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>How many rows it gave, or changed.</summary>
    public required long Rows { get; init; }

    /// <summary>
    /// Bytes of the files that were left after pruning, for as many of their columns as the statement names.
    /// </summary>
    public long BytesRead { get; init; }

    /// <summary>What that cost; null where there is no price.</summary>
    public decimal? Cost { get; init; }

    /// <summary>How long it waited for a slot, in milliseconds.</summary>
    public required long QueuedMs { get; init; }

    /// <summary>
    /// How long it took from its slot to its last row, in milliseconds, with the pauses of its client.
    /// </summary>
    public required long DurationMs { get; init; }

    /// <summary>The SQLSTATE with which it failed; null where it did not.</summary>
    public string? SqlState { get; init; }

    /// <summary>How it failed, without values.</summary>
    public string? Error { get; init; }
}
