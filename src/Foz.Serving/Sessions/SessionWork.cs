using System.Diagnostics;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Serving.Governance;
using Foz.Serving.Settings;
using Foz.Storage;

namespace Foz.Serving.Sessions;

/// <summary>
/// What is done for the client of a session: it can be canceled, and where it fails the transaction does.
/// </summary>
public sealed class SessionWork
{
    readonly Lock gate = new();
    readonly TimeProvider clock;
    readonly SessionUser user;
    readonly SessionSettings settings;
    readonly SessionActivity activity;
    readonly SessionTransactions transactions;
    readonly SessionCatalog catalog;
    CancellationTokenSource? running;
    FozException? stopped;

    internal SessionWork(
        TimeProvider clock, SessionUser user, SessionSettings settings, SessionActivity activity,
        SessionTransactions transactions, SessionCatalog catalog) =>
        (this.clock, this.user, this.settings, this.activity, this.transactions, this.catalog) =
            (clock, user, settings, activity, transactions, catalog);

    /// <summary>Ends the connection of the client; null where there is none that could be ended.</summary>
    public Action? Terminated { get; set; }

    /// <summary>Stops what runs, if anything does; for any thread.</summary>
    public void Cancel() => Stop(why: null);

    /// <summary>Stops what runs, as its client has gone; for any thread.</summary>
    public void Leave() => Stop(ClientGone(e: null));

    /// <summary>Ends the client's connection, or what runs where there is none; for any thread.</summary>
    public void Terminate() => (Terminated ?? Cancel)();

    /// <summary>
    /// Ends the implicit transaction, if there is one: what it changed is committed, unless a statement failed.
    /// </summary>
    /// <exception cref="FozException">Another commit came first; nothing is left of the changes.</exception>
    public async Task EndImplicitAsync(CancellationToken cancellationToken)
    {
        transactions.IsFollowed = false;
        if (transactions.IsImplicit)
            await RunAsync(
                static (ended, token) => ended.FinishAsync(isCommitted: true, token), transactions, cancellationToken);
    }

    /// <summary>The error of a statement whose client broke off its connection.</summary>
    /// <param name="e">What sending rows to it said; null where it was found gone.</param>
    internal static FozException ClientGone(Exception? e) =>
        new(ErrorKind.Canceled, "the client has gone: it closed its connection before the statement ended", e)
        {
            SqlState = "08006",
        };

    /// <summary>Stops what runs, if anything does; for any thread.</summary>
    /// <param name="why">The reason for the client; null where the user cancels.</param>
    internal void Stop(FozException? why)
    {
        lock (gate)
        {
            if (running is null) return;
            stopped = why;
            running.Cancel();
        }
    }

    /// <inheritdoc cref="RunAsync{TState, T}"/>
    internal Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(static (work, token) => work(token), work, cancellationToken);

    /// <summary>Does something that the client can cancel, and that fails the transaction where it fails.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="state">What it is done with.</param>
    /// <param name="cancellationToken">Stops it too.</param>
    internal async Task<T> RunAsync<TState, T>(
        Func<TState, CancellationToken, Task<T>> work, TState state, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(settings.StatementTimeout ?? Timeout.InfiniteTimeSpan, clock);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        CancellationTokenSource? outer;
        lock (gate) (outer, running, stopped) = (running, source, null);
        activity.Begin();
        try
        {
            return await work(state, source.Token);
        }
        catch (OperationCanceledException) when (stopped is not null)
        {
            transactions.Fail();
            throw stopped;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            transactions.Fail();
            var why = timeout.IsCancellationRequested ? "statement timeout" : "user request";
            throw new FozException(ErrorKind.Canceled, $"canceling statement due to {why}", e);
        }
        catch (Exception e) when (e is DeltaException or StorageException)
        {
            transactions.Fail();
            throw DeltaErrors.Find(e)!;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data && !user.IsOwner)
        {
            transactions.Fail();
            // The message has the value, which may be one that is not shown.
            throw new FozException(ErrorKind.Data, "a value is not one of the type, or out of its range")
            {
                SqlState = e.SqlState,
            };
        }
        catch (FozException e) when (e is { Kind: ErrorKind.NotFound, Hint: not null } && !user.IsOwner)
        {
            transactions.Fail();
            // What is near may be what is not granted.
            throw new FozException(e.Kind, e.Message, e.InnerException) { SqlState = e.SqlState, Place = e.Place };
        }
        catch (Exception e) when (e is not UnreachableException)
        {
            transactions.Fail();
            throw;
        }
        finally
        {
            activity.End();
            lock (gate) running = outer;
            if (outer is null) catalog.Release();
        }
    }
}
