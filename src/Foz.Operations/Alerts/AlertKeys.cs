using Foz.Lake.Configuration;

namespace Foz.Operations.Alerts;

/// <summary>The keys of the files in <c>alerts/</c>, with what documents say of them.</summary>
static class AlertKeys
{
    /// <summary>Of a file.</summary>
    public static IReadOnlyList<SettingSpec> File { get; } =
    [
        new("channels", "name → a [channel](#channels)"),
        new("routes", "a list of [routes](#routes), those of all files in the order of the files' names"),
        new("rules", "name → a [rule](#rules)"),
        new("templates", "name → [own texts](#templates) of messages"),
        new("links", "how [links](#links) in messages are made") { Default = "messages have no links" },
        new("group_wait", "how long a message waits for more that broke by the same cause") { Default = "`1s`" },
        new("retry_for", "for how long a message is tried again that a channel does not take") { Default = "`1d`" },
    ];

    /// <summary>Of any channel, beside those of its type.</summary>
    public static IReadOnlyList<SettingSpec> Channel { get; } =
    [
        new("type", "the type") { IsRequired = true },
        new("language", "the language of its messages") { Values = ["en", "pt"], Default = "`en`" },
        new("role", "the user or role whose rights and masks hold for the bad rows in messages")
        {
            Default = "messages have no rows",
        },
        new("per_minute", "how many messages it takes in a minute; more wait") { Default = "30" },
        new("texts", "the name of own texts under `templates`") { Default = "those of Foz" },
    ];

    /// <summary>Of a route.</summary>
    public static IReadOnlyList<SettingSpec> Route { get; } =
    [
        new("to", "a channel, or a list") { IsRequired = true },
        new("owner", "an owner, or a list: of any table of the incident"),
        new("tag", "a tag, or a list: of any table of the incident"),
        new("schema", "a schema, or a list, with `*`"),
        new("subject", "a table, schedule or rule, or a list, with `*`"),
        new("kind", "a kind of incident, or a list")
        {
            Values = [.. Enum.GetNames<Incidents.IncidentKind>().Select(name => name.ToLowerInvariant())],
        },
        new("severity", "the least severity") { Values = ["info", "warning", "critical"], Default = "`warning`" },
        new("environment", "an environment, or a list") { Default = "all" },
        new("hours", "the hours in which messages are sent, such as `08:00-18:00`; those of others wait")
        {
            Default = "always",
        },
        new("time_zone", "the time zone of `hours`") { Default = "that of `scheduler` in `foz.yml`" },
        new("calendar", "the calendar whose business days `hours` are of, as at [schedules](project.md#schedules)")
        {
            Default = "all days",
        },
        new("repeat", "how often a message is repeated until a user takes care of the incident")
        {
            Default = "never",
        },
        new("escalate", "a list of `{after: 30m, to: [channel]}`: who else is asked, where no user answers"),
        new("continue", "`true`: the routes after it are looked at too") { Default = "`false`" },
        new("resolved", "whether its channels are sent that an incident is over") { Default = "`true`" },
    ];

    /// <summary>Of an escalation.</summary>
    public static IReadOnlyList<SettingSpec> Escalation { get; } =
    [
        new("after", "how long after the first message") { IsRequired = true },
        new("to", "a channel, or a list") { IsRequired = true },
    ];

    /// <summary>Of a rule.</summary>
    public static IReadOnlyList<SettingSpec> Rule { get; } =
    [
        new("late_after", "how long ago the tables may have been made"),
        new("finished_by", "the time of day by which the tables must have been made: `'07:30'`"),
        new("from", "with `finished_by`: what was made before this time of the day does not count")
        {
            Default = "`'00:00'`",
        },
        new("tables", "of these rules: a list of names with `*`, `tag:…`, `owner:…` or `source:…`"),
        new("sql", "a SELECT that must find no rows"),
        new("user", "with `sql`: the user or role with whose rights it runs; needed where there are users"),
        new("every", "with `sql`: how often it runs") { Default = "`5m`" },
        new("cron", "with `sql`: when it runs, in the place of `every`"),
        new("disk_free", "the least room on the disk of the lake: `20GB` or `10%`"),
        new("disk_full_in", "how far off the moment must be at which the disk of the lake is full, such as `7 days`")
        {
            Default = "a rule of 7 days and severity `warning`, where none is stated",
        },
        new("memory_free", "the least memory that the machine has left: `1GB` or `5%`"),
        new("certificate_days", "how many days the certificate of `serve.tls` must hold still"),
        new("time_zone", "the time zone of `finished_by` and `cron`")
        {
            Default = "that of `scheduler` in `foz.yml`",
        },
        new("calendar", "with `finished_by`: the calendar whose business days count") { Default = "all days" },
        new("severity", "how bad it is") { Values = ["info", "warning", "critical"], Default = "`critical`" },
        new("description", "what it means, for people"),
        new("command", "the command that fixes it"),
    ];

    /// <summary>Of a template.</summary>
    public static IReadOnlyList<SettingSpec> Template { get; } =
    [
        new("title", "the title"), new("text", "the text below it"),
    ];

    /// <summary>Of the links.</summary>
    public static IReadOnlyList<SettingSpec> Links { get; } =
    [
        new("url", "where people reach the HTTP port of the hosts, such as `https://foz.example.com`")
        {
            IsRequired = true,
        },
        new("expires", "how long a link holds") { Default = "`7d`" },
    ];
}
