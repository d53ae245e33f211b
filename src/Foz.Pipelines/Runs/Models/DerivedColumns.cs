using System.Runtime.CompilerServices;
using Foz.Lake.Data;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>
/// What the columns of a model of changes are made from: where the source did not send a column, those that are made
/// from it alone keep their values too.
/// </summary>
static class DerivedColumns
{
    static readonly ConditionalWeakTable<Model, IReadOnlyDictionary<string, CdcOrigin>> known = [];

    /// <summary>
    /// Finds the columns that are not a column of the changes under its own name, and what they are made from.
    /// </summary>
    /// <param name="context">The run.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Them; null where that cannot be known.</returns>
    public static async Task<IReadOnlyDictionary<string, CdcOrigin>?> FindAsync(
        StepContext context, Model model, CancellationToken cancellationToken)
    {
        if (model is { IsImplicit: true } or { Program: not null }
            || model.Materialization.Strategy is not IncrementalStrategy.Cdc { ChangeStreams: > 0 })
            return new Dictionary<string, CdcOrigin>();
        if (known.TryGetValue(model, out var found)) return found;
        if (context.Lineage is null) return null;
        using var lineage = context.Lineage();
        var node = await lineage.FindAsync(model, [], cancellationToken);
        if (node.Error is not null) return null;
        var streams = model.References.Where(reference => reference.IsStream).Select(reference => reference.Name)
            .ToHashSet();
        found = node.Columns.Where(column =>
                column.Inputs is not [var only] || only.Column != column.Field.Name || !streams.Contains(only.Table))
            .ToDictionary(
                column => column.Field.Name, column => OriginOf(column, node.Conditions, streams),
                StringComparer.OrdinalIgnoreCase);
        known.AddOrUpdate(model, found);
        return found;
    }

    /// <summary>
    /// What a column is made from; of another table also by what its row there is found, such as the columns of a join.
    /// </summary>
    static CdcOrigin OriginOf(
        ColumnLineage column, IReadOnlyList<UpstreamColumn> conditions, HashSet<TableName> streams)
    {
        var hasOthers = column.Inputs.Any(input => !streams.Contains(input.Table));
        var sent = column.Inputs.Concat(hasOthers ? conditions : []).Where(input => streams.Contains(input.Table));
        return new([.. sent.Select(input => input.Column).Distinct()], hasOthers);
    }
}
