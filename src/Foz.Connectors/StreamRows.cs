using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Connectors;

/// <summary>
/// Some of the parts of a table. The key of a row decides which part has it, so that databases that write keys in the
/// same way divide a table in the same way.
/// </summary>
/// <param name="Keys">The columns of the key, by their names in the lake.</param>
/// <param name="Names">The names of the parts.</param>
public sealed record TableParts(IReadOnlyList<string> Keys, IReadOnlyCollection<string> Names);

/// <summary>What reading a stream needs of the platform.</summary>
public sealed record ReadContext
{
    /// <summary>
    /// The columns that the stream's table has so far, without change columns; empty where it is new.
    /// </summary>
    public IReadOnlyList<Field> TableFields { get; init; } = [];

    /// <summary>
    /// The type that a column of the table takes where what comes has another: null from it where it takes none, and
    /// itself null where columns keep their types.
    /// </summary>
    public Func<DataType, DataType, DataType?>? Widen { get; init; }

    /// <summary>The engine, for a connector that examines its data with it before the platform does.</summary>
    public required EnginePool Engine { get; init; }

    /// <summary>
    /// Whether rows of files say their places (<see cref="StreamRows.Selected.TellsPlaces"/>), as those do of which
    /// several may have one key.
    /// </summary>
    public bool NumbersRows { get; init; }

    /// <summary>
    /// Whether a reader for which places of rows cost time may leave them NULL until
    /// <see cref="StreamRows.Selected.Number"/> asks for them.
    /// </summary>
    public bool NumbersLate { get; init; }

    /// <summary>
    /// The parts of the table that are read; null for all of it. Only for streams of mode
    /// <see cref="StreamMode.Changes"/>.
    /// </summary>
    public TableParts? Parts { get; init; }

    /// <summary>Measures how far reading is.</summary>
    public WorkMeter Meter { get; init; } = new();

    /// <summary>An empty folder for files that live as long as the batch.</summary>
    public required string WorkFolder { get; init; }
}

/// <summary>
/// The rows of a batch, either as a statement for the engine or as a stream of columns. Disposed after the batch's
/// last commit.
/// </summary>
public abstract class StreamRows : IAsyncDisposable
{
    StreamRows() { }

    /// <summary>The columns, with the source's types noted; without change columns.</summary>
    public required IReadOnlyList<Field> Fields { get; init; }

    /// <summary>
    /// A SELECT of the rows that could not be read, with the columns of <see cref="RejectedRow.Fields"/>; null where
    /// all could be.
    /// </summary>
    public string? RejectedSql { get; init; }

    /// <summary>
    /// The actual inputs of the batch, where only reading finds how far the source has come; null where planning knew.
    /// Kept in the batch's manifest before its first commit.
    /// </summary>
    public StreamInputs? ActualInputs { get; set; }

    /// <summary>
    /// Called after the rows are read and before any of them is committed: checks that the inputs have not changed
    /// since reading began, and returns them with what reading found out; null where there is nothing to check.
    /// </summary>
    public Func<CancellationToken, Task<StreamInputs>>? Verify { get; set; }

    /// <summary>Whether it is known that there are no rows, readable or not.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>
    /// How many rows the source gave, those that could not be read among them; null where they were not counted.
    /// </summary>
    public long? RowsRead { get; init; }

    /// <summary>How many bytes the source gave; null where they were not counted.</summary>
    public long? BytesRead { get; init; }

    /// <summary>The columns of the table that no file has; empty where files do not name their columns.</summary>
    public IReadOnlyList<string> MissingColumns { get; set; } = [];

    /// <summary>What the user should know of how they are read.</summary>
    public IReadOnlyList<Warning> Warnings { get; set; } = [];

    /// <summary>Called when the rows are no longer needed.</summary>
    public Func<ValueTask> OnDispose { get; init; } = static () => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => OnDispose();

    /// <summary>Rows that the engine reads itself.</summary>
    /// <param name="sql">
    /// A SELECT whose columns are <see cref="Fields"/>, then <c>_cdc_commit_ts</c> and <c>_cdc_source</c>; in between
    /// <c>_cdc_op</c>, <c>_cdc_lsn</c> and <c>_cdc_seq</c> where it <see cref="TellsChanges"/>.
    /// </param>
    public sealed class Selected(string sql) : StreamRows
    {
        /// <summary>The SELECT, for any session of <see cref="ReadContext.Engine"/>.</summary>
        public string Sql { get; } = sql;

        /// <summary>Whether rows say themselves what was done with them, and in which order.</summary>
        public bool TellsChanges { get; init; }

        /// <summary>
        /// Whether <c>_cdc_seq</c> is among the columns: a row's line in a file of CSV or JSON lines, otherwise its
        /// number in its file, both from 1.
        /// </summary>
        public bool TellsPlaces { get; init; }

        /// <summary>
        /// Reads the rows again so that those of some files, named by <c>_cdc_source</c>, have their places; null where
        /// all have them. What it returns takes the place of these rows, and has none.
        /// </summary>
        public Func<IReadOnlySet<string>, CancellationToken, Task<Selected>>? Number { get; init; }

        /// <summary>Copies from other rows of the same inputs what a second read does not find.</summary>
        public void TakePlaceOf(StreamRows rows)
        {
            Verify ??= rows.Verify;
            if (MissingColumns.Count == 0) MissingColumns = rows.MissingColumns;
        }

        /// <summary>
        /// Called when the engine fails on <see cref="Sql"/>: a connector that expects clean data reads it the fast way
        /// first. What the failed statement wrote is discarded, this is called with the error, and the returned rows
        /// replace these, including the rejected ones and <see cref="StreamRows.OnDispose"/>; a null result, or no
        /// function, leaves the error unchanged. The returned rows may have a function of their own, each at most one
        /// more.
        /// </summary>
        public Func<FozException, CancellationToken, Task<Selected?>>? Recover { get; set; }
    }

    /// <summary>Rows that the connector reads.</summary>
    /// <param name="stream">The rows, with the columns <see cref="Fields"/>.</param>
    public sealed class Streamed(ColumnStream stream) : StreamRows
    {
        /// <summary>The rows.</summary>
        public ColumnStream Stream { get; } = stream;

        /// <summary>
        /// Counts the rows that could not be read, which are not in <see cref="Stream"/>; called once that is read.
        /// </summary>
        public Func<long> CountRejected { get; init; } = static () => 0;

        /// <summary>The position in the source's log at which the rows were read; null where it has none.</summary>
        public long? Lsn { get; init; }

        /// <summary>
        /// Whether the rows come in the order of their cursor, as only the source knows it; their numbers then are
        /// <c>_cdc_seq</c>.
        /// </summary>
        public bool IsOrdered { get; init; }

        /// <summary>When the source's state that was read was current; null where unknown.</summary>
        public DateTimeOffset? CommittedAt { get; init; }
    }
}

/// <summary>A row that could not be read, kept in <c>&lt;table&gt;__rejected</c>.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="Line">Line where it starts, from 1.</param>
/// <param name="Text">The row as it stands in the file; bytes that are not UTF-8 replaced by U+FFFD.</param>
/// <param name="Reason">Why it could not be read.</param>
public sealed record RejectedRow(string File, long Line, string Text, string Reason)
{
    /// <summary>The columns of a table of rejected rows, before <c>_cdc_synced_at</c>.</summary>
    public static IReadOnlyList<Field> Fields { get; } =
    [
        new("file", DataType.String),
        new("line", DataType.Long),
        new("text", DataType.String),
        new("reason", DataType.String),
    ];
}
