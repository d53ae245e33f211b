using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>The names that placeholders of a task can take values of.</summary>
/// <param name="Parameters">The parameters of the schedule.</param>
/// <param name="Tasks">The tasks before it, directly or not, whose outputs it can take.</param>
sealed record TaskNames(IReadOnlyCollection<string> Parameters, IReadOnlyCollection<string> Tasks)
{
    public const string Due = "due";

    const string TasksPrefix = "tasks.";

    /// <summary>Gets the names that every task has.</summary>
    public static IReadOnlyList<string> Common { get; } =
        [Due, "schedule", "firing", "project", "environment", "task", "attempt"];

    /// <summary>Returns whether a name is a moment, which filters take.</summary>
    public static bool IsMoment(string name) => name == Due;

    /// <summary>Returns what is wrong with a name; null where nothing is.</summary>
    public string? Check(string name)
    {
        if (Common.Contains(name, StringComparer.Ordinal) || Parameters.Contains(name)) return null;
        if (OutputOf(name) is not var (task, _)) return $"unknown placeholder '{name}'";
        return Tasks.Contains(task)
            ? null
            : $"'{name}' is an output of '{task}', which is not before this task";
    }

    /// <summary>Returns the nearest name that there is.</summary>
    public string? Hint(string name) => OutputOf(name) is var (task, output)
        ? NearestName.Find(task, Tasks) is { } near && near != task ? $"did you mean 'tasks.{near}.{output}'?"
            : $"name '{task}' in 'after'"
        : NearestName.Hint(name, [.. Common, .. Parameters, .. Tasks.Select(other => $"tasks.{other}.<output>")]);

    /// <summary>Returns the task and its output that <c>tasks.name.output</c> means; null of another name.</summary>
    public static (string Task, string Output)? OutputOf(string name)
    {
        if (!name.StartsWith(TasksPrefix, StringComparison.Ordinal)) return null;
        var dot = name.LastIndexOf('.');
        return dot > TasksPrefix.Length && dot < name.Length - 1
            ? (name[TasksPrefix.Length..dot], name[(dot + 1)..])
            : null;
    }
}

/// <summary>The values of placeholders in one attempt of a task.</summary>
sealed record TaskScope
{
    /// <summary>Gets when the firing was due, in the schedule's time zone.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>Gets the values of other common names, and of parameters.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>Gets the outputs of tasks.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Outputs { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Returns the value of a name.</summary>
    /// <exception cref="FozException">It is an output that its task did not give.</exception>
    public string ValueOf(string name, IReadOnlyList<TextFilter> filters)
    {
        if (name == TaskNames.Due) return Moment(filters);
        if (Values.TryGetValue(name, out var value)) return value;
        if (TaskNames.OutputOf(name) is var (task, output))
            return Outputs.GetValueOrDefault(task)?.GetValueOrDefault(output)
                ?? throw new FozException(ErrorKind.Data, $"the task '{task}' gave no output '{output}'");
        throw new FozException(ErrorKind.Configuration, $"there is no value of '{name}'");
    }

    string Moment(IReadOnlyList<TextFilter> filters)
    {
        var moment = Due;
        foreach (var filter in filters)
        {
            if (filter.Format(moment) is { } text) return text;
            moment += filter.Length;
        }
        return moment.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
    }
}
