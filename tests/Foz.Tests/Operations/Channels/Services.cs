using Foz.Lake.Configuration;

namespace Foz.Tests.Operations.Channels;

/// <summary>The services with HTTP, each with the YAML of a channel for it.</summary>
static class Services
{
    /// <summary>The time after which a service does not answer, where a test waits for it.</summary>
    public const string Timeout = "400ms";

    static readonly byte[] key = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    public static string[] All { get; } =
        ["slack", "slack webhook", "telegram", "pagerduty", "teams", "whatsapp", "alertmanager", "webhook"];

    public static TheoryData<string> Names => [.. All];

    public static ServiceServer Start(string service) => service switch
    {
        "slack" or "slack webhook" => new SlackServer(),
        "telegram" => new TelegramServer(),
        "pagerduty" => new PagerDutyServer(),
        "teams" => new TeamsServer(),
        "whatsapp" => new WhatsAppServer(),
        "alertmanager" => new AlertmanagerServer(),
        _ => new WebhookServer(TimeProvider.System, key),
    };

    /// <summary>A channel for a service at an address; more settings are appended.</summary>
    public static string Yaml(string service, string address, string more = "") => $"{{{service switch
    {
        "slack" => $"type: slack, token: '${{TOKEN}}', channel: C0123456789, url: '{address}/api'",
        "slack webhook" => "type: slack, webhook: '${HOOK}'",
        "telegram" => $"type: telegram, token: '${{TELEGRAM}}', chat: '-100123', url: '{address}'",
        "pagerduty" => $"type: pagerduty, routing_key: '${{TOKEN}}', url: '{address}/v2'",
        "teams" => "type: teams, url: '${TEAMS}'",
        "whatsapp" => "type: whatsapp, token: '${TOKEN}', phone_number_id: 106540352242922, to: '+55 11 98765-4321', "
            + $"template: foz_alert, url: '{address}/v23.0'",
        "alertmanager" => $"type: alertmanager, url: '{address}/prefix', token: '${{TOKEN}}', labels: {{team: data}}",
        _ => $"type: webhook, url: '{address}/hook/${{TOKEN}}', secret: '${{KEY}}', "
            + "headers: {Authorization: 'Bearer ${TOKEN}'}",
    }}{more}}}";

    /// <summary>The variables of channels for a service at an address.</summary>
    public static Variables Variables(string address) => new(
        new Dictionary<string, string>
        {
            ["TOKEN"] = ChannelKit.Secret, ["TELEGRAM"] = $"123456:{ChannelKit.Secret}",
            ["KEY"] = $"whsec_{Convert.ToBase64String(key)}", ["HOOK"] = address + SlackServer.Hook,
            ["TEAMS"] = $"{address}{TeamsServer.Path}?api-version=1&sig={ChannelKit.Secret}",
        },
        new Dictionary<string, string>());
}
