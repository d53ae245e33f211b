using System.Runtime.CompilerServices;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>
/// What the columns of a model of changes are made from: where the source did not send a column, those that are made
/// from it keep their values too.
/// </summary>
static class DerivedColumns
{
    static readonly ConditionalWeakTable<Model, IReadOnlyDictionary<string, IReadOnlyList<string>>> known = [];

    /// <summary>
    /// Finds the columns that are not a column of the changes under its own name, and what they are made from.
    /// </summary>
    /// <param name="context">The run.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Them; null where that cannot be known.</returns>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>?> FindAsync(
        StepContext context, Model model, CancellationToken cancellationToken)
    {
        if (model is { IsImplicit: true } or { Program: not null }
            || model.Materialization.Strategy is not IncrementalStrategy.Cdc { ChangeStreams: > 0 })
            return new Dictionary<string, IReadOnlyList<string>>();
        if (known.TryGetValue(model, out var found)) return found;
        if (context.Lineage is null) return null;
        using var lineage = context.Lineage();
        var node = await lineage.FindAsync(model, [], cancellationToken);
        if (node.Error is not null) return null;
        found = node.Columns.Where(column => column.Inputs is not [var only] || only.Column != column.Field.Name)
            .ToDictionary(
                column => column.Field.Name,
                IReadOnlyList<string> (column) => [.. column.Inputs.Select(input => input.Column).Distinct()],
                StringComparer.OrdinalIgnoreCase);
        known.AddOrUpdate(model, found);
        return found;
    }
}
