using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Settings;
using Foz.Serving.Transactions;
using Foz.Serving.Workloads;

namespace Foz.Serving.Sessions;

/// <summary>
/// A session of a client, whatever its protocol: settings, a transaction, prepared statements, declared cursors. One
/// call at a time, except for what cancels its <see cref="Work"/>.
/// </summary>
public sealed class SqlSession : IAsyncDisposable
{
    // The part of the memory that it holds at most between statements.
    const int HeldPart = 8;

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
        Transactions = new(
            host.Lake, host.Commits, host.Catalogs, Settings, Cursors, notice => Noticed?.Invoke(notice));
        Catalog = new(
            host.Catalogs, user, host.Options.Access, () => SearchPath,
            (function, id) => host.Signal(user, function, id));
        Work = new(host.Lake.Clock, user, Settings, Activity, Transactions, Catalog);
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
    public ClientMemory Held { get; }

    /// <summary>The statements that the client has prepared by names, by protocol or with PREPARE.</summary>
    public PreparedStatements Statements { get; }

    /// <summary>Its transaction, and how it begins and ends.</summary>
    public SessionTransactions Transactions { get; }

    /// <summary>Where it is in a transaction.</summary>
    public TransactionState State => Transactions.State;

    /// <summary>What is done for the client, and how it is canceled.</summary>
    public SessionWork Work { get; }

    /// <summary>What it is doing, for who looks at it.</summary>
    public SessionActivity Activity { get; }

    /// <summary>The class of the statements that it runs now.</summary>
    public string Workload => Class.Name;

    /// <summary>The class of the statements that it runs now.</summary>
    internal WorkloadClass Class => Host.Workloads.Of(User, Settings);

    /// <summary>Receives what clients are to know that is no error.</summary>
    public Action<SessionNotice>? Noticed { get; set; }

    /// <summary>Whose SQL its statements are.</summary>
    internal ISqlDialect Dialect { get; }

    internal SessionHost Host { get; }

    internal DeclaredCursors Cursors { get; }

    /// <summary>The catalog as it sees it.</summary>
    internal SessionCatalog Catalog { get; }

    /// <summary>The last errors that were noted of its statements.</summary>
    internal NotedErrors Errors { get; } = new();

    /// <summary>What the transaction reads; null outside of one.</summary>
    internal TransactionVersions? Versions => Transactions.Current?.Versions;

    /// <summary>What the transaction changes; null outside of one.</summary>
    internal TransactionChanges? Changes => Transactions.Current?.Changes;

    /// <summary>The schemas in which names without one are looked for.</summary>
    internal IEnumerable<string> SearchPath => Dialect.SearchPathOf(this);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Host.Remove(this);
        await Transactions.RollBackAsync();
        await Cursors.CloseAllAsync();
        Statements.Clear();
        Held.Clear();
        Catalog.Dispose();
    }
}
