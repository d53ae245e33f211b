using Foz.Lake.Configuration;
using Foz.Operations.Calendars;

namespace Foz.Operations.Schedules;

/// <summary>The keys of <c>scheduler</c> and <c>schedules</c>, with what documents say of them.</summary>
static class ScheduleKeys
{
    /// <summary>Of <c>scheduler</c>.</summary>
    public static IReadOnlyList<SettingSpec> Scheduler { get; } =
    [
        new("time_zone", "the time zone of cron expressions, such as `America/Sao_Paulo`") { Default = "`UTC`" },
        new("environments", "the environments in which schedules run") { Default = "all" },
        new("runs_max", "how many runs of schedules work at once") { Default = "4" },
        new("pools", "name → number of places; a run takes one place of its schedule's pool"),
        new("tags", "tag → when `foz serve` runs what has it: [as of a model](../guide/schedules.md#at-models)"),
        new("groups", "group → when `foz serve` runs its models, in the same words"),
        new("calendars", "name → a calendar") { Keys = CalendarReader.Keys },
        new("keep", "for how long ended runs of schedules are listed") { Default = "`90 days`" },
    ];

    /// <summary>Of <c>webhook</c>.</summary>
    public static IReadOnlyList<SettingSpec> Webhook { get; } =
    [
        new("secret", "the secret of signatures (HMAC-SHA-256)") { IsSecret = true },
        new("token", "the bearer token") { IsSecret = true },
        new("rate", "how many calls a minute make a run; others are answered by 429")
        {
            Default = $"{WebhookAccess.CallsDefault}",
        },
    ];

    /// <summary>Of <c>budget</c>.</summary>
    public static IReadOnlyList<SettingSpec> Budget { get; } =
    [
        new("rows", "how many rows its steps read from sources and write by models"),
        new("bytes", "how many bytes they do, such as `5GB`"),
        new("time", "how long it takes"),
    ];

    /// <summary>Of each of <c>schedules</c>.</summary>
    public static IReadOnlyList<SettingSpec> Schedule { get; } =
    [
        new(
            "cron",
            "minute, hour, day of month, month, day of week; with seconds before them if there are six; or `@daily`"),
        new("time_zone", "the time zone of `cron`") { Default = "that of `scheduler`" },
        new(
            "calendar",
            "the calendar whose business days count: `br`, `br_bank`, `br_sp` (each state has one), or an own one"),
        new("other_days", "what becomes of times on other days") { Values = ["skip", "next", "previous"],
            Default = "`skip`" },
        new("business_day", "the number of the business day in its month: `5`, or `-1` for the last"),
        new("every", "a length of time: `15m`, `1 hour`"),
        new("start", "the moment from which `every` is counted") { Default = "1970-01-01 in UTC" },
        new("after", "a schedule, or a list: due when a run of one of them ends"),
        new("when", "how that run must end") { Values = ["success", "failure", "any"], Default = "`success`" },
        new("on_tables", "a table, or a list: due when one of them has a new version"),
        new(
            "on_files",
            "a source, a stream as `source.stream`, or a list: due when one has files that the lake does not have"),
        new(
            "on_stale",
            "a source, a stream, or a list: due when the table of one is older than its `freshness`, or "
                + "`older_than`, allows"),
        new("older_than", "the age that `on_stale` allows"),
        new(
            "webhook",
            "due when [a call](../guide/schedules.md#webhooks) of `POST /hooks/<name>` brings a signature or a token")
        {
            Keys = Webhook,
        },
        new("command", "what is run, without `foz`: `run`, `build`, `test`, `seed`, `snapshot` or `retry` with options")
        {
            Default = "`run`",
        },
        new("select", "selectors for the command, as `--select` takes them"),
        new("exclude", "selectors for the command, as `--exclude` takes them"),
        new("tasks", "name → a task, in place of `command`: [tasks](#tasks)"),
        new("parameters", "name → value: what placeholders of its tasks take, such as `{{ due | date }}`"),
        new("catch_up", "which missed times are run") { Values = ["skip", "last", "all"], Default = "`last`" },
        new("catch_up_max", "how many missed times are run at most: the last ones") { Default = "100" },
        new("catch_up_order", "which of them is run first") { Values = ["oldest", "newest"], Default = "`oldest`" },
        new("start_within", "with `catch_up: skip`: how late a time may be that is still run") { Default = "`10m`" },
        new("concurrency", "how many runs of the schedule work at once; others wait") { Default = "1" },
        new("pool", "the pool whose places its runs take"),
        new("priority", "a number: waiting runs with a higher one start first") { Default = "0" },
        new("budget", "what [a run may use](../guide/schedules.md#budgets); one that passes it is stopped")
        {
            Keys = Budget,
        },
        new("timeout", "after how long a run is canceled"),
        new("retries", "how often a run that failed is tried again") { Default = "0" },
        new("retry_delay", "how long after the failure; each next attempt waits twice as long, at most an hour")
        {
            Default = "`1m`",
        },
        new("enabled", "`false` keeps it from running by itself; `foz schedule run` runs it") { Default = "`true`" },
    ];
}
