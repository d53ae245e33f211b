using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects;

/// <summary>What a model's rows become.</summary>
public abstract record Materialization
{
    Materialization() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>How rows are added to a table that keeps its rows; null if each run rebuilds the table.</summary>
    public virtual IncrementalStrategy? Strategy => null;

    /// <summary>The columns that partition the table; empty where it is not partitioned.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>The columns whose near values the table's files keep together; empty where nothing is said.</summary>
    public IReadOnlyList<string> ClusterBy { get; init; } = [];

    /// <summary>What happens where the SELECT has other columns than the table.</summary>
    public OnSchemaChange OnSchemaChange { get; init; }

    /// <summary>Whether <c>--full-refresh</c> leaves the table's rows unchanged.</summary>
    public bool IsFullRefreshRestricted { get; init; }

    /// <summary>A table that each run replaces.</summary>
    public sealed record Table : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "table";
    }

    /// <summary>A SELECT that is stored, and that each reader runs.</summary>
    public sealed record View : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "view";
    }

    /// <summary>A table that each run adds to.</summary>
    /// <param name="Strategy">How.</param>
    public sealed record Incremental(IncrementalStrategy Strategy) : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "incremental";

        /// <inheritdoc/>
        public override IncrementalStrategy Strategy { get; } = Strategy;

        /// <summary>Returns the same with another strategy.</summary>
        public Incremental With(IncrementalStrategy strategy) => new(strategy)
        {
            PartitionBy = PartitionBy, ClusterBy = ClusterBy, OnSchemaChange = OnSchemaChange,
            IsFullRefreshRestricted = IsFullRefreshRestricted,
        };
    }

    /// <summary>No table or view: its readers contain its SELECT.</summary>
    public sealed record Ephemeral : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "ephemeral";
    }

    /// <summary>The table of a CSV file that is part of the project.</summary>
    /// <param name="Path">The file, as a full path.</param>
    /// <param name="Delimiter">The ASCII character between its values.</param>
    public sealed record Seed(string Path, char Delimiter) : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "seed";
    }

    /// <summary>A table of earlier and current versions of rows: dbt's snapshot. It is never rebuilt.</summary>
    /// <param name="Strategy">How it finds versions: <see cref="IncrementalStrategy.Scd2"/>.</param>
    public sealed record Snapshot(IncrementalStrategy.Scd2 Strategy) : Materialization
    {
        /// <inheritdoc/>
        public override string Name => "snapshot";

        /// <inheritdoc/>
        public override IncrementalStrategy.Scd2 Strategy { get; } = Strategy;
    }
}

/// <summary>What an incremental model does where its SELECT has other columns than its table.</summary>
public enum OnSchemaChange
{
    /// <summary>
    /// Columns that the table lacks are added to it; those that the SELECT lacks are NULL in new rows.
    /// </summary>
    Append,

    /// <summary>The table gets the columns of the SELECT: new ones come, others go.</summary>
    Sync,

    /// <summary>The step fails.</summary>
    Fail,

    /// <summary>The table keeps its columns, and new ones are left out.</summary>
    Ignore,
}

/// <summary>How an incremental model's rows come into its table; each is one commit.</summary>
public abstract record IncrementalStrategy
{
    IncrementalStrategy() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>All rows are added.</summary>
    public sealed record Append : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "append";
    }

    /// <summary>Rows replace those of the same key; others are added.</summary>
    /// <param name="UniqueKey">The columns of the key, at least one.</param>
    public sealed record Merge(IReadOnlyList<string> UniqueKey) : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "merge";

        /// <summary>The columns that a row of the same key changes; empty for all.</summary>
        public IReadOnlyList<string> UpdateColumns { get; init; } = [];

        /// <summary>The columns that a row of the same key does not change; empty for none.</summary>
        public IReadOnlyList<string> ExcludeColumns { get; init; } = [];

        /// <summary>
        /// The column by which a row that arrives late is known: one that is older than the table's changes nothing.
        /// Null where what arrives is always newer.
        /// </summary>
        public string? SequenceBy { get; init; }

        /// <summary>What becomes of rows that have NULL in the key.</summary>
        public NullKeys NullKeys { get; init; }

        /// <summary>
        /// SQL conditions over the table's rows, which it may call <c>target</c>: only rows for which all hold are
        /// replaced.
        /// </summary>
        public IReadOnlyList<string> Predicates { get; init; } = [];
    }

    /// <summary>
    /// All rows that have a key of the new ones go, and the new ones are added; keys may come several times.
    /// </summary>
    /// <param name="UniqueKey">The columns of the key, at least one.</param>
    public sealed record DeleteInsert(IReadOnlyList<string> UniqueKey) : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "delete+insert";

        /// <inheritdoc cref="Merge.Predicates"/>
        public IReadOnlyList<string> Predicates { get; init; } = [];
    }

    /// <summary>The partitions that the new rows are in are replaced by them.</summary>
    public sealed record InsertOverwrite : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "insert_overwrite";
    }

    /// <summary>
    /// The SELECT is run for intervals of time, one after the other, and its rows take the place of all that the table
    /// has of the interval.
    /// </summary>
    /// <param name="EventTime">The column that says when a row's event was: a date or timestamp.</param>
    /// <param name="Begin">When the first interval begins; aligned to <paramref name="BatchSize"/>.</param>
    /// <param name="BatchSize">How long an interval is.</param>
    public sealed record Microbatch(string EventTime, DateTimeOffset Begin, BatchSize BatchSize) : IncrementalStrategy
    {
        /// <summary>The default number of intervals before the last one that are processed again.</summary>
        public const int LookbackDefault = 1;

        /// <inheritdoc/>
        public override string Name => "microbatch";

        /// <summary>How many intervals before the last one are run again, for rows that come late.</summary>
        public int Lookback { get; init; } = LookbackDefault;
    }

    /// <summary>All rows are replaced, and the table keeps its columns, partitions and properties.</summary>
    public sealed record TruncateInsert : IncrementalStrategy
    {
        /// <inheritdoc/>
        public override string Name => "truncate+insert";
    }

    /// <summary>
    /// Each row is kept with the time from when to when it was so: a slowly changing dimension of type 2.
    /// </summary>
    public abstract record Scd2 : IncrementalStrategy
    {
        private protected Scd2() { }

        /// <summary>The columns that identify what a row is a version of, at least one.</summary>
        public required IReadOnlyList<string> UniqueKey { get; init; }

        /// <summary>The columns that tell when a version was so.</summary>
        public HistoryColumns Columns { get; init; } = new();

        /// <summary>What becomes of a version whose key is not among the rows any more.</summary>
        public HardDeletes HardDeletes { get; init; }

        /// <summary>
        /// Whether a version ends where its key is not among the rows any more, which then are all there are.
        /// </summary>
        public bool EndsDeleted => HardDeletes is not HardDeletes.Ignore;

        /// <summary>
        /// SQL of the time at which a version that lasts is said to end, such as <c>DATE '9999-12-31'</c>; null for
        /// NULL.
        /// </summary>
        public string? ValidToCurrent { get; init; }
    }

    /// <summary>A version begins when a column says so: dbt's <c>timestamp</c>.</summary>
    /// <param name="UpdatedAt">The column: when the row became what it is.</param>
    public sealed record Scd2ByTime(string UpdatedAt) : Scd2
    {
        /// <inheritdoc/>
        public override string Name => "scd2_by_time";
    }

    /// <summary>A version begins when a column is seen to have another value: dbt's <c>check</c>.</summary>
    /// <param name="CheckColumns">The columns that are compared; empty for all.</param>
    public sealed record Scd2ByColumn(IReadOnlyList<string> CheckColumns) : Scd2
    {
        /// <inheritdoc/>
        public override string Name => "scd2_by_column";
    }

    /// <summary>
    /// Events of changes are applied by their sequence, whatever the order in which they arrive: Spark's AUTO CDC.
    /// </summary>
    public sealed record Cdc : IncrementalStrategy
    {
        /// <summary>How long a deleted row is remembered where nothing else is said.</summary>
        public static readonly TimeSpan TombstoneRetentionDefault = TimeSpan.FromDays(7);

        /// <inheritdoc/>
        public override string Name => "cdc";

        /// <summary>The columns that identify a row, at least one.</summary>
        public required IReadOnlyList<string> Keys { get; init; }

        /// <summary>
        /// Whether the keys are not stated, but those of the grain or of the stream that is read; empty where only its
        /// source can tell them.
        /// </summary>
        public bool FindsKeys { get; init; }

        /// <summary>
        /// Whether the events are those of one log alone, which come in its order: the rows of the table are all that
        /// is to be known of earlier ones.
        /// </summary>
        public bool IsInOrder { get; init; }

        /// <summary>
        /// The columns that order the events of a key, the first one first; empty for the order of a source's log,
        /// which the columns of a stream of mode <c>cdc</c> have.
        /// </summary>
        public IReadOnlyList<string> SequenceBy { get; init; } = [];

        /// <summary>SQL that is true for events that delete a row; null where none do.</summary>
        public string? DeleteWhen { get; init; }

        /// <summary>SQL that is true for events that delete all rows; null where none do.</summary>
        public string? TruncateWhen { get; init; }

        /// <summary>The columns of the table; empty for all of the rows.</summary>
        public IReadOnlyList<string> Columns { get; init; } = [];

        /// <summary>The columns of the rows that the table does not get; empty for none.</summary>
        public IReadOnlyList<string> ExceptColumns { get; init; } = [];

        /// <summary>Whether NULL in an event leaves a column as it is.</summary>
        public bool IgnoresNullUpdates { get; init; }

        /// <summary>Whether all versions of rows are kept, and not only the last one: SCD type 2.</summary>
        public bool KeepsHistory { get; init; }

        /// <summary>The columns whose changes begin a version; empty for all.</summary>
        public IReadOnlyList<string> TrackedColumns { get; init; } = [];

        /// <summary>The columns whose changes begin no version; empty for none.</summary>
        public IReadOnlyList<string> UntrackedColumns { get; init; } = [];

        /// <summary>Whether the rows are all that there are at a time, and not events.</summary>
        public bool FromSnapshot { get; init; }

        /// <summary>How long a deleted row is remembered, so that no late event brings it back.</summary>
        public TimeSpan TombstoneRetention { get; init; } = TombstoneRetentionDefault;

        /// <summary>
        /// How many change streams its model reads: of several, a truncate of one would empty the table.
        /// </summary>
        public int ChangeStreams { get; init; }

        /// <summary>Gets SQL that is true for events that delete a row, stated or of a log; null for none.</summary>
        public string? Deletes => DeleteWhen ?? (ReadsLog ? $"{Foz.Lake.Data.ChangeColumns.Op} = 'd'" : null);

        /// <summary>Gets SQL that is true for events that delete all rows, stated or of a log; null for none.</summary>
        public string? Truncates => TruncateWhen ?? (ReadsLog ? $"{Foz.Lake.Data.ChangeColumns.Op} = 't'" : null);

        /// <summary>SQL that is true for events of one key; null where all are.</summary>
        public string? EventsWithKey => Truncates is { } truncate ? $"({truncate}\n) IS NOT TRUE" : null;

        /// <summary>SQL that is true for events that write a row; null where all do.</summary>
        public string? EventsWithValues => string.Join(
            " AND ", new[] { Deletes, Truncates }.OfType<string>().Select(condition => $"({condition}\n) IS NOT TRUE"))
            is { Length: > 0 } all ? all : null;

        /// <summary>Whether the table has a column of the rows.</summary>
        public bool Takes(string column) => Columns.Count > 0
            ? Columns.Contains(column, StringComparer.OrdinalIgnoreCase)
            : !ExceptColumns.Contains(column, StringComparer.OrdinalIgnoreCase)
                && !Foz.Lake.Data.ChangeColumns.Has(column);

        /// <summary>Whether the events are those of a source's log, as a stream of mode <c>cdc</c> has them.</summary>
        public bool ReadsLog => SequenceBy.Count == 0 && !FromSnapshot;
    }
}

/// <summary>What becomes of rows that have NULL in a merge's key, by which no later row could replace them.</summary>
public enum NullKeys
{
    /// <summary>Rows with null keys go to the table's quarantine.</summary>
    Quarantine,

    /// <summary>Rows with null keys fail the step.</summary>
    Fail,
}

/// <summary>What becomes of the version of a row that is gone: dbt's <c>hard_deletes</c>.</summary>
public enum HardDeletes
{
    /// <summary>Nothing: it lasts.</summary>
    Ignore,

    /// <summary>The version ends.</summary>
    Invalidate,

    /// <summary>The version ends, and one begins that marks the row as deleted.</summary>
    NewRecord,
}

/// <summary>The columns of a history that Foz fills.</summary>
public sealed record HistoryColumns
{
    /// <summary>When the version begins; part of it.</summary>
    public string ValidFrom { get; init; } = "valid_from";

    /// <summary>When it ends, not part of it; NULL while it lasts.</summary>
    public string ValidTo { get; init; } = "valid_to";

    /// <summary>Whether it lasts.</summary>
    public string IsCurrent { get; init; } = "is_current";

    /// <summary>A hash of the key and of when the version begins; null for no such column.</summary>
    public string? VersionId { get; init; }

    /// <summary>When the version begins, once more; null for no such column.</summary>
    public string? VersionAt { get; init; }

    /// <summary>
    /// Whether the version says that the row is gone, as a text: <c>True</c> or <c>False</c>; null for no such column.
    /// </summary>
    public string? IsDeleted { get; init; }

    /// <summary>The columns that every history has.</summary>
    public IReadOnlyList<string> Needed => [ValidFrom, ValidTo, IsCurrent];

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> Names => [.. Needed, .. new[] { VersionId, VersionAt, IsDeleted }.OfType<string>()];
}
