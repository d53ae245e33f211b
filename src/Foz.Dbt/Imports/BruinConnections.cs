using System.Text;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Imports;

/// <summary>
/// Writes the connections of <c>.bruin.yml</c>. Secrets stay in that file: the project gets names of variables.
/// </summary>
/// <param name="folder">The pipeline's folder; the file is in it or in a folder above.</param>
/// <param name="project">Takes the notes for the user.</param>
sealed class BruinConnections(string folder, ImportedProject project)
{
    public const string FileName = ".bruin.yml";

    static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["postgres"] = "postgresql", ["redshift"] = "postgresql",
    };

    /// <summary>The connections of some names, as a part of <c>foz.yml</c>; empty for none.</summary>
    public string Write(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0) return "";
        var known = Read();
        var text = new StringBuilder("\nconnections:\n");
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            var variable = $"{name.ToUpperInvariant()}_URL";
            var theirs = known.GetValueOrDefault(name);
            var type = theirs is null ? "postgresql" : Types.GetValueOrDefault(theirs);
            if (theirs is null)
                project.Note(new(FileName), $"the connection '{name}' is not there: it is taken for PostgreSQL");
            else if (type is null)
                project.Note(
                    new(FileName), $"the connection '{name}' is of type '{theirs}'",
                    "see foz provider add for databases that have an ADO.NET provider");
            text.Append("  ").Append(name).Append(":\n    type: ").Append(type ?? "postgresql").Append("\n    url: ${")
                .Append(variable).Append("}\n");
            project.Note(new("foz.yml"), $"set {variable} in the environment or in .env: secrets are not taken over");
        }
        return text.ToString();
    }

    /// <summary>The types of connections by their names, of all environments.</summary>
    Dictionary<string, string> Read()
    {
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            var path = Path.Combine(at, FileName);
            if (!File.Exists(path)) continue;
            var yaml = YamlReader.Read(File.ReadAllText(path), FileName, new()) as YamlNode.Mapping;
            foreach (var environment in (yaml?["environments"] as YamlNode.Mapping)?.Entries ?? [])
                foreach (var (type, _, list) in ((environment.Value as YamlNode.Mapping)?["connections"]
                    as YamlNode.Mapping)?.Entries ?? [])
                    foreach (var connection in (list as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [])
                        if (BruinImport.Scalar(connection["name"]) is { } name)
                            types.TryAdd(ImportedProject.NameOf(name), type);
            break;
        }
        return types;
    }
}
