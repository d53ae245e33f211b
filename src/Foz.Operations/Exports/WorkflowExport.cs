using Foz.Lake;
using Foz.Lake.Data;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Exports;

/// <summary>Which other scheduler a workflow is for.</summary>
public enum WorkflowTool
{
    /// <summary>Apache Airflow.</summary>
    Airflow,

    /// <summary>Dagster.</summary>
    Dagster,

    /// <summary>Argo Workflows.</summary>
    Argo,
}

/// <summary>Writes the tables of a project as a workflow of another scheduler.</summary>
/// <param name="Project">The project.</param>
/// <param name="Selected">The tables.</param>
public sealed record WorkflowExport(Project Project, IReadOnlySet<TableName> Selected)
{
    /// <summary>Gets the schedule whose times and limits the workflow takes; null for none.</summary>
    public ScheduleDefinition? Schedule { get; init; }

    /// <summary>Gets the day of the export: a schedule that catches up all has no times before it.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Gets what a task makes.</summary>
    public ExportedUnit Unit { get; init; }

    /// <summary>Gets the folder or address of the project for the machines that run the tasks.</summary>
    public required string Place { get; init; }

    /// <summary>Gets the image of Foz, which Argo needs; null for others.</summary>
    public string? Image { get; init; }

    /// <summary>Gets the Secret of Kubernetes with the variables of the project; null for none.</summary>
    public string? Secret { get; init; }

    /// <summary>Returns the file.</summary>
    /// <param name="tool">The scheduler that it is for.</param>
    /// <exception cref="FozException">
    /// Thrown when nothing is selected, groups need each other, or the scheduler has no such times.
    /// </exception>
    public string FileOf(WorkflowTool tool)
    {
        var tasks = ExportedGraph.Of(Project.Graph, Selected, Unit);
        if (tasks.Count == 0) throw new FozException(ErrorKind.Usage, "no table is selected");
        var workflow = new ExportedWorkflow
        {
            Project = Project.Name, Environment = Project.Environment, Schedule = Schedule?.Name, Place = Place,
            Command = [Schedule?.Command[0] ?? "run"], Tasks = tasks, Retries = Schedule?.Retries ?? 0,
            Times = Schedule is null ? null : ScheduleExport.TimesOf(Schedule), Timeout = Schedule?.Timeout,
            CatchesUp = Schedule?.CatchUp is CatchUp.All,
        };
        if (Schedule is not null) workflow = workflow with { RetryDelay = Schedule.RetryDelay };
        if (workflow.CatchesUp) workflow = workflow with { StartDate = Day };
        return tool switch
        {
            WorkflowTool.Airflow => AirflowFile.Of(workflow),
            WorkflowTool.Dagster => DagsterFile.Of(workflow),
            _ => ArgoFile.Of(workflow, Image!, Secret),
        };
    }
}
