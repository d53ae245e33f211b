using Foz.Dbt.Jinja;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>The texts of YAML files next to resources.</summary>
static class DbtResourceTexts
{
    /// <summary>
    /// Texts of YAML files beside resources: names mean in them what they mean in the package whose file it is.
    /// </summary>
    /// <param name="root">The project's folder, as a full path.</param>
    /// <param name="context">What templates are rendered in.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static DbtTexts Of(
        string root, DbtContext context, ErrorList errors, CancellationToken cancellationToken)
    {
        var packages = context.Packages.Values.OrderByDescending(package => package.Path.Length).ToList();
        var scopes = new Dictionary<DbtPackage, JinjaScope>();
        return new(root, ScopeOf, errors);

        JinjaScope ScopeOf(string file)
        {
            var package = packages.Find(package => file.StartsWith(package.Path, StringComparison.Ordinal))
                ?? context.Project;
            if (scopes.TryGetValue(package, out var known)) return known;
            var request = new DbtRequest
            {
                Package = package.Name, Name = package.Name, File = DbtPackage.FileName, Kind = "operation",
            };
            return scopes[package] = new DbtScopes(new(context, request, cancellationToken)).Root;
        }
    }
}
