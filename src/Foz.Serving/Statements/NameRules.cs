using System.Buffers;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Serving.Statements;

/// <summary>Which names tables of the lake can have.</summary>
static class NameRules
{
    static readonly IReadOnlyList<string> ofFolders = ["_delta_log", "_change_data", "_foz"];

    static readonly SearchValues<char> ofPaths = SearchValues.Create("/\\:.*?");

    static readonly IReadOnlyList<string> ofEngine = ["foz_", "duckdb_", "sqlite_", "pragma_"];

    /// <summary>Whether a name cannot be one of a table, and would be a file, or is one of the engine's own.</summary>
    public static bool IsOutside(TableReference reference) =>
        (reference.Catalog is { } catalog && !catalog.Equals(TableName.Catalog, StringComparison.OrdinalIgnoreCase))
        || HasPath(reference)
        || (reference.Schema?.ToLowerInvariant() is null or "main" or "temp" && ofEngine.Any(
            name => reference.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether a name has what no table of the lake can have in its name, and paths have.</summary>
    public static bool HasPath(TableReference reference) => IsPath(reference.Name) || IsPath(reference.Schema);

    static bool IsPath(string? part) =>
        part.AsSpan().ContainsAny(ofPaths) || part.AsSpan().ContainsAnyInRange('\0', '\x1f');

    /// <summary>Makes sure that a table or view can have a name, which is the name of its folder too.</summary>
    /// <exception cref="FozException">
    /// It cannot: it would lie in the folder of another, or could not be named again.
    /// </exception>
    public static void CheckNew(TableName name)
    {
        if (!IsPath(name.Schema) && !IsPath(name.Name)
            && !ofFolders.Any(own => name.Schema.StartsWith(own, StringComparison.OrdinalIgnoreCase)
            || name.Name.StartsWith(own, StringComparison.OrdinalIgnoreCase))) return;
        throw new FozException(ErrorKind.Sql, $"\"{name}\" cannot be the name of a table or view")
        {
            SqlState = "42602",
            Hint = "leave out / \\ : . * ? and control characters, and begin it with another word than "
                + "_delta_log, _change_data or _foz",
        };
    }
}
