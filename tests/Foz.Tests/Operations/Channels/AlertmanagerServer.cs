using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// Alertmanager's API v2, as <c>api/v2/openapi.yaml</c> in https://github.com/prometheus/alertmanager has it, read on
/// 2026-11-25 as it was stored before. An acceptance test sends to a real Alertmanager.
/// </summary>
sealed partial class AlertmanagerServer : ServiceServer
{
    /// <summary>The end of each alert, by its labels.</summary>
    public Dictionary<string, DateTimeOffset> Ends { get; } = [];

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        RequireJson(request, "/prefix/api/v2/alerts");
        foreach (var alert in Parse(body).EnumerateArray())
        {
            var labels = Labels(alert, "labels");
            Require(labels.ContainsKey("alertname"), "at least one label pair required");
            Labels(alert, "annotations");
            var (start, end) = (Moment(alert, "startsAt"), Moment(alert, "endsAt"));
            Require(end >= start, "start time must be before end time");
            if (alert.TryGetProperty("generatorURL", out var link))
                Require(Uri.IsWellFormedUriString(link.GetString(), UriKind.Absolute), "generatorURL");
            var sorted = labels.OrderBy(label => label.Key, StringComparer.Ordinal);
            Ends[string.Join(',', sorted.Select(label => $"{label.Key}={label.Value}"))] = end;
        }
        return Json(200, "");
    }

    protected override LoopbackAnswer Refuse(string rule) => Json(400, JsonSerializer.Serialize(rule));

    static Dictionary<string, string> Labels(JsonElement alert, string name)
    {
        var labels = alert.GetProperty(name).EnumerateObject()
            .ToDictionary(label => label.Name, label => label.Value.GetString()!);
        Require(labels.Keys.All(label => LabelName.IsMatch(label)), "invalid label name");
        return labels;
    }

    static DateTimeOffset Moment(JsonElement alert, string name)
    {
        var text = alert.GetProperty(name).GetString()!;
        Require(Rfc3339.IsMatch(text), $"{text} is not of RFC 3339");
        return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^[a-zA-Z_][a-zA-Z0-9_]*\z")]
    private static partial Regex LabelName { get; }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\z")]
    private static partial Regex Rfc3339 { get; }
}
