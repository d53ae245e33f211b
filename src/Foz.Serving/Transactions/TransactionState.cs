namespace Foz.Serving.Transactions;

/// <summary>Where a session is in a transaction.</summary>
public enum TransactionState
{
    /// <summary>Outside of one: each statement is its own.</summary>
    Idle,

    /// <summary>In one.</summary>
    InTransaction,

    /// <summary>In one in which a statement failed: only its end is taken.</summary>
    Failed,
}
