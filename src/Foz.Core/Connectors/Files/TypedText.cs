using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Files;

/// <summary>
/// SQL that makes a value of a type from a text and loses nothing: the engine's own casts round <c>1.239</c> to
/// <c>decimal(10,2)</c>, drop the time of a date and the offset of a timestamp, and know dates that Delta does not.
/// </summary>
static class TypedText
{
    const string DatesMin = "DATE '0001-01-01'";
    const string DatesMax = "DATE '9999-12-31'";

    /// <summary>The value; the statement fails where there is none.</summary>
    public static string Cast(string text, DataType type) =>
        type == DataType.String ? text : $"CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>The value; null where there is none.</summary>
    public static string TryCast(string text, DataType type) =>
        type == DataType.String ? text : $"TRY_CAST({text} AS {ColumnTypes.NameOf(type)})";

    /// <summary>Whether a text has a value of the type that loses nothing of it; true for null.</summary>
    public static string Fits(string text, DataType type)
    {
        var exact = IsExact(text, type);
        return $"({text} IS NULL OR ({(exact is null ? "" : $"{exact} AND ")}{TryCast(text, type)} IS NOT NULL))";
    }

    /// <summary>
    /// Whether the cast of a text, if there is one, loses nothing; null for null. The first, cheap test is enough for
    /// texts as most systems write them. No SQL for types whose casts lose nothing.
    /// </summary>
    public static string? IsExact(string text, DataType type) => type switch
    {
        DataType.Decimal d =>
            $$"""
            ((strpos({{text}}, '.') = 0 OR strlen({{text}}) - strpos({{text}}, '.') <= {{d.Scale}}) AND strpos({{text}}, '-') <= 1
                OR regexp_full_match({{text}}, '\s*[+-]?[0-9]*(\.[0-9]{0,{{d.Scale}}}0*)?\s*'))
            """,
        DataType.Primitive { Name: "byte" or "short" or "integer" or "long" } =>
            $$"""
            (strpos({{text}}, '.') = 0 AND strpos({{text}}, '-') <= 1
                OR regexp_full_match({{text}}, '\s*[+-]?[0-9]+(\.0*)?\s*'))
            """,
        DataType.Primitive { Name: "float" or "double" } =>
            $"(NOT isinf({TryCast(text, type)}) OR regexp_full_match(lower({text}), '\\s*[+-]?inf(inity)?\\s*'))",
        DataType.Primitive { Name: "date" } =>
            $$"""
            (strlen({{text}}) <= 10 AND {{text}} BETWEEN '0' AND ':'
                OR CAST(TRY_CAST({{text}} AS DATE) AS TIMESTAMP) = TRY_CAST({{text}} AS TIMESTAMP)
                    AND TRY_CAST({{text}} AS DATE) BETWEEN {{DatesMin}} AND {{DatesMax}})
            """,
        DataType.Primitive { Name: "timestamp_ntz" } =>
            $$"""
            (strlen({{text}}) = 19 AND {{text}} LIKE '____-__-__%:__:__' AND {{text}} BETWEEN '0' AND ':'
                OR regexp_full_match({{text}}, '\s*[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T]+[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{0,6}0*)?)?)?\s*'))
            """,
        DataType.Primitive { Name: "timestamp" } =>
            $$"""
            ({{text}} BETWEEN '0' AND ':' AND (strpos({{text}}, '.') = 0 OR NOT regexp_matches({{text}}, '\.[0-9]{6}0*[1-9]')))
            """,
        _ => null,
    };

    /// <summary>A WHERE that fails where a test of <see cref="IsExact"/> does not hold; empty where there is none.</summary>
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
