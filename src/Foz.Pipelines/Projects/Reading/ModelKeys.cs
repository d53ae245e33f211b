using Foz.Connectors.Registry;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>The keys of models, seeds and tests, with what their readers and documents say of them.</summary>
static class ModelKeys
{
    const string OnViolation =
        "`fail`, `warn`, `drop` or `quarantine`, for [its checks](checks.md#what-a-violation-does)";
    const string Readers =
        "the engines that its table [stays readable "
            + "for](../guide/other-engines.md#engines-that-a-table-stays-readable-for); `[]` for none";
    const string ForPeople = "for people, and for [selectors](selectors.md)";

    /// <summary>Of a column, of a source or a model.</summary>
    public static IReadOnlyList<SettingSpec> Column { get; } =
    [
        new("name", "the column's name; required in a list"),
        new("type", "its type, in DuckDB's words"),
        new("data_type", "dbt's word for `type`"),
        new("nullable", "`false`: under a [contract](../guide/quality.md#contracts) it holds no nulls")
        {
            Default = "`true`",
        },
        new("clean", "[rules](../guide/quality.md#cleaning) that its values are cleaned by"),
        new("description", "for people; becomes the column's comment"),
        new(
            "tags",
            "what its values are, such as [`pii.cpf`](../guide/personal-data.md); they stand in the table's schema, "
                + "and columns made from it have them too"),
        new(
            "release",
            "of a model's column, tags of what it is made from that are none of its own, with the reason of each: "
                + "`{pii.cpf: 'a count, DPO-12'}`"),
        new(
            "retention",
            "how old its value may be, such as `400 days`: [rows in which it is older are "
                + "deleted](../guide/maintenance.md#retention) after each run; a date or timestamp"),
        new(
            "mask",
            "of a source's column, what takes the place of its values before anything is written, cleaned or checked: "
                + "`hash` (HMAC-SHA-256 by the source's `mask_key`, in hexadecimal; equal values stay equal), `redact` "
                + "(`***`), `last_four` (`***` and the last four characters of eight or more), `null`"),
        new(
            "from",
            "of a program: the columns that it is made from, such as `[silver.orders.amount]`, for "
                + "[lineage](../guide/lineage.md)"),
        new("checks", "[checks](checks.md) of the column"),
    ];

    /// <summary>Of a model, whatever gives its rows.</summary>
    public static IReadOnlyList<SettingSpec> Model { get; } =
    [
        new("name", "`schema.table`") { Default = "the first folder below `models/` and the file's name" },
        new("materialization",
            "`table`, `view`, `incremental`, `snapshot`, `ephemeral`, or a mapping [as below](#materializations)")
        {
            Default = "`table`",
        },
        new("description", ForPeople),
        new("owner", ForPeople),
        new("tags", ForPeople),
        new("meta", ForPeople),
        new("group", "the group that it belongs to, for `group:`"),
        new(
            "schedule",
            "when `foz serve` runs it: `hourly`, `daily`, `weekly`, `monthly`, a cron expression, a length of time, or "
                + "a mapping with [keys of schedules](#schedules)"),
        new(
            TriggerReader.Key,
            "when `foz serve` makes it because its input changed: `available_now`, `continuous`, or a "
                + "mapping; [more](../guide/change-streams.md#models-that-follow-their-input)")
        {
            Default = "as `foz.yml` says",
            Keys = TriggerReader.Keys,
        },
        new("columns", "[columns](#columns)"),
        new("checks", "[checks](checks.md) of the table"),
        new("clean", "[rules](../guide/quality.md#cleaning) that its rows are cleaned by"),
        new("contract",
            "`enforced`: its columns are [those declared](../guide/quality.md#contracts), with their types"),
        new("on_violation", OnViolation) { Default = "`fail`" },
        new("grain", "the columns for whose values together a row stands: they are checked to be there, and unique"),
        new(
            "unknown_member",
            "the row of a dimension for unknown members: a mapping of columns to values; "
                + "[more](../guide/models.md#dimensions)"),
        new("export", "where its rows go once its checks have passed: [one export, or a list](#exports)"),
        new(ReaderList.Key, Readers) { Default = "as `foz.yml` says" },
        new("depends", "tables to be made first that the SQL does not name"),
        new("enabled", "`false` takes the model out") { Default = "`true`" },
        new("type", "`sql`, `python` or `command`: what the file's ending says already"),
        new("dialect", "`duckdb`, the only one so far") { Default = "`duckdb`" },
    ];

    /// <summary>Of a program besides.</summary>
    public static IReadOnlyList<SettingSpec> Program { get; } =
    [
        new("timeout", "how long it may run: `30m`, `2h`") { Default = "one hour" },
        new("memory", "how much memory it and what it starts may hold: `2GB`") { Default = "any" },
    ];

    /// <summary>Of a program that is not in Python besides.</summary>
    public static IReadOnlyList<SettingSpec> Command { get; } =
        [new("command", "the program and its arguments, as a list") { IsRequired = true }];

    /// <summary>Of a model in Python.</summary>
    public static IReadOnlyList<SettingSpec> PythonModel { get; } = [.. Model, .. Program];

    /// <summary>Of a model that is any other program.</summary>
    public static IReadOnlyList<SettingSpec> CommandModel { get; } = [.. PythonModel, .. Command];

    /// <summary>Of <c>export</c>, whatever the target.</summary>
    public static IReadOnlyList<SettingSpec> AnyExport { get; } =
    [
        new("connection", $"for all but a file: a connection of one of the types {ExportTypes}"),
        new(
            "mode",
            "`replace` (all rows), `append` (what is new, of a model that is not rebuilt), or of a table `upsert` "
                + "(what changed, by `keys`, deleted rows too)")
        {
            Default = "`replace`",
        },
        new("keys", "of `upsert`: the columns that identify a row"),
        new("environments", "the environments in which it is done") { Default = "all" },
    ];

    /// <summary>Of <c>export</c>.</summary>
    public static IReadOnlyList<SettingSpec> Export { get; } =
        [.. ExportRegistry.Addresses, .. AnyExport, .. ExportRegistry.Settings];

    static string ExportTypes => string.Join(
        ", ", ExportRegistry.Targets.Where(target => target.ConnectionType is not null)
            .Select(target => $"`{target.ConnectionType}`"));

    /// <summary>Of a seed.</summary>
    public static IReadOnlyList<SettingSpec> Seed { get; } =
    [
        new("name", "`schema.table`") { Default = "as the file is named" },
        new("columns",
            "[columns](#columns); of one with a `type`, a value that is not of it is an error with its line"),
        new("checks", "[checks](checks.md) of the table"),
        new("on_violation", OnViolation) { Default = "`fail`" },
        new("delimiter", "the ASCII character between values") { Default = "`,`" },
        new("enabled", "`false` takes it out") { Default = "`true`" },
        new(ReaderList.Key, "as of a model") { Default = "as `foz.yml` says" },
        new("group", "as of a model"),
        new("description", "as of a model"),
        new("owner", "as of a model"),
        new("tags", "as of a model"),
    ];

    /// <summary>Of a SQL test.</summary>
    public static IReadOnlyList<SettingSpec> SqlTest { get; } =
    [
        new("name", "the test's name") { Default = "the file's" },
        new("on_violation", "`fail` or `warn`; `drop` and `quarantine` warn too") { Default = "`fail`" },
        new("error_if",
            "the condition of how many rows are too many, such as `'> 10'`; a test that fails does so where it holds")
        {
            Default = "`'!= 0'`",
        },
        new("warn_if", "the condition of how many rows it warns of") { Default = "`'!= 0'`" },
        new("fail_calc", "SQL of the number that these look at, over the rows, such as `sum(difference)`")
        {
            Default = "how many there are",
        },
        new("limit", "how many rows are looked at") { Default = "all" },
        new("store_failures",
            "`true`: the rows are kept as a table of the test's name in the schema "
                + "`dbt_test__audit`, as they were found last")
        {
            Default = "`false`",
        },
        new("enabled", "`false` takes the test out") { Default = "`true`" },
        new("description", ForPeople),
        new("tags", ForPeople),
    ];

    /// <summary>Of a unit test.</summary>
    public static IReadOnlyList<SettingSpec> UnitTest { get; } =
    [
        new("name", "the test's name") { IsRequired = true },
        new("model", "the model") { IsRequired = true },
        new(
            "given",
            "a list of inputs: `input` is a table that the model reads, as `silver.orders`, `orders`, dbt's "
                + "`ref('orders')` and `source('shop', 'orders')`, or `this` for the model's own table. Inputs that "
                + "are not given are empty; an ephemeral model that is not given is made of what is "
                + "given of the tables that it reads"),
        new("expect",
            "the rows that the model must make, in any order; only the columns that they state are compared")
            {
                IsRequired = true,
            },
        new(
            "overrides",
            "`now`: the time that `now()`, `current_date` and the like give; `batch_start` and `batch_end`: the bounds "
                + "of the batch of a model with `strategy: microbatch`, which by default is all of time, so that no "
                + "given row is outside. In UTC unless they say otherwise"),
        new("enabled", "`false` takes the test out") { Default = "`true`" },
        new("description", ForPeople),
        new("tags", ForPeople),
    ];
}
