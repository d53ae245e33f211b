using System.Globalization;
using Foz.Connectors;
using Foz.Connectors.Changes;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Streams.Batches;

namespace Foz.Streams.Tables;

/// <summary>The bronze table of a stream of changes: append-only, with every change as the source made it.</summary>
/// <param name="source">The source.</param>
/// <param name="stream">The stream.</param>
/// <param name="table">The table, which its first copy makes.</param>
sealed class BronzeTable(ProjectSource source, ProjectStream stream, LakeTable table)
{
    /// <summary>
    /// The property of a table, and the parameter of commits in its history, that has a position of its source: that of
    /// its last copy, and that at which it stands after a commit.
    /// </summary>
    public const string CopyProperty = "foz.streams.copy", PositionNote = "foz.streams.position";

    const string RescuedName = "_rescued_data";

    static readonly (string Key, string Value)[] Properties =
    [
        // There may be thousands of commits a day; a reader that is older than that reads the table again.
        ("delta.logRetentionDuration", "interval 1 days"),
    ];

    long rowsWritten;
    long? version;

    /// <summary>Gets the stream.</summary>
    public ProjectStream Stream => stream;

    /// <summary>Gets the table.</summary>
    public LakeTable Table => table;

    /// <summary>
    /// Gets the position of its last copy as a number; null where it was not copied yet, or changes are missing since.
    /// </summary>
    public long? CopiedAt { get; private set; }


    /// <summary>The step of a source's batches: the <c>appId</c> of their commits.</summary>
    public static string StepOf(ProjectSource source) => $"{source.Name}.changes";

    /// <summary>Reads what the table knows of its copy.</summary>
    /// <param name="parse">Reads a position.</param>
    /// <param name="isWhole">Whether all changes since the copy were read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task OpenAsync(
        Func<string, ChangePosition> parse, bool isWhole, CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        CopiedAt = isWhole && CopyOf(present) is { } text ? parse(text).Number : null;
    }

    static string? CopyOf(TableSnapshot? table) => table?.Properties.GetValueOrDefault(CopyProperty);

    /// <summary>Returns the number of the last batch that it has; -1 for none.</summary>
    public async Task<long> LastNumberAsync(CancellationToken cancellationToken) =>
        (await table.FindLatestAsync(cancellationToken))?.BatchOf(StepOf(source)) ?? -1;

    /// <summary>Whether it has a batch; it does not need one that it was copied after.</summary>
    public async Task<bool> HasAsync(ChangeBatch batch, CancellationToken cancellationToken) =>
        await table.FindLatestAsync(cancellationToken) is not { } present
        || present.BatchOf(StepOf(source)) >= batch.Number;

    /// <summary>
    /// Copies all rows of the source's table. Rows that the lake's table has already stay as its history: a truncation
    /// comes before the copy, so that rows which the source has no more are none of it.
    /// </summary>
    /// <param name="session">The session that writes them.</param>
    /// <param name="rows">The rows, as of the start.</param>
    /// <param name="start">The moment.</param>
    /// <param name="syncedAt">When they are read.</param>
    /// <param name="describe">Gives the columns their tags.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They do not fit the table.</exception>
    public async Task CopyAsync(
        EngineSession session, StreamRows.Streamed rows, ChangeStart start, DateTimeOffset syncedAt,
        Func<TableChange, Task> describe, CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        using var relation = session.Register(rows.Stream);
        var own = string.Concat(rows.Fields.Select(field => $"s.{SqlText.Identifier(field.Name)}, "));
        var number = start.Position.Number;
        var select = Masked(
            $"SELECT {own}{Marks("r", number, rows.CommittedAt)} FROM {relation.Sql} AS s", rows.Fields, syncedAt);
        // What another mode left here is no history of changes.
        var replaces = present is not null && CopyOf(present) is null;
        if (present is not null && !replaces)
            select += $"\nUNION ALL BY NAME SELECT {Marks("t", number - 1, rows.CommittedAt)}, "
                + Constants(syncedAt);
        var options = OptionsOf(rows.Fields) with
        {
            Properties =
            [
                .. Properties.Select(p => KeyValuePair.Create(p.Key, (string?)p.Value)),
                KeyValuePair.Create(CopyProperty, (string?)$"{start.Position}"),
            ],
            Notes = [(PositionNote, $"{start.Position}")],
        };
        var writer = new TableWriter(session);
        await using var change = await WriteAsync(() => replaces
            ? writer.OverwriteAsync(table, select, options, cancellationToken)
            : writer.AppendAsync(table, select, options, cancellationToken));
        await describe(change);
        await CommitAsync(change, cancellationToken);
        CopiedAt = number;
    }

    /// <summary>Writes the files of a batch's changes; nothing of it is in the table yet.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They do not fit the table.</exception>
    public async Task<TableChange> StageAsync(
        StagedChanges changes, ChangeBatch batch, CancellationToken cancellationToken)
    {
        table.ReachedBy(changes.Session);
        IReadOnlyList<Field> fields =
            [.. changes.Tables.Reverse().SelectMany(known => known.Fields).DistinctBy(field => field.Name)];
        var select = changes.Select();
        // The copy has what was committed before it.
        if (changes.FirstPosition < CopiedAt)
            select = $"SELECT * FROM ({select}) WHERE {ChangeColumns.Lsn} >= {Number(CopiedAt!.Value)}";
        select = Masked(select, fields, batch.SyncedAt, changes.Tables.Any(known => known.HasBefore));
        if (stream.Drift is DriftPolicy.Freeze or DriftPolicy.DiscardColumn or DriftPolicy.Fail)
            select = await WithoutNewAsync(select, fields, cancellationToken);
        var options = OptionsOf(fields) with
        {
            Batch = new(StepOf(source), batch.Number),
            Notes = [(PositionNote, batch.Position)],
        };
        return await WriteAsync(
            () => new TableWriter(changes.Session).AppendAsync(table, select, options, cancellationToken));
    }

    /// <summary>Commits what was staged.</summary>
    /// <exception cref="DeltaException">Another commit came first that it conflicts with.</exception>
    public async Task CommitAsync(TableChange change, CancellationToken cancellationToken)
    {
        var committed = await change.CommitAsync(cancellationToken);
        (rowsWritten, version) = (rowsWritten + change.RowsAdded, committed.Version);
    }

    /// <summary>Returns what was committed since the last call.</summary>
    public StepResult TakeResult()
    {
        var result = new StepResult
        {
            Step = stream.Table,
            IsStream = true,
            Outcome = version is null ? Outcome.Skipped : Outcome.Succeeded,
            TableVersion = version,
            RowsWritten = rowsWritten,
            RowsChanged = rowsWritten,
            Read = (rowsWritten, null),
        };
        (rowsWritten, version) = (0, null);
        return result;
    }

    WriteOptions OptionsOf(IEnumerable<Field> fields) => new()
    {
        Fields = [.. fields.Select(Describe)],
        Description = stream.Description,
        Readers = stream.Readers,
        WidensTypes = stream.Drift is DriftPolicy.Evolve,
    };

    Field Describe(Field field) =>
        ColumnOf(field.Name) is { Description: { } description }
            ? field with { Metadata = field.Metadata.SetItem(Field.CommentKey, description) }
            : field;

    ColumnDefinition? ColumnOf(string name) =>
        stream.Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    async Task<TableChange> WriteAsync(Func<Task<TableChange>> write)
    {
        try
        {
            return await write();
        }
        catch (FozException e)
            when (e.InnerException is DeltaException
            {
                Kind: DeltaErrorKind.TypeMismatch or DeltaErrorKind.TypeWideningDisabled
            })
        {
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = stream.Definition.Place,
                Hint = $"DROP TABLE {stream.Name} lets the next run copy the table again, with its new type",
            };
        }
    }

    async Task<string> WithoutNewAsync(
        string select, IEnumerable<Field> fields, CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not { } present) return select;
        var known = present.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var added = fields.Where(field => !known.Contains(field.Name)).Select(field => field.Name).ToList();
        if (added.Count == 0) return select;
        if (stream.Drift is DriftPolicy.Fail)
            throw new FozException(
                ErrorKind.Data,
                $"{stream.Table}: the source has new columns {string.Join(", ", added)}, and its drift policy is fail")
            {
                Place = stream.Definition.Place,
                Hint = $"foz alter {stream.Name} takes them in, or set drift: evolve",
            };
        return $"SELECT * EXCLUDE ({string.Join(", ", added.Select(SqlText.Identifier))}) FROM ({select})";
    }

    /// <summary>The change columns of rows that no log has.</summary>
    static string Marks(string operation, long number, DateTimeOffset? committedAt) =>
        $"'{operation}' AS {ChangeColumns.Op}, CAST({Number(number)} AS BIGINT) AS {ChangeColumns.Lsn}, "
        + $"CAST(NULL AS BIGINT) AS {ChangeColumns.Seq}, CAST(NULL AS BIGINT) AS {ChangeColumns.Tx}, "
        + $"{(committedAt is { } at ? Instant(at) : "CAST(NULL AS TIMESTAMPTZ)")} AS {ChangeColumns.CommitTs}, "
        + $"CAST(NULL AS VARCHAR[]) AS {ChangeColumns.Unchanged}";

    /// <summary>The change columns that are the same for all rows of a batch.</summary>
    string Constants(DateTimeOffset syncedAt) =>
        $"{Instant(syncedAt)} AS {ChangeColumns.SyncedAt}, "
        + $"{SqlText.Literal($"{source.Name}.{stream.Definition.Name}")} AS {ChangeColumns.Source}";

    /// <summary>Rows with masked columns, and with all change columns in their order.</summary>
    string Masked(string select, IReadOnlyList<Field> fields, DateTimeOffset syncedAt, bool hasBefore = false)
    {
        var own = fields.Select(field => Masked(field, SqlText.Identifier(field.Name)));
        IEnumerable<string> change =
        [
            ChangeColumns.Op, ChangeColumns.Lsn, ChangeColumns.Seq, ChangeColumns.Tx, ChangeColumns.CommitTs,
            Constants(syncedAt), ChangeColumns.Unchanged,
        ];
        if (hasBefore) change = change.Append(Before(fields));
        return $"SELECT {string.Join(", ", own.Concat(change))} FROM ({select}\n)";
    }

    string Masked(Field field, string value) => MaskOf(field) is { } mask
        ? $"{mask.Sql(value, field.Type, source.MaskKey)} AS {SqlText.Identifier(field.Name)}"
        : value;

    /// <summary>The mask of a column; values that no column can hold are masked where any column is.</summary>
    ColumnMask? MaskOf(Field field) =>
        field.Name == RescuedName && stream.Columns.Any(column => column.Mask is not null)
            ? ColumnMask.Redact
            : ColumnOf(field.Name)?.Mask;

    string Before(IReadOnlyList<Field> fields)
    {
        if (fields.All(field => MaskOf(field) is null)) return ChangeColumns.Before;
        var packed = fields.Select(field =>
        {
            var name = SqlText.Identifier(field.Name);
            var value = $"{ChangeColumns.Before}.{name}";
            return $"{name} := {(MaskOf(field) is { } mask ? mask.Sql(value, field.Type, source.MaskKey) : value)}";
        });
        return $"CASE WHEN {ChangeColumns.Before} IS NOT NULL THEN struct_pack({string.Join(", ", packed)}) END AS "
            + ChangeColumns.Before;
    }

    static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    static string Instant(DateTimeOffset instant) => string.Create(
        CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{instant.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00'");
}
