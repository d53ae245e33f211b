using System.Text.Json;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class ChannelMessageTests
{
    [Theory]
    [MemberData(nameof(Services.Names), MemberType = typeof(Services))]
    public async Task Every_service_takes_all_messages_of_an_incident(string service)
    {
        await using var server = Services.Start(service);
        using var channel = Create(service, server.Address);
        string? thread = null;
        foreach (var kind in Enum.GetValues<MessageKind>())
        {
            var sent = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message(kind, thread)));
            Assert.Null(sent.Warning);
            thread ??= sent.Thread;
            Assert.Equal(thread, sent.Thread);
        }
        Assert.Equal([], server.Violations);
        Assert.Equal(service is "slack" or "telegram" or "pagerduty", thread is not null);
    }

    [Fact]
    public async Task Slack_shows_what_happened_and_broadcasts_the_end_of_a_thread()
    {
        await using var server = new SlackServer();
        using var channel = Create("slack", server.Address);
        var first = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Equal("1503435956.000001", first.Thread);
        Assert.Equal(
            """
            🔴 Critical: silver.orders is 3 hours late & <broken>
            The last version is of 09:00.
            Two models wait for it: "gold.total" and gold.by_day.
            *Table*
            silver.orders
            *Owner*
            ana@example.org
            *Since*
            09:00
            *First rows*
            ```id | name
            1  | Müller & Söhne
            2  | NULL
            3  | a|b 'c' <d>```
            *To fix*
            ```foz run --select silver.orders```
            Acknowledge https://foz.example.org/ack?id=7&sig=a%2Bb
            """, server.Shown);
        await channel.SendAsync(ChannelKit.Message(MessageKind.Repeated, first.Thread));
        Assert.False(server.Last.GetProperty("reply_broadcast").GetBoolean());
        await channel.SendAsync(ChannelKit.Message(MessageKind.Resolved, first.Thread));
        Assert.True(server.Last.GetProperty("reply_broadcast").GetBoolean());
        Assert.Equal(first.Thread, server.Last.GetProperty("thread_ts").GetString());
        Assert.StartsWith("✅ Resolved: ", server.Shown, StringComparison.Ordinal);
        Assert.Equal([], server.Violations);
    }

    [Fact]
    public async Task Telegram_replies_to_the_first_message_and_is_silent_for_information()
    {
        await using var server = new TelegramServer();
        using var channel = Create("telegram", server.Address, ", language: pt, topic: 5");
        var first = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        Assert.Equal("1", first.Thread);
        Assert.Equal(5, server.Last.GetProperty("message_thread_id").GetInt64());
        Assert.False(server.Last.GetProperty("disable_notification").GetBoolean());
        Assert.Equal(
            """
            🔴 Crítico: silver.orders is 3 hours late & <broken>

            The last version is of 09:00.
            Two models wait for it: "gold.total" and gold.by_day.

            Table: silver.orders
            Owner: ana@example.org
            Since: 09:00

            Primeiras linhas
            id | name
            1  | Müller & Söhne
            2  | NULL
            3  | a|b `c` <d>

            Para corrigir: foz run --select silver.orders

            Acknowledge
            """, server.Shown);
        await channel.SendAsync(
            ChannelKit.Message(MessageKind.Resolved, first.Thread) with { Severity = AlertSeverity.Info });
        Assert.Equal(1, server.Last.GetProperty("reply_parameters").GetProperty("message_id").GetInt64());
        Assert.True(server.Last.GetProperty("disable_notification").GetBoolean());
    }

    [Fact]
    public async Task PagerDuty_has_one_alert_for_an_incident()
    {
        await using var server = new PagerDutyServer();
        using var channel = Create("pagerduty", server.Address);
        var id = ChannelKit.Message().IncidentId;
        foreach (var (kind, state) in ((MessageKind, string)[])
            [
                (MessageKind.Opened, "trigger"), (MessageKind.Repeated, "trigger"),
                (MessageKind.Acknowledged, "acknowledge"), (MessageKind.Escalated, "trigger"),
                (MessageKind.Resolved, "resolve"), (MessageKind.Test, "resolve"),
            ])
        {
            var sent = Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message(kind)));
            Assert.Equal(id, sent.Thread);
            Assert.Equal(state, Assert.Single(server.Alerts).Value);
        }
        // The try is opened and resolved.
        Assert.Equal(7, server.Taken.Count);
        var payload = JsonDocument.Parse(server.Taken[0]).RootElement.GetProperty("payload");
        Assert.Equal("silver.orders is 3 hours late & <broken>", payload.GetProperty("summary").GetString());
        Assert.Equal("ana@example.org", payload.GetProperty("custom_details").GetProperty("Owner").GetString());

        await channel.SendAsync(ChannelKit.Message() with { IncidentId = new string('x', 300) });
        Assert.Equal([], server.Violations);
    }

    [Fact]
    public async Task Teams_shows_texts_without_reading_Markdown_in_them()
    {
        await using var server = new TeamsServer();
        using var channel = Create("teams", server.Address);
        await channel.SendAsync(ChannelKit.Message() with { Text = "**bold** [x](https://evil.example)\n\n- item" });
        Assert.Equal([], server.Violations);
        Assert.Equal(
            [
                "🔴 Critical: silver.orders is 3 hours late & <broken>", "**bold** [x](https://evil.example)", "- item",
                "Table: silver.orders", "Owner: ana@example.org", "Since: 09:00", "First rows", "id | name",
                "1  | Müller & Söhne", "2  | NULL", "3  | a|b `c` <d>", "To fix", "foz run --select silver.orders",
            ], server.Shown.Select(line => line.Replace('\u00A0', ' ')));
    }

    [Fact]
    public async Task WhatsApp_gets_parameters_of_one_line()
    {
        await using var server = new WhatsAppServer();
        using var channel = Create("whatsapp", server.Address);
        await channel.SendAsync(ChannelKit.Message() with { Text = "one\n\n\ttwo      three\r\nfour" });
        Assert.Equal([], server.Violations);
        Assert.Equal(
            """
            Foz: 🔴 Critical: silver.orders is 3 hours late & <broken>
            one | two three | four
            This message was sent by a machine.
            """, server.Shown);
        Assert.Equal("5511987654321", server.Last.GetProperty("to").GetString());

        await channel.SendAsync(ChannelKit.Message() with { Text = "" });
        Assert.Contains("\n-\n", server.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alertmanager_ends_the_alert_that_it_began()
    {
        await using var server = new AlertmanagerServer();
        var clock = new Delta.ManualTime { Now = ChannelKit.Now };
        using var channel = Create("alertmanager", server.Address, ", expires: 2 days", clock);
        await channel.SendAsync(ChannelKit.Message());
        var alert = "alertname=FozIncident,incident=inc-2026-03-01-7,severity=critical,team=data";
        Assert.Equal(clock.Now.AddDays(2), server.Ends[alert]);
        Assert.Equal($"Bearer {ChannelKit.Secret}", server.All[^1].Headers["Authorization"]);

        clock.Now += TimeSpan.FromHours(1);
        await channel.SendAsync(ChannelKit.Message(MessageKind.Resolved));
        Assert.Equal((alert, clock.Now), Assert.Single(server.Ends.Select(end => (end.Key, end.Value))));
        Assert.Equal([], server.Violations);
    }

    [Fact]
    public async Task A_webhook_gets_the_message_as_JSON_signed_and_with_one_id_however_often_it_is_sent()
    {
        var clock = new Delta.ManualTime { Now = ChannelKit.Now };
        await using var server = new WebhookServer(
            clock, Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        using var channel = Create("webhook", server.Address, "", clock);
        await channel.SendAsync(ChannelKit.Message());
        clock.Now += TimeSpan.FromHours(1);
        await channel.SendAsync(ChannelKit.Message());
        Assert.Equal([], server.Violations);
        Assert.Single(server.Ids);
        await channel.SendAsync(ChannelKit.Message(MessageKind.Repeated));
        Assert.Equal(2, server.Ids.Count);

        var data = JsonDocument.Parse(server.Taken[0]).RootElement.GetProperty("data");
        Assert.Equal("inc-2026-03-01-7/Opened/1", data.GetProperty("key").GetString());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("rows").GetProperty("rows")[1][1].ValueKind);
        Assert.Equal($"Bearer {ChannelKit.Secret}", server.All[0].Headers["Authorization"]);
    }

    static IAlertChannel Create(string service, string address, string more = "", TimeProvider? clock = null) =>
        ChannelKit.Create(
            $"ops: {Services.Yaml(service, address, more)}", clock, variables: Services.Variables(address));
}
