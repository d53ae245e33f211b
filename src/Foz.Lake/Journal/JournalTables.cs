using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Journal;

/// <summary>
/// The tables of the schema <c>foz</c> with their columns, in the words of <see cref="JournalRecord"/>.
/// </summary>
public static class JournalTables
{
    static readonly Field RunId = new("run_id", DataType.String);

    /// <summary>Every table's columns, by the table's name inside the schema.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<Field>> Fields { get; } =
        new Dictionary<string, IReadOnlyList<Field>>(StringComparer.OrdinalIgnoreCase)
        {
            [RunRecord.Table] =
            [
                RunId, Text("project"), Text("environment"), Text("foz_version"), Text("user"), Text("host"),
                Instant("started_at"), Instant("finished_at"), Text("outcome"), Count("steps_succeeded"),
                Count("steps_skipped"), Count("steps_failed"),
            ],
            [StepRecord.Table] =
            [
                RunId, Text("step"), Text("kind"), Count("batch"), Text("outcome"), Instant("started_at"),
                Instant("finished_at"), Count("table_version"), Count("rows_written"), Count("rows_rejected"),
                Count("rows_dropped"), Count("rows_quarantined"), new("warnings", new DataType.Array(DataType.String)),
                Text("error"), new("cpu_seconds", DataType.Double), Count("memory_peak_bytes"), Count("bytes_read"),
                Count("bytes_written"), Count("spill_peak_bytes"), Count("attempts"),
                new("cost", new DataType.Decimal(18, 9)),
            ],
            [CheckRecord.Table] =
            [
                RunId, Text("step"), Text("table_name"), Text("column"), Text("check"), Text("on_violation"),
                new("passed", DataType.Boolean), Count("violations"), Count("rows_checked"), Instant("checked_at"),
                Text("arguments"),
                Text("actual"),
            ],
            [MetricRecord.Table] =
            [
                RunId, Text("table_name"), Text("column"), Text("metric"), new("value", DataType.Double),
                Instant("measured_at"),
            ],
            [LineageRecord.Table] =
            [
                RunId, Text("table_name"), Count("table_version"), Text("upstream"), Text("upstream_kind"),
                Count("upstream_version"), Instant("recorded_at"), Text("column"), Text("upstream_column"),
                Text("transformation"),
            ],
            [SourceRecord.Table] =
            [
                RunId, Text("source"), Text("stream"), Text("table_name"), Text("mode"), Count("files_read"),
                Count("rows_read"), Count("rows_rejected"), Text("cursor_to"), Instant("synced_at"),
                Count("rows_written"), Count("bytes_read"),
            ],
            [AuditRecord.Table] =
            [
                RunId, Instant("recorded_at"), Text("event"), Text("decision"), Text("user"), Text("protocol"),
                Text("address"),
                Text("method"), Count("session"), new("tables", new DataType.Array(DataType.String)),
                new("columns", new DataType.Array(DataType.String)), Text("reason"), Text("statement"),
                Text("statement_hash"),
            ],
            [QueryRecord.Table] =
            [
                RunId, Instant("started_at"), Text("user"), Text("protocol"), Text("address"), Text("application"),
                Count("session"),
                Text("workload"), Text("statement"), Text("statement_hash"),
                new("tables", new DataType.Array(DataType.String)),
                Count("rows"), Count("bytes_read"), new("cost", new DataType.Decimal(18, 9)), Count("queued_ms"),
                Count("duration_ms"),
                Text("sql_state"), Text("error"),
            ],
            [BackupRecord.Table] =
            [
                RunId, Text("action"), Text("backup"), Text("outcome"), Instant("started_at"), Instant("finished_at"),
                Count("tables"), Count("files"), Count("bytes"), Count("bytes_copied"), Text("error"),
            ],
            [HostRecord.Table] =
            [
                RunId, Instant("recorded_at"), Text("host"), new("seconds", DataType.Double),
                new("cpu_seconds", DataType.Double), Count("memory_bytes"), Count("spill_bytes"),
                Count("bytes_written"), Count("disk_free_bytes"), Count("disk_bytes"), Count("sessions"),
                Count("statements_waiting"), Count("runs"), Count("firings_waiting"),
            ],
            [StreamRecord.Table] =
            [
                RunId, Instant("recorded_at"), Text("source"), Text("stream"), Text("table_name"), Text("state"),
                Text("position"), Count("rows"), Count("rows_held"), new("lag_seconds", DataType.Double),
                Count("unread_bytes"), Count("retained_bytes"), Instant("changed_at"),
            ],
            [IncidentRecord.Table] =
            [
                RunId, Text("incident_id"), Count("change"), Text("event"), Text("project"), Text("environment"),
                Text("kind"), Text("subject"), Text("root"), Text("severity"), Text("text"),
                new("owners", new DataType.Array(DataType.String)), Count("members"), Text("user"), Text("comment"),
                Text("failed_run_id"), Instant("since"), Instant("opened_at"), Instant("recorded_at"),
            ],
        };

    /// <summary>The full names, in order.</summary>
    public static IEnumerable<TableName> Names =>
        Fields.Keys.Select(name => new TableName(TableName.SystemSchema, name));

    /// <summary>Whether a name is one of these tables.</summary>
    public static bool Contains(TableName name) =>
        name.Schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase) && Fields.ContainsKey(name.Name);

    /// <summary>The column that says when a row of one of these tables was recorded.</summary>
    public static string TimeColumnOf(TableName name) =>
        Fields[name.Name].Last(field => field.Type == DataType.Timestamp).Name;

    /// <summary>A SELECT of no rows with the columns of a table, for one that no run has written yet.</summary>
    public static string SelectNone(TableName name)
    {
        var columns = Fields[name.Name].Select(
            f => $"CAST(NULL AS {ColumnTypes.NameOf(f.Type)}) AS {SqlText.Identifier(f.Name)}");
        return $"SELECT {string.Join(", ", columns)} WHERE false";
    }

    static Field Text(string name) => new(name, DataType.String);

    static Field Count(string name) => new(name, DataType.Long);

    static Field Instant(string name) => new(name, DataType.Timestamp);
}
