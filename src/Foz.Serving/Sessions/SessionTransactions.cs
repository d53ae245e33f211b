using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Serving.Catalogs;
using Foz.Serving.Results;
using Foz.Serving.Settings;
using Foz.Serving.Transactions;

namespace Foz.Serving.Sessions;

/// <summary>
/// How the transactions of a session begin and end: those of BEGIN, and implicit ones of statements that are sent
/// together.
/// </summary>
public sealed class SessionTransactions
{
    readonly Lakehouse lake;
    readonly CommitOrder commits;
    readonly CatalogImages catalogs;
    readonly SessionSettings settings;
    readonly DeclaredCursors cursors;
    readonly Action<SessionNotice> notice;
    bool addsOnly;

    internal SessionTransactions(
        Lakehouse lake, CommitOrder commits, CatalogImages catalogs, SessionSettings settings, DeclaredCursors cursors,
        Action<SessionNotice> notice) =>
        (this.lake, this.commits, this.catalogs, this.settings, this.cursors, this.notice) =
            (lake, commits, catalogs, settings, cursors, notice);

    /// <summary>
    /// Whether the client has sent more statements after the next one that are to be done with it or not at all: of one
    /// text, or up to one Sync. Changes begin an implicit transaction then, which
    /// <see cref="SessionWork.EndImplicitAsync"/> ends.
    /// </summary>
    public bool IsFollowed { get; set; }

    /// <summary>Called when a transaction ends: what the protocol keeps for the time of one is to be let go.</summary>
    public Action? Ended { get; set; }

    /// <summary>Where the session is in a transaction.</summary>
    public TransactionState State => Current switch
    {
        null => TransactionState.Idle,
        { HasFailed: true } => TransactionState.Failed,
        _ => TransactionState.InTransaction,
    };

    /// <summary>Whether it is in a transaction that no BEGIN began.</summary>
    public bool IsImplicit => Current is { IsImplicit: true };

    /// <summary>The transaction; null outside of one.</summary>
    internal SqlTransaction? Current { get; private set; }

    /// <summary>The transaction that BEGIN began.</summary>
    /// <exception cref="FozException">There is none.</exception>
    internal SqlTransaction Begun => Current is { IsImplicit: false } begun ? begun : throw new FozException(
        ErrorKind.Sql, "there is no transaction in progress")
    { SqlState = "25P01" };

    /// <summary>
    /// Notes that something failed that no statement saw, such as a value that could not be read: a transaction fails
    /// with it.
    /// </summary>
    public void Fail()
    {
        if (Current is not null) Current.HasFailed = true;
    }

    /// <summary>Makes sure that a statement may run.</summary>
    internal void Check()
    {
        if (State == TransactionState.Failed)
            throw new FozException(
                ErrorKind.Sql, "current transaction is aborted, commands ignored until end of transaction block")
            {
                SqlState = "25P02",
            };
    }

    /// <summary>Begins a transaction.</summary>
    /// <param name="modes">What is said of it; the rest is the session's default.</param>
    internal void Begin(TransactionModes modes)
    {
        if (Current is { IsImplicit: false })
        {
            notice(new("WARNING", "25001", "there is already a transaction in progress"));
            return;
        }
        // What was implicit so far becomes part of it.
        if (Current is null) Start(isImplicit: false);
        else Current.IsImplicit = false;
        if (modes.ReadsOnly ?? settings["default_transaction_read_only"] == "on")
            settings.Set("transaction_read_only", "on", isLocal: true);
        settings.Set(
            "transaction_isolation", modes.Isolation ?? settings["default_transaction_isolation"], isLocal: true);
    }

    /// <summary>
    /// Begins an implicit transaction where statements follow that belong to it, and the session is in none.
    /// </summary>
    /// <param name="onlyAdds">Whether the statement only adds rows.</param>
    internal void BeginImplicit(bool onlyAdds = false)
    {
        addsOnly = onlyAdds;
        if (Current is null && IsFollowed) Start(isImplicit: true);
    }

    /// <summary>
    /// Begins an implicit transaction for one statement alone, where the session is in none:
    /// <see cref="EndAloneAsync"/> commits it once all that the statement gives is known.
    /// </summary>
    /// <returns>Whether it began one.</returns>
    internal bool BeginAlone(bool onlyAdds)
    {
        if (Current is not null) return false;
        addsOnly = onlyAdds;
        Start(isImplicit: true);
        return true;
    }

    /// <summary>Opens a table that a statement is about to change, as the transaction has it.</summary>
    internal async ValueTask<LakeTable> OpenAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        if (Current is { IsImplicit: true } && !Current.Changes.Takes(name, addsOnly))
        {
            await CommitImplicitAsync(cancellationToken);
            Start(isImplicit: true);
        }
        if (Current is { Changes: var changes })
            return await changes.OpenAsync(name, table, addsOnly, cancellationToken);
        await commits.BeginChangeAsync(table, cancellationToken);
        return table;
    }

    /// <summary>Ends the transaction of a statement alone.</summary>
    /// <exception cref="FozException">Another commit came first; nothing is left of the changes.</exception>
    internal async Task EndAloneAsync(bool isCommitted, CancellationToken cancellationToken)
    {
        if (isCommitted) await CommitImplicitAsync(cancellationToken, warns: false);
        else await RollBackAsync();
    }

    /// <summary>
    /// Commits what an implicit transaction has changed so far, for a statement that cannot be in one with that.
    /// </summary>
    internal async Task CommitImplicitAsync(CancellationToken cancellationToken, bool warns = true)
    {
        if (Current is not { IsImplicit: true, Changes: var changes, Versions: var versions }) return;
        if (changes.IsAny && warns)
            notice(new(
                "WARNING", "01000",
                "what the statements before changed is committed: it cannot be one transaction with the next one"));
        try
        {
            await changes.CommitAsync(keepsFiles: cursors.IsAny, cancellationToken);
        }
        catch
        {
            await CloseAsync(isCommitted: false);
            throw;
        }
        // Portals and cursors go on.
        commits.End(versions);
        Current = null;
        settings.EndTransaction(isCommitted: true);
    }

    /// <summary>Ends the transaction; outside of one it does nothing, as PostgreSQL, which warns.</summary>
    /// <returns>Whether what was asked for is what happened: a failed transaction is not committed.</returns>
    internal async Task<bool> EndAsync(bool isCommitted, CancellationToken cancellationToken)
    {
        if (Current is null or { IsImplicit: true })
            notice(new("WARNING", "25P01", "there is no transaction in progress"));
        return Current is null ? isCommitted : await FinishAsync(isCommitted, cancellationToken);
    }

    /// <summary>Ends the transaction that there is.</summary>
    /// <returns>Whether it was committed: one that has failed is not.</returns>
    internal async Task<bool> FinishAsync(bool isCommitted, CancellationToken cancellationToken)
    {
        isCommitted = isCommitted && Current is { HasFailed: false };
        if (!isCommitted)
        {
            await RollBackAsync();
            return false;
        }
        try
        {
            // What held cursors read of the transaction's own changes stays for VACUUM.
            await Current!.Changes.CommitAsync(keepsFiles: cursors.HasHeld, cancellationToken);
        }
        catch
        {
            await CloseAsync(isCommitted: false);
            throw;
        }
        await CloseAsync(isCommitted: true);
        return true;
    }

    /// <summary>Rolls back the transaction, if there is one.</summary>
    internal async Task RollBackAsync()
    {
        if (Current is not { } ended) return;
        await CloseAsync(isCommitted: false);
        try
        {
            await ended.Changes.RollBackToAsync(default);
        }
        catch (Exception e) when (e is FozException || DeltaErrors.Find(e) is not null)
        {
            // Nothing of it is in a table; VACUUM deletes what is left of files.
        }
    }

    void Start(bool isImplicit)
    {
        var versions = commits.Begin();
        Current = new(versions, new(lake, commits, catalogs, versions), settings)
        {
            IsImplicit = isImplicit,
        };
        settings.BeginTransaction();
        if (isImplicit && settings["default_transaction_read_only"] == "on")
            settings.Set("transaction_read_only", "on", isLocal: true);
    }

    async Task CloseAsync(bool isCommitted)
    {
        if (Current is { Versions: var versions }) commits.End(versions);
        Current = null;
        settings.EndTransaction(isCommitted);
        await cursors.EndTransactionAsync(isCommitted);
        Ended?.Invoke();
    }
}
