using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Files;

/// <summary>SQL that makes a value of a type from a text and loses nothing: see <see cref="LosslessText"/>.</summary>
static class TypedText
{
    /// <summary>The value; the statement fails where there is none.</summary>
    public static string Cast(string text, DataType type) =>
        type == DataType.String ? text : $"CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>The value; null where there is none.</summary>
    public static string TryCast(string text, DataType type) =>
        type == DataType.String ? text : $"TRY_CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>Whether a text has a value of the type that loses nothing of it; true for null.</summary>
    public static string Fits(string text, DataType type)
    {
        var exact = LosslessText.Test(text, type);
        return $"({text} IS NULL OR ({(exact is null ? "" : $"{exact} AND ")}{TryCast(text, type)} IS NOT NULL))";
    }

    /// <summary>A WHERE that fails where a test of <see cref="LosslessText.Test"/> does not hold; empty where there is none.</summary>
    public static string Guard(IEnumerable<string?> tests)
    {
        var all = string.Join(" AND ", tests.OfType<string>());
        return all.Length == 0
            ? ""
            : $"\nWHERE CASE WHEN NOT ({all}) THEN error('a value does not fit the type of its column') ELSE true END";
    }

    /// <summary>Why a text does not fit a column, in words.</summary>
    /// <param name="name">The column.</param>
    /// <param name="text">SQL of the text.</param>
    /// <param name="type">The column's type.</param>
    public static string Reason(string name, string text, DataType type) =>
        $"{SqlText.Literal($"{name}: '")} || left({text}, 200) || {SqlText.Literal($"' does not fit {type}")}";
}
