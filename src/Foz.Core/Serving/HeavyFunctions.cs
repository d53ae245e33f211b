using System.Collections.Frozen;
using Foz.Core.Serving.PostgreSql;

namespace Foz.Core.Serving;

/// <summary>
/// What results of functions can take, compared with their arguments: <c>heavy_functions.tsv</c> says it of each function that statements
/// may call, so that somebody decides about those of the engine's next version.
/// </summary>
static class HeavyFunctions
{
    /// <summary>No more than a few times what the arguments take.</summary>
    public const string Plain = "plain";

    /// <summary>More, or much work, in the engine's own function: it was measured that a call stays short.</summary>
    public const string Heavy = "heavy";

    /// <summary>More, in a function of the platform that is bounded by call.</summary>
    public const string Bounded = "bounded";

    /// <summary>What is decided of each function.</summary>
    public static FrozenDictionary<string, string> All { get; } = PgRelation.ReadLines("heavy_functions.tsv")
        .ToFrozenDictionary(cells => cells[0], cells => cells[1], StringComparer.Ordinal);

    /// <summary>Whether a function can make much of little.</summary>
    /// <param name="function">The function, in small letters.</param>
    public static bool Makes(string function) => All.GetValueOrDefault(function, Plain) != Plain;
}
