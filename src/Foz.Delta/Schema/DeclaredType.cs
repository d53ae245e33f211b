using System.Text.RegularExpressions;

namespace Foz.Delta.Schema;

/// <summary>
/// A type of PostgreSQL that Delta tables lack: a column keeps texts, or decimals, which is what other readers see. Foz
/// checks its values, writes each in one form, and shows them as PostgreSQL does.
/// </summary>
public static partial class DeclaredType
{
    /// <summary>Key of a column's metadata that holds the type, or that of a list's elements.</summary>
    public const string Key = "foz.type";

    /// <summary><c>uuid</c>.</summary>
    public const string Uuid = "uuid";

    /// <summary><c>jsonb</c>.</summary>
    public const string Jsonb = "jsonb";

    /// <summary><c>numeric</c> without digits.</summary>
    public const string Numeric = "numeric";

    /// <summary>How the text of a type has <see cref="Numeric"/>, which is another type without the star.</summary>
    public const string NumericText = "numeric(*)";

    /// <summary>The type of the values that a table keeps for a declared type.</summary>
    internal static string Kept(string declared) => declared == Numeric ? "decimal(38,10)" : "string";

    /// <summary>The declared type of a column, or of its list's elements; null where it has none.</summary>
    public static string? Of(StructField field) => field.Metadata.GetString(Key);

    /// <summary>
    /// The declared type as the text of a type has it, such as <c>uuid</c> in <c>array&lt;uuid&gt;</c>; null where it
    /// has none.
    /// </summary>
    internal static string? In(string type) =>
        Declared().Match(type.Trim()) is { Success: true } match ? match.Groups["type"].Value.ToLowerInvariant() : null;

    [GeneratedRegex(
        @"^(array<)*(?<type>uuid|jsonb|numeric\(\*\))>*$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
            | RegexOptions.NonBacktracking)]
    private static partial Regex Declared();
}
