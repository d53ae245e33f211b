using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// A number of WhatsApp, by the Cloud API. Messages are of a template, the only ones that WhatsApp delivers when its
/// user has not written for 24 hours.
/// </summary>
sealed class WhatsAppChannel : IAlertChannel
{
    const string TokenKey = "token", SenderKey = "phone_number_id", ToKey = "to", UrlKey = "url";
    const string TemplateKey = "template", LanguageKey = "template_language", ParametersKey = "parameters";
    const string UrlDefault = "https://graph.facebook.com/v23.0";
    const int ParametersMax = 10;

    /// <summary>The text of a template's body has at most 1,024 characters, its parameters filled in.</summary>
    const int ParametersLengthMax = 800;

    static readonly string[] parametersDefault = ["{{heading}}", "{{text}}"];

    readonly ChannelHttp http;
    readonly Uri address;
    readonly string token, to, template, language;
    readonly MessageTemplate[] parameters;

    WhatsAppChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        var values = settings.Values;
        var sender = Digits(values, SenderKey);
        (token, to) = (values.RequiredText(TokenKey), Digits(values, ToKey));
        template = values.RequiredText(TemplateKey);
        if (template.Length == 0 || !template.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_'))
            throw values.Wrong(TemplateKey, $"a template's name: small letters, digits and _, not '{template}'");
        language = values.Text(LanguageKey) ?? (Words == MessageWords.Portuguese ? "pt_BR" : "en");
        IReadOnlyList<string> texts = values.Names.Contains(ParametersKey)
            ? values.Texts(ParametersKey) : parametersDefault;
        if (texts.Count > ParametersMax) throw values.Wrong(ParametersKey, $"at most {ParametersMax} texts");
        parameters = [.. texts.Select(text => Parameter(values, text))];
        address = ChannelSettings.Below(settings.Address(UrlKey, UrlDefault, holdsSecrets: true), $"{sender}/messages");
        http = new(settings);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "whatsapp",
        [
            new(TokenKey, "the access token of a system user") { IsRequired = true, IsSecret = true },
            new(SenderKey, "the id of the sender's phone number, as the app's page shows it") { IsRequired = true },
            new(ToKey, "the recipient's number with the country's, such as `'+5511987654321'`") { IsRequired = true },
            new(TemplateKey, "the name of an approved template") { IsRequired = true },
            new(LanguageKey, "the code of the template's language") { Default = "`en`, or `pt_BR` in Portuguese" },
            new(ParametersKey, "the values of `{{1}}`, `{{2}}` … in the template's body, with placeholders")
            {
                Default = "`['{{heading}}', '{{text}}']`",
            },
            new(UrlKey, "the address of the Graph API, with its version") { Default = $"`{UrlDefault}`" },
        ],
        settings => new WhatsAppChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var content = new JsonObject
        {
            ["name"] = template, ["language"] = new JsonObject { ["code"] = language },
        };
        if (parameters.Length > 0)
            content["components"] = new JsonArray(new JsonObject
            {
                ["type"] = "body",
                ["parameters"] = new JsonArray([.. Texts(message).Select(text => (JsonNode)new JsonObject
                {
                    ["type"] = "text", ["text"] = text,
                })]),
            });
        var body = new JsonObject
        {
            ["messaging_product"] = "whatsapp", ["recipient_type"] = "individual", ["to"] = to,
            ["type"] = "template", ["template"] = content,
        };
        using var request = ChannelHttp.Json(address, body.ToJsonString(JsonMembers.Readable));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, Read, cancellationToken);
    }

    /// <summary>
    /// The values of parameters, each in one line: WhatsApp refuses line ends, tabs, more than four spaces, and empty
    /// texts.
    /// </summary>
    IEnumerable<string> Texts(AlertMessage message)
    {
        var left = ParametersLengthMax;
        for (var i = 0; i < parameters.Length; i++)
        {
            var lines = parameters[i].Render(message, Words, static part => part).Split('\n')
                .Select(MessageText.OneLine).Where(line => line.Length > 0);
            var text = MessageText.Cut(string.Join(" | ", lines), left / (parameters.Length - i), Words);
            left -= text.Length;
            yield return text.Length > 0 ? text : "-";
        }
    }

    static Delivery Read(HttpAnswer answer)
    {
        var json = answer.Json();
        var error = json.Member("error");
        if (error is null) return answer.Failure() ?? new Delivery.Sent(Thread: null);
        var details = error.Member("error_data").Text("details");
        var said = $"WhatsApp answers {error.Text("code")}: {error.Text("message")}"
            + (details is null ? "" : $" ({details})");
        // Limits of the app, the account and the pair of numbers, and failures of the service, whatever the status.
        return error.Text("code") is "1" or "2" or "4" or "80007" or "130429" or "131000" or "131016" or "131048"
            or "131056" or "133004" || answer.Failure() is Delivery.Failed
            ? new Delivery.Failed(said, answer.RetryAfter)
            : new Delivery.Refused(said);
    }

    static MessageTemplate Parameter(Settings values, string text)
    {
        var parameter = MessagePlaceholders.Read(text, out var error);
        return error is not { } wrong
            ? parameter
            : throw new FozException(ErrorKind.Configuration, $"'{ParametersKey}': {wrong.Message}")
            {
                Place = values.PlaceOf(ParametersKey), Hint = wrong.Hint,
            };
    }

    static string Digits(Settings values, string key)
    {
        var text = values.RequiredText(key);
        var digits = new string([.. text.Where(char.IsAsciiDigit)]);
        return digits.Length is >= 5 and <= 20
            && text.All(c => char.IsAsciiDigit(c) || c is '+' or ' ' or '-' or '(' or ')')
            ? digits
            : throw values.Wrong(key, $"a number, not '{text}'");
    }
}
