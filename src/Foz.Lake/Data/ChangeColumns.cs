namespace Foz.Lake.Data;

/// <summary>
/// The columns after a source's own in every bronze table, so that snapshots, incremental loads and change streams look
/// alike.
/// </summary>
public static class ChangeColumns
{
    /// <summary>
    /// The property of a table of a stream that reads a log, which is another one after each copy of all rows: these
    /// may have come after changes that are newer.
    /// </summary>
    public const string CopiedProperty = "foz.streams.copied";

    /// <summary>The property of such a table that says how far a copy is which is not finished.</summary>
    public const string CopyingProperty = "foz.streams.copying";

    /// <summary>
    /// The property of tables that get a commit with each batch of changes, of which there may be thousands a day: a
    /// reader that is more than a day late reads them from the beginning.
    /// </summary>
    public static KeyValuePair<string, string?> LogRetention { get; } =
        new("delta.logRetentionDuration", "interval 1 days");

    /// <summary>
    /// What happened: <c>r</c> read by a snapshot or a file, <c>c</c> insert, <c>u</c> update, <c>d</c> delete.
    /// </summary>
    public const string Op = "_cdc_op";

    /// <summary>Position in the source's log, as a number that grows; null where the source has no log.</summary>
    public const string Lsn = "_cdc_lsn";

    /// <summary>
    /// Order of the change inside its transaction, or of the row inside its file or answer where its stream has keys;
    /// null where there is none.
    /// </summary>
    public const string Seq = "_cdc_seq";

    /// <summary>The source's transaction; null where there is none.</summary>
    public const string Tx = "_cdc_tx";

    /// <summary>When the source committed the change: for a file, when it was last modified.</summary>
    public const string CommitTs = "_cdc_commit_ts";

    /// <summary>When Foz read it: one instant for all rows of a batch.</summary>
    public const string SyncedAt = "_cdc_synced_at";

    /// <summary>Where it comes from: <c>source.stream</c>, or the path of the file.</summary>
    public const string Source = "_cdc_source";

    /// <summary>
    /// The columns whose values the source did not send, as they did not change; null where it sent all. Only in tables
    /// of streams that read a log.
    /// </summary>
    public const string Unchanged = "_cdc_unchanged";

    /// <summary>
    /// The row before an update, where the source sends it: a struct of the columns. Only in tables of streams that
    /// read a log.
    /// </summary>
    public const string Before = "_cdc_before";

    /// <summary>The names of all of them, which no column of a source may have.</summary>
    public static IEnumerable<string> Names => [.. Fields.Select(own => own.Name), Unchanged, Before];

    /// <summary>Whether a column is none of the source's own, whatever the case of its name.</summary>
    public static bool Has(string column) => Names.Contains(column, StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of a table.</summary>
    /// <param name="ofLog">Whether its stream reads a log; the row before an update is not in all of these.</param>
    public static IEnumerable<Field> Of(bool ofLog) => ofLog ? [.. Fields, UnchangedField] : Fields;

    /// <summary>The column <see cref="Unchanged"/>.</summary>
    public static Field UnchangedField { get; } = new(Unchanged, new DataType.Array(DataType.String));

    /// <summary>Those of all tables with their types, in order.</summary>
    public static IReadOnlyList<Field> Fields { get; } =
    [
        new(Op, DataType.String),
        new(Lsn, DataType.Long),
        new(Seq, DataType.Long),
        new(Tx, DataType.Long),
        new(CommitTs, DataType.Timestamp),
        new(SyncedAt, DataType.Timestamp),
        new(Source, DataType.String),
    ];
}
