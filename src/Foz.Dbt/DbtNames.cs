using Foz.Dbt.Templates;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>What <c>ref()</c> and <c>source()</c> mean.</summary>
sealed class DbtNames
{
    readonly Dictionary<string, List<DbtResource>> byName;
    readonly IReadOnlyDictionary<(string, string), DbtSourceTable> sources;
    readonly DbtContext context;
    readonly ErrorList errors;
    readonly HashSet<(DbtReference, string)> wrong = [];

    /// <summary>The names of a project.</summary>
    public DbtNames(
        IReadOnlyList<DbtResource> resources, IReadOnlyDictionary<(string, string), DbtSourceTable> sources,
        DbtContext context, ErrorList errors)
    {
        byName = resources.GroupBy(resource => resource.Name, StringComparer.Ordinal).ToDictionary(
            group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        (this.sources, this.context, this.errors) = (sources, context, errors);
        foreach (var group in byName.Values.Select(all => all.Where(resource => resource.IsEnabled).ToList())
            .Where(all => all.Count > 1))
            foreach (var second in group.GroupBy(resource => (resource.Package.Name, resource.Version))
                .Where(own => own.Count() > 1).SelectMany(own => own.Skip(1)))
                errors.Add(second.Place, $"'{second.Name}' is there twice", $"first at {group[0].File}");
    }

    /// <summary>
    /// Returns the relation of a reference; null if there is none, which <see cref="Check"/> reports.
    /// </summary>
    public DbtRelation? Find(DbtReference reference, string from)
    {
        if (reference.IsSource)
        {
            if (sources.TryGetValue((reference.Package!, reference.Name), out var table))
                return new(table.Table) { Sql = table.Files };
            wrong.Add((reference, from));
            return null;
        }
        var found = (byName.GetValueOrDefault(reference.Name) ?? [])
            .Where(resource => reference.Package is null || resource.Package.Name == reference.Package)
            .Where(resource =>
                reference.Version is null
                    ? resource.Version?.IsLatest != false
                    : resource.Version?.Number == reference.Version)
            .OrderByDescending(resource => resource.IsEnabled)
            .ThenByDescending(resource => resource.Package.Name == from)
            .ThenByDescending(resource => resource.Package.Name == context.Project.Name).FirstOrDefault();
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
            var versions = reference.Version is null
                ? []
                : (byName.GetValueOrDefault(reference.Name) ?? []).Select(resource => resource.Version?.Number)
                    .ToList();
            if (versions.Count > 0)
            {
                errors.Add(
                    reference.Place, $"'{reference.Name}' has no version {reference.Version}",
                    versions.Contains(null)
                        ? "it has no versions: leave the version out"
                        : $"it has {string.Join(", ", versions)}");
                continue;
            }
            var known = reference.IsSource ? sources.Keys.Select(key => $"{key.Item1}.{key.Item2}") : byName.Keys;
            var asked = reference.IsSource ? $"{reference.Package}.{reference.Name}" : reference.Name;
            errors.Add(
                reference.Place,
                reference.IsSource
                    ? $"there is no source table '{asked}'"
                    : $"there is no model, seed or snapshot '{asked}'",
                NearestName.Find(asked, known) is { } nearest ? $"did you mean '{nearest}'?"
                    : reference.IsSource ? "declare it under 'sources' of a YAML file in the models' folder" : null);
        }
    }
}
