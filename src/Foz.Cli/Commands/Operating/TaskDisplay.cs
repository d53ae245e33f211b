using Foz.Cli.Terminal;
using Foz.Operations;
using Foz.Operations.Tasks;

namespace Foz.Cli.Commands.Operating;

/// <summary>Draws the tasks of a firing: each below the last one that it is after.</summary>
/// <param name="shell">Where to.</param>
/// <param name="now">The time, for what works still.</param>
sealed class TaskDisplay(Shell shell, DateTimeOffset now)
{
    const int WidthDefault = 100;
    const string Gap = "  ";

    /// <summary>Writes the tasks.</summary>
    public void Write(FiringTasks tasks)
    {
        var lines = new List<(TaskRecord Task, string Branch)>();
        var under = tasks.Tasks.ToLookup(task => task.After is [.., var last] ? last : null, StringComparer.Ordinal);
        AddAll([.. under[null]], rest: "");
        var (name, state, time) = (
            lines.Max(line => TextWidth.Of(line.Branch + line.Task.Name)),
            lines.Max(line => TaskService.Words(line.Task.State).Length), lines.Max(line => TimeOf(line.Task).Length));
        foreach (var (task, branch) in lines)
        {
            var remark = RemarkOf(task);
            var room = (shell.Width > 0 ? shell.Width : WidthDefault) - name - state - time - 2 - 3 * Gap.Length;
            var text = shell.Styled(Style.Dim, branch) + task.Name
                + new string(' ', name - TextWidth.Of(branch + task.Name)) + Gap
                + shell.Styled(StyleOf(task.State), TaskService.Words(task.State).PadRight(state)) + Gap
                + TimeOf(task).PadLeft(time) + Gap
                + (room > 8 ? shell.Styled(Style.Dim, TextWidth.Cut(remark, room)) : "");
            shell.Out.WriteLine($"{shell.Styled(StyleOf(task.State), GlyphOf(task.State))} {text}".TrimEnd());
        }

        // A chain goes straight down; only where it divides, its parts are branches.
        void AddAll(IReadOnlyList<TaskRecord> below, string rest)
        {
            for (var i = 0; i < below.Count; i++)
            {
                var (first, next) = below.Count == 1 ? (rest, rest)
                    : i == below.Count - 1 ? (rest + "└─ ", rest + "   ")
                    : (rest + "├─ ", rest + "│  ");
                lines.Add((below[i], first));
                AddAll([.. under[below[i].Name]], next);
            }
        }
    }

    /// <summary>Returns how long a task took or takes; empty of one that did not begin.</summary>
    public string TimeOf(TaskRecord task) => task is { StartedAt: { } started, IsReused: false }
        ? RunText.Elapsed((task.EndedAt ?? now) - started)
        : "";

    /// <summary>Returns what else there is to say of a task.</summary>
    public static string RemarkOf(TaskRecord task)
    {
        var parts = new List<string>();
        if (task.IsReused) parts.Add("as before");
        if (task.Reason is { } reason) parts.Add(reason);
        else if (task.State is TaskState.Approval)
            parts.Add(task.By.Count == 0 ? "of anyone" : $"of {string.Join(", ", task.By)}");
        if (task.Attempts > 1) parts.Add($"attempt {task.Attempts}");
        parts.AddRange(task.Outputs.Where(output => output.Key != "status")
            .Select(output => $"{output.Key}={output.Value.ReplaceLineEndings(" ")}"));
        if (task.After.Count > 1) parts.Add($"after {string.Join(", ", task.After)}");
        return string.Join(", ", parts);
    }

    static string GlyphOf(TaskState state) => state switch
    {
        TaskState.Succeeded => "✓",
        TaskState.Failed or TaskState.TimedOut or TaskState.Canceled => "✗",
        TaskState.Unknown => "?",
        TaskState.Skipped => "–",
        TaskState.Running => "▸",
        TaskState.Waiting => "·",
        _ => "…",
    };

    static Style StyleOf(TaskState state) => state switch
    {
        TaskState.Succeeded => Style.Green,
        TaskState.Failed or TaskState.TimedOut or TaskState.Canceled => Style.Red,
        TaskState.Unknown or TaskState.Approval => Style.Yellow,
        TaskState.Running or TaskState.Sensing or TaskState.Retrying => Style.Bold,
        _ => Style.Dim,
    };
}
