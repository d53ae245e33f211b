using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>An open connection to a server, encrypted if requested, before any log-in.</summary>
/// <param name="socket">The socket.</param>
/// <param name="stream">The stream over the socket.</param>
sealed class PgTransport(Socket socket, Stream stream) : IAsyncDisposable
{
    const int KeepAliveSeconds = 30;
    const int KeepAliveIntervalSeconds = 10;
    const int KeepAliveRetries = 3;

    public Socket Socket { get; } = socket;

    public Stream Stream { get; } = stream;

    /// <summary>Whether it is encrypted.</summary>
    public bool IsEncrypted => Stream is SslStream;

    /// <summary>The version of TLS, such as <c>TLS 1.3</c>; null where it is not encrypted.</summary>
    public string? TlsVersion => (Stream as SslStream)?.SslProtocol switch
    {
        null => null,
        SslProtocols.Tls12 => "TLS 1.2",
        SslProtocols.Tls13 => "TLS 1.3",
        var other => $"{other}",
    };

    /// <summary>The hash that SCRAM binds to; null where it is not encrypted, or there is none.</summary>
    public byte[]? CertificateHash => (Stream as SslStream)?.RemoteCertificate is { } certificate
        ? ServerCertificate.EndPointHash(new X509Certificate2(certificate))
        : null;

    /// <summary>Opens a way to a server.</summary>
    /// <exception cref="FozException">It failed; the message says at which step.</exception>
    public static async Task<PgTransport> OpenAsync(PgOptions options, CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(options, cancellationToken);
        if (options.SslMode == SslMode.Disable || options.IsUnixSocket) return new PgTransport(stream.Socket, stream);
        try
        {
            return await EncryptAsync(stream, options, cancellationToken);
        }
        catch (Exception error)
        {
            await stream.DisposeAsync();
            // As in libpq, prefer continues without what the server cannot do.
            if (options.SslMode == SslMode.Prefer && error is FozException { Kind: ErrorKind.Source })
                return await OpenAsync(options with { SslMode = SslMode.Disable }, cancellationToken);
            throw;
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    static async Task<NetworkStream> ConnectAsync(PgOptions options, CancellationToken cancellationToken)
    {
        var socket = options.IsUnixSocket
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.IsUnixSocket)
            {
                var path = Path.Combine(options.Host, $".s.PGSQL.{options.Port}");
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            }
            else
            {
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
                socket.SetSocketOption(
                    SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
                socket.SetSocketOption(
                    SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetries);
                await socket.ConnectAsync(
                    await ResolveAsync(options, cancellationToken), options.Port, cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new FozException(
                ErrorKind.Source, $"{options}: cannot connect: {SourceFault.Reason(error)}", error)
            {
                Hint = "check host and port of the connection, that the server runs and listens there, and firewalls "
                    + "in between",
                IsTransient = true,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static async Task<IPAddress[]> ResolveAsync(PgOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(options.Host, cancellationToken);
        }
        catch (SocketException error)
        {
            throw new FozException(
                ErrorKind.Source,
                $"{options}: cannot find the address of '{options.Host}': {SourceFault.Reason(error)}",
                error)
            {
                Hint = "check host of the connection",
                IsTransient = error.SocketErrorCode == SocketError.TryAgain,
            };
        }
    }

    static async Task<PgTransport> EncryptAsync(
        NetworkStream stream, PgOptions options, CancellationToken cancellationToken)
    {
        var certificate = new ServerCertificate(options);
        try
        {
            var writer = new MessageWriter();
            new StartupPacket.SslRequest().Write(writer);
            await stream.WriteAsync(writer.Written, cancellationToken);
            // Only one byte is read: what follows belongs to TLS, and an attacker must not be able to insert bytes
            // before it.
            var answer = new byte[1];
            await stream.ReadExactlyAsync(answer, cancellationToken);
            if (answer[0] != 'S')
            {
                return options.SslMode == SslMode.Prefer && answer[0] == 'N'
                    ? new PgTransport(stream.Socket, stream)
                    : throw new FozException(ErrorKind.Source, $"{options}: the server does not take TLS")
                    {
                        Hint = "switch on ssl at the server, or set sslmode: disable where the way is safe",
                    };
            }

            var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
            await encrypted.AuthenticateAsClientAsync(certificate.ClientOptions(), cancellationToken);
            return new PgTransport(stream.Socket, encrypted);
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            throw new FozException(
                ErrorKind.Source,
                $"{options}: cannot start TLS: {certificate.Refusal ?? SourceFault.Reason(error)}",
                error)
            {
                Hint = certificate.Refusal is null ? null
                    : "name the certificates to trust in sslrootcert, or set sslmode: require to encrypt without "
                    + "checking who answers",
                IsTransient = certificate.Refusal is null,
            };
        }
    }
}
