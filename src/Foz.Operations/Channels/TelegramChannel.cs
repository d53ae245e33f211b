using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>
/// A chat of Telegram, by a bot (<c>sendMessage</c>); later messages of an incident reply to the first.
/// </summary>
sealed class TelegramChannel : IAlertChannel
{
    const string TokenKey = "token", ChatKey = "chat", TopicKey = "topic", UrlKey = "url";
    const string UrlDefault = "https://api.telegram.org";

    /// <summary>
    /// Together less than 4,096 characters as Telegram counts them: after it has read the markup, in UTF-16 units.
    /// </summary>
    static readonly MessageLimits limits = new(Title: 250, Text: 1300, Value: 80, Values: 10, Table: 750)
    {
        Command = 200,
    };

    readonly ChannelHttp http;
    readonly Uri address;
    readonly string chat;
    readonly long? topic;

    TelegramChannel(ChannelSettings settings)
    {
        (Name, Words) = (settings.Name, settings.Words);
        var values = settings.Values;
        var token = values.RequiredText(TokenKey);
        if (token.Length == 0 || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '_' or '-'))
            throw values.Wrong(TokenKey, "a bot's token: letters, digits, :, _ and -");
        // The part before it is the bot's number.
        settings.Secrets.Add(token[(token.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        (chat, topic) = (values.RequiredText(ChatKey), values.Integer(TopicKey));
        if (!(chat.StartsWith('@') || long.TryParse(chat, NumberStyles.AllowLeadingSign, null, out _)))
            throw values.Wrong(ChatKey, $"the number of a chat, or the @name of a channel, not '{chat}'");
        address = ChannelSettings.Below(
            settings.Address(UrlKey, UrlDefault, holdsSecrets: true), $"bot{token}/sendMessage");
        http = new(settings);
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "telegram",
        [
            new(TokenKey, "the bot's token, as @BotFather gives it") { IsRequired = true, IsSecret = true },
            new(ChatKey, "the number of the chat, which is negative for groups, or the `@name` of a channel")
            {
                IsRequired = true,
            },
            new(TopicKey, "the number of a topic of the group"),
            new(UrlKey, "the address of the server of bots") { Default = $"`{UrlDefault}`" },
        ],
        settings => new TelegramChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["chat_id"] = long.TryParse(chat, NumberStyles.AllowLeadingSign, null, out var number) ? number : chat,
            ["text"] = Html(message, Words),
            ["parse_mode"] = "HTML",
            ["link_preview_options"] = new JsonObject { ["is_disabled"] = true },
            ["disable_notification"] = message.Severity is AlertSeverity.Info,
        };
        if (topic is { } thread) body["message_thread_id"] = thread;
        if (long.TryParse(message.Thread, NumberStyles.None, null, out var first))
            body["reply_parameters"] = new JsonObject
            {
                ["message_id"] = first, ["allow_sending_without_reply"] = true,
            };
        using var request = ChannelHttp.Json(address, body.ToJsonString(JsonMembers.Readable));
        return await http.SendAsync(request, answer => Read(answer, message.Thread), cancellationToken);
    }

    /// <summary>Returns a message in Telegram's HTML.</summary>
    public static string Html(AlertMessage message, MessageWords words)
    {
        var fitted = FittedMessage.Of(message, words, limits);
        var html = new StringBuilder($"<b>{Escape(fitted.Heading)}</b>");
        if (fitted.Text.Length > 0) html.Append($"\n\n{Escape(fitted.Text)}");
        if (fitted.Values.Count > 0) html.Append('\n');
        foreach (var value in fitted.Values) html.Append($"\n<b>{Escape(value.Name)}</b>: {Escape(value.Value)}");
        if (fitted.Table.Length > 0)
            html.Append($"\n\n<b>{Escape(words.FirstRows)}</b>\n<pre>{Escape(fitted.Table)}</pre>");
        if (fitted.Command.Length > 0)
            html.Append($"\n\n<b>{Escape(words.Fix)}</b>: <code>{Escape(fitted.Command)}</code>");
        if (fitted.Links.Count > 0)
            html.Append("\n\n").AppendJoin(
                " · ",
                fitted.Links.Select(link => $"<a href=\"{Escape(link.Address.AbsoluteUri)}\">{Escape(link.Text)}</a>"));
        return html.ToString();
    }

    static Delivery Read(HttpAnswer answer, string? thread)
    {
        var json = answer.Json();
        var parameters = json.Member("parameters");
        var description = json.Text("description");
        var wait = double.TryParse(parameters.Text("retry_after"), CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.SecondsPerDay))
            : answer.RetryAfter;
        if (parameters.Text("migrate_to_chat_id") is { } moved)
            return new Delivery.Refused($"Telegram answers that the chat has the number {moved} now: set 'chat' to it");
        if ((answer with { RetryAfter = wait }).Failure(description) is { } failure) return failure;
        if (json.Member("result").Text("message_id") is { } id) return new Delivery.Sent(thread ?? id);
        return description is null
            ? answer.NotUnderstood()
            : new Delivery.Refused($"Telegram answers {description}");
    }

    static string Escape(string text) => MessageText.EscapeHtml(text);
}
