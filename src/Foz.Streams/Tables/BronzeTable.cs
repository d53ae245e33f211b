using Foz.Connectors;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Streams;
using Foz.Storage;
using Foz.Streams.Batches;

namespace Foz.Streams.Tables;

/// <summary>
/// The bronze table of a stream of changes: append-only, with every change as the source made it. Where it cannot take
/// changes, they are held beside it, and the other tables of the source go on.
/// </summary>
/// <param name="work">The source, and what it is read for.</param>
/// <param name="stream">The stream.</param>
/// <param name="table">The table, which its first copy makes.</param>
sealed partial class BronzeTable(ChangeWork work, ProjectStream stream, LakeTable table)
{
    /// <summary>
    /// The property of a table, and the parameter of commits in its history, that has a position of its source: that of
    /// its last whole copy, and that at which it stands after a commit.
    /// </summary>
    public const string CopyProperty = "foz.streams.copy", PositionNote = "foz.streams.position";

    readonly BronzeRows rows = new(work.Source, stream);
    readonly string step = StepOf(work.Source);
    HeldChanges held = null!;
    FozException? error;
    HoldReason? heldFor;
    long rowsWritten, rowsHeld;
    long? version, copiedAt;
    Func<string, long> numberOf = null!;

    /// <summary>Gets the stream.</summary>
    public ProjectStream Stream => stream;

    /// <summary>Gets the table.</summary>
    public LakeTable Table => table;

    /// <summary>
    /// Gets the position of its last copy as a number, from which on it has all changes: that of the first part, if
    /// not all of it is there. Null where it was not copied yet, or changes are missing since.
    /// </summary>
    public long? CopiedAt => copiedAt;

    /// <summary>The step of a source's batches: the <c>appId</c> of their commits.</summary>
    public static string StepOf(ProjectSource source) => SourceBatches.StepOf(source.Name);

    /// <summary>Reads what the table knows of its copy, and of changes that are held.</summary>
    /// <param name="numberOf">Gives the number of a position, from its text.</param>
    /// <param name="isWhole">Whether all changes since the copy were read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task OpenAsync(
        Func<string, long> numberOf, bool isWhole, CancellationToken cancellationToken)
    {
        var present = await table.FindLatestAsync(cancellationToken);
        this.numberOf = numberOf;
        copying = isWhole ? CopyingOf(present) : null;
        copiedAt = isWhole && (CopyOf(present) ?? copying?.First) is { } text ? numberOf(text) : null;
        held = new(await work.Lake.OpenTableAsync(stream.Table.Held, cancellationToken), stream.Table);
        if (HeldChanges.Find(await held.Table.FindLatestAsync(cancellationToken), present, step) is { } found)
            (rowsHeld, heldFor) = found;
        // A run that brought them into the table was cut off before it forgot them.
        else await held.ClearAsync(work.Lake.Engines, cancellationToken);
    }

    /// <summary>Returns the number of the last batch that it has; -1 for none.</summary>
    public async Task<long> LastNumberAsync(CancellationToken cancellationToken) => Math.Max(
        (await table.FindLatestAsync(cancellationToken))?.BatchOf(step) ?? -1,
        (await held.Table.FindLatestAsync(cancellationToken))?.BatchOf(step) ?? -1);

    /// <summary>Returns the greatest number of a position that its changes have; null where it has none.</summary>
    public async Task<long?> LastPositionAsync(CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not { } present || !HasHistory(present)) return null;
        using var session = work.Lake.Engines.Open(Workload.Ingestion);
        using var all = await TableRows.All(present).OpenAsync(session, filter: null, cancellationToken);
        return session.QueryScalar<long?>($"SELECT max({ChangeColumns.Lsn}) FROM {all.Sql}", cancellationToken);
    }

    /// <summary>Whether it has a batch; it does not need one that it was copied after.</summary>
    public async Task<bool> HasAsync(ChangeBatch batch, CancellationToken cancellationToken) =>
        await table.FindLatestAsync(cancellationToken) is null
        || await LastNumberAsync(cancellationToken) >= batch.Number;

    /// <summary>Writes files of a batch's changes; nothing of it is in the table yet.</summary>
    /// <param name="session">The session that writes them.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="part">The batch.</param>
    /// <param name="before">
    /// The change that has the batch's earlier ones, which is disposed of if it is not the result; null for none.
    /// </param>
    /// <param name="hasSameColumns">Whether the earlier ones have the same columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The change that has all of them: of the table, or of what is held where it cannot take them.</returns>
    public async Task<TableChange> WriteAsync(
        EngineSession session, ChangeSelect changes, BatchPart part, TableChange? before, bool hasSameColumns,
        CancellationToken cancellationToken)
    {
        var fields = BronzeRows.FieldsOf(changes);
        var unmasked = await FindUnmaskedAsync(
            changes.Tables.Select(known => known.Fields.ToList()), cancellationToken);
        var select = SelectOf(changes, fields, part, unmasked?.Unknown ?? []);
        var isOfHeld = heldFor is not null;
        if (!isOfHeld)
            try
            {
                if (unmasked is { } found) throw Unmasked(found);
                return await ExplainAsync(() => WriteOwnAsync(
                    session, select, fields, part, before, hasSameColumns, cancellationToken));
            }
            catch (FozException e) when (IsMisfit(e))
            {
                heldFor = ReasonOf(e);
                held = new(
                    await work.DefineAsync(
                        stream.Table.Held, $"Changes that wait until {stream.Table} can take them", cancellationToken),
                    stream.Table);
            }
        if (isOfHeld && before is not null)
        {
            await HeldChanges.WriteMoreAsync(session, before, select, part.Number, cancellationToken);
            return before;
        }
        using var earlier = await OpenNewAsync(before, session, cancellationToken);
        var whole = await held.WriteAsync(
            session, With(earlier, select), new(step, part.Number), heldFor!, cancellationToken);
        if (before is not null) await before.DisposeAsync();
        return whole;
    }

    /// <summary>Commits what was written.</summary>
    /// <param name="change">The change.</param>
    /// <param name="position">The position at which the table stands then.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">Another commit came first that it conflicts with.</exception>
    public async Task CommitAsync(TableChange change, string position, CancellationToken cancellationToken)
    {
        Failpoint.Hit("streams.table");
        if (heldFor is null)
        {
            await CommitOwnAsync(change, position, cancellationToken);
            return;
        }
        await change.CommitAsync(cancellationToken);
        rowsHeld += change.RowsAdded;
    }

    /// <summary>Brings the held changes into the table; they stay held where it still cannot take them.</summary>
    /// <param name="position">The position at which the table stands then.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether none are held.</returns>
    public async Task<bool> TryResumeAsync(string position, CancellationToken cancellationToken)
    {
        if (heldFor is null) return true;
        using var session = work.Lake.Engines.Open(Workload.Ingestion);
        table.ReachedBy(session);
        var number = await LastNumberAsync(cancellationToken);
        var last = (await table.FindLatestAsync(cancellationToken))?.BatchOf(step) ?? -1;
        var (select, relation) = await held.OpenAsync(session, last, cancellationToken);
        using var opened = relation;
        if (copiedAt is { } copy) select = BronzeRows.After(select, copy);
        var fields = session.Describe(select, cancellationToken).Select(column => column.ToField())
            .Where(field => !ChangeColumns.Has(field.Name)).ToList();
        var begun = fields.RemoveAll(field => field.Name == HeldChanges.LeftOutName) > 0
            ? new CopyProgress(position, position, End: null, Truncates: true)
            : copying;
        if (begun != copying) select = $"SELECT * EXCLUDE ({HeldChanges.LeftOutName}) FROM ({select})";
        try
        {
            await using var change = await ExplainAsync(() => WriteOwnAsync(
                session, select, fields, new(number, default, Offset: 0), before: null, hasSameColumns: false,
                cancellationToken, begun));
            await CommitOwnAsync(change, position, cancellationToken);
            copying = begun;
        }
        catch (FozException e) when (IsMisfit(e))
        {
            heldFor = ReasonOf(e);
            return false;
        }
        await held.ClearAsync(work.Lake.Engines, cancellationToken);
        (heldFor, rowsHeld) = (null, 0);
        return true;
    }

    /// <summary>Gets how the table stands where it stands still; null where it does not.</summary>
    public StepResult? Fault
    {
        get
        {
            var fault = heldFor is null ? error : new FozException(
                ErrorKind.Data,
                $"{stream.Table} stands still, {rowsHeld:N0} {(rowsHeld == 1 ? "change is" : "changes are")} held: "
                    + heldFor.Text)
            {
                Hint = heldFor.Hint ?? held.Mend,
            };
            return fault is null ? null : FaultOf(stream.Table, fault);
        }
    }

    /// <summary>Returns how a table stands that stands still alone.</summary>
    /// <param name="table">The table.</param>
    /// <param name="fault">Why it does.</param>
    public static StepResult FaultOf(TableName table, FozException fault) => new()
    {
        Step = table, IsStream = true, Outcome = Outcome.Failed, Error = fault, StandsStill = true,
    };

    /// <summary>Returns what was committed since the last call, or why the table stands still.</summary>
    public StepResult TakeResult()
    {
        var result = (Fault ?? new()
        {
            Step = stream.Table, IsStream = true,
            Outcome = version is null ? Outcome.Skipped : Outcome.Succeeded,
        }) with
        {
            TableVersion = version,
            RowsWritten = rowsWritten,
            RowsChanged = rowsWritten,
            Read = (rowsWritten, null),
        };
        (rowsWritten, version) = (0, null);
        return result;
    }

    /// <summary>Where readers find which tables a batch changes.</summary>
    KeyValuePair<string, string?> Batches => KeyValuePair.Create(
        BatchedTable.FolderProperty,
        (string?)SourceBatches.FolderOf(work.Project.Environment ?? "", work.Source.Name));

    static string? CopyOf(TableSnapshot? table) => table?.Properties.GetValueOrDefault(CopyProperty);

    /// <summary>Whether an error is the table's own, and no reason for others to wait.</summary>
    static bool IsMisfit(FozException error) =>
        error is { IsTransient: false, Kind: ErrorKind.Data or ErrorKind.Table or ErrorKind.Sql };

    async Task<TableChange> WriteOwnAsync(
        EngineSession session, string select, List<Field> fields, BatchPart part, TableChange? before,
        bool hasSameColumns, CancellationToken cancellationToken, CopyProgress? begun = null)
    {
        if (stream.Drift is DriftPolicy.Freeze or DriftPolicy.DiscardColumn or DriftPolicy.Fail)
            select = await WithoutNewAsync(select, fields, cancellationToken);
        var writer = new TableWriter(session);
        if (before is not null && hasSameColumns)
        {
            await writer.AppendMoreAsync(before, select, cancellationToken);
            return before;
        }
        // Columns changed in the middle: what is written already is written again, with the columns of both.
        using var earlier = await OpenNewAsync(before, session, cancellationToken);
        var options = rows.OptionsOf([.. fields, .. before?.Fields ?? []]) with
        {
            Batch = new(step, part.Number),
            Properties = begun is null
                ? [Batches, Masks]
                : [Batches, Masks, KeyValuePair.Create(CopyProgress.Property, (string?)$"{begun}")],
        };
        var change = await writer.AppendAsync(table, With(earlier, select), options, cancellationToken);
        if (before is not null) await before.DisposeAsync();
        return change;
    }

    static async Task<TableRelation?> OpenNewAsync(
        TableChange? change, EngineSession session, CancellationToken cancellationToken) => change is null
        ? null
        : await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken);

    static string With(TableRelation? earlier, string select) =>
        earlier is null ? select : $"SELECT * FROM {earlier.Sql} UNION ALL BY NAME {select}";

    async Task CommitOwnAsync(TableChange change, string position, CancellationToken cancellationToken)
    {
        change.Note(PositionNote, position);
        var committed = await change.CommitAsync(cancellationToken);
        (rowsWritten, version, error) = (rowsWritten + change.RowsAdded, committed.Version, null);
    }

    async Task<TableChange> ExplainAsync(Func<Task<TableChange>> write)
    {
        try
        {
            return await write();
        }
        catch (FozException e) when (IsOfTypes(e))
        {
            throw new FozException(e.Kind, e.Message, e.InnerException)
            {
                Place = stream.Definition.Place,
                Hint = $"foz stream snapshot {stream.Name} copies the table again with its new types; the rows so far "
                    + "are then in earlier versions of it only",
            };
        }
    }

    /// <summary>Whether an error says that rows have other types than the table.</summary>
    static bool IsOfTypes(FozException error) => error.InnerException is DeltaException
    {
        Kind: DeltaErrorKind.TypeMismatch or DeltaErrorKind.TypeWideningDisabled,
    };

    static HoldReason ReasonOf(FozException error) => new(error.Message, IsOfTypes(error) ? error.Hint : null);

    async Task<string> WithoutNewAsync(
        string select, IEnumerable<Field> fields, CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not { } present) return select;
        var known = present.Fields.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var added = fields.Where(field => !known.Contains(field.Name)).Select(field => field.Name).ToList();
        if (added.Count == 0) return select;
        if (stream.Drift is DriftPolicy.Fail)
        {
            var names = string.Join(", ", added.Where(name => name != BronzeRows.RescuedName));
            throw new FozException(
                ErrorKind.Data, $"{stream.Table}: the source has new columns {names}, and its drift policy is fail")
            {
                Place = stream.Definition.Place,
                Hint = $"foz alter {stream.Name} takes them in, or set drift: evolve",
            };
        }
        return $"SELECT * EXCLUDE ({string.Join(", ", added.Select(SqlText.Identifier))}) FROM ({select})";
    }
}
