using System.Text.Json;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// The webhook of a Teams workflow. Microsoft's own pages, read on 2026-11-25 as they were stored before: the message
/// with an adaptive card is that of
/// <c>msteams-platform/webhooks-and-connectors/how-to/connectors-using.md</c> in
/// https://github.com/MicrosoftDocs/msteams-docs, written for the retired connectors; some 28 KB, and what is said of
/// more, are those of https://learn.microsoft.com/connectors/teams/ , read in its Japanese translation. Second-hand: a
/// library met the limit at 21 KB (https://rubydoc.info/gems/msteams_hermes); Foz sends at most 20 KB.
/// </summary>
sealed class TeamsServer : ServiceServer
{
    public const string Path = "/workflows/1/triggers/manual/paths/invoke";

    const int BytesMax = 28 << 10;

    public List<string> Shown { get; } = [];

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        RequireJson(request, Path);
        Require(request.Query["sig"] == ChannelKit.Secret, "sig");
        Require(request.Body.Length <= BytesMax, "Request Entity too large");
        var message = Parse(body);
        Require(message.GetProperty("type").GetString() == "message", "type");
        var attachment = Assert.Single(message.GetProperty("attachments").EnumerateArray());
        Require(
            attachment.GetProperty("contentType").GetString() == "application/vnd.microsoft.card.adaptive",
            "contentType");
        var card = attachment.GetProperty("content");
        Require(card.GetProperty("type").GetString() == "AdaptiveCard", "card");
        Require(
            card.GetProperty("$schema").GetString()!.EndsWith("/adaptive-card.json", StringComparison.Ordinal), "$schema");
        Shown.Clear();
        foreach (var block in card.GetProperty("body").EnumerateArray())
        {
            // Other elements that show text read Markdown in it.
            Require(block.GetProperty("type").GetString() == "RichTextBlock", "an element that reads Markdown");
            Shown.Add(string.Concat(block.GetProperty("inlines").EnumerateArray().Select(Run)));
        }
        if (card.TryGetProperty("actions", out var actions))
            foreach (var action in actions.EnumerateArray())
            {
                Require(action.GetProperty("type").GetString() == "Action.OpenUrl", "an action that calls the sender");
                Require(
                    Uri.TryCreate(action.GetProperty("url").GetString(), UriKind.Absolute, out var url)
                        && url.Scheme is "https" or "http", "url");
                Text(action, "title", 200);
            }
        return LoopbackAnswer.Of(202, "", "text/plain");
    }

    protected override LoopbackAnswer Refuse(string rule) => LoopbackAnswer.Of(
        400, JsonSerializer.Serialize(new { error = new { code = "BadRequest", message = rule } }), "application/json");

    static string Run(JsonElement run)
    {
        Require(run.GetProperty("type").GetString() == "TextRun", "run");
        var text = Text(run, "text", int.MaxValue);
        Require(!text.Contains('\n'), "a run has no line ends");
        return text;
    }
}
