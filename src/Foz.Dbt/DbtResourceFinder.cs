using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>Finds the models, seeds and snapshots of packages.</summary>
/// <param name="texts">Reads files.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtResourceFinder(DbtTexts texts, ErrorList errors)
{
    /// <summary>Finds the resources of a package.</summary>
    /// <param name="package">The package.</param>
    /// <param name="schemas">What YAML files say, snapshots among it.</param>
    public IEnumerable<DbtResource> Find(DbtPackage package, DbtSchemaFiles schemas)
    {
        foreach (var file in package.Files("model-paths", ".sql", DbtPython.Extension))
            if (Model(package, file, schemas) is { } model) yield return model;
        foreach (var file in package.Files("seed-paths", ".csv"))
            yield return Resource("seed", package, "seed-paths", file);
        foreach (var file in package.Files("snapshot-paths", ".sql"))
            foreach (var snapshot in Snapshots(package, file)) yield return snapshot;
        foreach (var (_, node) in schemas.Snapshots.Where(snapshot => snapshot.Package == package))
            if (Snapshot(package, node) is { } snapshot) yield return snapshot;
    }

    /// <summary>The analyses of a package: SELECTs that people run themselves.</summary>
    public IEnumerable<DbtResource> FindAnalyses(DbtPackage package) =>
        package.Files("analysis-paths", ".sql")
            .Select(file => Read("analysis", package, "analysis-paths", file, version: null)).OfType<DbtResource>();

    static DbtResource Resource(
        string kind, DbtPackage package, string paths, string file, string text = "", JinjaTemplate? template = null,
        string? name = null,
        DbtVersion? version = null)
    {
        var within = package.Within(paths, file);
        return new()
        {
            Kind = kind, Package = package, File = file, Text = text, Template = template,
            Name = name ?? version?.Model ?? within[^1], Version = version,
            Path = version is null
                ? [package.Name, .. within, .. name is null ? Enumerable.Empty<string>() : [name]]
                : [package.Name, .. within.SkipLast(1), version.Model, $"v{version.Number}"],
        };
    }

    DbtResource? Model(DbtPackage package, string file, DbtSchemaFiles schemas) =>
        Read("model", package, "model-paths", file, schemas.VersionIn(package, Path.GetFileNameWithoutExtension(file)));

    DbtResource? Read(string kind, DbtPackage package, string paths, string file, DbtVersion? version)
    {
        var text = texts.Read(file);
        try
        {
            var template = Path.GetExtension(file) == DbtPython.Extension
                ? DbtPython.TemplateOf(text, file)
                : JinjaTemplate.Read(text, file);
            return Resource(kind, package, paths, file, text, template, version: version);
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    List<DbtResource> Snapshots(DbtPackage package, string file)
    {
        var text = texts.Read(file);
        var found = new List<DbtResource>();
        try
        {
            foreach (var block in JinjaTemplate.Read(text, file).Definitions.OfType<JinjaStatement.Block>()
                .Where(block => block.Keyword == "snapshot"))
                found.Add(
                    Resource("snapshot", package, "snapshot-paths", file, block.BodyText, new(block.Body), block.Name));
            if (found.Count == 0)
                errors.Add(
                    new Place(file), "the file holds no snapshot",
                    "write one between {% snapshot name %} and {% endsnapshot %}");
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
        return found;
    }

    /// <summary>A snapshot that is stated in YAML: of all rows of a relation.</summary>
    DbtResource? Snapshot(DbtPackage package, YamlNode.Mapping node)
    {
        var relation = node["relation"] as YamlNode.Scalar;
        var name = ((YamlNode.Scalar)node["name"]!).Text;
        if (relation is null) return null;
        try
        {
            var text = $"select * from {{{{ {relation.Text} }}}}";
            return new()
            {
                Kind = "snapshot", Package = package, File = node.Place.File, Text = text, Name = name,
                Path = [package.Name, .. package.Within("snapshot-paths", node.Place.File).SkipLast(1), name],
                Template = new(
                    [
                        new JinjaStatement.Text("select * from ", relation.Place),
                        .. new JinjaParser($"{{{{{relation.Text}}}}}", relation.Place).Read(),
                    ]),
            };
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }
}
