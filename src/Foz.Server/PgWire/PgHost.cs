using Foz.Server.Auth;
using Foz.Serving;
using Microsoft.Extensions.Logging;

namespace Foz.Server.PgWire;

/// <summary>What all connections of PostgreSQL's protocol share.</summary>
/// <param name="Service">Serves their statements.</param>
/// <param name="Desk">Logs users in.</param>
/// <param name="Keys">The keys that cancel statements.</param>
/// <param name="Tls">What TLS is made with; null for none.</param>
/// <param name="RequiresTls">Whether only clients on this machine may connect without TLS.</param>
/// <param name="Clock">The time.</param>
/// <param name="Log">Where events are logged.</param>
sealed record PgHost(
    SqlService Service, Authenticator Desk, CancelKeys Keys, PgTls? Tls, bool RequiresTls, TimeProvider Clock,
    ILogger Log)
{
    /// <summary>The connections that have not logged in yet.</summary>
    public required PendingLogins Starting { get; init; }

    /// <summary>The threads that wait for what clients send.</summary>
    public SocketThreads Threads { get; } = new();
}
