using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// Any service that takes a request of HTTP: the message as JSON, or a body by a template. Requests are identified and
/// signed as Standard Webhooks describe.
/// </summary>
sealed class WebhookChannel : IAlertChannel
{
    /// <summary>The setting of the address.</summary>
    public const string UrlKey = "url";

    /// <summary>The setting of the address for the end of incidents.</summary>
    public const string ResolvedUrlKey = "resolved_url";

    const string MethodKey = "method", HeadersKey = "headers", BodyKey = "body", ResolvedBodyKey = "resolved_body";
    const string TypeKey = "content_type", SecretKey = "secret";
    const string SecretPrefix = "whsec_";
    const int SecretBytesMin = 24;

    /// <summary>What requests have by themselves, or must not have.</summary>
    static readonly string[] ownHeaders =
    [
        "Host", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type", "Content-Encoding", "Expect",
        "Upgrade", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
    ];

    readonly ChannelHttp http;
    readonly TimeProvider clock;
    readonly HttpMethod method;
    readonly (MessageTemplate Address, MessageTemplate? Body) usual, resolved;
    readonly IReadOnlyDictionary<string, string> headers;
    readonly MediaTypeHeaderValue contentType;
    readonly Func<string, string> escape;
    readonly byte[]? key;

    WebhookChannel(ChannelSettings settings)
    {
        (Name, Words, clock) = (settings.Name, settings.Words, settings.Clock);
        var values = settings.Values;
        method = new(values.Text(MethodKey) ?? "POST");
        headers = Headers(values);
        (contentType, escape) = ContentType(values);
        usual = (Address(settings, UrlKey), Body(values, BodyKey));
        resolved = (
            values.Text(ResolvedUrlKey) is null ? usual.Address : Address(settings, ResolvedUrlKey),
            values.Text(ResolvedBodyKey) is null ? usual.Body : Body(values, ResolvedBodyKey));
        key = Key(values);
        http = new(settings, settings.Authorities());
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "webhook",
        [
            new(UrlKey, "the address; placeholders are escaped in it") { IsRequired = true },
            new(MethodKey, "the method of requests") { Values = ["POST", "PUT", "PATCH"], Default = "`POST`" },
            new(HeadersKey, "name → value: headers of requests"),
            new(BodyKey, "the body, with placeholders") { Default = "the message as JSON" },
            new(TypeKey, "the type of the body, which decides how placeholders are escaped in it: of JSON, XML, HTML, "
                + "`application/x-www-form-urlencoded` or `text/plain`")
            { Default = "`application/json`" },
            new(ResolvedUrlKey, "the address for the end of an incident") { Default = "`url`" },
            new(ResolvedBodyKey, "the body for the end of an incident") { Default = "`body`" },
            new(SecretKey, "the key by which requests are signed: `whsec_` and at least 24 bytes in Base64, or a text")
            {
                IsSecret = true,
            },
            ChannelSettings.Ca,
        ],
        settings => new WebhookChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var (address, template) = message.Kind is MessageKind.Resolved ? resolved : usual;
        var body = template?.Render(message, Words, escape) ?? WebhookBody.Of(message, Words);
        using var request = new HttpRequestMessage(method, address.Render(message, Words, Uri.EscapeDataString));
        var bytes = Encoding.UTF8.GetBytes(body);
        request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = contentType } };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        Sign(request, MessageIds.Of(message), bytes);
        return await http.SendAsync(
            request, static answer => answer.Failure() ?? new Delivery.Sent(Thread: null), cancellationToken);
    }

    void Sign(HttpRequestMessage request, string id, byte[] body)
    {
        var moment = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", moment);
        if (key is null) return;
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{moment}."), .. body];
        var signature = HMACSHA256.HashData(key, signed);
        request.Headers.TryAddWithoutValidation("webhook-signature", $"v1,{Convert.ToBase64String(signature)}");
    }

    static MessageTemplate Address(ChannelSettings settings, string name)
    {
        var template = Template(settings.Values, name, settings.Values.RequiredText(name));
        // Headers of a request usually prove who asks.
        settings.Parse(name, template.Sample("x"), holdsSecrets: settings.Values.Names.Contains(HeadersKey));
        return template;
    }

    MessageTemplate? Body(Settings values, string name)
    {
        if (values.Text(name) is not { } text) return null;
        var template = Template(values, name, text);
        if (!IsJson(contentType.MediaType!)) return template;
        try
        {
            using var _ = JsonDocument.Parse(template.Sample("x"));
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Configuration, $"'{name}' is not JSON: {e.Message}")
            {
                Place = values.PlaceOf(name),
                Hint = "write placeholders in quotes, such as \"{{title}}\", or set content_type to text/plain",
            };
        }
        return template;
    }

    static MessageTemplate Template(Settings values, string name, string text)
    {
        var template = MessagePlaceholders.Read(text, out var error);
        return error is not { } wrong
            ? template
            : throw new FozException(ErrorKind.Configuration, $"'{name}': {wrong.Message}")
            {
                Place = values.PlaceOf(name), Hint = wrong.Hint,
            };
    }

    static (MediaTypeHeaderValue Type, Func<string, string> Escape) ContentType(Settings values)
    {
        var text = values.Text(TypeKey) ?? "application/json";
        if (!MediaTypeHeaderValue.TryParse(text, out var type))
            throw values.Wrong(TypeKey, $"a media type such as application/json, not '{text}'");
        type.CharSet = "utf-8";
        return (type, type.MediaType switch
        {
            { } media when IsJson(media) => static part =>
                JsonEncodedText.Encode(part, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
            "application/x-www-form-urlencoded" => Uri.EscapeDataString,
            "text/html" or "text/xml" or "application/xml" => WebUtility.HtmlEncode,
            "text/plain" => static part => part,
            _ => throw values.Wrong(
                TypeKey,
                $"a type of JSON, XML, HTML, forms or plain text, not '{text}': others have escapes of their own"),
        });
    }

    static bool IsJson(string mediaType) => mediaType is "application/json" || mediaType.EndsWith(
        "+json", StringComparison.OrdinalIgnoreCase);

    static IReadOnlyDictionary<string, string> Headers(Settings values)
    {
        var map = values.Map(HeadersKey);
        using var probe = new HttpRequestMessage();
        foreach (var (name, value) in map)
        {
            if (ownHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw values.Wrong(HeadersKey, $"other headers than '{name}', which requests have by themselves");
            if (value.Any(c => c is < ' ' or > '~') || !probe.Headers.TryAddWithoutValidation(name, value))
                throw values.Wrong(HeadersKey, $"headers of HTTP in ASCII; '{name}' is none");
        }
        return map;
    }

    static byte[]? Key(Settings values)
    {
        if (values.Text(SecretKey) is not { } text) return null;
        if (!text.StartsWith(SecretPrefix, StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(text) is { Length: >= SecretBytesMin } bytes
                ? bytes : throw values.Wrong(SecretKey, $"at least {SecretBytesMin} bytes long");
        var decoded = new byte[text.Length];
        return Convert.TryFromBase64String(text[SecretPrefix.Length..], decoded, out var count)
            && count >= SecretBytesMin
                ? decoded[..count]
                : throw values.Wrong(SecretKey, $"at least {SecretBytesMin} bytes in Base64 after '{SecretPrefix}'");
    }
}
