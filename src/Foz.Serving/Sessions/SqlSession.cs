using System.Diagnostics;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Serving.Catalogs;
using Foz.Serving.Governance;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Results;
using Foz.Serving.Settings;
using Foz.Serving.Transactions;
using Foz.Serving.Workloads;
using Foz.Storage;

namespace Foz.Serving.Sessions;

/// <summary>
/// A session of a client, whatever its protocol: settings, a transaction, prepared statements, declared cursors. One
/// call at a time, except for <see cref="Cancel"/>.
/// </summary>
public sealed partial class SqlSession : IAsyncDisposable
{
    const int ViewsMax = 16;

    // The part of the memory that it holds at most between statements.
    const int HeldPart = 8;

    readonly Lock gate = new();
    readonly Queue<(CatalogView View, long Number)> views = new();
    readonly HashSet<CatalogImage> images = [];
    CancellationTokenSource? running;
    SqlTransaction? transaction;
    FozException? stopped;

    internal SqlSession(SessionHost host, int id, SessionUser user, SessionOptions options)
    {
        (Host, Id, User, ClientAddress) = (host, id, user, options.ClientAddress);
        Dialect = options.Dialect ?? host.Dialect;
        Activity = new(host.Lake.Clock);
        Settings = new(user);
        Settings.Begin(options.Settings);
        Held = new("the session holds", host.Lake.Engines.MemoryBytes / HeldPart, host.Held);
        Statements = new(host.Options.StatementsMax, Held);
        Cursors = new(host.Options.CursorsMax);
    }

    /// <summary>
    /// Its number, of its own among those of the process: what clients know as the process of the server.
    /// </summary>
    public int Id { get; }

    /// <summary>Who it is of.</summary>
    public SessionUser User { get; }

    /// <summary>Where the client is, for people; null where it is unknown.</summary>
    public string? ClientAddress { get; }

    /// <summary>The protocol, as the audit calls it.</summary>
    public string Protocol => Dialect.Protocol;

    /// <summary>The settings.</summary>
    public SessionSettings Settings { get; }

    /// <summary>What it holds between statements: of portals the protocol counts it.</summary>
    public HeldMemory Held { get; }

    /// <summary>The statements that the client has prepared by names, by protocol or with PREPARE.</summary>
    public PreparedStatements Statements { get; }

    /// <summary>Where it is in a transaction.</summary>
    public TransactionState State => transaction switch
    {
        null => TransactionState.Idle,
        { HasFailed: true } => TransactionState.Failed,
        _ => TransactionState.InTransaction,
    };

    /// <summary>Called when a transaction ends, so that the protocol releases what it keeps for one.</summary>
    public Action? TransactionEnded { get; set; }

    /// <summary>The class of the statements that it runs now.</summary>
    public string Workload => Class.Name;

    /// <summary>The class of the statements that it runs now.</summary>
    internal WorkloadClass Class => Host.Workloads.Of(User, Settings);

    /// <summary>What it is doing, for who looks at it.</summary>
    public SessionActivity Activity { get; }

    /// <summary>Ends the connection of the client; null where there is none that could be ended.</summary>
    public Action? Terminated { get; set; }

    /// <summary>How the statement runs that was begun last; null where it does not run.</summary>
    internal WorkloadRun? Run { get; set; }

    /// <summary>The last error that was recorded in <c>foz.queries</c>.</summary>
    internal Exception? Noted { get; set; }

    /// <summary>The last error that was audited.</summary>
    internal Exception? Audited { get; set; }

    /// <summary>The last error of which it was noted whether it ended the engine.</summary>
    internal Exception? Ended { get; set; }

    /// <summary>Whose SQL its statements are.</summary>
    internal ISqlDialect Dialect { get; }

    /// <summary>Receives notices for the client that are not errors.</summary>
    public Action<SessionNotice>? Noticed { get; set; }

    /// <summary>In Trino's SQL the catalog of names that are written without one; null for none.</summary>
    internal string? Catalog { get; private set; }

    /// <summary>In Trino's SQL the schema of names that are written without one; null for none.</summary>
    internal string? Schema { get; private set; }

    internal SessionHost Host { get; }

    internal DeclaredCursors Cursors { get; }

    /// <summary>Gets the access granted so far to the statement that is being prepared or begun.</summary>
    internal StatementAccess Access { get; set; } = new();

    /// <summary>What the transaction reads; null outside of one.</summary>
    internal TransactionVersions? Versions => transaction?.Versions;

    /// <summary>What the transaction changes; null outside of one.</summary>
    internal TransactionChanges? Changes => transaction?.Changes;

    /// <summary>The catalog as the session sees it, and the number by which functions of SQL find it.</summary>
    internal async Task<(CatalogView View, long Number)> CatalogAsync(CancellationToken cancellationToken)
    {
        var image = await Host.Catalogs.GetAsync(User, images, cancellationToken);
        var view = new CatalogView(image, User.Name, [.. SchemasOf(image)])
        {
            Signal = Signal, Asks = view => new(view, User, Host.Options.Access()),
        };
        if (views.Count > 0 && views.Last() is var last && last.View.Image == image
            && last.View.SearchPath.SequenceEqual(view.SearchPath))
            return last;
        views.Enqueue((view, Host.Catalogs.Add(view)));
        // Statements that run know the ones before.
        if (views.Count > ViewsMax) Host.Catalogs.Remove(views.Dequeue().Number);
        return views.Last();
    }

    /// <summary>The schemas of the search path that there are.</summary>
    IEnumerable<string> SchemasOf(CatalogImage image) =>
        SearchPath.Where(schema => image.Schemas.Contains(schema, StringComparer.OrdinalIgnoreCase));

    /// <summary>What statements can ask of the session.</summary>
    /// <param name="catalog">Gives the number of its view of the catalog.</param>
    /// <param name="parameterTypes">
    /// The types of a query's parameters, 0 for those that are not known; null where it is no query of its own.
    /// </param>
    /// <param name="isOfReader">Whether the user is the reader of an object that the statement makes.</param>
    internal TranslationContext Translation(
        Func<long> catalog, IReadOnlyList<uint>? parameterTypes = null, bool isOfReader = false) =>
        new(Id, User.Name, Settings, () => SearchPath, catalog)
        {
            IsQuery = parameterTypes is not null, ParameterTypes = parameterTypes ?? [], IsOfReader = isOfReader,
        };

    /// <summary>The transaction.</summary>
    /// <exception cref="FozException">There is none.</exception>
    internal SqlTransaction Transaction => transaction is { IsImplicit: false } begun ? begun : throw new FozException(
        ErrorKind.Sql, "there is no transaction in progress")
    { SqlState = "25P01" };

    /// <summary>The schemas in which names without one are looked for.</summary>
    internal IEnumerable<string> SearchPath => Dialect.SearchPathOf(this);

    /// <summary>In Trino's SQL, says what names are of that are written without a catalog or a schema.</summary>
    internal void Place(string? catalog, string? schema) => (Catalog, Schema) = (catalog, schema);

    /// <summary>Stops what runs, if anything does; for any thread.</summary>
    public void Cancel() => Stop(why: null);

    /// <summary>Stops what runs, as its client has gone; for any thread.</summary>
    public void Leave() => Stop(ClientGone(e: null));

    /// <summary>The error of a statement whose client broke off its connection.</summary>
    /// <param name="e">What sending rows to it said; null where it was found gone.</param>
    internal static FozException ClientGone(Exception? e) =>
        new(ErrorKind.Canceled, "the client has gone: it closed its connection before the statement ended", e)
        {
            SqlState = "08006",
        };

    /// <summary>Stops the running statement, if any; for any thread.</summary>
    /// <param name="why">The error that the client gets; null if the user asked for it.</param>
    internal void Stop(FozException? why)
    {
        lock (gate)
        {
            if (running is null) return;
            stopped = why;
            running.Cancel();
        }
    }

    /// <summary>Ends the client's connection, or what runs where there is none; for any thread.</summary>
    public void Terminate() => (Terminated ?? Cancel)();

    /// <summary>
    /// Does what <c>pg_cancel_backend</c> and <c>pg_terminate_backend</c> say: owners stop every session, others their
    /// user's own.
    /// </summary>
    /// <returns>Whether the session exists and the user may see it.</returns>
    bool Signal(string function, int id)
    {
        if (Host.Find(id) is not { } other || !User.MayKnowOf(other.User)) return false;
        Action stop = function == "pg_terminate_backend" ? other.Terminate : other.Cancel;
        // The engine calls from inside of a statement, which may be the one that is stopped.
        ThreadPool.UnsafeQueueUserWorkItem(static action => action(), stop, preferLocal: false);
        return true;
    }

    /// <summary>
    /// Notes that something failed that the session did not see, such as a value that could not be read: a transaction
    /// fails with it.
    /// </summary>
    public void Fail()
    {
        if (transaction is not null) transaction.HasFailed = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Host.Remove(this);
        await RollBackAsync();
        await Cursors.CloseAllAsync();
        Statements.Clear();
        Held.Clear();
        while (views.TryDequeue(out var view)) Host.Catalogs.Remove(view.Number);
        Host.Catalogs.Release(images);
    }

    /// <summary>Opens a table that a statement is about to change, as the transaction has it.</summary>
    internal async ValueTask<LakeTable> OpenAsync(TableName name, LakeTable table, CancellationToken cancellationToken)
    {
        if (transaction is { IsImplicit: true } && !transaction.Changes.Takes(name, addsOnly))
        {
            await CommitImplicitAsync(cancellationToken);
            Begin(isImplicit: true);
        }
        if (transaction is { Changes: var changes })
            return await changes.OpenAsync(name, table, addsOnly, cancellationToken);
        await Host.Commits.BeginChangeAsync(table, cancellationToken);
        return table;
    }

    /// <summary>Does something that the client can cancel, and that fails the transaction where it fails.</summary>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(
            Settings.StatementTimeout ?? Timeout.InfiniteTimeSpan, Host.Lake.Clock);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        CancellationTokenSource? outer;
        lock (gate) (outer, running, stopped) = (running, source, null);
        Activity.Begin();
        try
        {
            return await work(source.Token);
        }
        catch (OperationCanceledException) when (stopped is not null)
        {
            Fail();
            throw stopped;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            Fail();
            var why = timeout.IsCancellationRequested ? "statement timeout" : "user request";
            throw new FozException(ErrorKind.Canceled, $"canceling statement due to {why}", e);
        }
        catch (Exception e) when (e is DeltaException or StorageException)
        {
            Fail();
            throw DeltaErrors.Find(e)!;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Data && !User.IsOwner)
        {
            Fail();
            // The message has the value, which may be one that is not shown.
            throw new FozException(ErrorKind.Data, "a value is not one of the type, or out of its range")
            {
                SqlState = e.SqlState,
            };
        }
        catch (FozException e) when (e is { Kind: ErrorKind.NotFound, Hint: not null } && !User.IsOwner)
        {
            Fail();
            // What is near may be what is not granted.
            throw new FozException(e.Kind, e.Message, e.InnerException) { SqlState = e.SqlState, Place = e.Place };
        }
        catch (Exception e) when (e is not UnreachableException)
        {
            Fail();
            throw;
        }
        finally
        {
            Activity.End();
            lock (gate) running = outer;
            if (outer is null && images.Count > 0) Host.Catalogs.Release(images);
        }
    }
}
