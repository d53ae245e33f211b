using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>The keys of a task, with what documents say of them.</summary>
static class TaskKeys
{
    public const string Run = "run", Sql = "sql", Http = "http", Shell = "shell", Python = "python",
        Container = "container", Sensor = "wait_for", Approval = "approval";

    public const string Environment = "environment", Arguments = "arguments", Values = "values", User = "user",
        Every = "every", Volumes = "volumes";

    /// <summary>Gets the kinds of tasks, of which a task has one.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [Run, Sql, Http, Shell, Python, Container, Sensor, Approval];

    /// <summary>Gets the keys that only some kinds have.</summary>
    public static IReadOnlyDictionary<string, string[]> OfKinds { get; } = new Dictionary<string, string[]>
    {
        [Environment] = [Shell, Python, Container], [Arguments] = [Python, Container], [Values] = [Sql, Sensor],
        [User] = [Sql, Sensor], [Every] = [Sensor], [Volumes] = [Container],
        ["retries"] = [Run, Sql, Http, Shell, Python, Container],
        ["retry_delay"] = [Run, Sql, Http, Shell, Python, Container],
        ["retry_on_takeover"] = [Sql, Http, Shell, Python, Container],
    };

    /// <summary>Gets the keys of a request of HTTP.</summary>
    public static IReadOnlyList<SettingSpec> Request { get; } =
    [
        new("url", "the address; values of placeholders in it are escaped") { IsRequired = true },
        new("method", "the method") { Default = "`GET`" },
        new("headers", "name → value; `${NAME}` is an environment variable"),
        new("json", "the body, as JSON: placeholders in its texts are escaped"),
        new("body", "the body, as plain text"),
        new("expect", "the statuses that are a success") { Default = "200 to 299" },
        new("outputs", "name of an output → field of the JSON that is answered, such as `id` or `items.0.name`"),
    ];

    /// <summary>Gets the keys of what a sensor waits for.</summary>
    public static IReadOnlyList<SettingSpec> Target { get; } =
    [
        new("file", "a path in the project, a full one, or an object such as `s3://bucket/key`; `*` in its last part"),
        new("table", "a table, such as `silver.orders`"),
        new(
            "since",
            "with `table`: the moment at or after which its newest version was committed, such as `{{ due }}`"),
        new("sql", "a SELECT: its first value must be neither NULL, false nor 0"),
        new("http", "an address, or a request with the keys of `http`, that must succeed"),
        new("time", "a time of the due day, such as `'08:00'`, or a day and a time"),
    ];

    /// <summary>Gets the keys of an approval.</summary>
    public static IReadOnlyList<SettingSpec> Decision { get; } =
    [
        new("by", "who may decide: users, and `group:name` for groups of the operating system") { Default = "anyone" },
        new("within", "after how long without a decision it fails") { Default = "`1d`" },
    ];

    /// <summary>Gets the keys of a task.</summary>
    public static IReadOnlyList<SettingSpec> Task { get; } =
    [
        new(Run, "a command as of schedules: `build --select gold`"),
        new(Sql, "a statement; `$name` is a parameter"),
        new(Http, "an address, or a request") { Keys = Request },
        new(Shell, "a command line of the shell"),
        new(Python, "a file of the project"),
        new(Container, "an image, run by `podman` or `docker`"),
        new(Sensor, "what a sensor waits for") { Keys = Target },
        new(Approval, "a person who approves or rejects; `anyone`, or a mapping") { Keys = Decision },
        new("after", "a task, or a list: those that must have ended before"),
        new("when", "how they must have ended; else the task is skipped")
        {
            Values = ["success", "failure", "any"], Default = "`success`",
        },
        new("timeout", "after how long an attempt is stopped; of a sensor, after how long it fails")
        {
            Default = "`1h`; of a sensor `1d`; of `http` `1m`",
        },
        new("retries", "how often it is tried again after it failed") { Default = "0" },
        new("retry_delay", "how long after the failure; each next attempt waits twice as long, at most an hour")
        {
            Default = "`1m`",
        },
        new("retry_on_takeover", "`true` starts it again where its host ended while it ran: it may run twice")
        {
            Default = "`false`",
        },
        new(Environment, "of `shell`, `python`, `container`: name → value of environment variables"),
        new(Arguments, "of `python` and `container`: its arguments"),
        new(Volumes, "of `container`: folders as `--volume` takes them"),
        new(Values, "of `sql`: name of a parameter → value, besides the schedule's parameters"),
        new(User, "of `sql`: the user whose rights count") { Default = "the owner" },
        new(Every, "of `wait_for`: how often it looks") { Default = "`1m`" },
    ];
}
