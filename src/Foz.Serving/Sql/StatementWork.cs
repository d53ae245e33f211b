using System.Globalization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>
/// Which statements are work: those run in the instance of their class, in one of its slots. Others read catalogs or
/// give few values, and never wait.
/// </summary>
static class StatementWork
{
    /// <summary>The most relations of a statement, its views put in: the engine does not stop while it plans.</summary>
    const int RelationsMax = 500;

    /// <summary>The most calls that are bounded one by one, where the engine computes them while it binds.</summary>
    const int FoldedMax = 16;

    /// <summary>Whether a statement reads tables of the lake, or can make much of nothing.</summary>
    public static bool Is(ResolvedStatement statement)
    {
        if (statement.ReadsTables) return true;
        var analysis = statement.Analysis;
        // Clients join catalogs, and number the parts of an index: none of that is to wait.
        if (statement.Bindings.Count > 0) return false;
        return analysis.Multiplies || analysis.TableFunctions.Any(call => IsSeries(call.Name))
            || analysis.Functions.Any(ServedFunctions.MakesMuch);
    }

    /// <summary>Makes sure that a statement can be bound and planned in a short time, and in little memory.</summary>
    /// <exception cref="FozException">It cannot.</exception>
    public static void CheckPlanning(SqlAnalysis statement)
    {
        if (statement.Relations > RelationsMax)
            throw new FozException(
                ErrorKind.Sql,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the statement reads more than {RelationsMax} relations, ")
                    + "with its views and queries of WITH put in")
            {
                SqlState = "54001", Hint = "leave out NOT MATERIALIZED, or keep a part of it as a table",
            };
        var heavy = statement.Folded.Where(ServedFunctions.MakesMuch).ToList();
        if ((heavy.Find(call => !ServedFunctions.Bounded.Contains(call))
            ?? heavy.ElementAtOrDefault(FoldedMax)) is { } function)
            throw new FozException(
                ErrorKind.Sql,
                $"{ServedFunctions.WrittenAs(function)} in LIMIT, OFFSET, an end of a series or a separator of "
                    + "string_agg is not supported")
            {
                SqlState = "0A000", Hint = "write it as a subquery: (SELECT …)",
            };
    }

    static bool IsSeries(string function) => function is "range" or "generate_series";
}
