using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Foz.Lake;
using Foz.Server.Logging;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>A client's connection, from its first byte to its last.</summary>
sealed class PgConnection : IDisposable
{
    /// <summary>How long a client may take to log in.</summary>
    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    const int RefusedBytesMax = 4096;

    readonly Lock gate = new();
    readonly Socket socket;
    readonly PgHost host;
    readonly CancellationTokenSource reading = new();
    CancellationTokenSource? working;
    PgEndException? ending;
    string? cancelReason;
    volatile PgActivity activity;
    Task<bool>? pending;
    bool isDisposed;

    /// <summary>A connection that was accepted, which is now this object's.</summary>
    public PgConnection(Socket socket, PgHost host)
    {
        (this.socket, this.host, Wait) = (socket, host, new(socket, host.Threads));
        Address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        activity = new(PgPhase.Starting, host.Clock.GetUtcNow(), StartTimeout);
    }

    /// <summary>Where the client is.</summary>
    public IPAddress Address { get; }

    /// <summary>Its place among those that have not logged in; given back once it has.</summary>
    public IDisposable? Starting { get; set; }

    /// <summary>Called for the session of a client that is found gone; null before there is one.</summary>
    public Action? Left { get; set; }

    /// <summary>Waits for what the client sends.</summary>
    public SocketWait Wait { get; }

    /// <summary>What it is doing.</summary>
    public PgActivity Activity => activity;

    /// <summary>Serves the client; errors of the connection end it and nothing else.</summary>
    public async Task RunAsync()
    {
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            await using var start = new PgStart(this, socket, host);
            if (await start.RunAsync(reading.Token) is not { } session) return;
            Starting?.Dispose();
            await using (session) await session.RunAsync();
            await start.FlushAsync();
        }
        catch (Exception e)
            when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException
                or OperationCanceledException or WireException)
        {
            host.Log.ConnectionLost(Address.ToString(), e.Message);
        }
        catch (Exception e)
        {
            host.Log.Failed(e.Message, e);
        }
    }

    /// <summary>Reads the next message, and ends the session where the server wants that meanwhile.</summary>
    public async ValueTask<bool> ReadAsync(PgInput input, PgPhase phase, TimeSpan? limit)
    {
        activity = new(phase, host.Clock.GetUtcNow(), limit);
        try
        {
            ThrowIfEnding();
            if (pending is not { } begun)
                return await input.ReadAsync(ClientMessageLimits.Session, reading.Token, Wait);
            pending = null;
            return await begun;
        }
        catch (OperationCanceledException)
        {
            ThrowIfEnding();
            throw;
        }
        finally
        {
            activity = new(PgPhase.Running, host.Clock.GetUtcNow(), Limit: null);
        }
    }

    /// <summary>Whether a message is still being read that no caller awaits: the input must not be accessed.</summary>
    public bool IsReading => pending is not null;

    /// <summary>
    /// Reads the next message while something is done for the client. Where that is canceled the message is still read:
    /// the next read waits for it.
    /// </summary>
    public async ValueTask<bool> ReadOnAsync(PgInput input, CancellationToken cancellationToken)
    {
        activity = new(PgPhase.Receiving, host.Clock.GetUtcNow(), Limit: null);
        pending = input.ReadAsync(ClientMessageLimits.Session, reading.Token).AsTask();
        var hasMessage = await pending.WaitAsync(cancellationToken);
        pending = null;
        activity = new(PgPhase.Running, host.Clock.GetUtcNow(), Limit: null);
        return hasMessage;
    }

    /// <summary>Runs cancelable work for the client.</summary>
    /// <param name="work">The work.</param>
    /// <param name="limit">How long it may take; null for no limit.</param>
    public async Task WorkAsync(Func<CancellationToken, Task> work, TimeSpan? limit)
    {
        using var source = new CancellationTokenSource();
        await using var timer = limit is { } time
            ? host.Clock.CreateTimer(
                static state => ((PgConnection)state!).Cancel("statement timeout"), this, time,
                Timeout.InfiniteTimeSpan)
            : null;
        lock (gate) (working, cancelReason) = (source, null);
        try
        {
            await work(source.Token);
        }
        finally
        {
            lock (gate) working = null;
        }
    }

    /// <summary>Cancels what the connection is doing, if anything; for any thread.</summary>
    /// <param name="reason">The reason that the client gets.</param>
    public void Cancel(string reason)
    {
        lock (gate)
        {
            if (working is null || working.IsCancellationRequested) return;
            cancelReason = reason;
            working.Cancel();
        }
    }

    /// <summary>Returns the error to send for an exception: a cancellation is an error of the statement.</summary>
    public Exception Explain(Exception exception)
    {
        var reason = cancelReason;
        if (exception is PlacedException { Error.Kind: ErrorKind.Canceled } || exception is OperationCanceledException
            || exception is FozException { Kind: ErrorKind.Canceled })
        {
            if (ending is { } end) return end;
            if (reason is not null)
                return new FozException(ErrorKind.Canceled, $"canceling statement due to {reason}", exception);
        }

        return exception;
    }

    /// <summary>
    /// Ends the session: at once if it waits for the client, otherwise when the statement is done; for any thread.
    /// </summary>
    public void End(PgEndException? why = null)
    {
        lock (gate)
        {
            // The session may end at this very moment.
            if (isDisposed) return;
            ending ??= why ?? PgEndException.Stopping();
            reading.Cancel();
        }
    }

    /// <summary>Ends the session with what it is doing.</summary>
    public void Abort()
    {
        End();
        Cancel("administrator command");
    }

    /// <summary>Ends the session of a client that has gone.</summary>
    public void Leave()
    {
        Left?.Invoke();
        Abort();
    }

    /// <summary>
    /// Ends a connection that was not served, with a message as far as the socket takes it at once; nothing waits for
    /// the client.
    /// </summary>
    public void Refuse(PgEndException why)
    {
        using (this)
        {
            try
            {
                var message = new MessageWriter();
                why.ToMessage().Write(message, MessageType.ErrorResponse);
                socket.Blocking = false;
                // What has arrived and is not read would end the connection before the message is seen.
                if (socket.Available > 0) socket.Receive(new byte[RefusedBytesMax]);
                socket.Send(message.Written.Span);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client is gone.
            }
        }
    }

    /// <summary>Closes the connection immediately.</summary>
    public void Close() => socket.Dispose();

    /// <summary>Whether the client has gone while something is done for it.</summary>
    /// <param name="seen">What it was doing before: nothing is read while it does that.</param>
    public bool IsGone(PgActivity seen)
    {
        try
        {
            // What has arrived and is read between the two is not there any more, as at the end.
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0 && ReferenceEquals(activity, seen);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Notes what went wrong, where it is a fault of the server.</summary>
    public void Log(Exception error)
    {
        if (error is FozException { Kind: not ErrorKind.Bug } or PlacedException { Error.Kind: not ErrorKind.Bug }
            or WireException or PgEndException or OperationCanceledException
            // The client went away in the middle of its rows.
            or EndOfStreamException or SocketException or IOException { InnerException: SocketException }) return;
        host.Log.Failed(error.Message, error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            reading.Dispose();
        }
        Starting?.Dispose();
        socket.Dispose();
    }

    void ThrowIfEnding()
    {
        if (ending is { } end) throw end;
    }
}
