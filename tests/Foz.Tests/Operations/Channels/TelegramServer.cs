using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// Telegram's <c>sendMessage</c>. Telegram's own page, read on 2026-11-25 as it was stored before:
/// https://core.telegram.org/bots/api/methods/sendmessage.md (members, 1 to 4,096 characters after the markup is read).
/// Second-hand, from the documentation of libraries, which repeats Telegram's (https://docs.rs/teloxide,
/// https://grammy.dev/ref/types/ParseMode): HTML with few tags and four named entities, <c>ok</c>, <c>error_code</c>,
/// <c>description</c>, <c>parameters.retry_after</c>.
/// </summary>
sealed partial class TelegramServer : ServiceServer
{
    static readonly string[] tags = ["b", "pre", "code", "a"];

    int sent;

    public string Shown { get; private set; } = "";

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        if (request.Path != $"/bot123456:{ChannelKit.Secret}/sendMessage")
            return Json(401, """{"ok": false, "error_code": 401, "description": "Unauthorized"}""");
        RequireJson(request, request.Path);
        var message = Parse(body);
        Require(message.GetProperty("parse_mode").GetString() == "HTML", "parse_mode");
        Require(message.GetProperty("link_preview_options").GetProperty("is_disabled").GetBoolean(), "previews");
        if (message.GetProperty("chat_id") is { ValueKind: JsonValueKind.Number } chat && chat.GetInt64() != -100123)
            return Json(400, """{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}""");
        Shown = Read(message.GetProperty("text").GetString()!);
        Require(Shown.Length is > 0 and <= 4096, $"message is too long: {Shown.Length}");
        if (message.TryGetProperty("reply_parameters", out var reply))
            Require(
                reply.GetProperty("message_id").GetInt64() <= sent
                    || reply.GetProperty("allow_sending_without_reply").GetBoolean(),
                "message to be replied not found");
        return Json(200, $$$"""{"ok": true, "result": {"message_id": {{{++sent}}}, "date": 1, "text": "x"}}""");
    }

    protected override LoopbackAnswer Refuse(string rule) => Json(
        400, JsonSerializer.Serialize(new
        {
            ok = false, error_code = 400, description = $"Bad Request: can't parse entities: {rule}",
        }));

    /// <summary>Reads the markup strictly: what is no known tag or entity is an error.</summary>
    static string Read(string html)
    {
        var open = new Stack<string>();
        var plain = Tag.Replace(html, match =>
        {
            var name = match.Groups["name"].Value;
            Require(tags.Contains(name), $"unsupported start tag {name}");
            Require((name == "a") == match.Groups["href"].Success || match.Groups["end"].Length > 0, $"href of {name}");
            if (match.Groups["end"].Length == 0) open.Push(name);
            else Require(open.TryPop(out var started) && started == name, $"unexpected end tag {name}");
            return "";
        });
        Require(open.Count == 0, "an element is not closed");
        Require(!plain.Contains('<') && !plain.Contains('>'), "an angle bracket");
        Require(!Ampersand.IsMatch(plain), "an ampersand");
        return WebUtility.HtmlDecode(plain);
    }

    [GeneratedRegex(
        """<(?<end>/?)(?<name>[a-z]+)( href="(?<href>https?://[^"<>]+)")?>""", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag { get; }

    [GeneratedRegex("&(?!(amp|lt|gt|quot);)")]
    private static partial Regex Ampersand { get; }
}
