using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>
/// A service of PagerDuty, by its Events API v2: an incident of Foz triggers, acknowledges and resolves one alert,
/// whose
/// <c>dedup_key</c> is the incident's id.
/// </summary>
sealed class PagerDutyChannel : IAlertChannel
{
    const string RoutingKey = "routing_key", SourceKey = "source", UrlKey = "url";
    const string UrlDefault = "https://events.pagerduty.com/v2";
    const string Trigger = "trigger", Acknowledge = "acknowledge", Resolve = "resolve";
    const int SummaryLengthMax = 1024, KeyLengthMax = 255, SourceLengthMax = 255;

    static readonly MessageLimits limits = new(Title: 900, Text: 8000, Value: 1000, Values: 40, Table: 4000);

    readonly ChannelHttp http;
    readonly Uri address;
    readonly string routingKey;
    readonly string source;

    PagerDutyChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        routingKey = settings.Values.RequiredText(RoutingKey);
        source = MessageText.Cell(settings.Values.Text(SourceKey) ?? "foz", SourceLengthMax - 1);
        address = ChannelSettings.Below(settings.Address(UrlKey, UrlDefault, holdsSecrets: true), "enqueue");
        http = new(settings);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "pagerduty",
        [
            new(RoutingKey, "the integration key of an integration of type Events API v2")
            {
                IsRequired = true, IsSecret = true,
            },
            new(SourceKey, "what alerts name as their source, such as the host") { Default = "`foz`" },
            new(UrlKey, "the address of the Events API; `https://events.eu.pagerduty.com/v2` in Europe")
            {
                Default = $"`{UrlDefault}`",
            },
        ],
        settings => new PagerDutyChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var action = message.Kind switch
        {
            MessageKind.Acknowledged => Acknowledge,
            MessageKind.Resolved => Resolve,
            _ => Trigger,
        };
        var delivery = await SendAsync(message, action, cancellationToken);
        // A try shows that alerts arrive, and leaves none open.
        return message.Kind is MessageKind.Test && delivery is Delivery.Sent
            ? await SendAsync(message, Resolve, cancellationToken)
            : delivery;
    }

    async Task<Delivery> SendAsync(AlertMessage message, string action, CancellationToken cancellationToken)
    {
        var key = KeyOf(message.IncidentId);
        var body = new JsonObject
        {
            ["routing_key"] = routingKey, ["event_action"] = action, ["dedup_key"] = key,
        };
        if (action == Trigger) Describe(message, body);
        using var request = ChannelHttp.Json(address, body.ToJsonString(JsonMembers.Readable));
        return await http.SendAsync(request, answer => Read(answer, key), cancellationToken);
    }

    void Describe(AlertMessage message, JsonObject body)
    {
        var fitted = FittedMessage.Of(message, Words, limits);
        var title = MessageText.Cut(MessageText.OneLine(message.Title), SummaryLengthMax, Words);
        var details = new JsonObject();
        if (fitted.Text.Length > 0) details["text"] = fitted.Text;
        foreach (var value in fitted.Values) details[value.Name] = value.Value;
        if (fitted.Table.Length > 0) details[Words.FirstRows] = fitted.Table;
        if (fitted.Command.Length > 0) details[Words.Fix] = fitted.Command;
        body["client"] = "Foz";
        body["payload"] = new JsonObject
        {
            ["summary"] = title.Length > 0 ? title : "Foz",
            ["source"] = source,
            ["severity"] = message.Severity.Code,
            ["timestamp"] = message.Since.UtcDateTime.ToString("O"),
            ["custom_details"] = details,
        };
        if (fitted.Links.Count > 0)
            body["links"] = new JsonArray([.. fitted.Links.Select(link => (JsonNode)new JsonObject
            {
                ["href"] = link.Address.AbsoluteUri, ["text"] = link.Text,
            })]);
    }

    static Delivery Read(HttpAnswer answer, string key)
    {
        var json = answer.Json();
        var errors = json.Member("errors") is { ValueKind: System.Text.Json.JsonValueKind.Array } list
            ? string.Join("; ", list.EnumerateArray()) : "";
        var word = json.Text("message") is { } message ? errors.Length > 0 ? $"{message}: {errors}" : message : null;
        return answer.Failure(word) ?? new Delivery.Sent(json.Text("dedup_key") ?? key);
    }

    /// <summary>An id of any length as a key of at most 255 characters, by its hash where it is longer.</summary>
    static string KeyOf(string id) => id.Length is > 0 and <= KeyLengthMax
        ? id
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
