using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;

namespace Foz.Serving.Trino;

/// <summary>Serves Trino's SQL, for whom the session lives in the client. Safe for use by many threads.</summary>
/// <param name="host">What the sessions of the lake share.</param>
public sealed class TrinoService(SessionHost host)
{
    /// <summary>The statements that a user may know of.</summary>
    public Func<SessionUser, IReadOnlyList<TrinoQueryRow>> Queries { get; set; } = static _ => [];

    /// <summary>Stops a statement of a user by its name; false where there is none.</summary>
    public Func<SessionUser, string, bool> Kill { get; set; } = static (_, _) => false;

    internal SessionHost Host => host;

    internal TrinoTransactions Transactions { get; } = new(host.Lake.Clock);

    /// <summary>Starts a statement.</summary>
    /// <param name="user">Whose it is.</param>
    /// <param name="request">What the client sent.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The statement, to be disposed.</returns>
    /// <exception cref="FozException">It failed.</exception>
    public async Task<TrinoStatement> StartAsync(
        SessionUser user, TrinoRequest request, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in request.Properties) TrinoProperties.Check(name, value);
        var session = request.TransactionId is { } id ? Transactions.Take(id, user) : Open(user, request);
        try
        {
            session.Dialect.Place = new(request.Catalog, request.Schema);
            request.Opened(session.Session);
            return await new TrinoCommands(this, session, request).StartAsync(cancellationToken);
        }
        catch
        {
            if (request.TransactionId is { } transaction) await Transactions.ReturnAsync(transaction, session);
            else await session.Session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Rolls back transactions that no client has used for a time; to be called now and then.</summary>
    public Task CloseIdleAsync() => Transactions.CloseIdleAsync();

    /// <summary>Rolls back all transactions that are open.</summary>
    public Task CloseAsync() => Transactions.CloseAsync();

    TrinoSession Open(SessionUser user, TrinoRequest request)
    {
        var zone = request.Properties.GetValueOrDefault(TrinoProperties.TimeZone) is { Length: > 0 } chosen
            ? chosen
            : request.TimeZone ?? "UTC";
        var dialect = new TrinoDialect(() => Queries(user));
        var session = host.Open(user, new()
        {
            Dialect = dialect, ClientAddress = request.ClientAddress,
            Settings = new Dictionary<string, string>
            {
                ["TimeZone"] = zone, ["application_name"] = request.Source ?? "",
            },
        });
        return new(session, dialect);
    }
}
