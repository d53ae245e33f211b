using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>What <c>foz.yml</c> says, as it holds in one environment.</summary>
public sealed class ProjectFile
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "foz.yml";

    /// <summary>The environment where none is stated.</summary>
    public const string DefaultEnvironment = "default";

    /// <summary>The key of a connection that names its connector.</summary>
    internal const string TypeKey = "type";

    readonly Dictionary<string, ConnectionDefinition?> resolved = new(StringComparer.Ordinal);
    readonly IReadOnlyDictionary<string, YamlNode.Mapping> connections;
    readonly IReadOnlyList<IConnector> connectors;

    /// <summary>What a file says of a project.</summary>
    /// <param name="connections">What is said of its connections, by name.</param>
    /// <param name="connectors">The connectors that there are.</param>
    public ProjectFile(
        IReadOnlyDictionary<string, YamlNode.Mapping> connections, IReadOnlyList<IConnector> connectors) =>
        (this.connections, this.connectors) = (connections, connectors);

    /// <summary>
    /// What another tool's files say, of a project that is in its words; null of one of Foz, which has a
    /// <c>foz.yml</c>.
    /// </summary>
    public ForeignProject? Foreign { get; init; }

    /// <summary>What commands do where the command line does not say it.</summary>
    public CommandDefaults Defaults => Foreign?.Defaults ?? CommandDefaults.None;

    /// <summary>The project's name.</summary>
    public required string Name { get; init; }

    /// <summary>The project's folder, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// The folder from which its texts are read, as a full path: a copy of those of <see cref="Folder"/>, from which
    /// other paths start, or that folder itself.
    /// </summary>
    public string Texts
    {
        get => field ?? Folder;
        init;
    }

    /// <summary>The environment that was chosen.</summary>
    public required string Environment { get; init; }

    /// <summary>
    /// Whether <c>foz.yml</c> declares the environment; otherwise it is an <see cref="UndeclaredEnvironment"/>.
    /// </summary>
    public bool IsDeclared { get; init; } = true;

    /// <summary>The names of all declared environments.</summary>
    public required IReadOnlyList<string> Environments { get; init; }

    /// <summary>Where the lake is: a full path, or a URL.</summary>
    public string LakePath => Lake.Path;

    /// <summary>Where the lake is, and how it is reached.</summary>
    public required LakeLocation Lake { get; init; }

    /// <summary>What the names of schemas get in the lake; empty where nothing.</summary>
    public required string SchemaPrefix { get; init; }

    /// <summary>The environment whose tables are used for those that this one has not made; null for none.</summary>
    public EnvironmentBase? Base { get; init; }

    /// <summary>The memory that the process may use; null where it is not stated.</summary>
    public MemorySize? Memory { get; init; }

    /// <summary>How many threads work; null where it is not stated.</summary>
    public int? Threads { get; init; }

    /// <summary>The Python of the project's programs: a path or name; null to look for one.</summary>
    public string? Python { get; init; }

    /// <summary>What runs do for tables after their steps.</summary>
    public MaintenancePolicies Maintenance { get; init; } = MaintenancePolicies.Default;

    /// <summary>The engines that tables stay readable for.</summary>
    public ReaderPolicies Readers { get; init; } = ReaderPolicies.None;

    /// <summary>
    /// The trigger of models that can follow their input and state none; null where nothing is stated.
    /// </summary>
    public ModelTrigger? Trigger { get; init; }

    /// <summary>Where runs are reported as OpenLineage events; null for nowhere.</summary>
    public OpenLineageTarget? OpenLineage { get; init; }

    /// <summary>How the project is served.</summary>
    public ServeOptions Serve { get; init; } = new();

    /// <summary>What the machine costs; null where that is not stated.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>What is said of metrics, traces and logs; null for nothing.</summary>
    public YamlNode? Telemetry { get; init; }

    /// <summary>What is said of the host's scheduler; null for nothing.</summary>
    public YamlNode? Scheduler { get; init; }

    /// <summary>The schedules; null where none are stated.</summary>
    public YamlNode? Schedules { get; init; }

    /// <summary>Where the lake is backed up to; null for nowhere.</summary>
    public BackupSettings? Backup { get; init; }

    /// <summary>The variables that texts are filled in from.</summary>
    public required Variables Variables { get; init; }

    /// <summary>The secrets that were filled in so far.</summary>
    public Secrets Secrets { get; init; } = new();

    /// <summary>The list of its own selectors; null where it states none.</summary>
    internal YamlNode? Selectors { get; init; }

    /// <summary>
    /// The folder of the project that is meant: the nearest one, this folder or one above it. A project that another
    /// tool's environment variables name goes before the nearest one, unless that is one of Foz.
    /// </summary>
    /// <param name="start">Where to start looking.</param>
    /// <param name="readers">Those of other tools' projects.</param>
    /// <param name="variable">Gives environment variables.</param>
    /// <returns>Its full path; null where there is none.</returns>
    public static string? FindFolder(
        string start, IReadOnlyList<IProjectReader> readers, Func<string, string?> variable)
    {
        var nearest = Path.GetFullPath(start);
        while (nearest is not null && !IsProject(nearest, readers)) nearest = Path.GetDirectoryName(nearest);
        if (nearest is not null && IsOfFoz(nearest)) return nearest;
        var named = readers.Select(reader => reader.NamedFolder(variable))
            .FirstOrDefault(folder => folder is { Length: > 0 });
        return named is null ? nearest : Path.GetFullPath(Path.Combine(start, named));
    }

    /// <summary>Whether a folder is that of a project: it has a <c>foz.yml</c>, or what another tool has.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="readers">Those of other tools' projects.</param>
    public static bool IsProject(string folder, IReadOnlyList<IProjectReader> readers) =>
        IsOfFoz(folder) || readers.Any(reader => reader.IsProject(folder));

    /// <summary>Whether a folder has a <c>foz.yml</c>.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsOfFoz(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>A connection with its variables filled in; the same object each time.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="FozException">There is none of the name, or a variable is not set.</exception>
    public ConnectionDefinition Connection(string name)
    {
        var errors = new ErrorList();
        var connection = FindConnection(name, new(FileName), errors);
        errors.ThrowIfAny();
        return connection ?? throw new FozException(ErrorKind.Configuration, $"the connection '{name}' is wrong")
        {
            Place = new(FileName),
            Hint = "run foz validate",
        };
    }

    /// <summary>
    /// Reads all connections, also those that nothing uses and wrong ones: <see cref="Secrets"/> has theirs then.
    /// </summary>
    public void NoteSecrets()
    {
        foreach (var name in connections.Keys) FindConnection(name, new(FileName), new());
    }

    /// <summary>Whether a target means an environment: one that is declared, or one beside it.</summary>
    /// <param name="target">The name, or <c>name@base</c>.</param>
    public bool HasEnvironment(string target) =>
        Environments.Contains(UndeclaredEnvironment.Of(target)?.Base ?? target);

    /// <summary>The connector of a type; null where there is none.</summary>
    internal IConnector? FindConnector(string type) => connectors.FirstOrDefault(c => c.Type == type);

    /// <summary>A connection with its variables filled in; null where there is none, or where it is wrong.</summary>
    internal ConnectionDefinition? FindConnection(string name, Place place, ErrorList errors)
    {
        if (!connections.TryGetValue(name, out var mapping))
        {
            errors.Add(
                place, $"unknown connection '{name}'",
                NearestName.Hint(name, connections.Keys) ?? $"declare it under 'connections' of {FileName}");
            return null;
        }
        if (resolved.TryGetValue(name, out var known)) return known;
        return resolved[name] = FillIn(name, mapping, errors);
    }

    ConnectionDefinition? FillIn(string name, YamlNode.Mapping mapping, ErrorList errors)
    {
        if (mapping[TypeKey] is not YamlNode.Scalar type) return null;
        if (FindConnector(type.Text) is not { } connector) return null;
        var filledIn = (YamlNode.Mapping)VariableText.Expand(mapping, Variables, errors);
        var reader = new SettingsReader(connector.ConnectionSettings, errors);
        reader.NoteSecrets(mapping, filledIn, Secrets);
        return new(name, connector.Type, reader.Read(filledIn, [TypeKey])) { Secrets = Secrets };
    }
}
