using System.Buffers.Binary;
using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Wire;
using Foz.Wire.Sftp;

namespace Foz.Connectors.Files.Sftp;

/// <summary>One connection to an SFTP server. Safe for use by many at the same time.</summary>
sealed class SftpConnection : IAsyncDisposable
{
    // OpenSSH's own answers have at most 256 KiB.
    const int MessageBytesMax = 4 << 20;
    const int PartBytes = 32 << 10;
    const int PartsMax = 32;

    readonly SshProcess ssh;
    readonly SftpOptions options;
    readonly TimeProvider clock;
    readonly ConcurrentDictionary<uint, TaskCompletionSource<SftpReply>> waiting = new();
    readonly SemaphoreSlim sending = new(1);
    readonly Task receiving;
    uint lastId;
    long heardAt;
    volatile FozException? lost;

    SftpConnection(SshProcess ssh, SftpOptions options, TimeProvider clock)
    {
        (this.ssh, this.options, this.clock) = (ssh, options, clock);
        heardAt = clock.GetTimestamp();
        receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>Whether it is of no use any more.</summary>
    public bool IsLost => lost is not null;

    /// <summary>Connects.</summary>
    /// <exception cref="FozException">
    /// Thrown when the server cannot be reached, is not the expected one, or refuses the user.
    /// </exception>
    public static async Task<SftpConnection> OpenAsync(
        SftpOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var process = await SshProcess.StartAsync(options, clock, cancellationToken);
        var connection = new SftpConnection(process, options, clock);
        try
        {
            var version = await connection.AskAsync(0, SftpRequests.Init(), cancellationToken);
            if (version.Type is not SftpMessageType.Version || version.Id < SftpRequests.Version)
                throw new FozException(
                    ErrorKind.Source, $"{options.Host} speaks another version of SFTP than {SftpRequests.Version}");
            process.ForgetKey();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the entries of a folder, without <c>.</c> and <c>..</c>.</summary>
    /// <exception cref="FozException">Thrown when it cannot be listed.</exception>
    public async Task<IReadOnlyList<SftpEntry>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        var what = $"folder {folder} of {options.Host}";
        var handle =
            (await RequestAsync(
                what, id => SftpRequests.OfPath(SftpMessageType.OpenDir, id, folder), cancellationToken)).ReadHandle();
        var entries = new List<SftpEntry>();
        try
        {
            while (true)
            {
                var reply = await SendAsync(
                    id => SftpRequests.OfHandle(SftpMessageType.ReadDir, id, handle), cancellationToken);
                if (reply.Type is SftpMessageType.Status && reply.ReadStatus().Status is SftpStatus.EndOfFile)
                    return entries;
                foreach (var entry in Checked(what, reply).ReadNames())
                {
                    if (entry.Name is "." or "..") continue;
                    if (entry.Name.Length == 0 || entry.Name.AsSpan().ContainsAny('/', '\0'))
                        throw new FozException(ErrorKind.Source, $"{what} has a name that is none: '{entry.Name}'");
                    entries.Add(entry);
                }
            }
        }
        finally
        {
            await CloseAsync(handle, cancellationToken);
        }
    }

    /// <summary>What a path leads to is like; null where there is nothing.</summary>
    public async Task<SftpAttributes?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(id => SftpRequests.OfPath(SftpMessageType.Stat, id, path), cancellationToken);
        return reply.Type is SftpMessageType.Status && reply.ReadStatus().Status is SftpStatus.NoSuchFile
            ? null
            : Checked($"file {path} of {options.Host}", reply).ReadAttributes();
    }

    /// <summary>Copies a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="check">Checks its attributes, before it is read and after.</param>
    /// <param name="target">Where the copy is written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It is gone, or cannot be read.</exception>
    public async Task CopyAsync(
        string path, Action<SftpAttributes> check, Stream target, CancellationToken cancellationToken)
    {
        var what = $"file {path} of {options.Host}";
        var handle = (await RequestAsync(what, id => SftpRequests.OpenToRead(id, path), cancellationToken))
            .ReadHandle();
        // Many parts are under way, so that the distance to the server does not count for each.
        var parts = new Queue<Task<byte[]>>();
        try
        {
            var attributes = await CheckAsync();
            var size = attributes.SizeBytes
                ?? throw new FozException(
                    ErrorKind.Source, $"{what} cannot be read: the server does not tell its size");
            for (var next = 0L; next < size || parts.Count > 0;)
            {
                for (; next < size && parts.Count < PartsMax; next += PartBytes)
                    parts.Enqueue(
                        ReadPartAsync(what, handle, next, (int)Math.Min(PartBytes, size - next), cancellationToken));
                await target.WriteAsync(await parts.Dequeue(), cancellationToken);
            }
            // Parts of two files make none of either.
            await CheckAsync();
        }
        finally
        {
            await ((Task)Task.WhenAll(parts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await CloseAsync(handle, cancellationToken);
        }

        async Task<SftpAttributes> CheckAsync()
        {
            var now =
                (await RequestAsync(
                    what, id => SftpRequests.OfHandle(SftpMessageType.FStat, id, handle),
                    cancellationToken)).ReadAttributes();
            check(now);
            return now;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lost ??= new(ErrorKind.Canceled, $"the connection to {options.Host} was closed");
        await ssh.DisposeAsync();
        await receiving;
    }

    /// <summary>A part of a file, whole: a server may give less than it is asked for.</summary>
    async Task<byte[]> ReadPartAsync(
        string what, byte[] handle, long offset, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var (at, rest) = (offset + filled, count - filled);
            var reply = await SendAsync(id => SftpRequests.Read(id, handle, at, rest), cancellationToken);
            if (reply.Type is SftpMessageType.Status && reply.ReadStatus().Status is SftpStatus.EndOfFile)
                throw new FozException(ErrorKind.Source, $"{what} became shorter while it was read")
                {
                    Hint = "run again once it is written", IsTransient = true,
                };
            var data = Checked(what, reply).ReadData();
            if (data.Length == 0 || data.Length > rest)
                throw Broken(
                    new WireException(WireErrorKind.Malformed, $"{rest} bytes were asked for, {data.Length} came"));
            data.CopyTo(bytes.AsMemory(filled));
            filled += data.Length;
        }
        return bytes;
    }

    /// <summary>Closes a handle, if that can be done: with the connection it closes too.</summary>
    async Task CloseAsync(byte[] handle, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(id => SftpRequests.OfHandle(SftpMessageType.Close, id, handle), cancellationToken);
        }
        catch (Exception e) when (e is FozException or OperationCanceledException)
        {
            // An earlier error has the reason.
        }
    }

    async Task<SftpReply> RequestAsync(string what, Func<uint, byte[]> request, CancellationToken cancellationToken) =>
        Checked(what, await SendAsync(request, cancellationToken));

    static SftpReply Checked(string what, SftpReply reply)
    {
        if (reply.Type is not SftpMessageType.Status) return reply;
        var (status, message) = reply.ReadStatus();
        throw new FozException(ErrorKind.Source, status switch
        {
            SftpStatus.NoSuchFile => $"{what} does not exist",
            SftpStatus.PermissionDenied => $"{what} cannot be read: permission denied",
            _ => $"{what} cannot be read: {(message.Length > 0 ? message : $"status {(uint)status}")}",
        });
    }

    Task<SftpReply> SendAsync(Func<uint, byte[]> request, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref lastId);
        return AskAsync(id, request(id), cancellationToken);
    }

    async Task<SftpReply> AskAsync(uint id, byte[] request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<SftpReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[id] = answer;
        try
        {
            await sending.WaitAsync(cancellationToken);
            try
            {
                // Never cut off, since what follows would not be understood any more.
                await ssh.Input.WriteAsync(request, CancellationToken.None);
                await ssh.Input.FlushAsync(CancellationToken.None);
            }
            catch (IOException)
            {
                // The connection has ended; the receiver reports why.
            }
            finally
            {
                sending.Release();
            }
            // The receiver sets this before it looks at the waiting requests, so that none is left waiting.
            if (lost is not null) throw lost;
            return await WhileHeardAsync(answer.Task, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw lost ??= new(
                ErrorKind.Source,
                $"{options.Host} did not answer within {options.Timeout.TotalSeconds:0.###} s (timeout)")
            {
                IsTransient = true,
            };
        }
        finally
        {
            waiting.TryRemove(id, out _);
        }
    }

    /// <summary>
    /// Waits for an answer as long as the server is not silent: other answers may precede it on a slow line.
    /// </summary>
    async Task<SftpReply> WhileHeardAsync(Task<SftpReply> answer, CancellationToken cancellationToken)
    {
        var askedAt = clock.GetTimestamp();
        for (var rest =
            options.Timeout; ; rest = options.Timeout
                - clock.GetElapsedTime(Math.Max(askedAt, Interlocked.Read(ref heardAt))))
            try
            {
                return await answer.WaitAsync(
                    rest > TimeSpan.Zero ? rest : throw new TimeoutException(), clock, cancellationToken);
            }
            catch (TimeoutException)
                when (clock.GetElapsedTime(Math.Max(askedAt, Interlocked.Read(ref heardAt))) < options.Timeout)
            {
                // It says something, though not this yet.
            }
    }

    async Task ReceiveAsync()
    {
        var length = new byte[sizeof(uint)];
        FozException? fault = null;
        try
        {
            while (await ssh.Output.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false) == length.Length)
            {
                var count = BinaryPrimitives.ReadUInt32BigEndian(length);
                if (count > MessageBytesMax)
                    throw new WireException(WireErrorKind.TooLong, $"a message of SFTP has {count:N0} bytes");
                var message = new byte[count];
                for (var filled = 0; filled < message.Length;)
                {
                    var read = await ssh.Output.ReadAsync(message.AsMemory(filled));
                    if (read == 0) throw new EndOfStreamException();
                    filled += read;
                    Interlocked.Exchange(ref heardAt, clock.GetTimestamp());
                }
                var reply = SftpReply.Parse(message);
                var id = reply.Type is SftpMessageType.Version ? 0 : reply.Id;
                if (waiting.TryRemove(id, out var answer)) answer.TrySetResult(reply);
            }
        }
        catch (WireException e)
        {
            fault = Broken(e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
        lost ??= fault ?? await ssh.ExplainAsync(options);
        foreach (var id in waiting.Keys)
            if (waiting.TryRemove(id, out var answer)) answer.TrySetException(lost);
    }

    FozException Broken(WireException e) =>
        new(ErrorKind.Source, $"{options.Host} does not speak SFTP as it should: {e.Message}", e);
}
