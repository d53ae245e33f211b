using Foz.Server.Auth;
using Foz.Serving.Trino;
using Microsoft.Extensions.Logging;

namespace Foz.Server.Trino;

/// <summary>What all statements of Trino's protocol share.</summary>
/// <param name="Service">Serves the statements.</param>
/// <param name="LogIn">Finds the users of requests.</param>
/// <param name="Clock">The time.</param>
/// <param name="Log">Where events are logged.</param>
sealed record TrinoHost(TrinoService Service, HttpLogIn LogIn, TimeProvider Clock, ILogger Log)
{
    /// <summary>The most statements that run at the same time.</summary>
    public required int QueriesMax { get; init; }

    /// <summary>How many of them are kept for owners.</summary>
    public int QueriesOfOwners { get; init; }

    /// <summary>The connections of which no request has logged in yet.</summary>
    public required PendingLogins Starting { get; init; }

    /// <summary>Bytes of rows after which a page is full.</summary>
    public int PageBytes { get; init; } = 512 * 1024;

    /// <summary>How long a request waits for rows.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After this long without a request a statement is given up.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromMinutes(5);
}
