using System.Collections.Immutable;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <content>Whether a model has work.</content>
sealed partial class ModelStep
{
    /// <summary>Why the step would do something; null if it would not.</summary>
    public async Task<string?> FindRunReasonAsync(CancellationToken cancellationToken) =>
        (await CheckAsync(cancellationToken)).Reason;

    /// <summary>Looks for what the step would do.</summary>
    public async Task<StepStatus> CheckAsync(CancellationToken cancellationToken)
    {
        if (await context.Reads.FindLastAsync(node.Table, cancellationToken) is not { } last)
            return new("was never made", []);
        if (!await context.Reads.HasCommittedAsync(node.Table, last, cancellationToken))
            return new($"batch {last.Batch} was not finished", []);
        if (IsFullRefresh) return new("full refresh", []);
        var plan = await ModelPlan.OfAsync(context.Reads, Model, last, cancellationToken);
        return new(await FindRunReasonAsync(plan, last, cancellationToken), plan.Seen);
    }

    /// <summary>
    /// Returns what the model waits for: a table that its source makes with the first rows, one that another program is
    /// to make, or one that is being copied, whose rows come after changes that are newer. Null where it waits for
    /// nothing.
    /// </summary>
    async Task<string?> FindWaitAsync(CancellationToken cancellationToken)
    {
        var waits = Model.IsImplicit || Model.MayWait;
        if (!waits && !Model.NeedsOrder) return null;
        foreach (var reference in node.References)
        {
            var table = await (await context.Lake.OpenTableAsync(reference.Table, cancellationToken))
                .FindLatestAsync(cancellationToken);
            if (waits && table is null && reference is { IsOrderOnly: false, Kind: not ReferenceKind.Self }
                && (Model.IsImplicit
                    || await context.Lake.Catalog.FindAsync(reference.Table, cancellationToken) is null))
                return $"{reference.Name} has no rows yet: {node.Name} waits for the first";
            if (Model.NeedsOrder && reference.IsStream
                && table?.Properties.ContainsKey(ChangeColumns.CopyingProperty) is true)
                return $"{reference.Name} is being copied: {node.Name} waits for its last part";
        }
        return null;
    }

    async Task<string?> FindRunReasonAsync(ModelPlan plan, StepManifest last, CancellationToken cancellationToken)
    {
        WarnOfOldRows(plan, last);
        if (Model.Materialization.Strategy is IncrementalStrategy.Microbatch)
        {
            var intervals = await new ModelIntervals(context, node).PlanAsync(
                plan, last, isFullRefresh: false, cancellationToken);
            return intervals.Describe() ?? await FindSettingsAsync(cancellationToken);
        }
        if (plan.IsDoneBy(Model, last))
            return await FeedsRowsAsync(plan, cancellationToken)
                ? "it has rows that its table lacks"
                : await FindSettingsAsync(cancellationToken);
        var changed = plan.Tables.Where(t => last.Tables.GetValueOrDefault(t.Key)?.Version != t.Value.Version)
            .Select(t => last.Tables.TryGetValue(t.Key, out var read)
                ? $"{t.Key} v{read.Version} → v{t.Value.Version}"
                : $"{t.Key} v{t.Value.Version}").ToList();
        return changed.Count > 0 ? string.Join(", ", changed)
            : plan.Fingerprint != last.Fingerprint ? "the definition changed" : "its template gives another SELECT now";
    }

    /// <summary>Whether a model that may add other rows after each batch would change its table now.</summary>
    async Task<bool> FeedsRowsAsync(ModelPlan plan, CancellationToken cancellationToken)
    {
        if (!Model.FeedsItself) return false;
        using var session = context.Lake.Engines.Open(Workload.Models);
        return await new FedRows(session, Model, new StepNameResolver(context.Lake, node, plan.Tables)).AreThereAsync(
            node.Table, cancellationToken);
    }

    /// <summary>What of a table without new rows is not as the project says.</summary>
    async Task<string?> FindSettingsAsync(CancellationToken cancellationToken)
    {
        if (Model.Materialization is Materialization.View
            || await context.Reads.FindLatestAsync(node.Table, cancellationToken) is not { } present) return null;
        return new StepReaders(context, node).IsDue(present) ? "its readers changed"
            : new TagPropagation(context, node).IsDue(present, Model.Materialization.Strategy is null)
                ? "the tags of its columns changed"
            : null;
    }

    /// <summary>An incremental table keeps what its SQL made of older rows before it was changed.</summary>
    void WarnOfOldRows(ModelPlan plan, StepManifest last)
    {
        if (plan.Fingerprint == last.Fingerprint || !Model.ReadsNewRows) return;
        context.Warn(new(
            $"the definition of {node.Name} changed since batch {last.Batch}: "
            + "the rows that it has are as the old one made them",
            $"foz run {node.Name} --full-refresh rebuilds them"));
    }
}
