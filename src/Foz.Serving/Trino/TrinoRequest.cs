using Foz.Serving.Sessions;

namespace Foz.Serving.Trino;

/// <summary>What a Trino client sends with a statement: it keeps the session, and tells of it each time.</summary>
public sealed record TrinoRequest
{
    /// <summary>The statement.</summary>
    public required string Sql { get; init; }

    /// <summary>The catalog of names that are written without one; null for none.</summary>
    public string? Catalog { get; init; }

    /// <summary>The schema of names that are written without one; null for none.</summary>
    public string? Schema { get; init; }

    /// <summary>The time zone; null for UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What the client calls itself; null where it does not say.</summary>
    public string? Source { get; init; }

    /// <summary>Where the client is, for people; null where it is unknown.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The transaction that the statement is of; null for one of its own.</summary>
    public string? TransactionId { get; init; }

    /// <summary>Whether the client knows times with more than three digits after the second.</summary>
    public bool HasPrecisions { get; init; }

    /// <summary>Receives the session in which the statement runs, before it runs.</summary>
    public Action<SqlSession> Opened { get; init; } = static _ => { };

    /// <summary>The properties of the session, by name.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>The statements that the client has prepared, by name.</summary>
    public IReadOnlyDictionary<string, string> Prepared { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a statement changes of the session; the client receives and keeps it.</summary>
public sealed record TrinoEffects
{
    /// <summary>Nothing.</summary>
    public static TrinoEffects None { get; } = new();

    /// <summary>The catalog from now on; null where it stays.</summary>
    public string? SetCatalog { get; init; }

    /// <summary>The schema from now on; null where it stays.</summary>
    public string? SetSchema { get; init; }

    /// <summary>A property and its value from now on.</summary>
    public (string Name, string Value)? SetProperty { get; init; }

    /// <summary>A property that is what it was from now on.</summary>
    public string? ClearProperty { get; init; }

    /// <summary>A statement to keep: its name and text.</summary>
    public (string Name, string Sql)? AddedPrepare { get; init; }

    /// <summary>A kept statement to forget.</summary>
    public string? DeallocatedPrepare { get; init; }

    /// <summary>The transaction that has begun.</summary>
    public string? StartedTransaction { get; init; }

    /// <summary>Whether the transaction has ended.</summary>
    public bool ClearsTransaction { get; init; }
}
