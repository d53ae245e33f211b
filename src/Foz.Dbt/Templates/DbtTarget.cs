using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Dbt.Templates;

/// <summary>Where a dbt project runs, as <c>profiles.yml</c> says.</summary>
/// <param name="Profile">The profile's name.</param>
/// <param name="Name">The target's name.</param>
/// <param name="Schema">The schema of models that state none.</param>
sealed record DbtTarget(string Profile, string Name, string Schema)
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "profiles.yml";

    const string DefaultName = "dev";

    /// <summary>DuckDB's own schema, which is dbt-duckdb's default and no lake has.</summary>
    const string SchemaOfDuckDb = "main";

    /// <summary>The names of all targets.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [DefaultName];

    /// <summary>The lake, as written; null where none is stated.</summary>
    public YamlNode? Lake { get; init; }

    /// <summary>How many threads work; null where it is not said.</summary>
    public int? Threads { get; init; }

    /// <summary>The target as a value of templates.</summary>
    public JinjaDict ToValue() => JinjaDict.Of(
        ("profile_name", Profile), ("name", Name), ("target_name", Name), ("schema", Schema),
        ("database", TableName.Catalog), ("dbname", TableName.Catalog),
        ("type", "duckdb"), ("threads", (long)(Threads ?? 1)), ("path", ""));

    /// <summary>Reads the profile of a project.</summary>
    /// <param name="package">The project.</param>
    /// <param name="asked">
    /// The requested profile, null for the project's own; the requested target, null for the profile's own.
    /// </param>
    /// <param name="texts">Reads and renders.</param>
    /// <param name="variables">The environment variables, with <c>DBT_PROFILES_DIR</c> and <c>HOME</c>.</param>
    /// <param name="errors">Collects errors.</param>
    public static DbtTarget Read(
        DbtPackage package, (string? Profile, string? Target) asked, DbtTexts texts, Variables variables,
        ErrorList errors)
    {
        var (target, profile) = (asked.Target, asked.Profile ?? package.Profile ?? package.Name);
        var file = Folders(package.Folder, variables).Select(folder => Path.Combine(folder, FileName))
            .FirstOrDefault(File.Exists);
        if (file is null)
            return new(profile, target ?? DefaultName, SchemaOf(package)) { Targets = [target ?? DefaultName] };
        var shown = Path.GetRelativePath(package.Folder, file) is var near
            && near.StartsWith("..", StringComparison.Ordinal) ? file : near;
        var yaml = YamlReader.Read(texts.Read(shown), shown, errors) as YamlNode.Mapping;
        if (yaml?[profile] is not YamlNode.Mapping stated)
        {
            errors.Add(
                new Place(shown), $"there is no profile '{profile}', which {DbtPackage.FileName} asks for",
                yaml is null ? null : NearestName.Hint(profile, yaml.Entries.Select(entry => entry.Key)));
            return new(profile, target ?? DefaultName, SchemaOf(package));
        }
        var outputs = stated["outputs"] as YamlNode.Mapping ?? new YamlNode.Mapping([], stated.Place);
        var name = target ?? texts.Text(stated["target"]) ?? DefaultName;
        var names = outputs.Entries.Select(entry => entry.Key).ToList();
        if (outputs[name] is not YamlNode.Mapping output)
        {
            errors.Add(
                target is null
                    ? new FozException(ErrorKind.Configuration, $"the profile '{profile}' has no target '{name}'")
                    {
                        Place = stated["target"]?.Place ?? stated.Place, Hint = NearestName.Hint(name, names),
                    }
                    : new FozException(ErrorKind.Usage, $"unknown environment '{name}'")
                    {
                        Hint = NearestName.Hint(name, names),
                    });
            return new(profile, name, SchemaOf(package));
        }
        return Read(package, profile, name, output, texts, errors) with { Targets = names };
    }

    static DbtTarget Read(
        DbtPackage package, string profile, string name, YamlNode.Mapping output, DbtTexts texts, ErrorList errors)
    {
        var type = texts.Text(output["type"]) ?? "";
        if (type is not ("duckdb" or "foz"))
        {
            errors.Add(
                (output["type"] ?? output).Place,
                $"the target '{name}' is of type '{type}', and Foz makes tables in its own lake",
                "add a target with 'type: duckdb' (or 'type: foz' and 'lake: <folder>'), and choose it with --target");
        }
        var schema = texts.Text(output["schema"]);
        var threads = texts.Value(output["threads"]) as long?;
        return new(profile, name, schema is null or SchemaOfDuckDb ? SchemaOf(package) : schema)
        {
            Lake = output["lake"], Threads = threads is > 0 and <= 1024 ? (int)threads : null,
        };
    }

    /// <summary>Returns the schema where none is stated except DuckDB's default: the project's name.</summary>
    static string SchemaOf(DbtPackage package) => package.Name.Length > 0 ? package.Name : SchemaOfDuckDb;

    static IEnumerable<string> Folders(string folder, Variables variables)
    {
        if (DbtEnvironment.ProfilesFolder(variables) is { } stated)
            yield return Path.GetFullPath(Path.Combine(folder, stated));
        yield return folder;
        if ((variables["HOME"] ?? variables["USERPROFILE"]) is { Length: > 0 } home)
            yield return Path.Combine(home, ".dbt");
    }
}
