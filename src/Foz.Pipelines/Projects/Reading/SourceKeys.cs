using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>The keys of the files below <c>sources/</c>, with what their readers and documents say of them.</summary>
static class SourceKeys
{
    /// <summary>Of <c>freshness</c>.</summary>
    public static IReadOnlyList<SettingSpec> Freshness { get; } =
    [
        new("warn_after", "the age from which it is a warning: `12 hours`, or dbt's `{count: 12, period: hour}`"),
        new("error_after", "the age from which it is an error"),
        new("loaded_at", "the column that says when a row came to be") { Default = "when it arrived in the lake" },
        new("filter", "a SQL condition of the rows that count"),
    ];

    /// <summary>Of a source.</summary>
    public static IReadOnlyList<SettingSpec> Source { get; } =
    [
        new("connection", "a connection of `foz.yml`; sources in Python need none") { IsRequired = true },
        new("streams", "name → stream, or `all`; `'*':` next to named streams means all others")
        {
            IsRequired = true,
        },
        new("name", "the source's name") { Default = "the file's" },
        new("schema", "the schema of its tables") { Default = "`bronze`" },
        new("silver",
            "`current`: a table `silver.<stream>` for each stream with its current rows, unless a model has that name"),
        new("envelope",
            "`debezium`: a view `<table>__envelope` for each stream of mode `cdc`, with its changes as "
                + "[events of Debezium](../guide/change-streams.md#events-of-debezium)"),
        new("on_violation",
            "`fail`, `warn`, `drop` or `quarantine`, for [its checks](checks.md#what-a-violation-does)")
            {
                Default = "`fail`",
            },
        new("contract", "of its named streams"),
        new("drift", "of its streams, [below](#drift)") { Default = "`evolve`" },
        new("max_rejected", "of its streams, [below](#max_rejected)") { Default = "`1%`" },
        new(
            "freshness",
            "how old what the table has may be, for [`foz source freshness`](commands.md#foz-source): an age from "
                + "which it is an error, `1 day`, or a mapping")
        {
            Keys = Freshness,
        },
        new("loaded_at_field", "dbt's word for `loaded_at` of `freshness`"),
        new(
            "max_slot_wal",
            "with `mode: cdc` of PostgreSQL: the most log that the source may keep for this lake, such as `20GB`; "
                + "`foz serve` [gives up](../guide/change-streams.md#the-log-that-the-source-keeps) what is more")
        {
            Default = "no limit",
        },
        new("mask_key", "the key of `mask: hash`") { IsSecret = true },
        new("description", "for people"),
        new("owner", "for people"),
        new("tags", "for people"),
    ];

    /// <summary>Of a stream, whatever its connector.</summary>
    public static IReadOnlyList<SettingSpec> Stream { get; } =
    [
        new("mode",
            "`snapshot` (all of it, replaces the table), `incremental` (what is new, appended) or `cdc` (all changes "
                + "of the source's log, [appended](../guide/change-streams.md))")
        {
            Default = "files: `incremental`, others: `snapshot`",
        },
        new("cursor", "with `incremental` of a database or an API: the column or field that grows with every change"),
        new("keys", "the columns that identify a row"),
        new("lists",
            "columns that hold lists, such as `items` or `body.lines`: each gets a table of its own, [below](#lists)"),
        new("columns", "[columns](#columns); `type` makes a column of another type than the source's"),
        new("checks", "[checks](checks.md) of the table"),
        new("clean", "[rules](../guide/quality.md#cleaning) that its rows are cleaned by"),
        new("contract",
            "`enforced`: its columns are [those declared](../guide/quality.md#contracts), with their types"),
        new("drift", "what happens to columns that are new in the source, [below](#drift)")
        {
            Default = "the source's",
        },
        new("max_rejected", "which share of a batch's rows may be rejected, [below](#max_rejected)")
        {
            Default = "the source's",
        },
        new("freshness", "as of a source; an empty one takes back what the source says"),
        new("loaded_at_field", "dbt's word for `loaded_at` of `freshness`"),
        new(
            ReaderList.Key,
            "the engines that its table [stays readable "
                + "for](../guide/other-engines.md#engines-that-a-table-stays-readable-for); `[]` for none")
        {
            Default = "as `foz.yml` says",
        },
        new("on_violation", "as of a source") { Default = "the source's" },
        new("description", "as of a source"),
        new("tags", "as of a source"),
    ];
}
