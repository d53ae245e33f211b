using System.Security.Cryptography;

namespace Foz.Lake.Sql;

/// <summary>
/// Names of functions and relations that Foz gives the engine for itself. They end with what is drawn when the process
/// starts, so that no user's statement can have them, however it is rewritten.
/// </summary>
public static class OwnNames
{
    const string Prefix = "foz_";

    // Fifty bits. The names must fit into the boxes of DuckDB's plans, in which they are found again.
    const int DrawnLength = 10;

    static readonly string drawn = "_"
        + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", DrawnLength);

    /// <summary>A name of Foz's own.</summary>
    /// <param name="name">What it is called among its like, such as <c>live</c>.</param>
    public static string Of(string name) => $"{Prefix}{name}{drawn}";

    /// <summary>Whether a name is one of these.</summary>
    public static bool Has(string name) => name.EndsWith(drawn, StringComparison.OrdinalIgnoreCase);

    /// <summary>A text for others: what was drawn is left out.</summary>
    public static string Hide(string text) => text.Replace(drawn, "", StringComparison.OrdinalIgnoreCase);
}
