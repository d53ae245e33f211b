namespace Foz.Serving.Trino;

/// <summary>A statement that clients of Trino find in <c>system.runtime.queries</c>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">Where it is.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Source">What its client calls itself; null where it does not say.</param>
/// <param name="Sql">The statement.</param>
/// <param name="Created">When it came.</param>
/// <param name="ErrorName">What went wrong; null where nothing did.</param>
public sealed record TrinoQueryRow(
    string Id, string State, string User, string? Source, string Sql, DateTimeOffset Created, string? ErrorName)
{
    /// <summary>The class of statements that it is of; null before that is known.</summary>
    public string? Workload { get; init; }

    /// <summary>How long it waited for a slot of its class.</summary>
    public TimeSpan Queued { get; init; }
}
