using Foz.Lake;

namespace Foz.Serving.Sessions;

/// <content>Transactions of statements that are sent together, without BEGIN.</content>
public sealed partial class SqlSession
{
    bool addsOnly;

    /// <summary>
    /// Whether the client has sent more statements after the next one, all of which succeed or fail together: those of
    /// one text, or up to one Sync. Changes then begin an implicit transaction, which <see cref="EndImplicitAsync"/>
    /// ends.
    /// </summary>
    public bool IsFollowed { get; set; }

    /// <summary>Whether it is in a transaction that no BEGIN began.</summary>
    public bool IsImplicit => transaction is { IsImplicit: true };

    /// <summary>
    /// Begins an implicit transaction where statements follow that belong to it, and the session is in none.
    /// </summary>
    /// <param name="onlyAdds">Whether the statement only adds rows.</param>
    internal void BeginImplicit(bool onlyAdds = false)
    {
        addsOnly = onlyAdds;
        if (transaction is null && IsFollowed) Begin(isImplicit: true);
    }

    /// <summary>
    /// Begins an implicit transaction for one statement alone, where the session is in none:
    /// <see cref="EndAloneAsync"/> commits it once all that the statement gives is known.
    /// </summary>
    /// <returns>Whether it began one.</returns>
    internal bool BeginAlone(bool onlyAdds)
    {
        if (transaction is not null) return false;
        addsOnly = onlyAdds;
        Begin(isImplicit: true);
        return true;
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
        if (transaction is not { IsImplicit: true, Changes: var changes, Versions: var versions }) return;
        if (changes.IsAny && warns)
            Noticed?.Invoke(new(
                "WARNING", "01000",
                "what the statements before changed is committed: it cannot be one transaction with the next one"));
        try
        {
            await changes.CommitAsync(keepsFiles: Cursors.IsAny, cancellationToken);
        }
        catch
        {
            await EndAsync(isCommitted: false);
            throw;
        }
        // Portals and cursors go on.
        Host.Commits.End(versions);
        transaction = null;
        Settings.EndTransaction(isCommitted: true);
    }

    /// <summary>
    /// Ends the implicit transaction, if there is one: what it changed is committed, unless a statement failed.
    /// </summary>
    /// <exception cref="FozException">Another commit came first; nothing is left of the changes.</exception>
    public async Task EndImplicitAsync(CancellationToken cancellationToken)
    {
        IsFollowed = false;
        if (IsImplicit) await RunAsync(token => FinishAsync(isCommitted: true, token), cancellationToken);
    }
}
