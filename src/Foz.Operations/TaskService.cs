using System.Text;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Firings;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Work;
using Foz.Pipelines.Projects;

namespace Foz.Operations;

/// <summary>The tasks of firings of a project in an environment, for the command line and for pages.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
public sealed class TaskService(Lakehouse lake, ProjectFile file)
{
    readonly ScheduleStateStore states = new(lake.Store, file.Name, file.Environment);
    readonly TaskStore store = new(lake.Store, file.Name, file.Environment);

    /// <summary>Returns the tasks of a firing; null where it has none, or has not begun.</summary>
    public async Task<FiringTasks?> FindAsync(string firing, CancellationToken cancellationToken) =>
        (await store.FindAsync(firing, cancellationToken))?.Tasks;

    /// <summary>Returns a task of a firing.</summary>
    /// <exception cref="FozException">There is none.</exception>
    public async Task<TaskRecord> GetAsync(string firing, string task, CancellationToken cancellationToken)
    {
        var tasks = await FindAsync(firing, cancellationToken)
            ?? throw new FozException(ErrorKind.NotFound, $"the lake has no tasks of '{firing}'")
            {
                Hint = "foz status shows the runs of schedules",
            };
        return tasks.Find(task) ?? throw new FozException(ErrorKind.NotFound, $"{firing} has no task '{task}'")
        {
            Hint = NearestName.Hint(task, tasks.Tasks.Select(other => other.Name)),
        };
    }

    /// <summary>Hands a decision about a task to the host, which applies it once.</summary>
    /// <param name="what">The firing and its task.</param>
    /// <param name="verdict">The decision.</param>
    /// <param name="by">The user, and the groups that the user is in.</param>
    /// <param name="comment">What the user says; null for nothing.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The task does not wait for it, or the user may not decide.</exception>
    public async Task DecideAsync(
        (string Firing, string Task) what, TaskVerdict verdict, (string Name, IReadOnlyList<string> Groups) by,
        string? comment, CancellationToken cancellationToken)
    {
        var record = await GetAsync(what.Firing, what.Task, cancellationToken);
        var isApproval = verdict is TaskVerdict.Approved or TaskVerdict.Rejected;
        if (record.State != (isApproval ? TaskState.Approval : TaskState.Unknown))
            throw new FozException(
                ErrorKind.Conflict,
                $"{what.Task} does not wait for {(isApproval ? "approval" : "that")}: it is {Words(record.State)}"
                    + (record.DecidedBy is null ? "" : $" ({record.Reason})"))
            {
                Hint = $"foz schedule show {what.Firing}",
            };
        if (record.By.Count > 0 && !record.By.Any(name => name == by.Name
            || (name.StartsWith("group:", StringComparison.Ordinal) && by.Groups.Contains(name["group:".Length..]))))
            throw new FozException(
                ErrorKind.Denied, $"{by.Name} may not decide on {what.Task}: {string.Join(", ", record.By)} may");
        var decision = new TaskDecision(
            what.Firing, what.Task, record.Attempts, verdict, by.Name, comment, lake.Clock.GetUtcNow());
        var isFirst = true;
        await states.ChangeAsync(
            known =>
            {
                isFirst = known.Decisions.All(
                    other => (other.Firing, other.Task, other.Attempt) != (what.Firing, what.Task, record.Attempts));
                return isFirst ? known with { Decisions = [.. known.Decisions, decision] } : known;
            },
            cancellationToken);
        if (!isFirst) throw new FozException(ErrorKind.Conflict, $"{what.Task} is already decided");
    }

    /// <summary>Returns the log of a task's last attempt; null where it has none.</summary>
    public async Task<string?> ReadLogAsync(string firing, TaskRecord task, CancellationToken cancellationToken) =>
        await store.ReadLogAsync(firing, task.Name, task.Attempts, cancellationToken) is { } text
            ? Encoding.UTF8.GetString(text.Span)
            : null;

    /// <summary>
    /// Returns the request by which a task's last attempt was run, whose output the lake has; null of one that is no
    /// command of Foz.
    /// </summary>
    public string? RequestOf(string firing, TaskRecord task) =>
        task.Kind == TaskKeys.Run ? RunTasks.RequestOf(file, firing, task.Name, task.Attempts) : null;

    /// <summary>Checks from which tasks a firing can be run again.</summary>
    /// <exception cref="FozException">There is no such task, or one before it did not succeed.</exception>
    public async Task CheckAgainAsync(
        Firing origin, TaskGraph graph, IReadOnlyList<string> from, CancellationToken cancellationToken)
    {
        foreach (var name in from.Where(name => graph.Find(name) is null))
            throw new FozException(ErrorKind.NotFound, $"{origin.Schedule} has no task '{name}'")
            {
                Hint = NearestName.Hint(name, graph.Tasks.Select(task => task.Name)),
            };
        if (await FindAsync(origin.Id, cancellationToken) is not { HasEnded: true } tasks)
            throw new FozException(ErrorKind.Conflict, $"{origin.Id} has not ended: its tasks go on by themselves");
        var again = graph.DownstreamOf(from);
        foreach (var task in graph.Tasks.Where(task => again.Contains(task.Name)))
            foreach (var before in task.After.Where(before => !again.Contains(before)))
                if (task.When is TaskCondition.Success && tasks.Find(before) is not { State: TaskState.Succeeded })
                    throw new FozException(
                        ErrorKind.Conflict, $"{task.Name} is after {before}, which did not succeed in {origin.Id}")
                    {
                        Hint = $"foz schedule run {origin.Id} --from {before}",
                    };
    }

    /// <summary>Returns a state in words.</summary>
    public static string Words(TaskState state) => TaskFlow.Words(state);
}
