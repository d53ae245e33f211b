using System.Data.Common;

namespace Foz.Connectors.Databases;

/// <summary>A transaction that shows tables as they were at one moment.</summary>
/// <param name="Connection">Its connection, which reads one table at a time and stays open.</param>
sealed record TableSnapshot(DbConnection Connection)
{
    /// <summary>The database's time of the moment; null where it is not known.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>Makes the condition of the rows that are read, of the table's columns; null for all.</summary>
    public Func<IReadOnlyList<DatabaseColumn>, string>? Condition { get; init; }

    /// <summary>Called when the rows of a table are no longer needed.</summary>
    public Func<ValueTask> OnRead { get; init; } = static () => ValueTask.CompletedTask;
}
