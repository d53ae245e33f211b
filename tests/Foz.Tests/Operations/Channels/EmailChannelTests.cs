using System.Security.Cryptography.X509Certificates;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class EmailChannelTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-mail-").FullName;
    readonly X509Certificate2 certificate;

    public EmailChannelTests()
    {
        ServerCertificates.Write(folder);
        using var pem = X509Certificate2.CreateFromPemFile(
            Path.Combine(folder, "server.crt"), Path.Combine(folder, "server.key"));
        certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
    }

    public void Dispose()
    {
        certificate.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What a server answers to a command, whether that may pass, and what is said of it.</summary>
    public static TheoryData<string, string?, bool, string> Failures => new()
    {
        { "CONNECT", "554 5.7.1 blocked", false, "localhost answers 554 to" },
        { "CONNECT", "421 4.3.2 busy", true, "localhost answers 421 to" },
        { "EHLO", null, true, "" },
        { "AUTH PLAIN", $"535 5.7.8 bad password {ChannelKit.Secret}", false, "localhost answers 535 to the log-in: " },
        { "AUTH PLAIN", "454 4.7.0 Temporary authentication failure", true, "localhost answers 454 to the log-in: " },
        { "AUTH PLAIN", null, true, "" },
        { "MAIL FROM", "550 5.1.0 no such sender", false, "localhost answers 550 to 5.1.0 no such sender" },
        { "MAIL FROM", "451 4.3.0 try later", true, "localhost answers 451 to 4.3.0 try later" },
        { "DATA", "451 4.3.0 try later", true, "localhost answers 451 to 4.3.0 try later" },
        { "DATA", "554 5.7.1 no", false, "localhost answers 554 to 5.7.1 no" },
        { "DATA", null, true, "" },
        { "END OF DATA", "552 5.3.4 too large", false, "localhost answers 552 to 5.3.4 too large" },
        { "END OF DATA", $"451 4.7.1 later {ChannelKit.Secret}", true, "localhost answers 451 to 4.7.1 later" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Answers_of_4yz_may_pass_and_those_of_5yz_do_not(
        string command, string? answer, bool mayPass, string reason)
    {
        await using var server = new SmtpStub(certificate);
        using var channel = Create(server.Port);
        server.Answers[command] = answer;
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.True(mayPass == delivery is Delivery.Failed, ChannelKit.ReasonOf(delivery));
        Assert.Equal(mayPass ? typeof(Delivery.Failed) : typeof(Delivery.Refused), delivery.GetType());
        Assert.StartsWith(reason, ChannelKit.ReasonOf(delivery), StringComparison.Ordinal);
        Assert.DoesNotContain(ChannelKit.Secret, ChannelKit.ReasonOf(delivery), StringComparison.Ordinal);
        Assert.Empty(server.Mails);

        var sent = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Null(sent.Warning);
    }

    [Fact]
    public async Task A_refused_recipient_does_not_keep_the_message_from_others()
    {
        await using var server = new SmtpStub(certificate);
        using var channel = Create(server.Port, ", to: [a@example.org, b@example.org]");
        server.Answers["RCPT TO:<b@"] = "550 5.1.1 no such user";
        var sent = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Equal("localhost refuses b@example.org: 550 5.1.1 no such user", sent.Warning);
        Assert.Single(server.Mails);

        server.Answers["RCPT TO:<a@"] = "450 4.2.1 mailbox busy";
        server.Answers["RCPT TO:<b@"] = "452 4.2.2 mailbox full";
        Assert.Contains("mailbox busy", Assert.IsType<Delivery.Failed>(
            await channel.SendAsync(ChannelKit.Message())).Reason, StringComparison.Ordinal);
        server.Answers["RCPT TO:<a@"] = server.Answers["RCPT TO:<b@"] = "550 5.1.1 no such user";
        Assert.IsType<Delivery.Refused>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task A_message_that_the_server_took_is_sent_whatever_happens_to_the_session()
    {
        await using var server = new SmtpStub(certificate);
        using var channel = Create(server.Port);
        server.Answers["QUIT"] = null;
        Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task Only_a_certificate_of_the_right_name_and_authority_is_trusted()
    {
        await using var server = new SmtpStub(certificate);
        using var unknown = Create(server.Port, ca: false);
        Assert.StartsWith(
            "TLS with localhost failed: the server's certificate is not trusted: ",
            Assert.IsType<Delivery.Failed>(await unknown.SendAsync(ChannelKit.Message())).Reason,
            StringComparison.Ordinal);
        using var other = Create(server.Port, host: "127.0.0.1");
        Assert.Equal(
            "TLS with 127.0.0.1 failed: the server's certificate has another name",
            Assert.IsType<Delivery.Failed>(await other.SendAsync(ChannelKit.Message())).Reason);
        Assert.Empty(server.Commands);
    }

    [Fact]
    public async Task No_password_is_sent_to_a_server_without_TLS()
    {
        await using var server = new SmtpStub(certificate: null);
        using var channel = Create(server.Port, ", tls: starttls");
        var refused = Assert.IsType<Delivery.Refused>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Equal("localhost offers no STARTTLS", refused.Reason);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_hangs_fails()
    {
        using var channel = Create(1, ", timeout: 2s");
        Assert.StartsWith(
            "cannot reach localhost: ",
            Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message())).Reason,
            StringComparison.Ordinal);

        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var waiting = Create(((System.Net.IPEndPoint)listener.LocalEndpoint).Port, ", timeout: 300ms");
        Assert.Equal(
            "localhost did not answer within 0.3 s",
            Assert.IsType<Delivery.Failed>(await waiting.SendAsync(ChannelKit.Message())).Reason);
    }

    [Fact]
    public async Task A_refresh_token_grants_access_tokens_that_log_in()
    {
        await using var tokens = new TokenServer();
        await using var server = new SmtpStub(certificate);
        var clock = new Delta.ManualTime { Now = ChannelKit.Now };
        using var channel = CreateOAuth(
            server.Port, tokens,
            "refresh_token: '${TOKEN}', scope: 'https://outlook.office.com/SMTP.Send offline_access'", clock);

        // One token serves until shortly before its end, and each refresh token once.
        server.Token = "access-token-0001";
        await SentAsync(1);
        await SentAsync(1);
        clock.Now += TimeSpan.FromMinutes(59.5);
        server.Token = "access-token-0002";
        await SentAsync(2);

        // Withdrawn before its end, it is asked for again, once.
        server.Token = "access-token-0003";
        await SentAsync(3);
        server.Token = "none";
        var refused = Assert.IsType<Delivery.Refused>(await channel.SendAsync(ChannelKit.Message()));
        Assert.StartsWith("localhost answers 535 to the log-in: ", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("access-token", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(4, tokens.Taken.Count);
        Assert.Equal([], tokens.Violations);

        tokens.RefreshToken = "withdrawn";
        Assert.Equal(
            "127.0.0.1 answers 400 invalid_grant It expired or was withdrawn",
            Assert.IsType<Delivery.Refused>(await channel.SendAsync(ChannelKit.Message())).Reason);
        tokens.NextAnswers.Enqueue(LoopbackAnswer.Of(503, "", "text/plain"));
        Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message()));

        async Task SentAsync(int granted)
        {
            var delivery = await channel.SendAsync(ChannelKit.Message());
            Assert.True(delivery is Delivery.Sent, ChannelKit.ReasonOf(delivery));
            Assert.Equal(granted, tokens.Taken.Count);
        }
    }

    [Fact]
    public async Task A_client_logs_in_by_its_own_rights_where_there_is_no_refresh_token()
    {
        await using var tokens = new TokenServer();
        await using var server = new SmtpStub(certificate) { Token = "access-token-0001" };
        using var channel = CreateOAuth(
            server.Port, tokens, "client_secret: '${TOKEN}', scope: 'https://outlook.office365.com/.default'");
        Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Contains(server.Mails, mail => mail.Contains("From: Foz <foz@example.org>", StringComparison.Ordinal));
    }

    IAlertChannel Create(int port, string more = "", string host = "localhost", bool ca = true) => ChannelKit.Create(
        $"ops: {{type: email, host: {host}, port: {port}, {(more.Contains("tls:") ? "" : "tls: implicit, ")}"
        + $"{(more.Contains("to:") ? "" : "to: ana@example.org, ")}{(ca ? "ca: root.crt, " : "")}"
        + $"user: foz, password: '${{TOKEN}}', from: foz@example.org{more}}}", folder: folder);

    IAlertChannel CreateOAuth(int port, TokenServer tokens, string grant, TimeProvider? clock = null) =>
        ChannelKit.Create(
            $"ops: {{type: email, host: localhost, port: {port}, tls: implicit, ca: root.crt, user: foz@example.org, "
            + $"oauth: {{token_url: '{tokens.Address}/token', client_id: client-1, {grant}}}, "
            + "from: 'Foz <foz@example.org>', to: ana@example.org}", clock, folder);
}
