using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Merging;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>What must hold for a model to go on with a table that keeps its rows.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model.</param>
sealed class RetainedTableChecks(StepContext context, GraphNode.OfModel node)
{
    Model Model => node.Model;

    /// <inheritdoc cref="Foz.Pipelines.Projects.Model.MergeKey"/>
    public IReadOnlyList<string> Key => Model.MergeKey;

    /// <summary>A table that was not merged by the key before may have rows of which a merge would make one.</summary>
    /// <param name="done">The last batch that is done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It has.</exception>
    public async Task CheckKeysAsync(StepManifest done, CancellationToken cancellationToken)
    {
        if (Key.Count == 0 || Key.SequenceEqual(done.Key, StringComparer.OrdinalIgnoreCase)) return;
        if (await context.Reads.FindLatestAsync(node.Table, cancellationToken) is not { } present) return;
        using var session = context.Lake.Engines.Open(Workload.Models);
        if (await RepeatedKeys.FindAsync(session, present, Key, cancellationToken) is not { } repeated) return;
        throw new FozException(ErrorKind.Data, $"{node.Table} cannot be merged by {string.Join(", ", Key)}: {repeated}")
        {
            Place = Model.Place,
            Hint = Model.Materialization.IsFullRefreshRestricted
                ? "delete the rows that are too many"
                : $"foz run {Model.Name} --full-refresh rebuilds it; or delete the rows that are too many",
        };
    }

    /// <summary>Appending what is new is wrong where old rows were changed or deleted.</summary>
    /// <param name="manifest">The batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">Rows that an earlier batch read were.</exception>
    public async Task CheckAppendAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        if (Model.Materialization.Strategy is not IncrementalStrategy.Append) return;
        if (await FindChangedAsync(manifest.Tables, cancellationToken) is not { } name) return;
        throw new FozException(
            ErrorKind.Data,
            $"rows of {name} were changed since its version {manifest.Tables[name].FromVersion}, "
                + $"which {node.Name} cannot append")
        {
            Place = Model.Place,
            Hint = "use 'strategy: merge' with a unique_key, or run with --full-refresh",
        };
    }

    /// <summary>
    /// A model that follows the rows of its input is made again where some of those were changed or deleted.
    /// </summary>
    /// <param name="plan">What it would read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<ModelPlan> FollowAsync(ModelPlan plan, CancellationToken cancellationToken) =>
        Model.FollowsRows && await FindChangedAsync(plan.Tables, cancellationToken) is not null
            ? await ModelPlan.OfAsync(context.Reads, Model, last: null, cancellationToken) with { MakesAgain = true }
            : plan;

    /// <summary>
    /// The name of a table of which rows that an earlier batch read were changed or deleted; null where there is none.
    /// </summary>
    async Task<string?> FindChangedAsync(
        IReadOnlyDictionary<string, TableInput> tables, CancellationToken cancellationToken)
    {
        foreach (var (name, input) in tables.Where(t => t.Value.FromVersion is not null))
        {
            var table = await context.Lake.OpenTableAsync(TableName.Parse(name), cancellationToken);
            var changes = await table.ChangesSinceAsync(input.FromVersion!.Value, input.Version, cancellationToken);
            if (changes.HasRemovals) return name;
        }
        return null;
    }
}
