using System.Collections.Immutable;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;

namespace Foz.Core.Pipelines.Runs;

/// <summary>Runs a node's checks on its table as it would be, beside other tables as they are committed.</summary>
static class StepChecks
{
    /// <summary>Runs the checks.</summary>
    /// <param name="session">The session in which <paramref name="relation"/> can be read.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="node">The node.</param>
    /// <param name="relation">Its table as it would be.</param>
    /// <param name="inputs">The versions that the batch reads.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ImmutableArray<CheckResult>> RunAsync(
        EngineSession session, Lake lake, GraphNode node, string relation,
        IReadOnlyDictionary<string, TableInput> inputs, CancellationToken cancellationToken)
    {
        if (node.Checks.Count == 0) return [];
        var names = new StepNames(lake, node, inputs) { OwnPreview = relation };
        var bound = new List<BoundStatement>();
        var relations = new Dictionary<TableName, string>();
        var queries = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var check in node.Checks)
            {
                if (check is CheckDefinition.Relationships { To: var to } && !relations.ContainsKey(to))
                {
                    bound.Add(await names.BindTableAsync(session, to, cancellationToken));
                    relations[to] = $"({bound[^1].Sql})";
                }
                if (check is CheckDefinition.Custom { Query: var query } && !queries.ContainsKey(query))
                {
                    bound.Add(await new StatementBinder(session, names).BindAsync(query, cancellationToken));
                    queries[query] = bound[^1].Sql;
                }
            }
            var checker = new Checker(session, relation)
            {
                RelationOf = name => relations[name],
                BindQuery = query => queries[query],
            };
            return [.. checker.Run(node.Checks, cancellationToken)];
        }
        finally
        {
            foreach (var statement in bound) statement.Dispose();
        }
    }

    /// <summary>The error of a step whose checks forbid its commit; null where they allow it.</summary>
    public static FozException? Failure(GraphNode node, IReadOnlyList<CheckResult> results)
    {
        var failures = results.Where(result => result.IsFailure).ToList();
        if (failures.Count == 0) return null;
        var samples = failures.SelectMany(f => f.Samples).Take(1).ToList();
        return new(
            ErrorKind.Data,
            $"{node.Table} was not changed: {string.Join("; ", failures.Select(f => f.Describe()))}")
        {
            Place = failures[0].Check.Place,
            Hint = samples.Count > 0 ? $"such as {samples[0]}" : null,
        };
    }
}
