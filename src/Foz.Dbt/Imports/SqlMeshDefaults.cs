using Foz.Lake.Configuration;

namespace Foz.Dbt.Imports;

/// <summary>What a project of SQLMesh says of models that say nothing themselves.</summary>
sealed class SqlMeshDefaults
{
    const string ModelDefaults = "model_defaults";

    static readonly string[] Files = ["config.yaml", "config.yml"];
    static readonly string[] Known = ["dialect", "start", "cron"];

    SqlMeshDefaults() { }

    /// <summary>Reads <c>config.yaml</c>.</summary>
    /// <param name="folder">The project's folder, as a full path.</param>
    /// <param name="project">Takes what of it is not taken over.</param>
    public SqlMeshDefaults(string folder, ImportedProject project)
    {
        if (Files.FirstOrDefault(file => File.Exists(Path.Combine(folder, file))) is not { } name)
        {
            project.Note(
                new("config.py"), "the configuration is a program, and not read",
                "state the lake and connections in foz.yml");
            return;
        }
        var errors = new ErrorList();
        var config = YamlReader.Read(File.ReadAllText(Path.Combine(folder, name)), name, errors) as YamlNode.Mapping;
        errors.ThrowIfAny();
        foreach (var entry in config?.Entries.Where(entry => entry.Key is not (ModelDefaults or "project")) ?? [])
            project.Note(entry.KeyPlace, $"'{entry.Key}' is not taken over", HintFor(entry.Key));
        if (config?[ModelDefaults] is not YamlNode.Mapping defaults) return;
        foreach (var entry in defaults.Entries.Where(entry => !Known.Contains(entry.Key)))
            project.Note(entry.KeyPlace, $"'{entry.Key}' of all models has no equivalent");
        (Dialect, Start, Schedule) = (BruinImport.Scalar(defaults["dialect"]), BruinImport.Scalar(defaults["start"]),
            BruinImport.Scalar(defaults["cron"]));
    }

    /// <summary>Nothing is said.</summary>
    public static SqlMeshDefaults None { get; } = new();

    /// <summary>The dialect of models that name none; null where none is said.</summary>
    public string? Dialect { get; }

    /// <summary>When intervals begin; null where it is not said.</summary>
    public string? Start { get; }

    /// <summary>How often models are run; null where it is not said.</summary>
    public string? Schedule { get; }

    static string? HintFor(string key) => key switch
    {
        "gateways" or "default_gateway" or "default_connection" => "the lake of Foz is a folder: lake in foz.yml",
        "variables" => "write their values where they are used",
        _ => null,
    };
}
