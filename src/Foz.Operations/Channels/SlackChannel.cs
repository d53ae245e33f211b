using System.Net.Http.Headers;

namespace Foz.Operations.Channels;

/// <summary>
/// A channel of Slack, by a bot's token (<c>chat.postMessage</c>, with threads) or by an incoming webhook.
/// </summary>
sealed class SlackChannel : IAlertChannel
{
    const string TokenKey = "token", ChannelKey = "channel", WebhookKey = "webhook", UrlKey = "url";
    const string UrlDefault = "https://slack.com/api";

    /// <summary>Errors of the service's own that may pass.</summary>
    static readonly string[] passing =
    [
        "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error",
        "service_unavailable", "request_timeout",
    ];

    readonly ChannelHttp http;
    readonly Uri address;
    readonly string? token;
    readonly string channel;

    SlackChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        var values = settings.Values;
        token = values.Text(TokenKey);
        if ((token is null) == (values.Text(WebhookKey) is null))
            throw values.Wrong(TokenKey, $"set, or '{WebhookKey}', but not both");
        if (token is null && values.Text(ChannelKey) is not null)
            throw values.Wrong(ChannelKey, $"left out with '{WebhookKey}', which has a channel of its own");
        channel = token is null ? "" : values.RequiredText(ChannelKey);
        address = token is null
            ? settings.Address(WebhookKey, fallback: null, holdsSecrets: true)
            : ChannelSettings.Below(settings.Address(UrlKey, UrlDefault, holdsSecrets: true), "chat.postMessage");
        if (token is null) settings.NoteParts(address);
        http = new(settings);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "slack",
        [
            new(TokenKey, "the bot's token, `xoxb-…`, with the scope `chat:write`") { IsSecret = true },
            new(ChannelKey, "with `token`: the channel's id, such as `C0123456789`, or name"),
            new(WebhookKey, "instead of `token`: the address of an incoming webhook; without threads")
            {
                IsSecret = true,
            },
            new(UrlKey, "with `token`: the address of Slack's methods") { Default = $"`{UrlDefault}`" },
        ],
        settings => new SlackChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var body = SlackBlocks.Of(message, Words);
        if (token is null)
        {
            using var hook = ChannelHttp.Json(address, body.ToJsonString(JsonMembers.Readable));
            return await http.SendAsync(
                hook, static answer => answer.Failure() ?? new Delivery.Sent(Thread: null), cancellationToken);
        }
        body["channel"] = channel;
        if (message.Thread is { Length: > 0 } thread)
        {
            body["thread_ts"] = thread;
            // A reply is seen by those who follow the thread; these two are for all.
            body["reply_broadcast"] = message.Kind is MessageKind.Escalated or MessageKind.Resolved;
        }
        using var request = ChannelHttp.Json(address, body.ToJsonString(JsonMembers.Readable));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, answer => Read(answer, message.Thread), cancellationToken);
    }

    static Delivery Read(HttpAnswer answer, string? thread)
    {
        var json = answer.Json();
        var error = json.Text("error");
        if (answer.Failure(error) is { } failure) return failure;
        if (json.Member("ok")?.ValueKind is System.Text.Json.JsonValueKind.True && json.Text("ts") is { } ts)
            return new Delivery.Sent(thread ?? ts);
        if (error is null) return answer.NotUnderstood();
        return passing.Contains(error)
            ? new Delivery.Failed($"Slack answers {error}", answer.RetryAfter)
            : new Delivery.Refused($"Slack answers {error}");
    }
}
