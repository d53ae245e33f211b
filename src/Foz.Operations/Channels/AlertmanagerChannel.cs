using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Foz.Operations.Channels;

/// <summary>
/// Prometheus' Alertmanager, by its API v2: each incident is an alert with the labels of the incident.
/// </summary>
sealed class AlertmanagerChannel : IAlertChannel
{
    const string UrlKey = "url", UserKey = "user", PasswordKey = "password", TokenKey = "token";
    const string LabelsKey = "labels", ExpiresKey = "expires";

    static readonly MessageLimits limits = new(Title: 500, Text: 8000, Value: 1000, Values: 40, Table: 4000);
    static readonly string[] ownLabels = ["alertname", "incident", "severity"];

    readonly ChannelHttp http;
    readonly Uri address;
    readonly AuthenticationHeaderValue? authorization;
    readonly IReadOnlyDictionary<string, string> labels;
    readonly TimeSpan expires;
    readonly TimeProvider clock;

    AlertmanagerChannel(ChannelSettings settings)
    {
        (Name, Words, clock) = (settings.Name, settings.Words, settings.Clock);
        var values = settings.Values;
        var (user, password, token) = (values.Text(UserKey), values.Text(PasswordKey), values.Text(TokenKey));
        if ((user is null) != (password is null))
            throw values.Wrong(
                user is null ? UserKey : PasswordKey, $"set, as '{(user is null ? PasswordKey : UserKey)}' is");
        if (user is not null && token is not null) throw values.Wrong(TokenKey, $"left out with '{UserKey}'");
        authorization = token is not null ? new("Bearer", token)
            : user is not null ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
            : null;
        address = ChannelSettings.Below(
            settings.Address(UrlKey, fallback: null, holdsSecrets: authorization is not null), "api/v2/alerts");
        labels = values.Map(LabelsKey);
        foreach (var name in labels.Keys)
            if (!IsLabel(name) || ownLabels.Contains(name))
                throw values.Wrong(
                    LabelsKey, $"names of labels other than {string.Join(", ", ownLabels)}: letters, digits and _, "
                        + $"no digit first, not '{name}'");
        expires = values.Duration(ExpiresKey, TimeSpan.FromDays(7));
        if (expires < TimeSpan.FromMinutes(1)) throw values.Wrong(ExpiresKey, "at least a minute");
        http = new(settings, settings.Authorities());
    }

    /// <summary>Gets the type.</summary>
    public static ChannelType Type { get; } = new(
        "alertmanager",
        [
            new(UrlKey, "the address of Alertmanager, such as `http://alertmanager:9093`") { IsRequired = true },
            new(UserKey, "the user, where a password is asked for"),
            new(PasswordKey, "the user's password") { IsSecret = true },
            new(TokenKey, "a bearer token, where one is asked for") { IsSecret = true },
            new(LabelsKey, "name → value: labels of all alerts, besides `alertname`, `incident` and `severity`"),
            new(ExpiresKey, "after how long an alert ends of which no more messages come") { Default = "`7 days`" },
            ChannelSettings.Ca,
        ],
        settings => new AlertmanagerChannel(settings));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public MessageWords Words { get; }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <inheritdoc/>
    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        using var request = ChannelHttp.Json(
            address, new JsonArray(AlertOf(message)).ToJsonString(JsonMembers.Readable));
        request.Headers.Authorization = authorization;
        return await http.SendAsync(
            request, static answer => answer.Failure() ?? new Delivery.Sent(Thread: null), cancellationToken);
    }

    JsonObject AlertOf(AlertMessage message)
    {
        var fitted = FittedMessage.Of(message, Words, limits);
        var own = new JsonObject();
        foreach (var (name, value) in labels) own[name] = value;
        own["alertname"] = "FozIncident";
        own["incident"] = message.IncidentId;
        own["severity"] = message.Severity.Code;
        var now = clock.GetUtcNow();
        // An alert that ends before it starts is refused, and clocks differ.
        var start = message.Since < now ? message.Since : now;
        var alert = new JsonObject
        {
            ["labels"] = own,
            ["annotations"] = new JsonObject
            {
                ["summary"] = fitted.Heading, ["description"] = fitted.ToText(Words),
            },
            ["startsAt"] = Moment(start),
            ["endsAt"] = Moment(message.Kind is MessageKind.Resolved ? now : now + expires),
        };
        if (fitted.Links is [var link, ..]) alert["generatorURL"] = link.Address.AbsoluteUri;
        return alert;
    }

    static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("O");

    static bool IsLabel(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0])
        && !name.StartsWith("__", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_');
}
