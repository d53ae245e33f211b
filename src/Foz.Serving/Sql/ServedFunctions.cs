using System.Collections.Frozen;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>
/// Which functions of the engine statements of others may call: those that <c>served_functions.tsv</c> allows, and no
/// other. Each function of the engine stands there, so that those of its next version are decided about: <c>allowed</c>
/// where the result takes no more than a few times what the arguments take, <c>heavy</c> where it can take more and
/// calls were measured to stay short, <c>bounded</c> where a function of the platform in the engine's place limits what
/// one call makes, and <c>refused</c> with the reason.
/// </summary>
static class ServedFunctions
{
    /// <summary>The beginning of the names of the platform's own functions, which only it calls.</summary>
    public const string OwnPrefix = "foz_";

    /// <summary>How the names of functions that ask the catalog begin, after the engine's own mark.</summary>
    public const string CatalogPrefix = "catalog_";

    /// <summary>The name that clients write for a function: that of one of Foz's own without its prefix.</summary>
    /// <param name="function">The name, in small letters.</param>
    public static string WrittenAs(string function) =>
        function.StartsWith(OwnPrefix, StringComparison.Ordinal) ? function[OwnPrefix.Length..] : function;

    /// <summary>What is called with rows: scalar, aggregate and window functions, and macros.</summary>
    public const string Call = "call";

    /// <summary>Functions that may follow FROM.</summary>
    public const string Table = "table";

    /// <summary>What the parse tree has as calls, and the engine not among its functions.</summary>
    public const string Syntax = "syntax";

    const string Refused = "refused";
    const string Heavy = "heavy";
    const string BoundedCalls = "bounded";
    const string RefusalKey = "foz.refusal";

    static readonly string[][] lines = [.. EmbeddedTable.ReadLines("served_functions.tsv")];

    static readonly FrozenDictionary<(string Kind, string Name), string?> refusals =
        lines.ToFrozenDictionary(cells => (cells[0], cells[1]), cells => cells[2] == Refused ? cells[3] : null);

    static readonly FrozenSet<string> heavy = NamesOf(Heavy, BoundedCalls);

    /// <summary>All functions that are decided about, with why they are refused; null for those that are not.</summary>
    public static IReadOnlyDictionary<(string Kind, string Name), string?> Refusals => refusals;

    /// <summary>Whether statements may call a function.</summary>
    /// <param name="kind">Of which kind.</param>
    /// <param name="name">The function, in small letters.</param>
    public static bool Allows(string kind, string name) =>
        // Only what Foz itself wrote asks the catalog.
        (kind == Call && AsksCatalog(name)) || refusals.TryGetValue((kind, name), out var refusal) && refusal is null;

    /// <summary>Functions that a function of the platform in their place bounds by call.</summary>
    public static FrozenSet<string> Bounded { get; } = NamesOf(BoundedCalls);

    /// <summary>Whether a function can make much of little.</summary>
    /// <param name="function">The function, in small letters.</param>
    public static bool MakesMuch(string function) => heavy.Contains(function);

    /// <summary>Makes sure that none is called that may not be.</summary>
    /// <exception cref="FozException">One is.</exception>
    public static void Check(IReadOnlySet<string> functions)
    {
        foreach (var function in functions)
            if (!Allows(Call, function) && !Allows(Syntax, function)) throw Missing(Call, function);
    }

    /// <summary>
    /// Returns the error of a function that does not exist for the user; it names the nearest that does.
    /// </summary>
    public static FozException Missing(string kind, string function)
    {
        var error = new FozException(ErrorKind.Sql, $"function {function} does not exist")
        {
            SqlState = "42883", Hint = HintOf(kind, function),
        };
        // A call on a column is written with what it is of.
        var name = function[(function.LastIndexOf('.') + 1)..].ToLowerInvariant();
        var refusal = refusals.GetValueOrDefault((kind, name)) ?? refusals.GetValueOrDefault((Syntax, name))
            ?? (name.StartsWith(OwnPrefix, StringComparison.Ordinal) ? "of the platform" : null);
        if (refusal is not null) error.Data[RefusalKey] = $"the function {function} is refused: {refusal}";
        return error;
    }

    /// <summary>Why a function is refused that the engine has; null for an error of something else.</summary>
    public static string? RefusalOf(Exception? error) =>
        error is null ? null : error.Data[RefusalKey] as string ?? RefusalOf(error.InnerException);

    /// <summary>Whether a function asks the catalog.</summary>
    static bool AsksCatalog(string name) =>
        OwnNames.Has(name) && name.StartsWith(OwnPrefix + CatalogPrefix, StringComparison.OrdinalIgnoreCase);

    static string? HintOf(string kind, string function) =>
        NearestName.Find(
            function, refusals.Where(known => IsFor(kind, known)).Select(known => known.Key.Name)) is { } near
            ? $"did you mean {near}?"
            : null;

    /// <summary>Whether people may call a function of a kind.</summary>
    static bool IsFor(string kind, KeyValuePair<(string Kind, string Name), string?> known) =>
        known.Value is null && known.Key.Kind == kind
            && !known.Key.Name.StartsWith(OwnPrefix, StringComparison.Ordinal);

    static FrozenSet<string> NamesOf(params string[] decisions) => lines
        .Where(cells => cells[0] == Call && decisions.Contains(cells[2])).Select(cells => cells[1])
        .ToFrozenSet(StringComparer.Ordinal);
}
