using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>The engines that a step's table stays readable for, where the step brings no rows.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The step.</param>
sealed class StepReaders(StepContext context, GraphNode node)
{
    /// <summary>Whether a table names other engines than the project does.</summary>
    public bool IsDue(TableSnapshot present) => node.Readers is { } readers && !present.IsHeldTo(readers);

    /// <summary>Holds the table to the engines that the project names.</summary>
    /// <returns>The version that is; null where nothing changed.</returns>
    public async Task<long?> ReconcileAsync(CancellationToken cancellationToken)
    {
        if (node.Readers is not { } readers) return null;
        var table = await context.Lake.OpenTableAsync(node.Table, cancellationToken);
        if (await table.FindLatestAsync(cancellationToken) is not { } present || !IsDue(present)) return null;
        using var session = context.Lake.Engines.Open(Workload.Models);
        return (await StepContext.AlterAsync(
            new(session), table, TableAlteration.HoldTo(readers), cancellationToken))?.Version;
    }
}
