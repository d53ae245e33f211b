namespace Foz.Connectors.Changes;

/// <summary>
/// A part of a batch of changes. The parts of a batch count only once its <see cref="End"/> has arrived: a connection
/// that breaks before leaves a transaction in the middle.
/// </summary>
public abstract record ChangePart
{
    ChangePart()
    {
    }

    /// <summary>
    /// A table that changes come from, before its first ones, and where its columns or its name change.
    /// </summary>
    /// <param name="Table">The table.</param>
    /// <param name="Previous">The table as its changes had it so far; null for the first time.</param>
    public sealed record Schema(ChangeTable Table, ChangeTable? Previous) : ChangePart;

    /// <summary>Changes of a table.</summary>
    /// <param name="Changes">The changes.</param>
    public sealed record Rows(TableChanges Changes) : ChangePart;

    /// <summary>
    /// A table has other rows from here on, of which the log has no changes: it took the name of another one, a
    /// partition of it went, or the server changes them by a foreign key. Only a new copy has them.
    /// </summary>
    /// <param name="TableSchema">The schema, or database, that it is in.</param>
    /// <param name="TableName">Its name there.</param>
    public sealed record Replaced(string TableSchema, string TableName) : ChangePart;

    /// <summary>A message that a program wrote into the source's log.</summary>
    /// <param name="Prefix">What it is called.</param>
    /// <param name="Content">Its content.</param>
    /// <param name="Position">Where it is: its transaction's commit, or its own place outside of one.</param>
    public sealed record Message(string Prefix, ReadOnlyMemory<byte> Content, ChangePosition Position) : ChangePart
    {
        /// <summary>Gets the source's transaction; null where it belongs to none.</summary>
        public long? Transaction { get; init; }
    }

    /// <summary>The end of the batch, at which a transaction of the source ends.</summary>
    /// <param name="Position">
    /// The position after it: all that was committed before is in this batch or one before.
    /// </param>
    public sealed record End(ChangePosition Position) : ChangePart
    {
        /// <summary>Gets how many transactions the batch has.</summary>
        public long TransactionCount { get; init; }

        /// <summary>Gets how many changes the batch has, over all tables.</summary>
        public long ChangeCount { get; init; }

        /// <summary>Gets when the last of the transactions was committed; null where there is none.</summary>
        public DateTimeOffset? CommittedAt { get; init; }

        /// <summary>
        /// Gets whether nothing is in the batch: only the position has moved, as the server's log has other changes.
        /// </summary>
        public bool IsIdle => TransactionCount == 0 && ChangeCount == 0;
    }
}

/// <summary>When a batch ends: at the first end of a transaction after one of them is reached.</summary>
public sealed record ChangeLimits
{
    /// <summary>Gets how many changes are enough.</summary>
    public long RowsMax { get; init; } = 1_000_000;

    /// <summary>Gets how many bytes of changes, as the source sends them, are enough.</summary>
    public long BytesMax { get; init; } = 256 << 20;

    /// <summary>Gets how long a batch gathers changes after its first one; zero for what has arrived.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets the position from which on a batch ends as soon as nothing more has arrived; null where it waits for more.
    /// </summary>
    public ChangePosition? Until { get; init; }

    /// <summary>Gets after how long without any change a batch ends that has none.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(10);
}
