using Foz.Lake.Data;
using Foz.Lake.Engine;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality.Cleaning;

/// <summary>
/// SQL that reads values as another type. Of a text all must be kept, see <see cref="LosslessText"/>: what the engine
/// would round, cut off or guess is null. What is no text is cast as the engine does.
/// </summary>
static class CastSql
{
    /// <summary>The value; null where it cannot be read.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="old">SQL of the value as it is.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <param name="type">The column's type, of the rule's type.</param>
    public static string Of(CleanRule.Cast rule, string old, bool isText, DataType type) => rule switch
    {
        { Pattern: { } pattern } => $"TRY_CAST({TimePattern.Parse($"{old}::VARCHAR", pattern)} AS {rule.SqlType})",
        { FormatName: { } format } => OfText($"foz_format({Literal(format)}, {old}::VARCHAR)", rule.SqlType, type),
        _ => isText ? OfText(old, rule.SqlType, type) : $"TRY_CAST({old} AS {rule.SqlType})",
    };

    /// <summary>The value of a text; null where there is none that keeps all of it.</summary>
    /// <param name="text">SQL of the text.</param>
    /// <param name="sqlType">The type, in DuckDB's words.</param>
    /// <param name="type">The column's type, of that type.</param>
    public static string OfText(string text, string sqlType, DataType type)
    {
        var value = $"TRY_CAST({text} AS {sqlType})";
        var tests = string.Join(
            " AND ", new[] { LosslessText.Test(text, type), IsWritten(text, value, type) }.OfType<string>());
        return tests.Length == 0 ? value : $"CASE WHEN {tests} THEN {value} END";
    }

    /// <summary>What a text must look like beside: whole numbers have no exponent, and years four digits.</summary>
    static string? IsWritten(string text, string value, DataType type) => type switch
    {
        DataType.Primitive { Name: "byte" or "short" or "integer" or "long" } => $"NOT contains(lower({text}), 'e')",
        DataType.Primitive { Name: "date" or "timestamp" or "timestamp_ntz" } => TimePattern.HasYear(text, value),
        _ => null,
    };
}
