using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Operations.Channels;

namespace Foz.AcceptanceTests.Alerts;

public sealed partial class EximTests
{
    [Fact]
    public async Task Mails_of_an_incident_arrive_in_one_thread_by_STARTTLS_and_by_TLS()
    {
        await using var server = await EximServer.StartAsync();
        using var channel = Create(server, $"port: {server.Port}, to: [ana@example.org, Zé <ze@example.org>]");
        var sent = Assert.IsType<Delivery.Sent>(await SendAsync(channel, Message(MessageKind.Opened, null)));
        Assert.Null(sent.Warning);
        Assert.Matches("^<foz[.][0-9a-f]{32}@example[.]org>$", sent.Thread);
        // Exim writes a copy for each recipient.
        var first = await server.MailsAsync(2);

        using var implicitTls = Create(server, $"port: {server.TlsPort}, tls: implicit, to: ana@example.org");
        var reply = Assert.IsType<Delivery.Sent>(
            await SendAsync(implicitTls, Message(MessageKind.Resolved, sent.Thread)));
        Assert.Equal(sent.Thread, reply.Thread);
        var mails = await server.MailsAsync(3);

        var opened = Unfold(first[0]);
        Assert.Contains($"Message-Id: {sent.Thread}\n", opened, StringComparison.Ordinal);
        Assert.Contains("\nAuto-Submitted: auto-generated\n", opened, StringComparison.Ordinal);
        Assert.Contains("Subject: =?utf-8?", opened, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Content-Type: multipart/alternative", opened, StringComparison.Ordinal);
        var resolved = Unfold(mails[2]);
        Assert.Contains($"\nIn-Reply-To: {sent.Thread}\n", resolved, StringComparison.Ordinal);
        Assert.Contains($"\nReferences: {sent.Thread}\n", resolved, StringComparison.Ordinal);
        Assert.DoesNotContain("\nBcc:", resolved, StringComparison.Ordinal);
        Assert.Matches("P=esmtpsa X=TLS1[.]3.* A=(plain|login):foz", server.Log());
    }

    [Fact]
    public async Task Exim_says_who_is_refused()
    {
        await using var server = await EximServer.StartAsync();
        using var some = Create(server, $"port: {server.Port}, to: [ana@example.org, unknown@example.org]");
        var sent = Assert.IsType<Delivery.Sent>(await SendAsync(some, Message(MessageKind.Opened, null)));
        Assert.Equal("localhost refuses unknown@example.org: 550 no such user", sent.Warning);
        await server.MailsAsync(1);

        using var none = Create(server, $"port: {server.Port}, to: unknown@example.org");
        Assert.Equal(
            "localhost answers 550 to recipients: unknown@example.org: 550 no such user",
            Assert.IsType<Delivery.Refused>(await SendAsync(none, Message(MessageKind.Opened, null))).Reason);
        using var full = Create(server, $"port: {server.Port}, to: full@example.org");
        Assert.Equal(
            "localhost answers 451 to recipients: full@example.org: 451 mailbox is full",
            Assert.IsType<Delivery.Failed>(await SendAsync(full, Message(MessageKind.Opened, null))).Reason);

        using var wrong = Create(server, $"port: {server.Port}, to: ana@example.org", password: "wrong-p4ssword");
        var refused = Assert.IsType<Delivery.Refused>(await SendAsync(wrong, Message(MessageKind.Opened, null)));
        Assert.StartsWith("localhost answers 535 to the log-in: ", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-p4ssword", refused.Reason, StringComparison.Ordinal);
        using var untrusted = Create(server, $"port: {server.Port}, to: ana@example.org", ca: false);
        Assert.StartsWith(
            "TLS with localhost failed: the server's certificate is not trusted",
            Assert.IsType<Delivery.Failed>(await SendAsync(untrusted, Message(MessageKind.Opened, null))).Reason,
            StringComparison.Ordinal);
    }

    static Task<Delivery> SendAsync(IAlertChannel channel, AlertMessage message) =>
        channel.SendAsync(message, TestContext.Current.CancellationToken);

    static AlertMessage Message(MessageKind kind, string? thread) => new()
    {
        IncidentId = "inc-7", Kind = kind, Severity = AlertSeverity.Critical, Key = $"inc-7/{kind}", Thread = thread,
        Title = "Validação não passou\r\nBcc: spy@example.org", Text = "Linha\n.\n.\r\n..\nfim",
        Rows = new(["id", "nome"], [["1", "São João & <b>"]]), Since = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero),
    };

    static IAlertChannel Create(EximServer server, string more, string password = EximServer.Password, bool ca = true)
    {
        var errors = new ErrorList();
        var file = (YamlNode.Mapping)YamlReader.Read(
            $"ops: {{type: email, host: localhost, {(ca ? "ca: root.crt, " : "")}user: {EximServer.User}, "
            + $"password: '${{PASSWORD}}', from: 'Foz <foz@example.org>', language: pt, {more}}}",
            "alerts/a.yml", errors)!;
        var variables = new Variables(
            new Dictionary<string, string> { ["PASSWORD"] = password }, new Dictionary<string, string>());
        var channel = new ChannelReader(server.Folder, variables, new Secrets(), TimeProvider.System, errors)
            .Read(file.Entries[0]);
        errors.ThrowIfAny();
        return channel!;
    }

    static string Unfold(string mail) => Fold.Replace(mail, " ");

    [GeneratedRegex("\n[ \t]+")]
    private static partial Regex Fold { get; }
}
