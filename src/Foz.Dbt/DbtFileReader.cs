using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Dbt;

/// <summary>Reads from a dbt project what <c>foz.yml</c> says in a project of Foz.</summary>
/// <param name="options">How to read it.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtFileReader(ProjectOptions options, ErrorList errors)
{
    /// <summary>Reads <c>dbt_project.yml</c> and <c>profiles.yml</c>; null where they cannot be read at all.</summary>
    /// <param name="folder">The project's folder, as a full path.</param>
    public ProjectFile? Read(string folder)
    {
        var variables = Variables.Load(folder, options.EnvironmentVariables, errors);
        if (DbtSettings.Read(folder, options, variables, errors) is not { } settings) return null;
        var (target, place) = (settings.Context.Target, new Place(DbtPackage.FileName, 1, 1));
        var lake = target.Lake is null
            ? []
            : new List<YamlEntry> { new("lake", target.Lake.Place, Filled(target.Lake, settings.Texts)) };
        var reader = new MappingReader(new YamlNode.Mapping(lake, place), errors);
        var secrets = new Secrets();
        return new(new Dictionary<string, YamlNode.Mapping>(StringComparer.Ordinal), options.Connectors)
        {
            Secrets = secrets,
            Name = settings.Project.Name,
            Folder = folder,
            Environment = target.Name,
            Environments = target.Targets,
            Lake = new LakeReader(folder, variables, secrets, errors).Read(reader, reader),
            SchemaPrefix = "",
            Threads = target.Threads,
            Variables = variables,
            Foreign = settings,
        };
    }

    static YamlNode Filled(YamlNode node, DbtTexts texts) => node is YamlNode.Scalar scalar
        ? new YamlNode.Scalar(texts.Text(scalar) ?? "", isQuoted: true, scalar.Place)
        : node;
}
