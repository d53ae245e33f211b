using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Serving.Transactions;

namespace Foz.Serving.Sessions;

/// <content>How transactions begin and end.</content>
public sealed partial class SqlSession
{
    /// <summary>Begins a transaction.</summary>
    /// <param name="modes">What is said of it; the rest is the session's default.</param>
    internal void BeginTransaction(TransactionModes modes)
    {
        if (transaction is { IsImplicit: false })
        {
            Noticed?.Invoke(new("WARNING", "25001", "there is already a transaction in progress"));
            return;
        }
        // What was implicit so far becomes part of it.
        if (transaction is null) Begin(isImplicit: false);
        else transaction.IsImplicit = false;
        if (modes.ReadsOnly ?? Settings["default_transaction_read_only"] == "on")
            Settings.Set("transaction_read_only", "on", isLocal: true);
        Settings.Set(
            "transaction_isolation", modes.Isolation ?? Settings["default_transaction_isolation"], isLocal: true);
    }

    void Begin(bool isImplicit)
    {
        var versions = Host.Commits.Begin();
        transaction = new(versions, new(Host.Lake, Host.Commits, Host.Catalogs, versions), Settings)
        {
            IsImplicit = isImplicit,
        };
        Settings.BeginTransaction();
        if (isImplicit && Settings["default_transaction_read_only"] == "on")
            Settings.Set("transaction_read_only", "on", isLocal: true);
    }

    /// <summary>Ends the transaction; outside of one it does nothing, as PostgreSQL, which warns.</summary>
    /// <returns>Whether what was asked for is what happened: a failed transaction is not committed.</returns>
    internal async Task<bool> EndTransactionAsync(bool isCommitted, CancellationToken cancellationToken)
    {
        if (transaction is null or { IsImplicit: true })
            Noticed?.Invoke(new("WARNING", "25P01", "there is no transaction in progress"));
        return transaction is null ? isCommitted : await FinishAsync(isCommitted, cancellationToken);
    }

    async Task<bool> FinishAsync(bool isCommitted, CancellationToken cancellationToken)
    {
        isCommitted = isCommitted && transaction is { HasFailed: false };
        if (!isCommitted)
        {
            await RollBackAsync();
            return false;
        }
        try
        {
            // What held cursors read of the transaction's own changes stays for VACUUM.
            await transaction!.Changes.CommitAsync(keepsFiles: Cursors.HasHeld, cancellationToken);
        }
        catch
        {
            await EndAsync(isCommitted: false);
            throw;
        }
        await EndAsync(isCommitted: true);
        return true;
    }

    async Task RollBackAsync()
    {
        if (transaction is not { } ended) return;
        await EndAsync(isCommitted: false);
        try
        {
            await ended.Changes.RollBackToAsync(default);
        }
        catch (Exception e) when (e is FozException || DeltaErrors.Find(e) is not null)
        {
            // Nothing of it is in a table; VACUUM deletes what is left of files.
        }
    }

    async Task EndAsync(bool isCommitted)
    {
        if (transaction is { Versions: var versions }) Host.Commits.End(versions);
        transaction = null;
        Settings.EndTransaction(isCommitted);
        await Cursors.EndTransactionAsync(isCommitted);
        TransactionEnded?.Invoke();
    }

    /// <summary>Makes sure that a statement may run.</summary>
    internal void CheckTransaction()
    {
        if (State == TransactionState.Failed)
            throw new FozException(
                ErrorKind.Sql, "current transaction is aborted, commands ignored until end of transaction block")
            {
                SqlState = "25P02",
            };
    }
}
