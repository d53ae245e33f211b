using Foz.Core.Configuration;
using Foz.Core.Jinja;

namespace Foz.Core.Pipelines.Dbt;

/// <summary>
/// Finds what is configured of resources: by <c>dbt_project.yml</c> from the outermost folder inwards, by YAML files beside them, and by
/// <c>config()</c> in themselves, each of them over those before.
/// </summary>
/// <param name="surroundings">What templates are rendered in.</param>
/// <param name="packages">The project, and its packages.</param>
/// <param name="errors">Takes what is wrong.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtConfigurer(DbtSurroundings surroundings, IReadOnlyList<DbtPackage> packages, ErrorList errors, CancellationToken cancellationToken)
{
    static readonly string[] BesideConfig =
        ["description", "config", "columns", "name", "data_tests", "tests", "relation", "constraints", "docs", "version", "latest_version", "versions", "deprecation_date", "access", "time_spine"];

    readonly DbtTexts texts = new(
        packages[0].Folder,
        new DbtScopes(new(surroundings, new() { Package = packages[0].Name, Name = "", File = DbtPackage.FileName, Kind = "operation" }, cancellationToken)).Root,
        errors);

    /// <summary>Configures resources, and names their tables.</summary>
    public void Configure(IEnumerable<DbtResource> resources)
    {
        foreach (var resource in resources)
        {
            // A package's own words count less than the project's.
            foreach (var package in packages.Where(package => package == resource.Package && package != packages[0]).Append(packages[0]))
                if (package.Configs.GetValueOrDefault(resource.Kind + "s") is YamlNode.Mapping said) Walk(said, resource.Path, resource.Config, package);
            if (resource.Said is { } beside) AddSaid(resource.Config, beside);
            if (resource.Template is not null) AddOwn(resource);
            Name(resource);
        }
    }

    void Walk(YamlNode.Mapping node, IReadOnlyList<string> path, DbtConfig config, DbtPackage package, int depth = 0)
    {
        YamlNode.Mapping? inner = null;
        foreach (var entry in node.Entries)
        {
            var isNext = depth < path.Count && entry.Key == path[depth] && entry.Value is YamlNode.Mapping;
            if (isNext) inner = (YamlNode.Mapping)entry.Value;
            else if (entry.Key.StartsWith('+') || entry.Value is not YamlNode.Mapping) config.Add(entry.Key, ValueOf(entry));
        }
        if (inner is not null) Walk(inner, path, config, package, depth + 1);
    }

    void AddSaid(DbtConfig config, YamlNode.Mapping said)
    {
        foreach (var entry in said.Entries.Where(entry => !BesideConfig.Contains(entry.Key))) config.Add(entry.Key, ValueOf(entry));
        foreach (var entry in (said["config"] as YamlNode.Mapping)?.Entries ?? []) config.Add(entry.Key, ValueOf(entry));
    }

    /// <summary>A value; hooks are rendered when they are run.</summary>
    object? ValueOf(YamlEntry entry) =>
        entry.Key.TrimStart('+').Replace('-', '_') is "pre_hook" or "post_hook" ? DbtValues.Of(entry.Value) : texts.Value(entry.Value);

    void AddOwn(DbtResource resource)
    {
        var session = new DbtSession(
            surroundings,
            new()
            {
                Package = resource.Package.Name, Name = resource.Name, File = resource.File, Kind = resource.Kind, Config = resource.Config, Configures = true,
                This = new(surroundings.Target.Schema, resource.Name),
            },
            cancellationToken);
        try
        {
            session.Render(resource.Template!);
        }
        catch (FozException) when (!resource.IsEnabled)
        {
            // What is switched off may ask for what is not there.
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
    }

    void Name(DbtResource resource)
    {
        var (config, place) = (resource.Config, resource.Place);
        var node = JinjaDict.Of(
            ("name", resource.Name), ("resource_type", resource.Kind), ("package_name", resource.Package.Name), ("path", resource.File), ("original_file_path", resource.File),
            ("fqn", new JinjaList(resource.Path)), ("tags", new JinjaList(config.Tags)), ("unique_id", resource.UniqueId),
            ("config", JinjaDict.Of(config.Values.Select(pair => (pair.Key, pair.Value)))));
        var custom = config["schema"] is { } schema and not JinjaUndefined ? JinjaValue.ToText(schema) : null;
        var name = config.Text("target_schema") is { } own && resource.Kind == "snapshot"
            ? own
            : Call("generate_schema_name", resource, place, custom, node);
        var alias = Call("generate_alias_name", resource, place, config.Text("alias"), node);
        resource.Table = new(name, alias);
    }

    string Call(string macro, DbtResource resource, Place place, string? custom, JinjaDict node)
    {
        try
        {
            // The project's own macros of these names count for its packages too.
            var found = surroundings.Macros.Find(macro, surroundings.Project.Name)!;
            var session = new DbtSession(
                surroundings, new() { Package = surroundings.Project.Name, Name = resource.Name, File = resource.File, Kind = resource.Kind, Config = resource.Config, Executes = true },
                cancellationToken);
            return JinjaValue.ToText(session.Call(found, place, [custom, node], new Dictionary<string, object?>())).Trim();
        }
        catch (FozException e)
        {
            errors.Add(e);
            return resource.Name;
        }
    }
}

/// <summary>What <c>ref()</c> and <c>source()</c> mean.</summary>
sealed class DbtNames
{
    readonly Dictionary<string, List<DbtResource>> byName;
    readonly IReadOnlyDictionary<(string, string), DbtSourceTable> sources;
    readonly DbtSurroundings surroundings;
    readonly ErrorList errors;
    readonly HashSet<(DbtReference, string)> wrong = [];

    /// <summary>The names of a project.</summary>
    public DbtNames(
        IReadOnlyList<DbtResource> resources, IReadOnlyDictionary<(string, string), DbtSourceTable> sources, DbtSurroundings surroundings, ErrorList errors)
    {
        byName = resources.GroupBy(resource => resource.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        (this.sources, this.surroundings, this.errors) = (sources, surroundings, errors);
        foreach (var group in byName.Values.Select(all => all.Where(resource => resource.IsEnabled).ToList()).Where(all => all.Count > 1))
            foreach (var second in group.GroupBy(resource => resource.Package.Name).Where(own => own.Count() > 1).SelectMany(own => own.Skip(1)))
                errors.Add(second.Place, $"'{second.Name}' is there twice", $"first at {group[0].File}");
    }

    /// <summary>The relation of a reference; null where there is none, which <see cref="Check"/> reports.</summary>
    public DbtRelation? Find(DbtReference reference, string from)
    {
        if (reference.IsSource)
        {
            if (sources.TryGetValue((reference.Package!, reference.Name), out var table)) return new(table.Table) { Sql = table.Files };
            wrong.Add((reference, from));
            return null;
        }
        var found = (byName.GetValueOrDefault(reference.Name) ?? []).Where(resource => reference.Package is null || resource.Package.Name == reference.Package)
            .OrderByDescending(resource => resource.IsEnabled).ThenByDescending(resource => resource.Package.Name == from)
            .ThenByDescending(resource => resource.Package.Name == surroundings.Project.Name).FirstOrDefault();
        if (found is null)
        {
            wrong.Add((reference, from));
            return null;
        }
        return new(found.Table) { Kind = found.Materialized == "view" ? "view" : "table" };
    }

    /// <summary>Reports what was asked for and is not there.</summary>
    public void Check()
    {
        foreach (var (reference, _) in wrong)
        {
            var known = reference.IsSource ? sources.Keys.Select(key => $"{key.Item1}.{key.Item2}") : byName.Keys;
            var asked = reference.IsSource ? $"{reference.Package}.{reference.Name}" : reference.Name;
            errors.Add(
                reference.Place, reference.IsSource ? $"there is no source table '{asked}'" : $"there is no model, seed or snapshot '{asked}'",
                NearestName.Find(asked, known) is { } nearest ? $"did you mean '{nearest}'?"
                    : reference.IsSource ? "declare it under 'sources' of a YAML file in the models' folder" : null);
        }
    }
}
