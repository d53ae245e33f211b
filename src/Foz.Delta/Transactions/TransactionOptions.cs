using Foz.Delta.Log;

namespace Foz.Delta.Transactions;

/// <summary>What a transaction does and how it is committed.</summary>
public sealed record TransactionOptions
{
    /// <summary>The operation that history shows, such as <c>WRITE</c>, <c>MERGE</c>, <c>DELETE</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Parameters of the operation that history shows; values by habit are JSON.</summary>
    public StringMap Parameters { get; init; } = StringMap.Empty;

    /// <summary>
    /// The isolation; null for the table's property <c>delta.isolationLevel</c>, without one
    /// <see cref="IsolationLevel.WriteSerializable"/>.
    /// </summary>
    public IsolationLevel? Isolation { get; init; }

    /// <summary>A text of the user's own for history.</summary>
    public string? UserMetadata { get; init; }

    /// <summary>The user that history shows.</summary>
    public string? UserName { get; init; }

    /// <summary>The program that history shows.</summary>
    public string EngineInfo { get; init; } = "Foz";

    /// <summary>
    /// How often others may commit first before the transaction gives up. Commits that only rearrange files are not
    /// counted: all that was read of the table's rows is still so.
    /// </summary>
    public int AttemptsMax { get; init; } = 1000;

    /// <summary>Whether the commit writes a checkpoint that is due before it returns.</summary>
    public bool WritesCheckpoint { get; init; } = true;
}
