namespace Foz.Serving.Transactions;

/// <summary>What a statement says of transactions.</summary>
/// <param name="ReadsOnly">Whether they only read; null where it is not said.</param>
/// <param name="Isolation">
/// The level of isolation that is shown, such as <c>serializable</c>; null where it is not said. A transaction reads
/// one version of each table at every level.
/// </param>
readonly record struct TransactionModes(bool? ReadsOnly, string? Isolation);
