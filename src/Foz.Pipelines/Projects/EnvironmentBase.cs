using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>
/// An environment whose tables are used for those that another environment of the same lake has not made.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="SchemaPrefix">The prefix of schemas in it; may be empty.</param>
public sealed record EnvironmentBase(string Name, string SchemaPrefix)
{
    const string Key = "base", PrefixKey = "schema_prefix";

    /// <summary>The name in the lake of a table of the project.</summary>
    public TableName TableOf(TableName name) => name with { Schema = SchemaPrefix + name.Schema };

    /// <summary>Reads the base of an environment; null if it states none, or a wrong one.</summary>
    /// <param name="environments">All environments, by name; errors in the base of any of them are reported.</param>
    /// <param name="chosen">The environment.</param>
    /// <param name="lakeOf">Where the lake of an environment is.</param>
    /// <param name="errors">Takes the errors.</param>
    internal static EnvironmentBase? Read(
        IReadOnlyDictionary<string, MappingReader> environments, string chosen, Func<MappingReader, string> lakeOf,
        ErrorList errors)
    {
        EnvironmentBase? read = null;
        foreach (var (name, environment) in environments)
        {
            if (environment.Text(Key) is not { } stated) continue;
            var place = environment.PlaceOf(Key);
            if (!environments.TryGetValue(stated, out var found))
                errors.Add(place, $"unknown environment '{stated}'", NearestName.Hint(stated, environments.Keys));
            else if (stated == name || found.Text(Key) is not null)
                errors.Add(
                    place, $"'{stated}' cannot be the base of '{name}'",
                    "it must be another environment, with no base itself");
            else if ((found.Text(PrefixKey) ?? "").Equals(
                environment.Text(PrefixKey) ?? "", StringComparison.OrdinalIgnoreCase))
                errors.Add(
                    place, $"'{name}' has the tables of its base '{stated}'", $"give it a '{PrefixKey}' of its own");
            else if (name == chosen && lakeOf(found) != lakeOf(environment))
                errors.Add(
                    place, $"'{stated}' has another lake than '{name}'", "an environment and its base are in one lake");
            else if (name == chosen)
                read = new(stated, found.Text(PrefixKey) ?? "");
        }
        return read;
    }
}
