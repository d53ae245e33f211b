using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>The exposures of a dbt project: the users of its tables.</summary>
static class DbtExposures
{
    /// <summary>Returns the dependencies of an exposure.</summary>
    /// <param name="context">The context in which templates are rendered.</param>
    /// <param name="package">The package that states it.</param>
    /// <param name="exposure">The exposure.</param>
    /// <param name="errors">Collects errors.</param>
    public static IReadOnlyList<DbtReference> ReferencesOf(
        DbtContext context, DbtPackage package, YamlNode.Mapping exposure, ErrorList errors)
    {
        var session = new DbtSession(
            context,
            new() { Package = package.Name, Name = "exposure", File = exposure.Place.File, Kind = "exposure" },
            CancellationToken.None);
        var evaluator = new JinjaEvaluator(new DbtScopes(session).Root, JinjaLimits.Default, CancellationToken.None);
        foreach (var item in (exposure["depends_on"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Scalar>() ?? [])
        {
            try
            {
                evaluator.Render(new JinjaParser($"{{{{{item.Text}}}}}", item.Place).Read());
            }
            catch (FozException e)
            {
                errors.Add(e);
            }
        }
        return session.References;
    }
}
