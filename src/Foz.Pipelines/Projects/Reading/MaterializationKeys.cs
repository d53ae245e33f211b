using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>The keys of <c>materialization</c>, with what its reader and documents say of them.</summary>
static class MaterializationKeys
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SettingSpec> All { get; } =
    [
        new("type", "`table`, `view`, `incremental`, `snapshot` or `ephemeral`") { IsRequired = true },
        new(
            "strategy",
            "of an [incremental](#strategies): `append`, `merge`, `delete+insert`, `insert_overwrite`, `microbatch` or "
                + "`time_interval`, `truncate+insert`, `create+replace`, `cdc`; of it and of a snapshot: "
                + "`scd2_by_time` (of a snapshot also `timestamp`, as dbt calls it), `scd2_by_column` (there also "
                + "`check`)")
        {
            Default = "`append`; `merge` where `unique_key` is stated; of a snapshot `scd2_by_time`",
        },
        new("unique_key", "of `merge`, `delete+insert` and histories: the columns that identify a row"),
        new(
            "incremental_key",
            "Bruin's word for `unique_key` of `delete+insert`, `event_time` of `time_interval` and "
                + "`updated_at` of `scd2_by_time`"),
        new("merge_update_columns", "of a merge: the columns that a row of the same key changes") { Default = "all" },
        new(
            "merge_exclude_columns",
            "of a merge, in the place of `merge_update_columns`: the columns that a row of "
                + "the same key leaves as they are"),
        new(
            "sequence_by",
            "of `cdc`: the columns that order the events of a key, one or a list. Of a merge: the column that tells "
                + "which row of a key is the newer one, such as `updated_at`: of the rows "
                + "that come the newest counts, and one that is older than the table's changes nothing, however late "
                + "it comes; `NULL` is older than all"),
        new(
            "null_keys",
            "of a merge: what becomes of rows that have NULL in `unique_key`, which no later row could replace: "
                + "`quarantine` puts them into `<table>__quarantine`, `fail` fails the step")
        {
            Default = "`quarantine`",
        },
        new(
            "incremental_predicates",
            "of `merge` and `delete+insert`: SQL conditions over the table's rows, as `target.day > '2026-01-01'`; "
                + "only rows for which all hold are replaced, and files without such rows are not read. dbt's "
                + "`DBT_INTERNAL_DEST` is taken for `target`"),
        new("event_time", "of `microbatch`: the column that says when a row's event was, a date or timestamp (in UTC)"),
        new("begin", "of `microbatch`, which needs it: when the first interval begins, such as `'2026-01-01'`"),
        new("batch_size", "of `microbatch`: how long an interval is: `hour`, `day`, `month` or `year`")
        {
            Default = "`day`",
        },
        new("lookback",
            "of `microbatch`: how many intervals before the last one are run again for rows that come late")
            {
                Default = "1",
            },
        new("updated_at", "of `scd2_by_time`: the column that says when a row became what it is, a date or timestamp"),
        new("check_cols", "of `scd2_by_column`: the columns that are compared") { Default = "`all`" },
        new(
            "hard_deletes",
            "of histories: `ignore`; `invalidate`: a version ends where its key is not among the rows any more; or "
                + "`new_record`: it ends, and one begins whose `is_deleted` is `True`")
        {
            Default = "`ignore`",
        },
        new("valid_from", "of histories: the name of the column of when a version begins") { Default = "`valid_from`" },
        new("valid_to", "of histories: the name of the column of when it ends") { Default = "`valid_to`" },
        new("is_current", "of histories: the name of the column of whether it is the last one")
        {
            Default = "`is_current`",
        },
        new("is_deleted",
            "of `hard_deletes: new_record`: the name of the column of whether the row is "
                + "gone, a text, `True` or `False`")
        {
            Default = "`is_deleted`",
        },
        new(
            "valid_to_current",
            "of histories: SQL of the time at which a version that lasts is said to end, such as `CAST('9999-12-31' AS "
                + "TIMESTAMP)`. Versions that the table has keep theirs")
        {
            Default = "`NULL`",
        },
        new("version_id",
            "of histories: the name of a column besides, a hash of the key and of when the version begins"),
        new("version_at", "of histories: the name of a column besides, when the version begins once more"),
        new("keys", "of [`cdc`](../guide/cdc-models.md): the columns that identify a row")
        {
            Default = "`grain` of the model, or the keys of the stream that it reads",
        },
        new("apply_as_delete_when", "of `cdc`: SQL that is true for events that delete a row"),
        new("apply_as_truncate_when", "of `cdc` and SCD type 1: SQL that is true for events that delete all rows"),
        new("columns", "of `cdc`: the columns of the table") { Default = "all, but those of change streams" },
        new("except_columns", "of `cdc`, in the place of `columns`: the columns that the table does not get"),
        new("ignore_null_updates", "of `cdc`: `true`: NULL in an event leaves the column as it is")
        {
            Default = "`false`",
        },
        new("stored_as_scd_type", "of `cdc`: `1` keeps the last version of a row, `2` all, with `__START_AT` and "
            + "`__END_AT`")
        {
            Default = "`1`",
        },
        new("track_history_columns", "of `cdc` and SCD type 2: the columns whose changes begin a version")
        {
            Default = "all",
        },
        new("track_history_except_columns", "of `cdc` and SCD type 2, in the place of `track_history_columns`: the "
            + "columns whose changes begin none"),
        new("from_snapshot", "of `cdc`: `true`: the SELECT gives all rows that there are, and not events")
        {
            Default = "`false`",
        },
        new("tombstone_retention", "of `cdc`: how long a deleted row is remembered, so that no late event brings it "
            + "back")
        {
            Default = "`7 days`",
        },
        new(
            "on_schema_change",
            "of what keeps its rows, where the SELECT has other columns than the table: `append` adds new ones, `sync` "
                + "also takes those away that the SELECT lacks, and widens the types of others (whole numbers to "
                + "larger ones, decimals to more digits, `float` to `double`, dates to timestamps without a zone) by "
                + "the feature `typeWidening`, which the table then has, `ignore` leaves new ones out, `fail` fails "
                + "the step. A type that the table cannot hold fails the step, and `foz plan` warns of it. dbt's "
                + "`append_new_columns` and `sync_all_columns` are the same as the first two")
        {
            Default = "`append`",
        },
        new("full_refresh_restricted", "`true`: `--full-refresh` leaves the table's rows") { Default = "`false`" },
        new("partition_by",
            "the columns that partition the table; Delta keeps an empty text in them as "
                + "`NULL`, and the run warns of it"),
        new("cluster_by",
            "up to four columns whose near values [OPTIMIZE](../guide/maintenance.md) puts "
                + "together; not with `partition_by`"),
    ];
}
