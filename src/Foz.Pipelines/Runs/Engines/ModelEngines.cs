using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Engines;

/// <summary>All engines of models.</summary>
static class ModelEngines
{
    /// <summary>Returns the engine of a model; one line an engine.</summary>
    /// <param name="context">The run.</param>
    /// <param name="node">The model.</param>
    public static IModelEngine Of(StepContext context, GraphNode.OfModel node) => node.Model switch
    {
        { Program: { } program } => new ProgramEngine(context, node, program),
        { Materialization: Materialization.Seed seed } => new SeedEngine(context, node, seed),
        _ => new SqlEngine(context, node),
    };
}
