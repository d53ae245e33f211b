using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Plans;

/// <summary>
/// What the steps of a project are held against: what a lake was last made from, or another state of the project's
/// text.
/// </summary>
public abstract record StateSource
{
    StateSource() { }

    /// <summary>The definitions before, by the names that the project has for tables.</summary>
    /// <param name="nodes">What to look for; what has no definition is not in the result.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public abstract Task<IReadOnlyDictionary<TableName, StepDefinition>> ReadAsync(
        IReadOnlyList<GraphNode> nodes, CancellationToken cancellationToken);

    /// <summary>What the tables of an environment's lake were last made from.</summary>
    /// <param name="Lake">The lake.</param>
    /// <param name="SchemaPrefix">What the names of schemas get in it; may be empty.</param>
    public sealed record OfLake(Lakehouse Lake, string SchemaPrefix) : StateSource
    {
        /// <summary>The environment's name; null if it has none.</summary>
        public string? Name { get; init; }

        /// <summary>The prefix of the base, for what the environment has not made; null where it has none.</summary>
        public string? BasePrefix { get; init; }

        /// <summary>What is read of the lake.</summary>
        public LakeReads Reads { get; init; } = new(Lake);

        /// <inheritdoc/>
        public override async Task<IReadOnlyDictionary<TableName, StepDefinition>> ReadAsync(
            IReadOnlyList<GraphNode> nodes, CancellationToken cancellationToken)
        {
            var tables = nodes.ToDictionary(
                node => node.Name, node => node.Name with { Schema = SchemaPrefix + node.Name.Schema });
            var states = await new StepStates(Reads).ReadAsync(tables.Values, cancellationToken);
            if (BasePrefix is not null)
            {
                foreach (var node in nodes.Where(node => !states.ContainsKey(tables[node.Name])))
                    tables[node.Name] = node.Name with { Schema = BasePrefix + node.Name.Schema };
                var below = await new StepStates(Reads).ReadAsync(
                    tables.Values.Where(table => !states.ContainsKey(table)), cancellationToken);
                states = states.Concat(below).ToDictionary();
            }
            // A batch from before definitions were noted says nothing: what made its table counts as unchanged.
            return nodes.Where(node => states.ContainsKey(tables[node.Name])).ToDictionary(
                node => node.Name, node => states[tables[node.Name]].Definition ?? StepDefinitions.Of(node));
        }
    }

    /// <summary>A folder with the project's text as it was.</summary>
    /// <param name="Project">The project in it.</param>
    public sealed record OfProject(Project Project) : StateSource
    {
        /// <inheritdoc/>
        public override Task<IReadOnlyDictionary<TableName, StepDefinition>> ReadAsync(
            IReadOnlyList<GraphNode> nodes, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<TableName, StepDefinition>>(nodes
                .Select(node => Project.Graph.Find(node.Name)).OfType<GraphNode>()
                .ToDictionary(node => node.Name, StepDefinitions.Of));
    }
}
