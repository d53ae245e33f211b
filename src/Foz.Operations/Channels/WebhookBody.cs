using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>A message as JSON for programs: what a webhook without a template sends.</summary>
static class WebhookBody
{
    const int CellLengthMax = 200;

    static readonly MessageLimits limits = new(Title: 1000, Text: 8000, Value: 1000, Values: 40, Table: 4000)
    {
        Rows = 20,
    };

    /// <summary>Returns the JSON of a message, of at most some 100 KB.</summary>
    public static string Of(AlertMessage message, MessageWords words)
    {
        var fitted = FittedMessage.Of(message, words, limits);
        var body = new JsonObject
        {
            ["type"] = $"foz.incident.{message.Kind.Code}",
            ["timestamp"] = message.Since.UtcDateTime.ToString("O"),
            ["data"] = new JsonObject
            {
                ["key"] = message.Key,
                ["incident"] = message.IncidentId,
                ["kind"] = message.Kind.Code,
                ["severity"] = message.Severity.Code,
                ["title"] = MessageText.Cut(MessageText.OneLine(message.Title), limits.Title, words),
                ["heading"] = fitted.Heading,
                ["text"] = fitted.Text,
                ["values"] = new JsonArray([.. fitted.Values.Select(value => (JsonNode)new JsonObject
                {
                    ["name"] = value.Name, ["value"] = value.Value,
                })]),
                ["rows"] = message.Rows is { } rows ? Rows(rows) : null,
                ["command"] = fitted.Command.Length > 0 ? fitted.Command : null,
                ["links"] = new JsonArray([.. fitted.Links.Select(link => (JsonNode)new JsonObject
                {
                    ["text"] = link.Text, ["address"] = link.Address.AbsoluteUri,
                })]),
            },
        };
        return body.ToJsonString(JsonMembers.Readable);
    }

    static JsonObject Rows(MessageRows rows) => new()
    {
        ["columns"] = new JsonArray([.. rows.Columns.Take(limits.Values).Select(name => (JsonNode?)Cell(name))]),
        ["rows"] = new JsonArray([.. rows.Rows.Take(limits.Rows).Select(row => (JsonNode)new JsonArray(
            [.. row.Take(limits.Values).Select(cell => cell is null ? null : (JsonNode?)Cell(cell))]))]),
        ["more"] = Math.Max(0, rows.Rows.Count - limits.Rows),
    };

    static string Cell(string value) => MessageText.Cell(value, CellLengthMax);
}
