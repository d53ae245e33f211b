using System.Text.RegularExpressions;

namespace Foz.Serving;

/// <summary>Texts about failures as clients get them.</summary>
public static partial class ServedText
{
    /// <summary>What stands where a path stood.</summary>
    public const string Hidden = "(a file of the server)";

    /// <summary>A text without the paths and addresses of files that only the server knows.</summary>
    /// <param name="text">The text.</param>
    /// <param name="sql">The statement, whose own paths the client knows; null for none.</param>
    public static string WithoutPaths(string text, string? sql) => text.AsSpan().ContainsAny('/', '\\')
        ? Paths.Replace(
            text, found => sql?.Contains(found.Value, StringComparison.Ordinal) is true ? found.Value : Hidden)
        : text;

    /// <summary>
    /// An address of a store, or an absolute path of two parts or more. Spaces inside of quotes belong to it.
    /// </summary>
    [GeneratedRegex("""
        (?<=["'`])((s3[an]?|gs|gcs|abfss?|azure?|wasbs?|file|hdfs)://|([A-Za-z]:)?[/\\])[^"'`\r\n]*[/\\][^"'`\r\n]*
        |\b(s3[an]?|gs|gcs|abfss?|azure?|wasbs?|file|hdfs)://[^\s"'`,;()]+
        |(?<![\w.:/\\<~-])([A-Za-z]:)?[/\\][^\s"'`,;()/\\]+[/\\][^\s"'`,;()]*
        """, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Paths { get; }
}
