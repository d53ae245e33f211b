namespace Foz.Lake.Sql;

/// <summary>Names and values as SQL writes them.</summary>
public static class SqlText
{
    /// <summary>A name, quoted.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Names, quoted, with commas between.</summary>
    public static string Identifiers(IEnumerable<string> names) => string.Join(", ", names.Select(Identifier));

    /// <summary>A text, quoted.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A text, quoted, or NULL.</summary>
    public static string LiteralOrNull(string? text) => text is null ? "NULL" : Literal(text);
}
