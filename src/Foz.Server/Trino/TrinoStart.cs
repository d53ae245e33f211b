using System.Net;
using Foz.Server.Auth;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Foz.Server.Trino;

/// <summary>Connections of Trino's protocol of which no request has logged in yet.</summary>
static class TrinoStart
{
    static readonly object key = new();

    /// <summary>How long the headers of a request may take.</summary>
    public static TimeSpan TimeMax { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Ends connections of addresses that have too many.</summary>
    public static void Limit(ListenOptions listen, PendingLogins places) => listen.Use(next => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        using var place = places.Take(address, connection.Abort);
        if (place is null)
        {
            connection.Abort(new ConnectionAbortedException("too many connections of the address have not logged in"));
            return;
        }
        connection.Items[key] = place;
        await next(connection);
    });

    /// <summary>Notes that a request has logged in.</summary>
    public static void Done(HttpContext context)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items is { } items
            && items.TryGetValue(key, out var place))
            (place as IDisposable)?.Dispose();
    }
}
