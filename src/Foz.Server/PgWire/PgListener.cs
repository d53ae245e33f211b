using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Foz.Lake;
using Foz.Server.Logging;

namespace Foz.Server.PgWire;

/// <summary>Listens for clients of PostgreSQL's protocol, and looks after their connections.</summary>
sealed class PgListener : IAsyncDisposable
{
    const int Backlog = 512;

    static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<PgConnection, Task> connections = new();
    readonly CancellationTokenSource stopping = new();
    readonly Socket socket;
    readonly PgHost host;
    Task accepting = Task.CompletedTask;
    Task looking = Task.CompletedTask;

    PgListener(Socket socket, PgHost host) => (this.socket, this.host) = (socket, host);

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="FozException">The port is taken, or may not be had.</exception>
    public static PgListener Start(IPEndPoint endPoint, PgHost host)
    {
        var bound = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            bound.Bind(endPoint);
            bound.Listen(Backlog);
        }
        catch (SocketException e)
        {
            bound.Dispose();
            throw ListenErrors.Of(endPoint, "pg_port", e);
        }

        var listener = new PgListener(bound, host);
        listener.accepting = listener.AcceptAsync();
        listener.looking = listener.CheckAsync();
        return listener;
    }

    /// <summary>Accepts no more clients, and lets running statements continue for a time.</summary>
    /// <param name="limit">How long statements may continue.</param>
    public async Task StopAsync(TimeSpan limit)
    {
        await stopping.CancelAsync();
        socket.Dispose();
        await accepting;
        foreach (var connection in connections.Keys) connection.End();
        if (await EndAsync(limit)) return;
        foreach (var connection in connections.Keys) connection.Abort();
        if (await EndAsync(LookEvery * 5)) return;
        foreach (var connection in connections.Keys) connection.Close();
        await EndAsync(LookEvery * 5);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await looking;
        stopping.Dispose();
    }

    /// <summary>Waits until all connections have ended; false if they have not in time.</summary>
    async Task<bool> EndAsync(TimeSpan limit)
    {
        try
        {
            await Task.WhenAll(connections.Values).WaitAsync(limit, host.Clock);
            return true;
        }
        catch (TimeoutException)
        {
            return connections.IsEmpty;
        }
    }

    async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await socket.AcceptAsync(stopping.Token);
                Serve(client);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // One client went away before it was taken, or there are no more handles for the moment.
                host.Log.AcceptFailed(e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(10), host.Clock, CancellationToken.None);
            }
        }
    }

    void Serve(Socket client)
    {
        PgConnection connection;
        try
        {
            connection = new PgConnection(client, host);
        }
        catch (SocketException)
        {
            client.Dispose();
            return;
        }

        connection.Starting = host.Starting.Take(connection.Address, connection.Close);
        if (connection.Starting is null)
        {
            connection.Refuse(new("53300", "too many connections of this address have not logged in yet"));
            return;
        }
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connections[connection] = served.Task;
        _ = Task.Run(() => ServeAsync(connection, served));
    }

    async Task ServeAsync(PgConnection connection, TaskCompletionSource served)
    {
        using (connection)
        {
            await connection.RunAsync();
            connections.TryRemove(connection, out _);
        }

        served.SetResult();
    }

    /// <summary>Ends connections that take too long, and stops statements whose clients are gone.</summary>
    async Task CheckAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, host.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
                foreach (var connection in connections.Keys) Look(connection);
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    void Look(PgConnection connection)
    {
        var activity = connection.Activity;
        if (activity.Phase is PgPhase.Running)
        {
            if (connection.IsGone(activity)) connection.Leave();
            return;
        }

        if (activity.Limit is not { } limit || host.Clock.GetUtcNow() - activity.Since < limit) return;
        switch (activity.Phase)
        {
            case PgPhase.Starting: connection.Close(); break;
            case PgPhase.Idle:
                connection.End(new("57P05", "terminating connection due to idle-session timeout"));
                break;
            default:
                connection.End(new("25P03", "terminating connection due to idle-in-transaction timeout"));
                break;
        }
    }
}
