using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Foz.Lake;
using Foz.Server.Auth;
using Foz.Serving.Governance;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// The start of a connection: encryption, the client's name, and its proof (PostgreSQL documentation, "Start-up").
/// </summary>
sealed class PgStart : IAsyncDisposable
{
    /// <summary>The only database: the catalog.</summary>
    const string Database = "lake";

    /// <summary>What the audit calls the protocol.</summary>
    const string Protocol = "postgresql";

    /// <summary>What a TLS connection begins with.</summary>
    const byte TlsHandshake = 0x16;

    const int RequestsMax = 4;
    const int MinorVersionMax = 2;

    readonly PgConnection connection;
    readonly Socket socket;
    readonly PgHost host;
    Stream stream;
    PgInput input;
    PgOutput output;
    int? keyOfSession;

    /// <summary>The start of a connection.</summary>
    public PgStart(PgConnection connection, Socket socket, PgHost host)
    {
        (this.connection, this.socket, this.host) = (connection, socket, host);
        stream = new NetworkStream(socket, ownsSocket: false);
        (input, output) = (new(stream), new(stream));
    }

    bool IsTls => stream is SslStream;

    /// <summary>Begins a session.</summary>
    /// <returns>The session; null where the connection wanted none, or does not get one.</returns>
    public async Task<PgSession?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await PeekAsync(cancellationToken) == TlsHandshake)
                await BeginTlsAsync(isDirect: true, cancellationToken);
            for (var requests = 0; requests < RequestsMax; requests++)
            {
                switch (await input.ReadStartupAsync(connection.Wait, cancellationToken))
                {
                    case StartupPacket.SslRequest:
                        await AnswerAsync(host.Tls is not null && !IsTls, cancellationToken);
                        break;
                    case StartupPacket.GssEncryptionRequest:
                        await WriteByteAsync((byte)'N', cancellationToken);
                        break;
                    case StartupPacket.Cancel cancel:
                        host.Keys.Cancel(cancel.Key);
                        return null;
                    case StartupPacket.Startup startup:
                        return await OpenAsync(startup, cancellationToken);
                    default:
                        return null;
                }
            }

            return null;
        }
        catch (Exception e) when (e is PgEndException or FozException or WireException)
        {
            var message = PgErrors.Of(e) with { Severity = PgErrors.Fatal };
            message.Write(output.Writer, MessageType.ErrorResponse);
            await output.FlushAsync();
            return null;
        }
    }

    /// <summary>Sends what was not sent yet.</summary>
    public ValueTask FlushAsync() => output.FlushAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (keyOfSession is { } id) host.Keys.Remove(id);
        input.Dispose();
        await stream.DisposeAsync();
    }

    async ValueTask<byte?> PeekAsync(CancellationToken cancellationToken)
    {
        connection.Wait.HasArrived(cancellationToken);
        var first = new byte[1];
        return await socket.ReceiveAsync(first, SocketFlags.Peek, cancellationToken) == 1 ? first[0] : null;
    }

    async Task AnswerAsync(bool isTls, CancellationToken cancellationToken)
    {
        // What came ahead of TLS would be taken for what came inside of it.
        if (isTls && input.HasMore) throw new PgEndException("08P01", "received unencrypted data after SSL request");
        await WriteByteAsync(isTls ? (byte)'S' : (byte)'N', cancellationToken);
        if (isTls) await BeginTlsAsync(isDirect: false, cancellationToken);
    }

    async Task BeginTlsAsync(bool isDirect, CancellationToken cancellationToken)
    {
        if (host.Tls is not { } tls) throw new IOException("a client begins TLS, which is not set up");
        input.Dispose();
        stream = await tls.BeginAsync(stream, isDirect, cancellationToken);
        (input, output) = (new(stream), new(stream));
    }

    async ValueTask WriteByteAsync(byte answer, CancellationToken cancellationToken) =>
        await stream.WriteAsync(new[] { answer }, cancellationToken);

    async Task<PgSession> OpenAsync(StartupPacket.Startup startup, CancellationToken cancellationToken)
    {
        if (startup.MajorVersion != 3)
            throw new PgEndException(
                "0A000",
                $"unsupported frontend protocol {startup.MajorVersion}.{startup.MinorVersion}: server "
                    + $"supports 3.0 to 3.{MinorVersionMax}");
        // There is no 3.1: no version ever got that number.
        var minorVersion = startup.MinorVersion >= MinorVersionMax ? MinorVersionMax : 0;
        var options = startup.Parameters.Select(p => p.Key).Where(k => k.StartsWith("_pq_.", StringComparison.Ordinal))
            .ToList();
        if (startup.MinorVersion != minorVersion || options.Count > 0)
            output.Writer.WriteNegotiateProtocolVersion(minorVersion, options);

        var parameters = PgParameters.Read(startup.Parameters);
        if (parameters.User.Length == 0)
            throw new PgEndException("28000", "no PostgreSQL user name specified in startup packet");
        if (host.RequiresTls && !IsTls && !IPAddress.IsLoopback(connection.Address))
        {
            await host.Desk.RefuseAsync(
                new(parameters.User, connection.Address, Protocol, "none"), "a connection without TLS");
            throw new PgEndException("28000", "connections without TLS are refused", "connect with sslmode=require");
        }
        var user = await LogInAsync(parameters.User, cancellationToken);
        if (parameters.Database is { } database && database != Database)
            throw new PgEndException("3D000", $"database \"{database}\" does not exist", $"the database is {Database}");

        var session = host.Service.Open(
            user, new() { Settings = parameters.Settings, ClientAddress = connection.Address.ToString() });
        session.Work.Terminated = connection.Abort;
        connection.Left = session.Work.Leave;
        keyOfSession = session.Id;
        var key = host.Keys.Add(session.Id, minorVersion > 0, () => connection.Cancel("user request"));
        new AuthenticationRequest.Ok().Write(output.Writer);
        foreach (var (name, value) in session.Settings.Reported) new ParameterStatus(name, value).Write(output.Writer);
        key.Write(output.Writer);
        return new(session, input, output, connection, host.Clock);
    }

    async Task<SessionUser> LogInAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (name == UserList.TokenUser && host.Desk.LogIns.Issuers.Count > 0)
                return await TokenAsync(name, cancellationToken);
            return await host.Desk.EnterAsync(
                new(name, connection.Address, Protocol, "scram-sha-256"),
                async (turn, token) =>
                {
                    await ScramAsync(name, turn, token);
                    return host.Desk.LogIns.Find(name);
                },
                cancellationToken);
        }
        catch (LogInRefusedException e) when (e.IsBusy)
        {
            throw new PgEndException("53300", "too many log-ins of this address wait already");
        }
        catch (LogInRefusedException e)
        {
            throw new PgEndException("28P01", e.Message);
        }
    }

    /// <summary>Accepts a token in place of a password: only where no third party can read it.</summary>
    async Task<SessionUser> TokenAsync(string name, CancellationToken cancellationToken)
    {
        var attempt = new LogInAttempt(name, connection.Address, Protocol, "oidc");
        if (!IsTls)
        {
            await host.Desk.RefuseAsync(attempt, "a token without TLS");
            throw new PgEndException("28000", "tokens are taken over TLS only", "connect with sslmode=require");
        }
        new AuthenticationRequest.CleartextPassword().Write(output.Writer);
        var token = Encoding.UTF8.GetString(await AskAsync(cancellationToken)).TrimEnd('\0');
        return await host.Desk.EnterByTokenAsync(attempt, token, cancellationToken);
    }

    async Task ScramAsync(string name, Func<Task> turn, CancellationToken cancellationToken)
    {
        new AuthenticationRequest.Sasl(
            IsTls
                ? [AuthenticationRequest.ScramSha256Plus, AuthenticationRequest.ScramSha256]
                : [AuthenticationRequest.ScramSha256]).Write(output.Writer);
        var mechanism = FrontendMessages.ReadSaslInitialResponse(await AskAsync(cancellationToken), out var first);
        if (mechanism is not AuthenticationRequest.ScramSha256
            && !(IsTls && mechanism is AuthenticationRequest.ScramSha256Plus))
            throw new PgEndException("08P01", "client selected an invalid SASL authentication mechanism");
        var scram = new ScramServer(
            host.Desk.LogIns.VerifierOf(name), IsTls ? host.Tls!.CertificateHash : null,
            isPlus: mechanism is AuthenticationRequest.ScramSha256Plus);
        new AuthenticationRequest.SaslContinue(scram.First(first)).Write(output.Writer);
        var last = await AskAsync(cancellationToken);
        await turn();
        new AuthenticationRequest.SaslFinal(scram.Final(last)).Write(output.Writer);
    }

    /// <summary>Sends what was written, and reads what the client answers.</summary>
    async Task<byte[]> AskAsync(CancellationToken cancellationToken)
    {
        await output.FlushAsync();
        if (!await input.ReadAsync(ClientMessageLimits.BeforeAuthentication, cancellationToken, connection.Wait))
            throw new EndOfStreamException("the client went away before it said who it is");
        return input.Type is MessageType.Password
            ? input.Payload.ToArray()
            : throw new PgEndException("08P01", $"expected SASL response, got message type {input.Type}");
    }
}
