using System.Globalization;
using System.Text.Json;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// PagerDuty's Events API v2, as PagerDuty's own <c>docs/events-API-v2/01-Overview.md</c> (codes of answers, 512 KB)
/// and <c>02-Trigger-Events.md</c> (members, 1,024 characters of <c>summary</c>, 255 of <c>dedup_key</c>) in
/// https://github.com/PagerDuty/developer-docs have it, read on 2026-11-25 as they were stored before. The greatest
/// length of <c>source</c> is an assumption.
/// </summary>
sealed class PagerDutyServer : ServiceServer
{
    const int BytesMax = 512 << 10;

    /// <summary>The state of each alert, by its key.</summary>
    public Dictionary<string, string> Alerts { get; } = [];

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        RequireJson(request, "/v2/enqueue");
        Require(request.Body.Length <= BytesMax, "413");
        var message = Parse(body);
        Require(message.GetProperty("routing_key").GetString() == ChannelKit.Secret, "routing_key");
        var action = message.GetProperty("event_action").GetString()!;
        Require(action is "trigger" or "acknowledge" or "resolve", action);
        var key = Text(message, "dedup_key", 255);
        if (action == "trigger") Check(message);
        if (action == "trigger" || Alerts.ContainsKey(key)) Alerts[key] = action;
        return Json(
            202, JsonSerializer.Serialize(new { status = "success", message = "Event processed", dedup_key = key }));
    }

    protected override LoopbackAnswer Refuse(string rule) => Json(
        400, JsonSerializer.Serialize(new
        {
            status = "invalid event", message = "Event object is invalid", errors = new[] { rule },
        }));

    static void Check(JsonElement message)
    {
        var payload = message.GetProperty("payload");
        Text(payload, "summary", 1024);
        Text(payload, "source", 255);
        Require(
            payload.GetProperty("severity").GetString() is "critical" or "error" or "warning" or "info", "severity");
        Require(
            DateTimeOffset.TryParse(
                payload.GetProperty("timestamp").GetString(), CultureInfo.InvariantCulture, out _), "timestamp");
        Require(payload.GetProperty("custom_details").ValueKind is JsonValueKind.Object, "custom_details");
        if (!message.TryGetProperty("links", out var links)) return;
        foreach (var link in links.EnumerateArray())
            Require(Uri.IsWellFormedUriString(link.GetProperty("href").GetString(), UriKind.Absolute), "href");
    }
}
