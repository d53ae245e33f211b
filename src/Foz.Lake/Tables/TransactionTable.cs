using Foz.Delta;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Lake.Tables;

/// <summary>
/// A table as one transaction of several statements has changed it: other users see the changes only once they are
/// committed, whole. For one thread.
/// </summary>
public sealed class TransactionTable
{
    readonly LakeTable table;
    readonly PrivateTable changes;
    LakeTable current;

    /// <summary>Begins at a version of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="start">The version, which the transaction reads.</param>
    /// <exception cref="DeltaException">The table demands of writers what is not supported.</exception>
    public TransactionTable(LakeTable table, TableSnapshot start)
    {
        this.table = table;
        changes = new(table.Delta, start.State);
        current = new(changes.Table, keys: null) { IsPrivate = true };
    }

    /// <summary>The table as all others have it.</summary>
    public LakeTable Shared => table;

    /// <summary>The table with what was changed so far, to be read and changed.</summary>
    public LakeTable Current
    {
        get
        {
            if (current.Delta != changes.Table) current = new(changes.Table, keys: null) { IsPrivate = true };
            return current;
        }
    }

    /// <summary>The newest of its versions.</summary>
    public long Version => changes.Version;

    /// <summary>
    /// Whether it was changed, and only what adds rows can follow what only added rows: see <see cref="CheckAsync"/>.
    /// </summary>
    public bool TakesOnlyRows => changes is { ChangeCount: > 0, TellsOfEach: true };

    /// <summary>Makes sure that what was changed so far can become one commit.</summary>
    /// <exception cref="FozException">It cannot: the table records what each statement changed.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await changes.FindObstacleAsync(cancellationToken) is { } obstacle)
            throw new FozException(
                ErrorKind.Sql,
                $"{table.Name} has {obstacle}: UPDATE, DELETE or MERGE must be its only statement in a transaction")
            {
                SqlState = "0A000", Hint = "commit after each statement, or combine them in one MERGE",
            };
    }

    /// <summary>Rolls back the changes after a version.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task RollBackToAsync(long version, CancellationToken cancellationToken) =>
        changes.RollBackToAsync(version, cancellationToken);

    /// <summary>Rolls back all changes.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task RollBackAsync(CancellationToken cancellationToken) =>
        changes.RollBackToAsync(changes.Version - changes.ChangeCount, cancellationToken);

    /// <summary>Commits everything as the table's next version.</summary>
    /// <param name="keepsFiles">
    /// Whether files stay that only versions between the statements have, since they are still read.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is committed; null where nothing was changed.</returns>
    /// <exception cref="FozException">
    /// Another commit came first that the transaction should have read, or that changed the same rows; nothing is
    /// written.
    /// </exception>
    /// <exception cref="StorageException">The storage failed: the changes may be committed or not.</exception>
    public async Task<CommittedChange?> CommitAsync(bool keepsFiles, CancellationToken cancellationToken)
    {
        var operation = TableOperation.Of("TRANSACTION", ("statements", $"{changes.ChangeCount}"));
        var result = await changes.CommitAsync(
            new()
            {
                Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
            },
            keepsFiles, cancellationToken);
        return result switch
        {
            null => null,
            CommitResult.Committed committed => CommittedChange.Of(table, committed),
            CommitResult.Conflicted conflict => throw new FozException(
                ErrorKind.Conflict, $"could not serialize access due to concurrent update: {conflict.Message}")
            {
                SqlState = "40001", IsTransient = true, Hint = "run the transaction again",
            },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
