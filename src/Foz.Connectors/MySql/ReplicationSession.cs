using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Foz.Connectors.PostgreSql;
using Foz.Wire;
using Foz.Wire.MySql;
using Foz.Wire.MySql.Binlog;
using MySqlConnector;

namespace Foz.Connectors.MySql;

/// <summary>A session that reads binary logs. One caller at a time.</summary>
sealed class ReplicationSession : IAsyncDisposable
{
    const int KeepAliveSeconds = 30;

    readonly Socket socket;
    readonly MySqlOptions options;
    PacketStream packets;
    bool isEncrypted;

    ReplicationSession(Socket socket, MySqlOptions options)
    {
        this.socket = socket;
        this.options = options;
        packets = new PacketStream(new NetworkStream(socket, ownsSocket: true), null);
    }

    /// <summary>Opens a session, and logs in.</summary>
    /// <exception cref="MySqlServerException">The server refuses.</exception>
    /// <exception cref="WireException">What it sends is malformed, or not supported.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public static async Task<ReplicationSession> OpenAsync(
        MySqlOptions options, CancellationToken cancellationToken)
    {
        var session = new ReplicationSession(await ConnectAsync(options, cancellationToken), options);
        try
        {
            await session.LogInAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await packets.StartAsync(ClientPackets.Statement(sql), cancellationToken);
        Expect(await ReadAsync(cancellationToken), ServerReplyKind.Ok);
    }

    /// <summary>Shows the session in the server's list of replicas.</summary>
    public async Task RegisterAsync(uint serverId, CancellationToken cancellationToken)
    {
        await packets.StartAsync(ReplicaPackets.Register(serverId, "foz"), cancellationToken);
        Expect(await ReadAsync(cancellationToken), ServerReplyKind.Ok);
    }

    /// <summary>Starts to read events.</summary>
    public Task StartAsync(byte[] command, CancellationToken cancellationToken)
    {
        packets.Gather(socket);
        return packets.StartAsync(command, cancellationToken);
    }

    /// <summary>Reads the next event, as far as it has arrived.</summary>
    /// <param name="data">The event, up to the next call.</param>
    /// <returns>False where it has not.</returns>
    /// <exception cref="MySqlServerException">The server ends the log.</exception>
    /// <exception cref="EndOfStreamException">The server ends the session.</exception>
    public bool TryReadEvent(out ReadOnlySpan<byte> data)
    {
        data = default;
        if (!packets.TryRead(out var packet)) return false;
        if (packet is [(byte)ServerReplyKind.End, ..]) throw new EndOfStreamException();
        Expect(packet, ServerReplyKind.Ok);
        data = packet[1..];
        return true;
    }

    /// <summary>Lets the event that was read last be read again.</summary>
    public void PutBack() => packets.PutBack();

    /// <summary>See <see cref="PacketStream.TryFillAsync"/>.</summary>
    public ValueTask<bool> TryFillAsync(TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken) =>
        packets.TryFillAsync(waitMax, time, cancellationToken);

    public ValueTask DisposeAsync() => packets.DisposeAsync();

    static void Expect(ReadOnlySpan<byte> packet, ServerReplyKind kind)
    {
        if (packet is [(byte)ServerReplyKind.Error, ..]) throw new MySqlServerException(ServerError.Read(packet));
        if (packet.IsEmpty || packet[0] != (byte)kind)
            throw new WireException(
                WireErrorKind.Malformed,
                packet.IsEmpty
                    ? "an answer is empty"
                    : $"an answer starts with 0x{packet[0]:X2}, not 0x{(byte)kind:X2}");
    }

    static async Task<Socket> ConnectAsync(MySqlOptions options, CancellationToken cancellationToken)
    {
        var opened = options.IsUnixSocket
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (options.IsUnixSocket)
            {
                await opened.ConnectAsync(new UnixDomainSocketEndPoint(options.Host), cancellationToken);
                return opened;
            }

            opened.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            opened.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            await opened.ConnectAsync(
                await Dns.GetHostAddressesAsync(options.Host, cancellationToken), options.Port, cancellationToken);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (packets.TryRead(out var packet)) return packet.ToArray();
            await packets.TryFillAsync(options.ReadTimeout, TimeProvider.System, cancellationToken);
        }
    }

    async Task LogInAsync(CancellationToken cancellationToken)
    {
        var first = await ReadAsync(cancellationToken);
        if (first is [(byte)ServerReplyKind.Error, ..]) throw new MySqlServerException(ServerError.Read(first));
        var greeting = ServerGreeting.Read(first);
        if (options.TlsMode != MySqlSslMode.None) await EncryptAsync(greeting, cancellationToken);
        var (method, challenge) = (greeting.Method, greeting.Challenge);
        // The server names the method of the user once it knows them: another one is no error before.
        var isKnown = method is PasswordProof.Native or PasswordProof.CachingSha2;
        if (!isKnown) method = PasswordProof.Native;
        var proof = PasswordProof.Compute(method, options.Password, challenge, isEncrypted);
        await packets.SendAsync(ClientPackets.LogIn(options.User, proof, method, isEncrypted), cancellationToken);
        while (true)
        {
            var answer = await ReadAsync(cancellationToken);
            switch (answer)
            {
                case [(byte)ServerReplyKind.Ok, ..]:
                    return;
                case [(byte)ServerReplyKind.End, ..]:
                    (method, challenge) = AuthSwitch.Read(answer);
                    await packets.SendAsync(
                        PasswordProof.Compute(method, options.Password, challenge, isEncrypted), cancellationToken);
                    break;
                case [(byte)ServerReplyKind.AuthMore, ..]:
                    await ProveMoreAsync(answer, cancellationToken);
                    break;
                default:
                    Expect(answer, ServerReplyKind.Ok);
                    break;
            }
        }
    }

    /// <summary>
    /// Continues with <c>caching_sha2_password</c> where the server does not have the user in its cache.
    /// </summary>
    async Task ProveMoreAsync(byte[] answer, CancellationToken cancellationToken)
    {
        const byte IsRight = 3, NeedsPassword = 4;
        if (answer is [_, IsRight]) return;
        if (answer is not [_, NeedsPassword])
            throw new WireException(WireErrorKind.Malformed, "the server asks for a proof that is not known");
        if (isEncrypted || options.IsUnixSocket)
        {
            await packets.SendAsync(PasswordProof.ClearBytes(options.Password), cancellationToken);
            return;
        }

        // Without TLS anyone in between could send a key of their own, and read the password.
        throw new WireException(
            WireErrorKind.Authentication,
            $"the server asks for the password itself ({PasswordProof.CachingSha2}), which is sent with TLS only: "
            + "set SSL Mode to Required");
    }

    async Task EncryptAsync(ServerGreeting greeting, CancellationToken cancellationToken)
    {
        if (!greeting.Capabilities.HasFlag(Capabilities.Tls))
        {
            if (options.TlsMode == MySqlSslMode.Preferred) return;
            throw new WireException(WireErrorKind.Authentication, "the server does not take TLS");
        }

        await packets.SendAsync(ClientPackets.TlsRequest(), cancellationToken);
        var certificate = new ServerCertificate(new PgOptions
        {
            Host = options.Host,
            Database = "",
            User = options.User,
            RootCertificateFile = options.RootCertificateFile,
            SslMode = options.TlsMode switch
            {
                MySqlSslMode.VerifyFull => SslMode.VerifyFull,
                MySqlSslMode.VerifyCA => SslMode.VerifyCa,
                _ => SslMode.Require,
            },
        });
        var stream = new SslStream(packets.Inner, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(certificate.ClientOptions(), cancellationToken);
        }
        catch (System.Security.Authentication.AuthenticationException) when (certificate.Refusal is { } refusal)
        {
            throw new WireException(WireErrorKind.Authentication, refusal);
        }

        packets = new PacketStream(stream, packets);
        isEncrypted = true;
    }
}
