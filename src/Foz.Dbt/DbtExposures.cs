using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>What a dbt project says of those who use its tables.</summary>
static class DbtExposures
{
    /// <summary>What an exposure depends on.</summary>
    /// <param name="surroundings">What templates are rendered in.</param>
    /// <param name="package">The package that states it.</param>
    /// <param name="exposure">The exposure.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static IReadOnlyList<DbtReference> ReferencesOf(
        DbtSurroundings surroundings, DbtPackage package, YamlNode.Mapping exposure, ErrorList errors)
    {
        var session = new DbtSession(
            surroundings,
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
