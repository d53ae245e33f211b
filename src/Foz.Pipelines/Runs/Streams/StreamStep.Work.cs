using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <content>Whether a stream has work.</content>
sealed partial class StreamStep
{
    /// <summary>Why the step would do something; null if it would not.</summary>
    public async Task<string?> FindRunReasonAsync(CancellationToken cancellationToken)
    {
        var manifests = await log.ReadEachAsync(cancellationToken);
        var last = manifests.Count == 0 ? null : manifests[^1];
        if (last is { Stream: not null }
            && (last.GivenUpBy is not null || !await HasCommittedAsync(node.Table, last, cancellationToken)))
            return $"batch {last.Batch} was not finished";
        var plan = await planning.PlanAsync(
            manifests.Where(manifest => manifest.GivenUpBy is null), onWait: null, cancellationToken);
        return plan.Inputs is { } inputs ? planning.Of(inputs) : await FindTagsAsync(cancellationToken);
    }

    async Task<string?> FindTagsAsync(CancellationToken cancellationToken) =>
        await context.Reads.FindLatestAsync(node.Table, cancellationToken) is { } present
        && new TagPropagation(context, node).IsDue(present, Stream.Mode is StreamMode.Snapshot)
            ? "the tags of its columns changed"
            : null;

    /// <summary>
    /// Notifies the source that a batch is committed. If the source fails to accept that, it keeps more than it must:
    /// the next run notifies it again.
    /// </summary>
    async Task ConfirmAsync(StepManifest done, CancellationToken cancellationToken)
    {
        if (done.Stream?.Parts is not [.., var inputs]) return;
        try
        {
            await source.ConfirmAsync(Stream, inputs, cancellationToken);
        }
        catch (FozException e)
        {
            context.Warn(new(
                $"batch {done.Batch} is in {node.Table}, and its source could not be informed: {e.Message}",
                "the next run informs it again"));
        }
    }

    static long? BytesOf(StreamInputs? inputs) =>
        inputs is StreamInputs.OfFiles { Files: { Length: > 0 } files } ? files.Sum(file => file.SizeBytes) : null;

    static string Tally(EngineSession session, RowTally tally, string select, CancellationToken cancellationToken) =>
        tally.Over(
            select, session.Describe(select, cancellationToken).Where(column => !ChangeColumns.Has(column.Name)));

    /// <summary>
    /// Whether a snapshot has the rows that the last one left in the table, and says nothing else of its columns. One
    /// that follows a batch that was given up is committed, with what that left in other tables.
    /// </summary>
    async Task<bool> IsUnchangedAsync(
        StagedBatch batch, StepManifest manifest, LakeTable table, CancellationToken cancellationToken) =>
        batch is { Hash: { } hash, Rejected: 0, Screened.RowsQuarantined: 0 } && !context.IsFullRefresh
            && !batch.Change.ChangesMetadata
        && lastDone is not null && lastDone.Batch == manifest.Batch - 1 && lastDone.RowsHash == hash
        && await table.FindLatestAsync(cancellationToken) is { } latest
        && await ChangeLog.IsAsLeftByAsync(table, latest, new(lastDone.Step, lastDone.Batch), cancellationToken)
        && !await batches.IsBegunAsync(manifest, cancellationToken);
}
