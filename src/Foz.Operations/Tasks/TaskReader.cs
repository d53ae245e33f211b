using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>Reads the <c>tasks</c> and <c>parameters</c> of a schedule.</summary>
/// <param name="errors">Receives what is wrong.</param>
/// <param name="variables">The values of <c>${NAME}</c>.</param>
sealed class TaskReader(ErrorList errors, Variables variables)
{
    const int TasksMax = 1000;
    const int NumberMax = 1000;

    static readonly TimeSpan shortest = TimeSpan.FromSeconds(1);

    static readonly Dictionary<string, TaskCondition> conditions = new(StringComparer.Ordinal)
    {
        ["success"] = TaskCondition.Success, ["failure"] = TaskCondition.Failure, ["any"] = TaskCondition.Any,
    };

    /// <summary>Reads a graph.</summary>
    /// <param name="tasks">The entries of <c>tasks</c>.</param>
    /// <param name="place">The place of <c>tasks</c>.</param>
    /// <param name="parameters">The entries of <c>parameters</c>.</param>
    /// <param name="zone">The schedule's time zone.</param>
    /// <returns>The graph; of tasks with mistakes, which are in the list of errors, only what is right.</returns>
    public TaskGraph Read(
        IReadOnlyList<YamlEntry> tasks, Place place, IReadOnlyList<YamlEntry> parameters, TimeZoneInfo zone)
    {
        if (tasks.Count is 0 or > TasksMax)
            errors.Add(place, $"a schedule has 1 to {TasksMax} tasks, not {tasks.Count}");
        var given = parameters.Select(Parameter).ToList();
        var after = tasks.ToDictionary(
            entry => entry.Key, entry => AfterOf(entry, tasks), StringComparer.Ordinal);
        var order = Order(tasks, after);
        var before = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var read = new List<TaskDefinition>();
        foreach (var entry in order)
        {
            before[entry.Key] =
            [
                .. after[entry.Key],
                .. after[entry.Key].SelectMany(other => before.GetValueOrDefault(other, [])),
            ];
            var names = new TaskNames([.. given.Select(pair => pair.Key)], before[entry.Key]);
            read.Add(Task(entry, after[entry.Key], names));
        }
        return new() { Parameters = given, Tasks = read, TimeZone = zone };
    }

    KeyValuePair<string, TaskText> Parameter(YamlEntry entry)
    {
        CheckName(entry, "a parameter");
        if (TaskNames.Common.Contains(entry.Key, StringComparer.Ordinal))
            errors.Add(entry.KeyPlace, $"'{entry.Key}' is the name of a value that every task has");
        if (entry.Value is YamlNode.Scalar value)
            return new(entry.Key, TaskText.Read(value.Text, value.Place, new([], []), errors));
        errors.Add(entry.Value.Place, $"a parameter must be a single value, not {entry.Value.Kind}");
        return new(entry.Key, TaskText.Plain(""));
    }

    void CheckName(YamlEntry entry, string what)
    {
        if (entry.Key.Length is 0 or > 100 || !entry.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_'))
            errors.Add(entry.KeyPlace, $"'{entry.Key}' is not a name for {what}", "letters, digits and _");
    }

    List<string> AfterOf(YamlEntry entry, IReadOnlyList<YamlEntry> tasks)
    {
        CheckName(entry, "a task");
        if (entry.Value is not YamlNode.Mapping mapping) return [];
        var found = new List<string>();
        foreach (var name in new MappingReader(mapping, errors).Scalars("after"))
            if (tasks.Any(task => task.Key == name.Text)) found.Add(name.Text);
            else
                errors.Add(
                    name.Place, $"task '{entry.Key}' is after '{name.Text}', which there is not",
                    NearestName.Hint(name.Text, tasks.Select(task => task.Key)));
        return found;
    }

    /// <summary>Orders tasks so that each follows those that it is after; circles are reported and left out.</summary>
    List<YamlEntry> Order(IReadOnlyList<YamlEntry> tasks, Dictionary<string, List<string>> after)
    {
        var ordered = new List<YamlEntry>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        var left = tasks.ToList();
        while (left.Count > 0)
        {
            var next = left.Where(task => after[task.Key].All(done.Contains)).ToList();
            if (next.Count == 0)
            {
                errors.Add(
                    left[0].KeyPlace,
                    $"tasks wait for each other in a circle: {string.Join(", ", left.Select(task => task.Key))}");
                return ordered;
            }
            ordered.AddRange(next);
            foreach (var task in next) done.Add(task.Key);
            left.RemoveAll(task => done.Contains(task.Key));
        }
        return ordered;
    }

    TaskDefinition Task(YamlEntry entry, List<string> after, TaskNames names)
    {
        var reader = MappingReader.Of(entry.Value, entry.KeyPlace, "a task", errors, TaskKeys.Task);
        var kinds = TaskKeys.Kinds.Where(reader.Has).ToList();
        var kind = kinds.FirstOrDefault() ?? TaskKeys.Run;
        if (kinds.Count != 1)
            errors.Add(
                entry.KeyPlace,
                kinds.Count == 0
                    ? $"task '{entry.Key}' does nothing"
                    : $"task '{entry.Key}' is two things at once: {string.Join(" and ", kinds)}",
                $"a task has one of {string.Join(", ", TaskKeys.Kinds)}");
        foreach (var (key, of) in TaskKeys.OfKinds)
            if (kinds.Count == 1 && reader.Has(key) && !of.Contains(kind, StringComparer.Ordinal))
                errors.Add(reader.PlaceOf(key), $"a task of '{kind}' has no '{key}'");
        // What is reported is known: it is read here, so that it is no unknown key as well.
        foreach (var key in (string[])["after", .. kinds, .. TaskKeys.OfKinds.Keys]) _ = reader.Node(key);
        var action = new ActionReader(errors, variables, names).Read(kind, reader);
        var definition = new TaskDefinition
        {
            Name = entry.Key, Place = entry.KeyPlace, After = after, Action = action,
            When = reader.Word("when", conditions) ?? TaskCondition.Success,
            Timeout = Timeout(reader, kind),
        };
        definition = definition with
        {
            Retries = (int)(reader.Integer("retries", 0, NumberMax) ?? 0),
            RetryDelay = Length(reader, "retry_delay") ?? definition.RetryDelay,
            RetriesOnTakeOver = reader.Flag("retry_on_takeover") is true,
        };
        if (reader.Has("when") && after.Count == 0)
            errors.Add(reader.PlaceOf("when"), "'when' needs an 'after'");
        reader.Finish();
        return definition;
    }

    TimeSpan Timeout(MappingReader reader, string kind)
    {
        var stated = Length(reader, "timeout");
        if (kind != TaskKeys.Approval)
            return stated ?? (kind switch
            {
                TaskKeys.Sensor => TimeSpan.FromDays(1),
                TaskKeys.Http => TimeSpan.FromMinutes(1),
                _ => TimeSpan.FromHours(1),
            });
        if (stated is not null) errors.Add(reader.PlaceOf("timeout"), "an approval has 'within' in place of 'timeout'");
        return reader.Node(TaskKeys.Approval) is YamlNode.Mapping mapping
            ? Length(new MappingReader(mapping, TaskKeys.Decision, errors), "within") ?? TimeSpan.FromDays(1)
            : TimeSpan.FromDays(1);
    }

    TimeSpan? Length(MappingReader reader, string key) => LengthOf(reader, key, errors);

    /// <summary>Reads a length of time of at least a second; null where it is not set.</summary>
    public static TimeSpan? LengthOf(MappingReader reader, string key, ErrorList errors)
    {
        if (reader.Node(key) is not { } node) return null;
        if (node is YamlNode.Scalar scalar && Duration.TryParseWords(scalar.Text, out var length) && length >= shortest)
            return length;
        errors.Add(node.Place, $"'{key}' must be a length of time, such as 15m or '2 hours', not {node.Kind}");
        return null;
    }
}
