using System.Text.Json.Serialization;

namespace Foz.Lake.Journal;

/// <summary>
/// A small fact about what the platform did: one row of a table in the schema <c>foz</c>. Records are reports; they
/// never decide what is done.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "record")]
[JsonDerivedType(typeof(RunRecord), RunRecord.Table)]
[JsonDerivedType(typeof(StepRecord), StepRecord.Table)]
[JsonDerivedType(typeof(CheckRecord), CheckRecord.Table)]
[JsonDerivedType(typeof(MetricRecord), MetricRecord.Table)]
[JsonDerivedType(typeof(LineageRecord), LineageRecord.Table)]
[JsonDerivedType(typeof(SourceRecord), SourceRecord.Table)]
[JsonDerivedType(typeof(AuditRecord), AuditRecord.Table)]
[JsonDerivedType(typeof(QueryRecord), QueryRecord.Table)]
[JsonDerivedType(typeof(BackupRecord), BackupRecord.Table)]
[JsonDerivedType(typeof(HostRecord), HostRecord.Table)]
[JsonDerivedType(typeof(IncidentRecord), IncidentRecord.Table)]
[JsonDerivedType(typeof(StreamRecord), StreamRecord.Table)]
public abstract record JournalRecord
{
    /// <summary>The run that it belongs to.</summary>
    public required string RunId { get; init; }
}

/// <summary>How a run or step ended.</summary>
public enum Outcome
{
    /// <summary>All was done.</summary>
    Succeeded,

    /// <summary>Nothing was new.</summary>
    Skipped,

    /// <summary>Done, and there is something that the user should know.</summary>
    Warned,

    /// <summary>The step failed; its tables are unchanged.</summary>
    Failed,

    /// <summary>Not tried, because something it needs failed or the run was stopped.</summary>
    Canceled,
}

/// <summary>A run, in <c>foz.runs</c>.</summary>
public sealed record RunRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "runs";

    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The environment; null where the project has none.</summary>
    public string? Environment { get; init; }

    /// <summary>The version of Foz.</summary>
    public required string FozVersion { get; init; }

    /// <summary>The user who started it.</summary>
    public required string User { get; init; }

    /// <summary>The machine it ran on.</summary>
    public required string Host { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Steps that committed or were found done.</summary>
    public required int StepsSucceeded { get; init; }

    /// <summary>Steps with nothing new.</summary>
    public required int StepsSkipped { get; init; }

    /// <summary>Steps that failed.</summary>
    public required int StepsFailed { get; init; }
}

/// <summary>A step of a run, in <c>foz.steps</c>.</summary>
public sealed record StepRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "steps";

    /// <summary>The step: the name of its main table.</summary>
    public required string Step { get; init; }

    /// <summary>
    /// <c>stream</c>, <c>model</c>, <c>promotion</c> where the table of another environment took the place of the
    /// step's, <c>maintenance</c> of its table, or <c>task</c> of a schedule, whose name the step is.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Whether it makes its table; otherwise it tells nothing of how fresh or right the table is.</summary>
    [JsonIgnore]
    public bool IsOfTable => Kind is not ("maintenance" or "task");

    /// <summary>The batch; null where none was opened.</summary>
    public long? Batch { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>The version of the table that it committed; null where it committed none.</summary>
    public long? TableVersion { get; init; }

    /// <summary>Rows written.</summary>
    public long RowsWritten { get; init; }

    /// <summary>Rows that could not be read.</summary>
    public long RowsRejected { get; init; }

    /// <summary>Rows that were left out by a check or as double ones.</summary>
    public long RowsDropped { get; init; }

    /// <summary>Rows that broke a check and were quarantined.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>What the user should know of it besides its checks.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>Its share of the processor time of the process, in seconds; null where it was not measured.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>The most memory that the process had while it worked; null where it was not measured.</summary>
    public long? MemoryPeakBytes { get; init; }

    /// <summary>Bytes that its source gave, and of the files of tables that it was given to read.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Bytes of the files that it committed.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>The most that the engine had spilled while it worked.</summary>
    public long? SpillPeakBytes { get; init; }

    /// <summary>How often it was begun, since the engine ended under it.</summary>
    public int? Attempts { get; init; }

    /// <summary>What it cost by the project's price list; null where it has none.</summary>
    public decimal? Cost { get; init; }
}

/// <summary>A check of a step, in <c>foz.checks</c>.</summary>
public sealed record CheckRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "checks";

    /// <summary>The step that ran it.</summary>
    public required string Step { get; init; }

    /// <summary>The table that was checked.</summary>
    public required string TableName { get; init; }

    /// <summary>The column; null for a check of the table.</summary>
    public string? Column { get; init; }

    /// <summary>The check's name.</summary>
    public required string Check { get; init; }

    /// <summary>What it asks besides name and column, in one line; null where that is nothing.</summary>
    public string? Arguments { get; init; }

    /// <summary><c>warn</c> or <c>fail</c>.</summary>
    public required string OnViolation { get; init; }

    /// <summary>Whether it held.</summary>
    public required bool Passed { get; init; }

    /// <summary>How many rows or values broke it.</summary>
    public required long Violations { get; init; }

    /// <summary>How many rows the table had.</summary>
    public required long RowsChecked { get; init; }

    /// <summary>What was measured, of a check of the table as a whole; null for others.</summary>
    public string? Actual { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
}

/// <summary>A number that was measured of a table, in <c>foz.metrics</c>.</summary>
public sealed record MetricRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "metrics";

    /// <summary>The table that was measured.</summary>
    public required string TableName { get; init; }

    /// <summary>The column; null for the table.</summary>
    public string? Column { get; init; }

    /// <summary>Which number.</summary>
    public required string Metric { get; init; }

    /// <summary>The number.</summary>
    public required double Value { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset MeasuredAt { get; init; }
}

/// <summary>
/// Records in <c>foz.lineage</c> that one table was made from another, or one column from another: a row for each pair
/// of tables, without columns, and after it the rows of their columns.
/// </summary>
public sealed record LineageRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "lineage";

    /// <summary>The table that was made.</summary>
    public required string TableName { get; init; }

    /// <summary>Its version; null for a view.</summary>
    public long? TableVersion { get; init; }

    /// <summary>What it was made from: a table, or <c>source.stream</c>.</summary>
    public required string Upstream { get; init; }

    /// <summary><c>table</c> or <c>stream</c>.</summary>
    public required string UpstreamKind { get; init; }

    /// <summary>The version that was read; null for a stream.</summary>
    public long? UpstreamVersion { get; init; }

    /// <summary>
    /// The column that was made; null for the table as a whole, which rows of conditions are about too.
    /// </summary>
    public string? Column { get; init; }

    /// <summary>The column that it was made from; null for the table as a whole.</summary>
    public string? UpstreamColumn { get; init; }

    /// <summary>
    /// What became of the column: <c>identity</c>, <c>transformation</c>, <c>aggregation</c>, or, where it only
    /// decided, <c>conditional</c>, <c>window</c>, <c>join</c>, <c>filter</c>, <c>group_by</c>, <c>sort</c>; null for
    /// tables.
    /// </summary>
    public string? Transformation { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset RecordedAt { get; init; }
}

/// <summary>What arrived from a source, in <c>foz.sources</c>.</summary>
public sealed record SourceRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "sources";

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>The stream.</summary>
    public required string Stream { get; init; }

    /// <summary>The table it went to.</summary>
    public required string TableName { get; init; }

    /// <summary><c>snapshot</c> or <c>incremental</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Files read.</summary>
    public required int FilesRead { get; init; }

    /// <summary>Rows that the source gave; those that arrived where it did not count them.</summary>
    public required long RowsRead { get; init; }

    /// <summary>Rows that arrived in the table.</summary>
    public long? RowsWritten { get; init; }

    /// <summary>Bytes that the source gave; null where they were not counted.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Rows that could not be read.</summary>
    public required long RowsRejected { get; init; }

    /// <summary>The cursor up to which it was read; null where it has none.</summary>
    public string? CursorTo { get; init; }

    /// <summary>When it was read.</summary>
    public required DateTimeOffset SyncedAt { get; init; }
}

[JsonSerializable(typeof(JournalRecord))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
sealed partial class JournalJson : JsonSerializerContext;
