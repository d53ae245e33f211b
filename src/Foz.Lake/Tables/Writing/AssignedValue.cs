using Foz.Delta.Schema;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>A value that a statement gives to a column, as SQL of the column's type.</summary>
static class AssignedValue
{
    /// <summary>
    /// The cast of a value to a column's type. A text with a fraction is no whole number, and one of a year before
    /// Christ no date after it: the engine would round the one and take the other for it.
    /// </summary>
    /// <param name="value">The value, as SQL that has no other result when it is computed again.</param>
    /// <param name="field">The column.</param>
    /// <param name="isText">Whether the value is a text; null where only the engine knows.</param>
    public static string Cast(string value, StructField field, bool? isText)
    {
        if (DeclaredColumns.Stored(field, value) is { } stored) return stored;
        if (field.Type == DeltaType.Binary) return $"{DeclaredTexts.Bytea}({value})";
        var name = PhysicalColumns.LogicalTypeName(field.Type);
        if (isText is false || field.Type is not PrimitiveType type) return $"CAST({value} AS {name})";
        var (text, condition) = isText is true
            ? (value, "")
            : ($"CAST({value} AS VARCHAR)", $"typeof({value}) = 'VARCHAR' AND ");
        var (isWrong, error) = type.Kind switch
        {
            PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long =>
                ($"NOT regexp_full_match({text}, '\\s*[+-]?[0-9]+\\s*')",
                    $"'22P02: invalid input syntax for type {name.ToLowerInvariant()}: \"' || {text} || '\"'"),
            PrimitiveKind.Date or PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz =>
                ($"regexp_matches({text}, '(?i)bc\\s*$')", "'0A000: a date before Christ is not supported'"),
            _ => ("", ""),
        };
        return isWrong.Length == 0
            ? $"CAST({value} AS {name})"
            : $"CAST(CASE WHEN {condition}{isWrong} THEN error({error}) ELSE {value} END AS {name})";
    }

    /// <summary>Whether SQL is one text in single quotes.</summary>
    public static bool IsText(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return tokens.Count == 1 && tokens[0].Kind == SqlTokenKind.Text;
    }
}
