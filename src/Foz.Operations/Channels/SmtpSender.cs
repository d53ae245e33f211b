using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Foz.Operations.Channels;

/// <summary>How a connection of SMTP is encrypted.</summary>
enum SmtpTls
{
    /// <summary>By STARTTLS, which the server must offer.</summary>
    Start,

    /// <summary>From its first byte.</summary>
    Implicit,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Sends e-mails, each in a session of its own. Safe for use by many threads.</summary>
/// <param name="settings">The channel's settings.</param>
sealed class SmtpSender(ChannelSettings settings)
{
    const int TemporaryMin = 400, PermanentMin = 500;
    const int ReasonLengthMax = 300;

    static readonly TimeSpan quitTime = TimeSpan.FromSeconds(2);

    readonly TimeSpan timeout = settings.Timeout;

    /// <summary>Gets the server.</summary>
    public required string Host { get; init; }

    /// <summary>Gets its port.</summary>
    public required int Port { get; init; }

    /// <summary>Gets how the connection is encrypted.</summary>
    public required SmtpTls Tls { get; init; }

    /// <summary>Gets the authorities that are trusted; null for those of the machine.</summary>
    public required X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Gets the user who logs in; null for none.</summary>
    public required string? User { get; init; }

    /// <summary>Gets the user's password; null where there is a token, or no user.</summary>
    public required string? Password { get; init; }

    /// <summary>Gets the sender.</summary>
    public required string From { get; init; }

    /// <summary>Gets the recipients.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Whether a text is an address, perhaps with a name.</summary>
    public static bool IsAddress(string text) =>
        MailboxAddress.TryParse(text, out var address)
            && address.Address.Split('@') is [{ Length: > 0 }, { Length: > 0 }];

    /// <summary>Sends a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="words">The words of its language.</param>
    /// <param name="token">The access token to log in with; null for the password.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How it went, and whether the server refused the log-in.</returns>
    public async Task<(Delivery Delivery, bool IsLogInRefused)> SendAsync(
        AlertMessage message, MessageWords words, string? token, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, settings.Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var mail = EmailMessage.Of(
            message, words, MailboxAddress.Parse(From), [.. To.Select(MailboxAddress.Parse)],
            settings.Clock.GetUtcNow());
        using var client = new Client(this);
        var isLoggedIn = false;
        try
        {
            await client.ConnectAsync(
                Host, Port,
                Tls switch
                {
                    SmtpTls.Implicit => SecureSocketOptions.SslOnConnect,
                    SmtpTls.None => SecureSocketOptions.None,
                    _ => SecureSocketOptions.StartTls,
                },
                stop.Token);
            if (User is not null) await LogInAsync(client, token, stop.Token);
            isLoggedIn = true;
            await client.SendAsync(mail, stop.Token);
        }
        catch (Exception e) when ((e is OperationCanceledException || limit.IsCancellationRequested)
            && !cancellationToken.IsCancellationRequested)
        {
            return (Failed($"{Host} did not answer within {timeout.TotalSeconds:0.###} s"), false);
        }
        catch (Exception e) when (ToDelivery(e, client) is not null)
        {
            // MailKit throws another error where it is stopped in the handshake.
            cancellationToken.ThrowIfCancellationRequested();
            var delivery = ToDelivery(e, client)!;
            return (delivery, !isLoggedIn && e is AuthenticationException && delivery is Delivery.Refused);
        }
        await QuitAsync(client);
        return (Sent(message, mail, client), false);
    }

    async Task LogInAsync(Client client, string? token, CancellationToken cancellationToken)
    {
        if (token is null) await client.AuthenticateAsync(User!, Password!, cancellationToken);
        else await client.AuthenticateAsync(new SaslMechanismOAuth2(User!, token), cancellationToken);
    }

    /// <summary>The server has the message: what happens to the session is of no consequence.</summary>
    async Task QuitAsync(Client client)
    {
        using var limit = new CancellationTokenSource(quitTime, settings.Clock);
        try
        {
            await client.DisconnectAsync(quit: true, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException
            or ProtocolException or CommandException or ServiceNotConnectedException)
        {
            // Closed by its disposal.
        }
    }

    Delivery.Sent Sent(AlertMessage message, MimeMessage mail, Client client) =>
        new(EmailMessage.FirstOf(message) is { } first ? $"<{first}>" : $"<{mail.MessageId}>")
        {
            Warning = client.RefusedRecipients.Count == 0
                ? null : Masked($"{Host} refuses {string.Join("; ", client.RefusedRecipients)}"),
        };

    /// <summary>Returns what a failure of a session means; null for one that is none of the server's.</summary>
    Delivery? ToDelivery(Exception error, Client client) => error switch
    {
        SmtpCommandException { StatusCode: var status } e => OfStatus((int)status, e.Message),
        AuthenticationException { InnerException: SmtpCommandException { StatusCode: var status } } e =>
            OfStatus((int)status, $"the log-in: {e.Message}"),
        AuthenticationException e => OfStatus(StatusIn(e.Message), $"the log-in: {e.Message}"),
        SslHandshakeException => Failed(
            $"TLS with {Host} failed: {client.Untrusted ?? "it shows no certificate, or has no common version"}"),
        NotSupportedException => new Delivery.Refused(Masked(
            client.IsConnected ? $"{Host} offers no log-in" : $"{Host} offers no STARTTLS")),
        SocketException or IOException => Failed($"cannot reach {Host}: {error.Message}"),
        ProtocolException or ServiceNotConnectedException or ServiceNotAuthenticatedException => Failed(
            $"{Host} ended the session: {error.Message}"),
        _ => null,
    };

    /// <summary>4yz is a failure that may pass, 5yz one that does not (RFC 5321, 4.2.1).</summary>
    Delivery OfStatus(int status, string said)
    {
        var reason = $"{Host} answers {status} to {said}";
        return status is >= TemporaryMin and < PermanentMin ? Failed(reason) : new Delivery.Refused(Masked(reason));
    }

    /// <summary>
    /// The status that begins a text such as <c>454: try later</c>; that of refused log-ins without one.
    /// </summary>
    static int StatusIn(string text) =>
        text.Length > 3 && int.TryParse(text.AsSpan(0, 3), out var status) ? status : 535;

    Delivery.Failed Failed(string reason) => new(Masked(reason), After: null);

    string Masked(string reason) => MessageText.Cell(settings.Secrets.Mask(reason), ReasonLengthMax).TrimEnd('.');

    /// <summary>A session, which goes on when only some recipients are refused.</summary>
    sealed class Client : SmtpClient
    {
        readonly X509Certificate2Collection? authorities;

        public Client(SmtpSender sender)
        {
            authorities = sender.Authorities;
            // Longer than the time of the whole session, by which it is stopped.
            Timeout = 2 * (int)sender.timeout.TotalMilliseconds;
            ServerCertificateValidationCallback = IsTrusted;
        }

        /// <summary>Gets why the server's certificate is not trusted; null where it is, or was not shown.</summary>
        public string? Untrusted { get; private set; }

        /// <summary>Gets the recipients whom the server refused, each with its answer.</summary>
        public List<string> RefusedRecipients { get; } = [];

        protected override void OnRecipientNotAccepted(
            MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            RefusedRecipients.Add($"{mailbox.Address}: {(int)response.StatusCode} {response.Response}");
            Last = response;
        }

        protected override void OnNoRecipientsAccepted(MimeMessage message) => throw new SmtpCommandException(
            SmtpErrorCode.RecipientNotAccepted, Last?.StatusCode ?? SmtpStatusCode.MailboxUnavailable,
            $"recipients: {string.Join("; ", RefusedRecipients)}");

        SmtpResponse? Last { get; set; }

        /// <summary>MailKit's own check lets some known servers pass whatever their certificate.</summary>
        bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            Untrusted = certificate is null ? "the server shows no certificate"
                : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                    ? "the server's certificate has another name"
                : null;
            if (Untrusted is not null) return false;
            using var own = new X509Chain { ChainPolicy = ChannelSettings.Policy(authorities) };
            if (chain is not null) own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
            if (own.Build(new X509Certificate2(certificate!))) return true;
            Untrusted = "the server's certificate is not trusted: " + string.Join(
                ", ", own.ChainStatus.Select(status => status.StatusInformation.TrimEnd('.', ' ')).Distinct());
            return false;
        }
    }
}
