namespace Foz.Server.PgWire;

/// <summary>What a connection is doing.</summary>
enum PgPhase
{
    /// <summary>The client has not yet logged in.</summary>
    Starting,

    /// <summary>It waits for the client, outside of a transaction.</summary>
    Idle,

    /// <summary>It waits for the client, in a transaction.</summary>
    IdleInTransaction,

    /// <summary>It works for the client.</summary>
    Running,

    /// <summary>It works for the client, and reads what that sends meanwhile.</summary>
    Receiving,
}

/// <summary>What a connection is doing, and since when; used to end it when it takes too long.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Since">When that began.</param>
/// <param name="Limit">How long it may take; null for no limit.</param>
sealed record PgActivity(PgPhase Phase, DateTimeOffset Since, TimeSpan? Limit);
