using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>
/// Reads the types and regular expressions of contracts, rules of cleaning and checks as the engine will.
/// </summary>
/// <param name="session">A session; no table is read in it.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class QualityBinder(EngineSession session, CancellationToken cancellationToken)
{
    readonly Dictionary<string, (string Message, string? Hint)?> types = new(StringComparer.Ordinal),
        expressions = new(StringComparer.Ordinal);

    /// <summary>What the engine cannot read, each with its place.</summary>
    public IEnumerable<FozException> FaultsOf(GraphNode node)
    {
        foreach (var (type, place) in TypesOf(node))
            if (Find(types, type, FindFaultOfType) is { } fault) yield return At(place, fault);
        foreach (var (regex, place) in ExpressionsOf(node))
            if (Find(expressions, regex, FindFaultOfExpression) is { } fault) yield return At(place, fault);
    }

    static IEnumerable<(string Type, Place Place)> TypesOf(GraphNode node) =>
    [
        .. (node.Contract?.Columns ?? []).Where(column => column.Type.Length > 0)
            .Select(column => (column.Type, column.Place)),
        .. node.Clean.OfType<CleanRule.Cast>().Select(cast => (cast.SqlType, cast.Place)),
    ];

    static IEnumerable<(string Regex, Place Place)> ExpressionsOf(GraphNode node) =>
    [
        .. node.Clean.OfType<CleanRule.Replace>().Select(replace => (replace.Regex, replace.Place)),
        .. node.Checks.OfType<CheckDefinition.Pattern>().Select(check => (check.Regex, check.Place)),
        .. node.Checks.OfType<CheckDefinition.NotPattern>().Select(check => (check.Regex, check.Place)),
    ];

    static (string, string?)? Find(
        Dictionary<string, (string, string?)?> known, string text, Func<string, (string, string?)?> find)
    {
        if (!known.TryGetValue(text, out var fault)) known[text] = fault = find(text);
        return fault;
    }

    (string, string?)? FindFaultOfType(string type)
    {
        try
        {
            session.Describe($"SELECT CAST(NULL AS {type}) AS a", cancellationToken);
            return null;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.Data)
        {
            return ($"unknown type '{type}'", e.Hint ?? e.Message);
        }
    }

    (string, string?)? FindFaultOfExpression(string regex)
    {
        try
        {
            session.QueryScalar<bool>($"SELECT regexp_matches('', {SqlText.Literal(regex)})", cancellationToken);
            return null;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.Data)
        {
            return ($"'{regex}' is no regular expression (RE2): {e.Message}", e.Hint);
        }
    }

    static FozException At(Place place, (string Message, string? Hint) fault) =>
        new(ErrorKind.Configuration, fault.Message) { Place = place, Hint = fault.Hint };
}
