using Foz.Lake.Data;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;
using Foz.Pipelines.Selection;

namespace Foz.Pipelines.Runs;

/// <summary>What a run is asked to do.</summary>
public sealed record RunRequest
{
    /// <summary>The project.</summary>
    public required Project Project { get; init; }

    /// <summary>Which steps.</summary>
    public SelectionRequest Selection { get; init; } = SelectionRequest.All;

    /// <summary>
    /// Whether incremental tables are rebuilt from all of their input; in a dbt project also if <c>DBT_FULL_REFRESH</c>
    /// says so.
    /// </summary>
    public bool IsFullRefresh
    {
        get => field || (Intervals is null && Project.File.Defaults.IsFullRefresh);
        init;
    }

    /// <summary>Which intervals are run of models that have them; null for those that are due.</summary>
    public IntervalRequest? Intervals { get; init; }

    /// <summary>
    /// The environment from which models read what is neither selected nor made in their own; null for none.
    /// </summary>
    public EnvironmentLake? Defer { get; init; }

    /// <summary>The environments that the run works in or reads from; null where one of them has no name.</summary>
    internal IReadOnlyList<string>? Environments => Defer is { Name: null }
        ? null
        : [.. new[] { Project.Environment, Project.File.Base?.Name, Defer?.Name }.OfType<string>()];

    /// <summary>Whether tables are made that the environment's base has as well.</summary>
    internal bool MakesAnew => IsFullRefresh || Intervals is not null;

    /// <summary>
    /// Whether the first step that fails keeps all others from starting; of a dbt project also where
    /// <c>DBT_FAIL_FAST</c> says so.
    /// </summary>
    public bool FailsFast
    {
        get => field || Project.File.Defaults.FailsFast;
        init;
    }

    /// <summary>
    /// The names of the SQL tests that are made: what needs all that one looks at is not made where it fails, nor is a
    /// test of what was not made.
    /// </summary>
    public IReadOnlySet<string> Tests { get; init; } = new HashSet<string>();

    /// <summary>
    /// The models that no step makes because other models contain their SELECTs; their checks run after the steps.
    /// Other names are ignored.
    /// </summary>
    public IReadOnlySet<TableName> Inlined { get; init; } = new HashSet<TableName>();

    /// <summary>Limits what the run reads, writes and takes; null for no limit.</summary>
    public IRunBudget? Budget { get; init; }

    /// <summary>Reads the changes of streams of mode <c>cdc</c>; null where the run cannot.</summary>
    public IChangeReader? Changes { get; init; }

    /// <summary>What the run follows; null for a run that makes each step once.</summary>
    public FollowedInput? Follows { get; init; }

    /// <summary>How long to wait for another run that holds the lake.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the run waits for files that another program may still be writing.</summary>
    public bool SettlesFiles { get; init; }

    /// <summary>Whether the columns of streams are kept in <c>sources/schemas.lock</c>.</summary>
    public bool LocksSchemas { get; init; }
}

/// <summary>What a run follows.</summary>
/// <param name="Source">
/// The source whose log is followed: its streams of mode <c>cdc</c> are selected, and after each batch those models of
/// the run that read what is new are made. Null to make models as their triggers say, after what they read changed.
/// </param>
/// <param name="Time">
/// After how long the run ends, so that its records are kept; the next one goes on from there.
/// </param>
public sealed record FollowedInput(string? Source, TimeSpan Time);
