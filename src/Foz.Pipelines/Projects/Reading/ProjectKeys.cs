using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>The keys of <c>foz.yml</c>, with what its readers and documents say of them.</summary>
static class ProjectKeys
{
    /// <summary>Of <c>cache</c>.</summary>
    public static IReadOnlyList<SettingSpec> Cache { get; } =
    [
        new("folder", "the folder of the files") { Default = "`~/.cache/foz`" },
        new("size", "how much of the disk they take") { Default = "20GB" },
    ];

    /// <summary>Of <c>readers</c>.</summary>
    public static IReadOnlyList<SettingSpec> Readers { get; } =
    [
        new("all", "a list of engines for the tables of which nothing else is said"),
        new("tables", "name of a schema (a folder of `models/`) or table → a list of engines; `[]` for none"),
    ];

    /// <summary>Of <c>backup</c>.</summary>
    public static IReadOnlyList<SettingSpec> Backup { get; } =
    [
        new("to", "a folder, or an object store, as `lake` has it; nothing else may be there") { IsRequired = true },
        new("retention", "for how long a backup is kept; the newest always is") { Default = "30 days" },
    ];

    /// <summary>Of the file.</summary>
    public static IReadOnlyList<SettingSpec> File { get; } =
    [
        new("name", "the project's name: letters, digits, `_`, `-`, `.`") { IsRequired = true },
        new(
            "lake",
            "where the tables are: a folder, relative to the project, or the address of an [object "
                + "store](../guide/object-stores.md); or a mapping of [`url` and settings](#lake)")
        {
            Default = "`lake`",
        },
        new("cache", "of a lake in an object store, the files that are kept here")
        {
            Keys = Cache,
        },
        new(
            "memory",
            "what the process may use: `512MB`, `4GB`, `1.5GiB`. At least `4MB`; the sample shop needs more than "
                + "`64MB`. What does not fit is spilled; statements with millions of groups can take up to three times "
                + "as much")
        {
            Default = "a quarter of the machine",
        },
        new("threads", "how many threads work") { Default = "all processors" },
        new("python", "the Python of [programs](../guide/programs.md): a path or name")
        {
            Default = "that of `.venv` or an active environment, else `python3`",
        },
        new("maintenance", "what runs do for tables [after their steps](#maintenance)"),
        new(
            "readers",
            "the engines that tables [stay readable "
                + "for](../guide/other-engines.md#engines-that-a-table-stays-readable-for): a "
                + "list for all tables, or a mapping")
        {
            Keys = Readers,
        },
        new(
            TriggerReader.Key,
            "the [`trigger`](#modelssql) of models that can follow their input and state none")
        {
            Default = "after each batch of a change stream that the model reads",
            Keys = TriggerReader.Keys,
        },
        new("openlineage", "where runs send [OpenLineage events](#openlineage)"),
        new("telemetry", "where [metrics, traces and logs](#telemetry) are sent"),
        new(PriceList.Key, "[what the machine costs](#prices), by which `foz.steps` tells the cost of each table"),
        new("serve", "how [`foz serve`](#serve) serves the lake"),
        new("schedules", "name → [schedule](#schedules)"),
        new("scheduler", "what [schedules](#scheduler) share"),
        new("backup", "where [`foz backup`](../guide/backup.md) copies the lake") { Keys = Backup },
        new(
            "connections",
            "name → `type` (`airbyte`, `database`, `delta`, `files`, `http`, `iceberg`, "
                + "`mariadb`, `mongodb`, `mysql`, `postgresql`, "
                + "`python` or `singer`) and [its settings](sources.md)"),
        new("environments", "name → [environment](#environments)"),
        new("selectors", "a list of named [selectors](selectors.md#selectorsyml), as `selectors.yml` has it"),
        new("default_environment", "the environment without `--target`") { Default = "none of them" },
    ];

    /// <summary>Of an environment.</summary>
    public static IReadOnlyList<SettingSpec> Environment { get; } =
    [
        new("lake", "as of the project"),
        new("cache", "as of the project"),
        new(
            "base",
            "another environment of the same lake, whose tables are used in place of those that this one [has not "
                + "made](../guide/environments.md); it has no base itself"),
        new("schema_prefix", "what the names of all schemas begin with in the lake") { Default = "nothing" },
        new("memory", "as of the project"),
        new("threads", "as of the project"),
        new("python", "as of the project"),
        new("backup", "as of the project"),
        new("connections", "name → settings that stand over those of the connection, or one of its own"),
    ];

    /// <summary>Of <c>maintenance</c>, for all tables or one.</summary>
    public static IReadOnlyList<SettingSpec> MaintenanceOfTable { get; } =
    [
        new("optimize", "`auto`: small files are put together when there are many; `off`") { Default = "`auto`" },
        new("small_files", "from how many small files on") { Default = "50" },
        new("vacuum", "`auto`: files go that no version needs which is younger than the table's retention; `off`")
        {
            Default = "`off`",
        },
        new("keep", "how long rows of the schema `foz` are kept, such as `400 days`; only for it and its tables")
        {
            Default = "for ever",
        },
    ];

    /// <summary>Of <c>maintenance</c>.</summary>
    public static IReadOnlyList<SettingSpec> Maintenance { get; } =
    [
        .. MaintenanceOfTable,
        new("server", "`auto`: `foz serve` maintains all tables of the lake in quiet moments; `off`")
        {
            Default = "`auto`",
        },
        new("quiet_hours", "the hours in which `foz serve` does it, such as `22:00-06:00`") { Default = "all hours" },
        new("time_zone", "the time zone of `quiet_hours`") { Default = "that of `scheduler`" },
        new("tables", "name of a schema or table → the keys above"),
    ];
}
