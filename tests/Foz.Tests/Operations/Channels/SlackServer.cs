using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// Slack's <c>chat.postMessage</c> and incoming webhooks. Slack's own pages, read on 2026-11-25 as they were stored
/// before: https://docs.slack.dev/reference/block-kit/blocks/header-block (150 characters),
/// https://docs.slack.dev/reference/block-kit/blocks/section-block (3,000; 10 fields of 2,000),
/// https://docs.slack.dev/reference/methods/chat.postMessage (token, members) and
/// https://api.slack.com/docs/message-formatting (escapes of <c>&amp; &lt; &gt;</c>). Second-hand, from reports to
/// Slack's library (https://github.com/slackapi/bolt-js/issues/2509 and 2867): 50 blocks, and
/// <c>msg_blocks_too_long</c> from 11,341 or some 13,200 characters on, a limit that Slack does not document.
/// </summary>
sealed partial class SlackServer : ServiceServer
{
    public const string Hook = "/services/T000/B000/" + ChannelKit.Secret;

    readonly HashSet<string> threads = [];
    int posted;

    /// <summary>What users read in the last message, its escapes read.</summary>
    public string Shown { get; private set; } = "";

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        var isHook = request.Path == Hook;
        RequireJson(request, isHook ? Hook : "/api/chat.postMessage");
        var message = Parse(body);
        Read(message);
        if (isHook) return LoopbackAnswer.Of(200, "ok", "text/html");
        if (request.Headers["Authorization"] != $"Bearer {ChannelKit.Secret}") return Error("invalid_auth");
        if (Text(message, "channel", 100) != "C0123456789") return Error("channel_not_found");
        if (message.TryGetProperty("thread_ts", out var thread))
            Require(threads.Contains(thread.GetString()!), "thread_not_found");
        else Require(!message.TryGetProperty("reply_broadcast", out _), "a broadcast without a thread");
        var ts = string.Create(CultureInfo.InvariantCulture, $"1503435956.{++posted:000000}");
        threads.Add(ts);
        return Json(200, $$"""{"ok": true, "channel": "C0123456789", "ts": "{{ts}}", "message": { } }""");
    }

    protected override LoopbackAnswer Refuse(string rule) => Error("invalid_blocks");

    static LoopbackAnswer Error(string word) => Json(200, $$"""{"ok": false, "error": "{{word}}"}""");

    void Read(JsonElement message)
    {
        var shown = new List<string>();
        Unescape(Text(message, "text", 4000));
        var blocks = message.GetProperty("blocks");
        Require(blocks.GetArrayLength() is > 0 and <= 50, "too many blocks");
        Require(JsonSerializer.Serialize(blocks, relaxed).Length <= 11_000, "msg_blocks_too_long");
        foreach (var block in blocks.EnumerateArray())
        {
            switch (block.GetProperty("type").GetString())
            {
                case "header":
                    var header = block.GetProperty("text");
                    Require(header.GetProperty("type").GetString() == "plain_text", "a header is plain text");
                    shown.Add(Text(header, "text", 150));
                    break;
                case "section" when block.TryGetProperty("fields", out var fields):
                    Require(fields.GetArrayLength() is > 0 and <= 10, "fields");
                    shown.AddRange(fields.EnumerateArray().Select(field => Markdown(field, 2000)));
                    break;
                case "section":
                    shown.Add(Markdown(block.GetProperty("text"), 3000));
                    break;
                case var type:
                    Require(false, $"block {type}");
                    break;
            }
        }
        Shown = string.Join('\n', shown);
    }

    static string Markdown(JsonElement text, int max)
    {
        Require(text.GetProperty("type").GetString() == "mrkdwn", "mrkdwn");
        Require(text.GetProperty("verbatim").GetBoolean(), "names in data would become mentions");
        var written = Text(text, "text", max);
        var fences = Regex.Count(written, "```");
        Require(
            fences is 0 or 2 && (fences == 0 || written.EndsWith("```", StringComparison.Ordinal)), "a block of code");
        return Unescape(written);
    }

    /// <summary>Only links of the form &lt;address|text&gt; have these signs, all others are escaped.</summary>
    static string Unescape(string written)
    {
        var plain = Link.Replace(written, match => match.Groups["text"].Value + " " + match.Groups["address"].Value);
        Require(!plain.Contains('<') && !plain.Contains('>'), $"an angle bracket in {written}");
        Require(!Ampersand.IsMatch(plain), $"an ampersand in {written}");
        return WebUtility.HtmlDecode(plain);
    }

    static readonly JsonSerializerOptions relaxed = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [GeneratedRegex(@"<(?<address>https?://[^<>|\s]+)\|(?<text>[^<>|\n]+)>", RegexOptions.ExplicitCapture)]
    private static partial Regex Link { get; }

    [GeneratedRegex("&(?!(amp|lt|gt);)")]
    private static partial Regex Ampersand { get; }
}
