
namespace Foz.Lake.Configuration;

/// <summary>Reads <c>workloads:</c> under <c>serve:</c> of <c>foz.yml</c>.</summary>
/// <param name="errors">Receives the errors.</param>
sealed class WorkloadReader(ErrorList errors)
{
    const int ThreadsMax = 1024;
    const int SlotsMax = 10_000;
    const int QueueMax = 1_000_000;

    /// <summary>The classes, in the order of the file.</summary>
    public IReadOnlyList<WorkloadOptions> Read(YamlNode? node)
    {
        if (node is null or { IsNull: true }) return [];
        if (node is not YamlNode.Mapping mapping)
        {
            errors.Add(
                node.Place, $"'{WorkloadOptions.Key}' must be a mapping of names, not {node.Kind}",
                "dashboards: {roles: [dashboards], slots: 8}");
            return [];
        }
        return [.. mapping.Entries.Select(Read).OfType<WorkloadOptions>()];
    }

    /// <summary>An amount of memory or disk; null where it is not set.</summary>
    /// <exception cref="FozException">It is no such amount.</exception>
    public static long? SizeOf(Settings settings, string name) => settings.Text(name) switch
    {
        null => null,
        var text when MemorySize.TryParse(text, out var size) && size.Bytes > 0 => size.Bytes,
        var text => throw settings.Wrong(name, $"an amount such as 512MB or 2GB, not '{text}'"),
    };

    WorkloadOptions? Read(YamlEntry entry)
    {
        var what = $"the workload '{entry.Key}'";
        if (entry.Key.Length == 0 || !entry.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            errors.Add(entry.KeyPlace, $"'{entry.Key}' cannot be a workload's name", "use letters, digits, _ and -");
        if (entry.Value is not YamlNode.Mapping mapping)
        {
            if (!entry.Value.IsNull) errors.Add(entry.Value.Place, $"{what} must be a mapping, not {entry.Value.Kind}");
            return new() { Name = entry.Key };
        }
        var reader = new SettingsReader(WorkloadOptions.Settings, errors);
        reader.Check(mapping, [], what);
        try
        {
            return Read(entry, reader.Read(mapping, []));
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    WorkloadOptions Read(YamlEntry entry, Settings settings)
    {
        var options = new WorkloadOptions
        {
            Name = entry.Key, Users = settings.Texts("users"), Roles = settings.Texts("roles"),
            Applications = settings.Texts("applications"),
            MemoryBytes = SizeOf(settings, "memory"), SpillBytesMax = SizeOf(settings, "spill"),
            Threads = Number(settings, "threads", 1, ThreadsMax), Slots = Number(settings, "slots", 1, SlotsMax),
            QueueMax = settings.Integer("queue", 0, QueueMax, WorkloadOptions.QueueMaxDefault),
            QueueTimeout = settings.Duration("queue_timeout", WorkloadOptions.QueueTimeoutDefault),
            StatementTimeout = settings.Text("statement_timeout") is null
                ? null
                : settings.Duration("statement_timeout", default),
        };
        var takes = options.Users.Count + options.Roles.Count + options.Applications.Count;
        if (options.Name == WorkloadOptions.DefaultName && takes > 0)
            errors.Add(
                entry.KeyPlace,
                $"the workload '{entry.Key}' takes what no other takes: it has no 'users', 'roles' and 'applications'");
        else if (options.Name != WorkloadOptions.DefaultName && takes == 0)
            errors.Add(
                entry.KeyPlace, $"the workload '{entry.Key}' matches no session",
                "say whose with 'users', 'roles' or 'applications'");
        return options;
    }

    static int? Number(Settings settings, string name, int min, int max) =>
        settings.Integer(name) is null ? null : settings.Integer(name, min, max, min);
}
