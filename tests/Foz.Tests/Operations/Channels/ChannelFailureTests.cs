using System.Net;
using System.Net.Sockets;
using System.Text;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class ChannelFailureTests
{
    static readonly string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"prometheus:{ChannelKit.Secret}"));

    static readonly string echo = $"we got {ChannelKit.Secret} at /hook/{ChannelKit.Secret}?sig="
        + $"{ChannelKit.Secret} and {basic}";

    /// <summary>Each service with each status, and whether sending again is of use.</summary>
    public static TheoryData<string, int, bool> Statuses()
    {
        var data = new TheoryData<string, int, bool>();
        foreach (var service in Services.All)
            foreach (var (status, mayPass) in (ReadOnlySpan<(int, bool)>)
                [
                    (400, false), (401, false), (403, false), (404, false), (410, false), (413, false), (408, true),
                    (429, true), (500, true), (502, true), (503, true), (504, true), (302, false), (308, false),
                ])
                data.Add(service, status, mayPass);
        return data;
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task A_status_is_a_failure_or_a_refusal_without_secrets(string service, int status, bool mayPass)
    {
        await using var server = Services.Start(service);
        using var channel = Create(service, server.Address);
        server.NextAnswers.Enqueue(LoopbackAnswer.Of(status, echo, "text/plain"));
        if (status is 302 or 308)
            server.NextAnswers.Peek().Headers["Location"] = $"https://other.example/{ChannelKit.Secret}";
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.Equal(mayPass ? typeof(Delivery.Failed) : typeof(Delivery.Refused), delivery.GetType());
        Assert.Contains($"127.0.0.1 answers {status} ", ChannelKit.ReasonOf(delivery), StringComparison.Ordinal);
        HasNoSecret(delivery);
        Assert.Single(server.All);

        // The channel goes on.
        Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
    }

    [Theory]
    [MemberData(nameof(Services.Names), MemberType = typeof(Services))]
    public async Task What_cannot_be_reached_or_does_not_answer_fails_without_secrets(string service)
    {
        await using var server = Services.Start(service);
        using var channel = Create(service, server.Address, $", timeout: {Services.Timeout}");
        foreach (var fault in (ServerFault[])[ServerFault.ResetBefore, ServerFault.ResetAfter])
        {
            server.NextFaults.Enqueue(fault);
            await FailsAsync(channel, "cannot reach 127.0.0.1: ");
        }

        server.Hangs = new();
        await FailsAsync(channel, "127.0.0.1 did not answer within 0.4 s");
        server.Hangs.SetResult();

        // Nothing listens; what listens speaks no TLS; there is no such host.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var free = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        foreach (var address in (string[])
            [
                $"http://127.0.0.1:{free}", $"https://127.0.0.1:{server.Port}", "https://no-such-host.invalid",
            ])
        {
            using var other = Create(service, address, ", timeout: 20s");
            await FailsAsync(other, "");
        }
    }

    [Theory]
    [MemberData(nameof(Services.Names), MemberType = typeof(Services))]
    public async Task A_wait_that_the_service_asks_for_is_passed_on(string service)
    {
        await using var server = Services.Start(service);
        var clock = new Delta.ManualTime { Now = ChannelKit.Now };
        using var channel = ChannelKit.Create(
            $"ops: {Services.Yaml(service, server.Address)}", clock, variables: Services.Variables(server.Address));
        foreach (var header in (string[])["30", "Sun, 01 Mar 2026 12:00:30 GMT"])
        {
            server.NextAnswers.Enqueue(LoopbackAnswer.Of(429, "", "text/plain"));
            server.NextAnswers.Peek().Headers["Retry-After"] = header;
            var failed = Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message()));
            Assert.Equal(TimeSpan.FromSeconds(30), failed.After);
        }
    }

    [Theory]
    [MemberData(nameof(Services.Names), MemberType = typeof(Services))]
    public async Task An_answer_of_any_size_and_form_is_bounded(string service)
    {
        await using var server = Services.Start(service);
        using var channel = Create(service, server.Address);
        foreach (var body in (string[])["", "{", "[]", "\"x\"", "null", new string('x', 300_000)])
        {
            server.NextAnswers.Enqueue(LoopbackAnswer.Of(500, body, "application/json"));
            var failed = Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message()));
            Assert.True(failed.Reason.Length <= 301, failed.Reason);
            server.NextAnswers.Enqueue(LoopbackAnswer.Of(200, body, "application/json"));
            var delivery = await channel.SendAsync(ChannelKit.Message());
            // These say in the body whether they took a message.
            Assert.Equal(
                service is "slack" or "telegram" ? typeof(Delivery.Failed) : typeof(Delivery.Sent), delivery.GetType());
        }
    }

    [Fact]
    public async Task A_password_is_masked_as_it_is_sent()
    {
        await using var server = Services.Start("alertmanager");
        using var channel = ChannelKit.Create(
            $"ops: {{type: alertmanager, url: '{server.Address}/prefix', user: prometheus, password: '${{TOKEN}}'}}");
        server.NextAnswers.Enqueue(LoopbackAnswer.Of(401, echo, "text/plain"));
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.Equal($"Basic {basic}", server.All[0].Headers["Authorization"]);
        HasNoSecret(delivery);
        Assert.DoesNotContain(basic, ChannelKit.ReasonOf(delivery), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Being_stopped_is_no_failure()
    {
        await using var server = Services.Start("slack");
        using var channel = Create("slack", server.Address);
        server.Hangs = new();
        using var stop = new CancellationTokenSource();
        var sending = channel.SendAsync(ChannelKit.Message(), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        server.Hangs.SetResult();
    }

    [Theory]
    [InlineData("""{"ok": false, "error": "channel_not_found"}""", false, "Slack answers channel_not_found")]
    [InlineData("""{"ok": false, "error": "msg_blocks_too_long"}""", false, "Slack answers msg_blocks_too_long")]
    [InlineData("""{"ok": false, "error": "ratelimited"}""", true, "Slack answers ratelimited")]
    [InlineData("""{"ok": false, "error": "internal_error"}""", true, "Slack answers internal_error")]
    [InlineData("""{"ok": false}""", true, "127.0.0.1 answers 200 in another form than it documents")]
    public async Task Slack_answers_200_with_its_error(string body, bool mayPass, string reason)
    {
        await using var server = Services.Start("slack");
        using var channel = Create("slack", server.Address);
        server.NextAnswers.Enqueue(LoopbackAnswer.Of(200, body, "application/json"));
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.Equal(reason, ChannelKit.ReasonOf(delivery));
        Assert.Equal(mayPass, delivery is Delivery.Failed);
    }

    [Theory]
    [InlineData(
        429,
        """{"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 5}}""", 5,
        "127.0.0.1 answers 429 Too Many Requests")]
    [InlineData(
        400, """{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}""", null,
        "127.0.0.1 answers 400 Bad Request: chat not found")]
    [InlineData(
        400, """{"ok": false, "description": "x", "parameters": {"migrate_to_chat_id": -1001234}}""", null,
        "Telegram answers that the chat has the number -1001234 now: set 'chat' to it")]
    public async Task Telegram_says_why(int status, string body, int? afterSeconds, string reason)
    {
        await using var server = Services.Start("telegram");
        using var channel = Create("telegram", server.Address);
        server.NextAnswers.Enqueue(LoopbackAnswer.Of(status, body, "application/json"));
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.Equal(reason, ChannelKit.ReasonOf(delivery));
        Assert.Equal(afterSeconds, (delivery as Delivery.Failed)?.After?.TotalSeconds);
    }

    [Theory]
    [InlineData(400, 132018, false)]
    [InlineData(400, 131047, false)]
    [InlineData(400, 130429, true)]
    [InlineData(400, 131056, true)]
    [InlineData(403, 368, false)]
    [InlineData(500, 131000, true)]
    public async Task WhatsApp_says_why_by_a_code(int status, int code, bool mayPass)
    {
        await using var server = Services.Start("whatsapp");
        using var channel = Create("whatsapp", server.Address);
        server.NextAnswers.Enqueue(WhatsAppServer.Error(status, code, "Title", "what to do"));
        var delivery = await channel.SendAsync(ChannelKit.Message());
        Assert.Equal($"WhatsApp answers {code}: (#{code}) Title (what to do)", ChannelKit.ReasonOf(delivery));
        Assert.Equal(mayPass, delivery is Delivery.Failed);
    }

    [Fact]
    public async Task A_service_is_wrong_about_the_token_and_says_so()
    {
        foreach (var (service, reason) in ((string, string)[])
            [
                ("slack", "Slack answers invalid_auth"), ("telegram", "127.0.0.1 answers 401 Unauthorized"),
                ("pagerduty", "127.0.0.1 answers 400 Event object is invalid: routing_key"),
                ("whatsapp", "WhatsApp answers 190: (#190) Authentication Error (The access token has expired)"),
            ])
        {
            await using var server = Services.Start(service);
            using var channel = ChannelKit.Create(
                $"ops: {Services.Yaml(service, server.Address)}",
                variables: new(
                    new Dictionary<string, string> { ["TOKEN"] = "another-token", ["TELEGRAM"] = "1:another" },
                    new Dictionary<string, string>()));
            var refused = Assert.IsType<Delivery.Refused>(await channel.SendAsync(ChannelKit.Message()));
            Assert.Equal(reason, refused.Reason);
        }
    }

    static async Task FailsAsync(IAlertChannel channel, string start)
    {
        var failed = Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message()));
        Assert.StartsWith(start, failed.Reason, StringComparison.Ordinal);
        HasNoSecret(failed);
    }

    static void HasNoSecret(Delivery delivery)
    {
        var reason = ChannelKit.ReasonOf(delivery);
        Assert.DoesNotContain(ChannelKit.Secret, reason, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', reason);
    }

    static IAlertChannel Create(string service, string address, string more = "") => ChannelKit.Create(
        $"ops: {Services.Yaml(service, address, more)}", variables: Services.Variables(address));
}
