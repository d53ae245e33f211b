using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>The context of a step in a run.</summary>
/// <param name="Lake">The lake.</param>
/// <param name="RunId">The run.</param>
/// <param name="IsFullRefresh">Whether incremental tables are rebuilt from all of their input.</param>
/// <param name="Warn">Reports a warning about the step to the user.</param>
sealed record StepContext(Lakehouse Lake, string RunId, bool IsFullRefresh, Action<Warning> Warn)
{
    /// <summary>Which intervals are run of models that have them; null for those that are due.</summary>
    public IntervalRequest? Intervals { get; init; }

    /// <summary>
    /// Receives what a step waits for in its source, and for how long; null if it reads its source without waiting.
    /// </summary>
    public Action<string, TimeSpan>? OnWait { get; init; }

    /// <summary>The step's lease, which it takes before it works; null where a step is only looked at.</summary>
    public StepLease? Lease { get; init; }

    /// <summary>Measures how far the step is.</summary>
    public WorkMeter Meter { get; init; } = new();

    /// <summary>Limits what the run reads and writes; null where nothing does.</summary>
    public IRunBudget? Budget { get; init; }

    /// <summary>
    /// Whether a model that limits its batches makes one of them, and others take turns with it, and not all that are
    /// due.
    /// </summary>
    public bool MakesOneBatch { get; init; }

    /// <summary>What <c>foz.yml</c> says; null where a step is only looked at.</summary>
    public ProjectFile? Project { get; init; }

    /// <summary>Opens the lineage of the project's columns; null where a step is only looked at.</summary>
    public Func<ProjectLineage>? Lineage { get; init; }

    /// <summary>What is read of the lake while it is planned.</summary>
    public LakeReads Reads
    {
        // Made where none is given: there is one context for each of many steps.
        get => field ??= new(Lake);
        init;
    }

    /// <summary>
    /// Makes sure that a name defines a table. A table of an environment with a base gets a folder of its own, so that
    /// it can be promoted.
    /// </summary>
    public ValueTask<LakeTable> DefineTableAsync(
        TableName name, string? description, string? owner, CancellationToken cancellationToken) =>
        Lake.DefineTableAsync(
            name, description, owner,
            Project is { Base: not null, SchemaPrefix: var prefix }
                && name.Schema.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? LakeCatalog.MovableLocation(name with { Schema = name.Schema[prefix.Length..] })
                : null,
            cancellationToken);

    /// <summary>Alters a table of a step, again where another writer came first.</summary>
    public static async Task<CommittedChange?> AlterAsync(
        TableAlterer alterer, LakeTable table, TableAlteration alteration, CancellationToken cancellationToken)
    {
        for (var race = 1; ; race++)
        {
            try
            {
                return await alterer.AlterAsync(table, alteration, cancellationToken);
            }
            catch (DeltaException e) when (e.Kind is DeltaErrorKind.Conflict && race < RacesMax)
            {
                // No rows are in it: it is made of the newest version, whatever the other one changed.
            }
        }
    }

    /// <summary>How often a step is done again because another writer of its table came first.</summary>
    public const int RacesMax = 3;
}
