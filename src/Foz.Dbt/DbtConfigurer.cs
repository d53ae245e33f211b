using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>
/// Finds the configuration of resources: in <c>dbt_project.yml</c> from the outermost folder inwards, in YAML files
/// next to them, and in their own <c>config()</c>, each of which overrides those before.
/// </summary>
/// <param name="context">The context in which templates are rendered.</param>
/// <param name="packages">The project, and its packages.</param>
/// <param name="errors">Collects errors.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtConfigurer(
    DbtContext context, IReadOnlyList<DbtPackage> packages, ErrorList errors,
    CancellationToken cancellationToken)
{
    static readonly string[] BesideConfig =
        [
            "description", "config", "columns", "name", "data_tests", "tests", "relation", "constraints", "docs",
            "version", "deprecation_date", "time_spine",
        ];

    readonly DbtNamer namer = new(context, errors, cancellationToken);

    readonly DbtTexts texts = DbtResourceTexts.Of(packages[0].Folder, context, errors, cancellationToken);

    /// <summary>Configures resources, and names their tables.</summary>
    public void Configure(IEnumerable<DbtResource> resources)
    {
        foreach (var resource in resources)
        {
            // A package's own words count less than the project's.
            foreach (var package in packages.Where(package => package == resource.Package && package != packages[0])
                .Append(packages[0]))
                if (package.Configs.GetValueOrDefault(resource.Kind + "s") is YamlNode.Mapping said)
                    resource.Config.Add(said, resource.Path, ValueOf);
            if (resource.Said is { } beside) AddSaid(resource.Config, beside);
            if (resource.Template is not null) AddOwn(resource);
            resource.Table = namer.TableOf(resource);
        }
    }

    void AddSaid(DbtConfig config, YamlNode.Mapping said)
    {
        foreach (var entry in said.Entries.Where(entry => !BesideConfig.Contains(entry.Key)))
            config.Add(entry.Key, ValueOf(entry));
        foreach (var entry in (said["config"] as YamlNode.Mapping)?.Entries ?? [])
            config.Add(entry.Key, ValueOf(entry));
    }

    /// <summary>A value; hooks are rendered when they are run.</summary>
    object? ValueOf(YamlEntry entry) =>
        entry.Key.TrimStart('+').Replace('-', '_') is "pre_hook" or "post_hook"
            ? DbtValues.Of(entry.Value)
            : texts.Value(entry.Value);

    void AddOwn(DbtResource resource)
    {
        var session = new DbtSession(
            context,
            new()
            {
                Package = resource.Package.Name, Name = resource.Name, File = resource.File, Kind = resource.Kind,
                Config = resource.Config, Configures = true,
                This = new(context.Target.Schema, resource.Name),
            },
            cancellationToken);
        try
        {
            session.Render(resource.Template!);
        }
        catch (FozException) when (!resource.IsEnabled)
        {
            // A disabled resource may refer to what does not exist.
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
    }
}
