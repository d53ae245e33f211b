using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;

namespace Foz.Streams.Tables;

/// <content>Its copies, part by part.</content>
sealed partial class BronzeTable
{
    CopyProgress? copying;
    bool isCopyAsked;

    /// <summary>Gets whether it is to be copied; not where it could not take the copy already.</summary>
    public bool NeedsCopy => error is null && (copiedAt is null || copying is not null || isCopyAsked);

    /// <summary>
    /// Gets whether no change may be read until it is copied: a row that changed its key while it was copied came
    /// without all of its columns, and does so again.
    /// </summary>
    public bool IsCopiedAlone { get; private set; }

    /// <summary>Returns where the next part of its copy begins.</summary>
    /// <param name="start">The moment of the part.</param>
    public CopyEnd? NextPart(ChangeStart start) => copying?.Next(start);

    /// <summary>Notes that changes are missing since its last copy.</summary>
    public void ForgetCopy() => (copiedAt, copying, isCopyAsked) = (null, null, false);

    /// <summary>Gets whether its changes are held beside it.</summary>
    public bool StandsStill => heldFor is not null;

    /// <summary>Notes that it is to be copied again, from its first row on; it has all changes meanwhile.</summary>
    public void AskForCopy() => (copying, isCopyAsked, error) = (null, true, null);

    /// <summary>
    /// Takes a part of a copy of the source's table. Rows that the lake's table has already stay as its history: with
    /// the last part comes a truncation of the moment before the first one, so that rows which the source has no more
    /// are none of it. Where the table cannot take the rows it stays without a copy, and says why in its result.
    /// </summary>
    /// <param name="session">The session that writes them.</param>
    /// <param name="part">The part.</param>
    /// <param name="start">Its moment.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether more parts of this moment follow.</returns>
    public async Task<bool> CopyAsync(
        EngineSession session, CopyPart part, ChangeStart start, CancellationToken cancellationToken)
    {
        if (await FindUnmaskedAsync([part.Rows.Fields], cancellationToken) is { } found)
        {
            error = Unmasked(found);
            return false;
        }
        var present = await table.FindLatestAsync(cancellationToken);
        // What another mode left here is no history of changes.
        var replaces = present is not null && !HasHistory(present);
        if (copiedAt is null)
        {
            // What is held is older than the copy.
            await held.ClearAsync(work.Lake.Engines, cancellationToken);
            (heldFor, rowsHeld) = (null, 0);
        }
        var moment = $"{start.Position}";
        var begun = (copying ?? new(moment, moment, End: null, present is not null && !replaces)) with
        {
            Moment = moment,
            End = part.End,
        };
        var isWhole = part.IsLast && !await HasMovesAsync(present, moment, cancellationToken);
        using var relation = session.Register(part.Rows.Stream);
        var select = rows.OfCopy(
            relation.Sql, part.Rows, numberOf(moment), work.Lake.Clock.GetUtcNow(),
            truncatedAt: isWhole && begun.Truncates ? numberOf(begun.First) - 1 : null);
        var options = rows.OptionsOf(part.Rows.Fields) with
        {
            Properties =
            [
                ChangeColumns.LogRetention,
                Batches,
                Masks,
                KeyValuePair.Create(CopyProgress.Property, isWhole ? null : $"{begun}"),
                .. isWhole ? CopiedAs(begun.First)
                    : copiedAt is null ? [KeyValuePair.Create(CopyProperty, (string?)null)]
                    : Array.Empty<KeyValuePair<string, string?>>(),
            ],
        };
        try
        {
            await using var change = await WriteCopyAsync(session, select, options, replaces, cancellationToken);
            if (change is null)
            {
                ForgetCopy();
                AskForCopy();
                return false;
            }
            await work.DescribeAsync(stream, change);
            await CommitOwnAsync(change, moment, cancellationToken);
        }
        catch (FozException e) when (IsMisfit(e))
        {
            error = e;
            return false;
        }
        copiedAt = isWhole ? numberOf(begun.First) : copiedAt ?? numberOf(begun.First);
        (copying, isCopyAsked) = (isWhole ? null : begun, false);
        IsCopiedAlone = !isWhole && (IsCopiedAlone || part.IsLast);
        return !part.IsLast;
    }

    /// <summary>
    /// Writes files of a part. Where its types do not fit, it takes the place of all rows if a user asked for the copy.
    /// </summary>
    /// <returns>
    /// The change; null where changes since the copy's moment would be lost: it begins again while none are read.
    /// </returns>
    async Task<TableChange?> WriteCopyAsync(
        EngineSession session, string select, WriteOptions options, bool replaces, CancellationToken cancellationToken)
    {
        var writer = new TableWriter(session);
        if (!replaces)
            try
            {
                return await ExplainAsync(() => writer.AppendAsync(table, select, options, cancellationToken));
            }
            catch (FozException e) when (isCopyAsked && IsOfTypes(e))
            {
                if (copiedAt is not null) return null;
            }
        return await writer.OverwriteAsync(table, select, options, cancellationToken);
    }

    KeyValuePair<string, string?>[] CopiedAs(string position) =>
    [
        new(CopyProperty, position),
        new(ChangeColumns.CopiedProperty, work.Lake.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)),
    ];

    /// <summary>
    /// Whether a row changed its key after a moment, and came without all of its columns: those that it had are in no
    /// part of the copy, if the part with its old key was read after the change.
    /// </summary>
    async Task<bool> HasMovesAsync(TableSnapshot? present, string moment, CancellationToken cancellationToken)
    {
        if (copiedAt is null || present is null) return false;
        var number = BronzeRows.Number(numberOf(moment));
        var filter = new FilterExpression.And(
        [
            new FilterExpression.Compare([ChangeColumns.Op], FilterComparison.Equal, "c"),
            new FilterExpression.Compare([ChangeColumns.Lsn], FilterComparison.GreaterOrEqual, number),
            new FilterExpression.IsNotNull([ChangeColumns.Unchanged]),
        ]);
        using var session = work.Lake.Engines.Open(Workload.Ingestion);
        using var changes = await TableRows.All(present).OpenAsync(session, filter, cancellationToken);
        return session.QueryScalar<bool>(
            $"SELECT count(*) > 0 FROM {changes.Sql} WHERE {ChangeColumns.Op} = 'c' "
                + $"AND {ChangeColumns.Lsn} >= {number} AND {ChangeColumns.Unchanged} IS NOT NULL",
            cancellationToken);
    }

    static CopyProgress? CopyingOf(TableSnapshot? table) =>
        CopyProgress.Parse(table?.Properties.GetValueOrDefault(CopyProgress.Property));

    static bool HasHistory(TableSnapshot table) => CopyOf(table) is not null || CopyingOf(table) is not null;
}
