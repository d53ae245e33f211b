using System.Text;
using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>A channel or chat of Microsoft Teams, by the webhook of a workflow, with an adaptive card.</summary>
sealed class TeamsChannel : IAlertChannel
{
    const string UrlKey = "url";

    /// <summary>
    /// The greatest size of a message. Teams takes 28 KB, of which the workflow and Teams add some.
    /// </summary>
    const int BytesMax = 20 << 10;

    const int LinesMax = 60;

    static readonly MessageLimits limits = new(Title: 300, Text: 4000, Value: 300, Values: 15, Table: 2000);

    readonly ChannelHttp http;
    readonly Uri address;

    TeamsChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        address = settings.Address(UrlKey, fallback: null, holdsSecrets: true);
        if (address.Host is "outlook.office.com" or "outlook.office365.com"
            || address.Host.EndsWith(".webhook.office.com", StringComparison.OrdinalIgnoreCase))
            throw settings.Values.Wrong(
                UrlKey, "the address of a workflow's webhook: the connectors of Microsoft 365 are retired");
        settings.NoteParts(address);
        http = new(settings);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "teams",
        [
            new(UrlKey, "the address of a workflow that starts when a webhook request is received")
            {
                IsRequired = true, IsSecret = true,
            },
        ],
        settings => new TeamsChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        using var request = ChannelHttp.Json(address, Body(message, Words));
        return await http.SendAsync(
            request, static answer => answer.Failure() ?? new Delivery.Sent(Thread: null), cancellationToken);
    }

    /// <summary>Returns the request of a message, as long as it may be.</summary>
    public static string Body(AlertMessage message, MessageWords words)
    {
        for (var part = 1.0; ; part /= 2)
        {
            var card = Card(message, FittedMessage.Of(message, words, limits.Times(part)), words);
            var body = new JsonObject
            {
                ["type"] = "message",
                ["attachments"] = new JsonArray(new JsonObject
                {
                    ["contentType"] = "application/vnd.microsoft.card.adaptive",
                    ["contentUrl"] = null,
                    ["content"] = card,
                }),
            }.ToJsonString(JsonMembers.Readable);
            // At an eighth of the limits it fits whatever the text.
            if (Encoding.UTF8.GetByteCount(body) <= BytesMax || part < 0.1) return body;
        }
    }

    /// <summary>
    /// A card whose texts are runs, not text blocks: these would read Markdown in names and values, and have no
    /// escapes.
    /// </summary>
    static JsonObject Card(AlertMessage message, FittedMessage fitted, MessageWords words)
    {
        var body = new JsonArray(
            Block([Run(fitted.Heading, isBold: true, color: ColorOf(message), size: "Large")], "Default"));
        AddLines(body, fitted.Text, isCode: false);
        foreach (var value in fitted.Values)
            body.Add(Block(
                value.Value.Length > 0
                    ? [Run($"{value.Name}: ", isBold: true), Run(value.Value)]
                    : [Run($"{value.Name}:", isBold: true)], "Small"));
        if (fitted.Table.Length > 0)
        {
            body.Add(Block([Run(words.FirstRows, isBold: true)], "Medium"));
            // Several spaces would be shown as one.
            AddLines(body, fitted.Table.Replace(' ', '\u00A0'), isCode: true);
        }
        if (fitted.Command.Length > 0)
        {
            body.Add(Block([Run(words.Fix, isBold: true)], "Medium"));
            AddLines(body, fitted.Command, isCode: true);
        }
        var card = new JsonObject
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard", ["version"] = "1.2", ["body"] = body,
            ["msteams"] = new JsonObject { ["width"] = "Full" },
        };
        if (fitted.Links.Count > 0)
            card["actions"] = new JsonArray([.. fitted.Links.Select(link => (JsonNode)new JsonObject
            {
                ["type"] = "Action.OpenUrl", ["title"] = link.Text, ["url"] = link.Address.AbsoluteUri,
            })]);
        return card;
    }

    /// <summary>Adds a block for each line, as runs have no line ends.</summary>
    static void AddLines(JsonArray body, string text, bool isCode)
    {
        var lines = text.Split('\n').Where(line => line.Trim().Length > 0).ToList();
        foreach (var line in lines.Take(LinesMax - 1)) body.Add(Block([Run(line, isCode: isCode)], "None"));
        if (lines.Count >= LinesMax)
            body.Add(Block([Run(string.Join(" ", lines.Skip(LinesMax - 1)), isCode: isCode)], "None"));
    }

    static JsonObject Block(JsonNode[] runs, string spacing) => new()
    {
        ["type"] = "RichTextBlock", ["spacing"] = spacing, ["inlines"] = new JsonArray(runs),
    };

    static JsonObject Run(
        string text, bool isBold = false, bool isCode = false, string? color = null, string? size = null)
    {
        var run = new JsonObject { ["type"] = "TextRun", ["text"] = text };
        if (isBold) run["weight"] = "Bolder";
        if (isCode) run["fontType"] = "Monospace";
        if (color is not null) run["color"] = color;
        if (size is not null) run["size"] = size;
        return run;
    }

    static string ColorOf(AlertMessage message) => message switch
    {
        { Kind: MessageKind.Resolved } => "Good",
        { Severity: AlertSeverity.Critical } => "Attention",
        { Severity: AlertSeverity.Warning } => "Warning",
        _ => "Accent",
    };
}
