using Foz.Lake.Configuration;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class ChannelReaderTests
{
    [Theory]
    [InlineData("{type: slak}", "unknown type 'slak' of a channel", "did you mean 'slack'?")]
    [InlineData("{channel: C1}", "'type' is missing in a channel", "known: slack, telegram")]
    [InlineData("slack", "a channel must be a mapping, not 'slack'", "{type: slack, …}")]
    [InlineData(
        "{type: slack, tokn: '${TOKEN}'}",
        "unknown key 'tokn' in a channel of type slack",
        "did you mean 'token'?")]
    [InlineData(
        "{type: slack, token: xoxb-1, channel: C1}",
        "'token' is a secret and must not stand in a file",
        "${TOKEN}")]
    [InlineData("{type: slack, webhook: 'https://hooks.slack.com/x'}", "'webhook' is a secret", "${WEBHOOK}")]
    [InlineData("{type: slack, channel: C1}", "'token' must be set, or 'webhook', but not both", "")]
    [InlineData("{type: slack, token: '${TOKEN}'}", "'channel' is missing", "")]
    [InlineData(
        "{type: slack, token: '${TOKEN}', channel: C1, language: fr}",
        "unknown language 'fr'",
        "known: en, pt")]
    [InlineData(
        "{type: slack, token: '${TOKEN}', channel: C1, timeout: 1h}",
        "'timeout' must be a length of time from 100ms to 2m",
        "")]
    [InlineData(
        "{type: slack, token: '${TOKEN}', channel: C1, url: 'http://slack.example'}",
        "'url' must be an address of https",
        "")]
    [InlineData(
        "{type: slack, token: '${TOKN}', channel: C1}",
        "the environment variable 'TOKN' is not set",
        "did you mean 'TOKEN'?")]
    [InlineData(
        "{type: telegram, token: '${TELEGRAM}', chat: ops}",
        "'chat' must be the number of a chat, or the @name",
        "")]
    [InlineData(
        "{type: telegram, token: '${TELEGRAM}'}",
        "'chat' is missing in a channel of type telegram",
        "the number of the chat")]
    [InlineData("{type: teams, url: '${OLD}'}", "the connectors of Microsoft 365 are retired", "")]
    [InlineData("{type: teams, url: '${TOKEN}'}", "'url' must be an address that begins with https://", "")]
    [InlineData(
        "{type: whatsapp, token: '${TOKEN}', phone_number_id: 12345, to: ana, template: a}",
        "'to' must be a number, not 'ana'",
        "")]
    [InlineData(
        "{type: whatsapp, token: '${TOKEN}', phone_number_id: 12345, to: '12345', template: A b}",
        "'template' must be a template's name",
        "")]
    [InlineData(
        "{type: whatsapp, token: '${TOKEN}', phone_number_id: 12345, to: '12345', template: a, "
        + "parameters: ['{{titel}}']}",
        "'parameters': unknown placeholder 'titel'",
        "did you mean 'title'?")]
    [InlineData(
        "{type: alertmanager, url: 'http://a.example:9093', token: '${TOKEN}'}",
        "'url' must be an address of https",
        "")]
    [InlineData("{type: alertmanager, url: 'http://a:9093', user: a}", "'password' must be set", "")]
    [InlineData("{type: alertmanager, url: 'http://a:9093', labels: {a-b: c}}", "'labels' must be names of labels", "")]
    [InlineData("{type: webhook, url: 'ftp://a'}", "'url' must be an address that begins with https://", "")]
    [InlineData("{type: webhook, url: 'https://u@a'}", "'url' must be an address without a user", "")]
    [InlineData(
        "{type: webhook, url: 'http://a.example', headers: {X-Key: a}}",
        "'url' must be an address of https",
        "")]
    [InlineData(
        "{type: webhook, url: 'https://a', headers: {host: a}}",
        "'headers' must be other headers than 'host'",
        "")]
    [InlineData("{type: webhook, url: 'https://a', method: GET}", "unknown method 'GET'", "known: POST, PUT, PATCH")]
    [InlineData(
        "{type: webhook, url: 'https://a', body: '{{titel}}'}",
        "'body': unknown placeholder 'titel'",
        "did you mean 'title'?")]
    [InlineData("{type: webhook, url: 'https://a', body: '{\"a\": {{title}}}'}", "'body' is not JSON", "in quotes")]
    [InlineData(
        "{type: webhook, url: 'https://a', body: '{\"a\": \"{{title\"}'}",
        "'body': '{{' starts no placeholder",
        "{{title}}")]
    [InlineData(
        "{type: webhook, url: 'https://a', body: '{\"a\": \"{{title:0}}\"}'}",
        "the length of 'title' must be from 1 to 60000",
        "")]
    [InlineData(
        "{type: webhook, url: 'https://a', content_type: image/png}",
        "'content_type' must be a type of JSON",
        "")]
    [InlineData("{type: webhook, url: 'https://a', secret: '${SHORT}'}", "'secret' must be at least 24 bytes long", "")]
    [InlineData("{type: webhook, url: 'https://a', ca: none.pem}", "cannot read the certificates of 'ca'", "")]
    [InlineData(
        "{type: email, host: h, from: a, to: b@c.d}",
        "'from' must be an address such as foz@example.org, not 'a'",
        "")]
    [InlineData("{type: email, host: h, from: a@b.c, to: [a@b.c, x]}", "'to' must be an address", "")]
    [InlineData(
        "{type: email, host: h, from: a@b.c, to: a@b.c, user: x}",
        "'password' must be set, or 'oauth', where 'user' is",
        "")]
    [InlineData(
        "{type: email, host: h, from: a@b.c, to: a@b.c, user: x, password: '${TOKEN}', tls: none}",
        "'tls' must be starttls or implicit, as a password is sent",
        "")]
    [InlineData("{type: email, host: h, from: a@b.c, to: a@b.c, port: 0}", "'port' must be a port from 1 to 65535", "")]
    [InlineData(
        "{type: email, host: h, from: a@b.c, to: a@b.c, user: x, oauth: {client_id: a}}",
        "'token_url' is missing in 'oauth'",
        "")]
    public void A_mistake_has_its_place_and_a_hint(string yaml, string message, string hint)
    {
        var errors = new ErrorList();
        var variables = new Variables(
            new Dictionary<string, string>
            {
                ["TOKEN"] = ChannelKit.Secret, ["TELEGRAM"] = $"1:{ChannelKit.Secret}", ["SHORT"] = "short",
                ["OLD"] = "https://a.webhook.office.com/webhookb2/1",
            },
            new Dictionary<string, string>());
        using var channel = ChannelKit.Read($"ops: {yaml}", errors, variables: variables);
        Assert.Null(channel);
        var error = Assert.Single(errors.Items);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint ?? "", StringComparison.Ordinal);
        Assert.Equal(("alerts/ops.yml", 1), (error.Place!.Value.File, error.Place.Value.Line));
        Assert.DoesNotContain(ChannelKit.Secret, error.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_channel_has_its_name_and_language_and_leaves_the_keys_of_others()
    {
        var errors = new ErrorList();
        var file = (YamlNode.Mapping)YamlReader.Read(
            "on-call.2: {type: slack, token: '${TOKEN}', channel: C1, language: pt, role: analyst}", "a.yml", errors)!;
        var reader = new ChannelReader("/", ChannelKit.Variables, new Secrets(), TimeProvider.System, errors);
        using var channel = reader.Read(file.Entries[0], "role");
        errors.ThrowIfAny();
        Assert.Equal(("on-call.2", MessageWords.Portuguese), (channel!.Name, channel.Words));
        Assert.Null(reader.Read(file.Entries[0]));
        Assert.Equal("unknown key 'role' in a channel of type slack", Assert.Single(errors.Items).Message);
    }

    [Fact]
    public void Every_type_reads_all_of_its_settings()
    {
        Assert.Equal(
            ChannelReader.Types.Count, ChannelReader.Types.Select(type => type.Name).Distinct().Count());
        foreach (var type in ChannelReader.Types)
            Assert.Equal(
                [], type.Keys.Select(key => key.Name).Intersect(ChannelSettings.Common.Select(key => key.Name)));
        Assert.Equal(
            MessagePlaceholders.All.Select(placeholder => placeholder.Name),
            MessagePlaceholders.All.Select(placeholder =>
                MessagePlaceholders.Read($"{{{{{placeholder.Name}}}}}", out var error) is not null && error is null
                    ? placeholder.Name : ""));
    }
}
