using System.Text.Json;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// WhatsApp's Cloud API, with a template <c>foz_alert</c> of two parameters. Meta's own pages, read on 2026-11-25 as
/// they were stored before:
/// https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (form and codes of
/// errors) and https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
/// (components, parameters). Second-hand, from companies that send for others: the 1,024 characters of a body with its
/// parameters (https://docs.messangi.com/docs/creating-sending-whatsapp-text-messages-templates), names without line
/// ends, tabs, or more than four spaces (https://care.alendei.com), the request
/// (https://wa.expert/pages/docs/api-reference/send-a-template-message.html) and the answer
/// (https://dualhook.com/docs/sending-template-messages).
/// </summary>
sealed class WhatsAppServer : ServiceServer
{
    public const string Template = "Foz: {{1}}\n{{2}}\nThis message was sent by a machine.";

    const int BodyLengthMax = 1024;

    public string Shown { get; private set; } = "";

    protected override LoopbackAnswer Take(LoopbackRequest request, string body)
    {
        RequireJson(request, "/v23.0/106540352242922/messages");
        if (request.Headers["Authorization"] != $"Bearer {ChannelKit.Secret}")
            return Error(401, 190, "Authentication Error", "The access token has expired");
        var message = Parse(body);
        Require(message.GetProperty("messaging_product").GetString() == "whatsapp", "messaging_product");
        Require(message.GetProperty("type").GetString() == "template", "131047: more than 24 hours have passed");
        Require(Text(message, "to", 15).All(char.IsAsciiDigit), "to");
        var template = message.GetProperty("template");
        if (template.GetProperty("name").GetString() != "foz_alert"
            || template.GetProperty("language").GetProperty("code").GetString() is not ("en" or "pt_BR"))
            return Error(404, 132001, "Template does not exist", "template name does not exist in the translation");
        var component = Assert.Single(template.GetProperty("components").EnumerateArray());
        Require(component.GetProperty("type").GetString() == "body", "component");
        var texts = component.GetProperty("parameters").EnumerateArray().Select(parameter =>
        {
            Require(parameter.GetProperty("type").GetString() == "text", "parameter");
            return Text(parameter, "text", BodyLengthMax);
        }).ToList();
        if (texts.Count != 2) return Error(400, 132000, "Parameter count mismatch", "number of parameters");
        foreach (var text in texts)
            Require(
                text.Trim().Length > 0 && text.IndexOfAny(['\n', '\t', '\r']) < 0
                    && !text.Contains("     ", StringComparison.Ordinal),
                "Param text cannot have new-line/tab characters or more than 4 consecutive spaces");
        Shown = Template.Replace("{{1}}", texts[0], StringComparison.Ordinal)
            .Replace("{{2}}", texts[1], StringComparison.Ordinal);
        Require(Shown.Length <= BodyLengthMax, "the text is too long");
        return Json(200, """
            {"messaging_product": "whatsapp", "contacts": [{"input": "5511987654321", "wa_id": "5511987654321"}],
             "messages": [{"id": "wamid.HBgL", "message_status": "accepted"}]}
            """);
    }

    protected override LoopbackAnswer Refuse(string rule) => Error(400, 132018, "Parameter invalid", rule);

    public static LoopbackAnswer Error(int status, int code, string message, string details) => Json(
        status, JsonSerializer.Serialize(new
        {
            error = new
            {
                message = $"(#{code}) {message}", type = "OAuthException", code,
                error_data = new { messaging_product = "whatsapp", details }, fbtrace_id = "A1",
            },
        }));
}
