using System.Globalization;
using Foz.Connectors.Databases;
using Foz.Lake;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// A session with a server over our own reader of the wire: for COPY, and for the statements around it. One caller at
/// a time.
/// </summary>
public sealed class PgConnection : IAsyncDisposable
{
    const int MajorVersionMin = 12;
    const int BufferBytes = 256 * 1024;
    const int BufferBytesKept = 4 * 1024 * 1024;

    /// <summary>How long asking the server to stop may take.</summary>
    static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(5);

    readonly PgTransport transport;
    readonly ReceiveGathering? gathering;
    readonly MessageWriter writer = new();
    readonly Dictionary<string, string> parameters = [];
    byte[] buffer = new byte[BufferBytes];
    int start;
    int end;
    BackendKeyData? key;
    Task<int>? pending;
    bool isBusy;
    bool isInCopy;
    bool isDisposed;

    PgConnection(PgTransport transport, PgOptions options)
    {
        this.transport = transport;
        gathering = ReceiveGathering.Of(transport.Socket, options.IsReplication);
        Options = options;
    }

    /// <summary>How the server was reached.</summary>
    public PgOptions Options { get; }

    /// <summary>Called with the messages that the server sends besides results; null to ignore them.</summary>
    public Action<ServerMessage>? Noticed { get; set; }

    /// <summary>See <see cref="PgTransport.TlsVersion"/>.</summary>
    public string? TlsVersion => transport.TlsVersion;

    /// <summary>The server's version as it writes it, such as <c>15.18 (Debian …)</c>.</summary>
    public string ServerVersion => parameters.GetValueOrDefault("server_version", "");

    /// <summary>The first number of the version.</summary>
    public int ServerMajorVersion =>
        int.TryParse(
            ServerVersion.AsSpan(0, ServerVersion.AsSpan().IndexOfAnyExceptInRange('0', '9') is var i and >= 0
                ? i
                : ServerVersion.Length),
            CultureInfo.InvariantCulture,
            out var major)
            ? major
            : 0;

    /// <summary>Whether the database takes any bytes as text, so that they need not be UTF-8.</summary>
    public bool HasUncheckedText => parameters.GetValueOrDefault("server_encoding") == "SQL_ASCII";

    /// <summary>What has arrived and was not yet read.</summary>
    public ReadOnlySpan<byte> Arrived => buffer.AsSpan(start, end - start);

    /// <summary>Connects and logs in.</summary>
    /// <exception cref="FozException">It failed; the message says at which step.</exception>
    public static async Task<PgConnection> OpenAsync(PgOptions options, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.ConnectTimeout);
        PgTransport? opened = null;
        try
        {
            opened = await PgTransport.OpenAsync(options, timeout.Token);
            var connection = new PgConnection(opened, options);
            await connection.LogInAsync(timeout.Token);
            return connection;
        }
        catch (Exception error)
        {
            if (opened is not null) await opened.DisposeAsync();
            throw error switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested => new FozException(
                    ErrorKind.Source,
                    $"{options}: {(opened is null ? "connecting" : "logging in")} took longer than "
                    + $"{options.ConnectTimeout.TotalSeconds} s",
                    error)
                { IsTransient = true, Hint = "check host and port, or raise connect_timeout" },
                _ when SourceFault.IsOfSource(error) => SourceFault.Of(error, "logging in", options),
                _ => error,
            };
        }
    }

    /// <summary>Runs statements that return few rows.</summary>
    /// <returns>The rows of all of them, as texts; null where a value is null.</returns>
    /// <exception cref="PgServerException">
    /// Thrown when the server refuses one; the session continues if the error was not fatal.
    /// </exception>
    public async Task<IReadOnlyList<string?[]>> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        await SendQueryAsync(sql, cancellationToken);
        var rows = new List<string?[]>();
        PgServerException? failure = null;
        while (true)
        {
            try
            {
                var (type, payload) = await ReceiveAsync(cancellationToken);
                if (type == MessageType.DataRow) rows.Add(ReadRow(payload.Span));
                if (type != MessageType.ReadyForQuery) continue;
                isBusy = false;
            }
            catch (PgServerException error) when (!error.IsFatal)
            {
                failure = error;
                continue;
            }

            return failure is null ? rows : throw failure;
        }
    }

    /// <summary>
    /// Starts a COPY to the client in binary format; its data is then read from <see cref="Arrived"/>.
    /// </summary>
    /// <exception cref="PgServerException">The server refused it; the session is of no use any more.</exception>
    public async Task StartCopyAsync(string sql, CancellationToken cancellationToken)
    {
        await SendQueryAsync(sql, cancellationToken);
        while ((await ReceiveAsync(cancellationToken)).Type != MessageType.CopyOutResponse) { }
        isInCopy = true;
    }

    /// <summary>
    /// Starts to replicate: CopyData then goes both ways until the session ends. Its data is read from
    /// <see cref="Arrived"/>.
    /// </summary>
    /// <exception cref="PgServerException">The server refused it.</exception>
    public async Task StartReplicationAsync(string command, CancellationToken cancellationToken)
    {
        await SendQueryAsync(command, cancellationToken);
        PgServerException? failure = null;
        while (true)
        {
            try
            {
                var (type, _) = await ReceiveAsync(cancellationToken);
                if (type == MessageType.CopyBothResponse) break;
                if (type == MessageType.ReadyForQuery && failure is not null) throw failure;
            }
            catch (PgServerException error) when (!error.IsFatal && failure is null)
            {
                failure = error;
            }
        }

        // The server ends it when the session ends; there is no statement to be canceled.
        (isBusy, isInCopy) = (false, true);
    }

    /// <summary>Reads a message, if it has arrived in full.</summary>
    public bool TryReadMessage(out Message message)
    {
        if (!Message.TryRead(Arrived, out message)) return false;
        start += message.Bytes;
        return true;
    }

    /// <summary>Lets the message that was read last be read again; before more is waited for.</summary>
    public void PutBack(Message message) => start -= message.Bytes;

    /// <summary>Handles a message that may arrive at any time.</summary>
    /// <exception cref="PgServerException">It is an error.</exception>
    public void Note(Message message)
    {
        switch (message.Type)
        {
            case MessageType.ErrorResponse:
                throw new PgServerException(ServerMessage.Read(message.Payload));
            case MessageType.NoticeResponse when Noticed is { } noticed:
                noticed(ServerMessage.Read(message.Payload));
                break;
            case MessageType.ParameterStatus:
                var (name, value) = ParameterStatus.Read(message.Payload);
                parameters[name] = value;
                break;
            case MessageType.BackendKeyData:
                key = BackendKeyData.Read(message.Payload);
                break;
            case MessageType.ReadyForQuery:
                isBusy = isInCopy = false;
                gathering?.Pause();
                break;
        }
    }

    /// <summary>Waits for more to arrive.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    /// <exception cref="TimeoutException">The server sent nothing for too long.</exception>
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var reading = transport.Stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        var count = reading.IsCompletedSuccessfully ? reading.Result : await WaitAsync(reading.AsTask());
        if (count == 0) throw new EndOfStreamException();
        end += count;
        if (isInCopy) gathering?.Note(count);
    }

    /// <summary>
    /// Waits for more to arrive, but not longer than a time; what then arrives is read by the next call.
    /// </summary>
    /// <returns>Whether more has arrived.</returns>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    public async ValueTask<bool> TryFillAsync(TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        if (pending is null)
        {
            MakeRoom();
            // A read that is canceled would end the session if it is encrypted.
            var read = transport.Stream.ReadAsync(buffer.AsMemory(end), CancellationToken.None);
            if (read.IsCompletedSuccessfully) return Take(read.Result);
            pending = read.AsTask();
        }

        try
        {
            await pending.WaitAsync(waitMax, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            if (!pending.IsCompleted) return false;
        }

        var count = await pending;
        pending = null;
        return Take(count);

        bool Take(int bytes)
        {
            if (bytes == 0) throw new EndOfStreamException();
            end += bytes;
            gathering?.Note(bytes);
            return true;
        }
    }

    /// <summary>
    /// Waits as long as the server may send nothing; one that is waited for in vain is read from no more.
    /// </summary>
    async Task<int> WaitAsync(Task<int> reading)
    {
        try
        {
            return await reading.WaitAsync(Options.ReadTimeout, TimeProvider.System);
        }
        catch (TimeoutException) when (!reading.IsCompleted)
        {
            throw DatabaseOptions.Stalled(Options.ReadTimeout);
        }
    }

    /// <summary>Ends the session; what still runs is canceled.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed) return;
        isDisposed = true;
        gathering?.Dispose();
        // Whether the server hears it or not, the session ends with the socket: a failure here changes nothing.
        using var timeout = new CancellationTokenSource(CancelTimeout);
        try
        {
            if (isBusy)
            {
                await CancelAsync(timeout.Token);
            }
            else
            {
                writer.WriteTerminate();
                await FlushAsync(timeout.Token);
            }
        }
        catch (Exception error) when (SourceFault.IsOfSource(error)
            || error is OperationCanceledException or FozException)
        {
            isBusy = false;
        }

        await transport.DisposeAsync();
    }

    /// <summary>Sends messages, and empties their writer.</summary>
    public async Task FlushAsync(MessageWriter messages, CancellationToken cancellationToken)
    {
        await transport.Stream.WriteAsync(messages.Written, cancellationToken);
        messages.Clear();
    }

    /// <summary>Receives the next message that is no notice; its payload is valid until the next call.</summary>
    public async ValueTask<(byte Type, ReadOnlyMemory<byte> Payload)> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Message.LengthOf(Arrived) is { } length && length <= end - start)
            {
                var type = buffer[start];
                var payload = buffer.AsMemory(start + Message.HeaderBytes, length - Message.HeaderBytes);
                start += length;
                Note(new Message(type, payload.Span));
                if (type is not (MessageType.NoticeResponse or MessageType.ParameterStatus)) return (type, payload);
            }
            else
            {
                await FillAsync(cancellationToken);
            }
        }
    }

    static string?[] ReadRow(ReadOnlySpan<byte> payload)
    {
        var tuple = new TupleReader(payload);
        var row = new string?[Math.Max(tuple.ValueCount, 0)];
        foreach (ref var text in row.AsSpan())
            text = tuple.TryReadValue(out var value) ? System.Text.Encoding.UTF8.GetString(value) : null;
        return row;
    }

    async Task LogInAsync(CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> startup =
        [
            new("user", Options.User),
            new("database", Options.Database),
            new("client_encoding", "UTF8"),
            new("application_name", Options.ApplicationName),
        ];
        if (Options.IsReplication) startup.Add(new("replication", "database"));
        if (Options.ServerOptions is { } serverOptions) startup.Add(new("options", serverOptions));
        new StartupPacket.Startup(3, 0, startup).Write(writer);
        await FlushAsync(cancellationToken);
        await new PgLogIn(this, transport).RunAsync(cancellationToken);
        while ((await ReceiveAsync(cancellationToken)).Type != MessageType.ReadyForQuery) { }
        if (ServerMajorVersion < MajorVersionMin)
            throw new FozException(
                ErrorKind.Source,
                $"{Options}: this is PostgreSQL {ServerVersion}; {MajorVersionMin} or later is supported");
    }

    /// <summary>
    /// Sends a text by the simple query protocol; what the server answers is received one message at a time.
    /// </summary>
    public async Task SendQueryAsync(string sql, CancellationToken cancellationToken)
    {
        isBusy = true;
        writer.WriteQuery(sql);
        await FlushAsync(cancellationToken);
    }

    Task FlushAsync(CancellationToken cancellationToken) => FlushAsync(writer, cancellationToken);

    async Task CancelAsync(CancellationToken cancellationToken)
    {
        if (key is null) return;
        await using var other = await PgTransport.OpenAsync(Options, cancellationToken);
        var message = new MessageWriter();
        new StartupPacket.Cancel(key).Write(message);
        await other.Stream.WriteAsync(message.Written, cancellationToken);
        // The server closes once it has passed the request on.
        while (await other.Stream.ReadAsync(new byte[1], cancellationToken) > 0) { }
    }

    void MakeRoom()
    {
        if (start == end)
        {
            start = end = 0;
            // One enormous row does not keep its room for ever.
            if (buffer.Length > BufferBytesKept) buffer = new byte[BufferBytes];
        }

        if (end < buffer.Length) return;
        if (start > 0)
        {
            Arrived.CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        else
        {
            // Grows with what has arrived, not with what a length promises.
            Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, Array.MaxLength));
        }
    }
}
