using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>
/// What dbt's own environment variables ask for: <c>DBT_TARGET</c>, also as <c>DBT_ENGINE_TARGET</c>, and so on. What a
/// command line says stands over them. Those that mean what Foz does not have are refused by name. Those that say how
/// dbt's process logs, parses and keeps what it parsed decide about no row, and about no file that Foz writes.
/// </summary>
sealed record DbtEnvironment
{
    const string Prefix = "DBT_", EnginePrefix = "DBT_ENGINE_";

    /// <summary>The values of flags that are off, as dbt reads them.</summary>
    static readonly string[] Off = ["", "0", "false", "f", "no", "n", "off"];

    static readonly string[] On = ["1", "true", "t", "yes", "y", "on"];

    /// <summary>What Foz does not have, with the values that ask for nothing.</summary>
    static readonly (string Name, string[] Idle, string Hint)[] Refused =
    [
        ("INDIRECT_SELECTION", ["eager"], "choose tests with --select"),
        ("FAVOR_STATE", Off, "name the environment to read from with --state"),
        ("FAVOR_STATE_MODE", Off, "name the environment to read from with --state"),
        ("DEFER_STATE", [""], "name the environment to read from with --state"),
        ("DEFER_TO_STATE", Off, "write --defer --state <environment>"),
        ("ARTIFACT_STATE_PATH", [""], "write --state <environment>"),
        ("TARGET_PATH", ["", "target"], "artifacts are written to target/ of the project"),
        ("LOG_PATH", [""], "the logs of runs are in the lake: foz history"),
        ("WARN_ERROR", Off, "state `severity: error` where a warning is to fail"),
        ("WARN_ERROR_OPTIONS", ["", "{}"], "state `severity: error` where a warning is to fail"),
        ("WRITE_JSON", On, "artifacts are always written"),
        ("INTROSPECT", On, "templates may always ask the lake"),
        ("EMPTY", Off, "foz validate checks a project without rows"),
        ("SAMPLE", [""], "choose an interval with --event-time-start and --event-time-end"),
        ("EVENT_TIME_START", [""], "write --event-time-start"),
        ("EVENT_TIME_END", [""], "write --event-time-end"),
        ("RESOURCE_TYPES", [""], "choose with --select resource_type:model"),
        ("RESOURCE_TYPE", [""], "choose with --select resource_type:model"),
        ("EXCLUDE_RESOURCE_TYPES", [""], "choose with --exclude resource_type:model"),
        ("EXCLUDE_RESOURCE_TYPE", [""], "choose with --exclude resource_type:model"),
        ("EXPORT_SAVED_QUERIES", Off, "saved queries are not run"),
        ("SINGLE_THREADED", Off, "state `threads: 1` in the profile"),
    ];

    /// <summary>No variables.</summary>
    public static DbtEnvironment None { get; } = new();

    /// <summary>The target; null where none is asked for.</summary>
    public string? Target { get; private init; }

    /// <summary>The profile; null where none is asked for.</summary>
    public string? Profile { get; private init; }

    /// <summary>Whether tables are rebuilt.</summary>
    public bool IsFullRefresh { get; private init; }

    /// <summary>Whether no step is started once one has failed.</summary>
    public bool FailsFast { get; private init; }

    /// <summary>Whether the rows that tests find are kept.</summary>
    public bool StoresFailures { get; private init; }

    /// <summary>What <c>--state</c> names; null where nothing is asked for.</summary>
    public string? State { get; private init; }

    /// <summary>Whether tables that are not built are read from the state's environment.</summary>
    public bool Defers { get; private init; }

    /// <summary>Reads them.</summary>
    /// <param name="variables">The environment.</param>
    /// <param name="errors">Collects requests that Foz does not support, and values that cannot be read.</param>
    public static DbtEnvironment Read(Variables variables, ErrorList errors)
    {
        foreach (var (name, idle, hint) in Refused)
            if (Find(variables, name) is var (full, value)
                && !idle.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase))
                errors.Add(
                    new FozException(
                        ErrorKind.Usage, $"the environment variable {full} is '{value}', which is not supported")
                    {
                        SqlState = "0A000", Hint = hint,
                    });
        return new()
        {
            Target = Text("TARGET"), Profile = Text("PROFILE"), State = Text("STATE"),
            IsFullRefresh = Flag("FULL_REFRESH"), FailsFast = Flag("FAIL_FAST"),
            StoresFailures = Flag("STORE_FAILURES"), Defers = Flag("DEFER"),
        };

        string? Text(string name) => Find(variables, name) is (_, { Length: > 0 } value) ? value : null;

        bool Flag(string name)
        {
            if (Find(variables, name) is not var (full, value)
                || Off.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase))
                return false;
            if (On.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase)) return true;
            errors.Add(
                new FozException(
                    ErrorKind.Usage, $"the environment variable {full} must be true or false, not '{value}'"));
            return false;
        }
    }

    /// <summary>The folder of the project that is asked for; null where none is.</summary>
    public static string? ProjectFolder(Func<string, string?> variable) =>
        variable(EnginePrefix + "PROJECT_DIR") ?? variable(Prefix + "PROJECT_DIR");

    /// <summary>The folder of the profile that is asked for; null where none is.</summary>
    public static string? ProfilesFolder(Variables variables) =>
        Find(variables, "PROFILES_DIR") is (_, { Length: > 0 } folder) ? folder : null;

    static (string Name, string Value)? Find(Variables variables, string name) =>
        variables[EnginePrefix + name] is { } ofEngine ? (EnginePrefix + name, ofEngine)
        : variables[Prefix + name] is { } value ? (Prefix + name, value)
        : null;
}
