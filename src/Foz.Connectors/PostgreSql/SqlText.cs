using Foz.Lake;

namespace Foz.Connectors.PostgreSql;

/// <summary>Writes names and values into SQL where no parameters can stand, as in COPY.</summary>
static class SqlText
{
    /// <summary>A name in quotes.</summary>
    public static string Name(string name) => $"\"{WithoutNul(name).Replace("\"", "\"\"")}\"";

    /// <summary>
    /// A text literal that means the same whatever <c>standard_conforming_strings</c> says, as <c>quote_literal</c>
    /// writes it.
    /// </summary>
    public static string Literal(string value)
    {
        var doubled = WithoutNul(value).Replace("'", "''");
        return doubled.Contains('\\') ? $" E'{doubled.Replace("\\", "\\\\")}'" : $"'{doubled}'";
    }

    static string WithoutNul(string text) => text.Contains('\0')
        ? throw new FozException(ErrorKind.Data, "PostgreSQL has no names or texts with a NUL character")
        : text;
}
