using Foz.Lake;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Proves the user's identity to a server, and with SCRAM lets the server prove that it knows the user.
/// </summary>
sealed class PgLogIn(PgConnection connection, PgTransport transport)
{
    readonly MessageWriter writer = new();

    PgOptions Options => connection.Options;

    string Password => Options.Password ?? throw new FozException(
        ErrorKind.Source, $"{Options}: logging in: the server asks for a password")
    {
        Hint = "set password: on the connection", SqlState = SqlStates.InvalidPassword,
    };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        switch (await ReceiveAsync(cancellationToken))
        {
            case AuthenticationRequest.Ok when Options.RequiresChannelBinding:
                throw Refuse("the server asks for no proof, but channel_binding: require does", null);
            case AuthenticationRequest.Ok:
                return;
            case AuthenticationRequest.Sasl sasl:
                await RunScramAsync(sasl.Mechanisms, cancellationToken);
                return;
            case var request when Options.RequiresChannelBinding:
                throw Refuse($"the server asks for {Name(request)}, but channel_binding: require for SCRAM", null);
            case AuthenticationRequest.Md5PasswordRequest md5:
                writer.WritePassword(Md5Password.Answer(Options.User, Password, md5.Salt.Span));
                break;
            case AuthenticationRequest.CleartextPassword when transport.IsEncrypted || Options.IsUnixSocket:
                writer.WritePassword(Password);
                break;
            case AuthenticationRequest.CleartextPassword:
                throw Refuse(
                    "the server asks for the password in clear text over a connection without TLS; it is not sent",
                    "set sslmode: require, or let the server's pg_hba.conf ask for scram-sha-256");
            case var request:
                throw Refuse($"the server asks for {Name(request)}, which is not supported",
                    "let its pg_hba.conf ask for scram-sha-256");
        }

        await connection.FlushAsync(writer, cancellationToken);
        await ExpectOkAsync(cancellationToken);
    }

    static string Name(AuthenticationRequest request) => request switch
    {
        AuthenticationRequest.CleartextPassword => "a password in clear text",
        AuthenticationRequest.Md5PasswordRequest => "an MD5 password",
        AuthenticationRequest.Other { Code: 7 } => "GSSAPI",
        AuthenticationRequest.Other { Code: 9 } => "SSPI",
        AuthenticationRequest.Other { Code: var code } => $"authentication method {code}",
        _ => request.GetType().Name,
    };

    async Task RunScramAsync(IReadOnlyList<string> mechanisms, CancellationToken cancellationToken)
    {
        var certificateHash = transport.CertificateHash;
        var isPlus = certificateHash is not null && mechanisms.Contains(AuthenticationRequest.ScramSha256Plus);
        if (!isPlus && Options.RequiresChannelBinding)
            throw Refuse("the server offers no channel binding, but channel_binding: require asks for it", null);
        if (!isPlus && !mechanisms.Contains(AuthenticationRequest.ScramSha256))
            throw Refuse($"the server asks for {string.Join(", ", mechanisms)}, which is not supported", null);

        var binding = isPlus ? ChannelBinding.TlsServerEndPoint
            : certificateHash is null ? ChannelBinding.None
            : ChannelBinding.NotOffered;
        var client = new ScramClient(Password, binding, isPlus ? certificateHash : null);
        writer.WriteSaslInitialResponse(
            isPlus ? AuthenticationRequest.ScramSha256Plus : AuthenticationRequest.ScramSha256, client.First());
        await connection.FlushAsync(writer, cancellationToken);
        writer.WriteSaslResponse(client.Final(
            (await ReceiveAsync(cancellationToken) as AuthenticationRequest.SaslContinue
                ?? throw OutOfStep()).Data.Span));
        await connection.FlushAsync(writer, cancellationToken);
        client.Verify(
            (await ReceiveAsync(cancellationToken) as AuthenticationRequest.SaslFinal ?? throw OutOfStep()).Data.Span);
        await ExpectOkAsync(cancellationToken);
    }

    async Task<AuthenticationRequest> ReceiveAsync(CancellationToken cancellationToken)
    {
        var (type, payload) = await connection.ReceiveAsync(cancellationToken);
        return type switch
        {
            MessageType.Authentication => AuthenticationRequest.Read(payload.Span),
            MessageType.NegotiateProtocolVersion => await ReceiveAsync(cancellationToken),
            _ => throw OutOfStep(),
        };
    }

    async Task ExpectOkAsync(CancellationToken cancellationToken)
    {
        if (await ReceiveAsync(cancellationToken) is not AuthenticationRequest.Ok) throw OutOfStep();
    }

    static WireException OutOfStep() =>
        new(WireErrorKind.Malformed, "the server answers out of step; is it a PostgreSQL server?");

    FozException Refuse(string problem, string? hint) =>
        new(ErrorKind.Source, $"{Options}: logging in: {problem}") { Hint = hint };
}
