using Foz.Delta.Schema;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables;

/// <summary>A value that a statement gives to a column, as SQL of the column's type.</summary>
static class AssignedValue
{
    /// <summary>The cast of a value to a column's type. A text with a fraction is no whole number: the engine would round it.</summary>
    /// <param name="value">The value, as SQL that has no other result when it is computed again.</param>
    /// <param name="field">The column.</param>
    /// <param name="isText">Whether the value is a text; null where only the engine knows.</param>
    public static string Cast(string value, StructField field, bool? isText)
    {
        if (DeclaredColumns.Stored(field, value) is { } stored) return stored;
        var name = PhysicalColumns.LogicalTypeName(field.Type);
        if (isText is false || field.Type is not PrimitiveType
            {
                Kind: PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long,
            }) return $"CAST({value} AS {name})";
        var (text, condition) = isText is true ? (value, "") : ($"CAST({value} AS VARCHAR)", $"typeof({value}) = 'VARCHAR' AND ");
        return $"CAST(CASE WHEN {condition}NOT regexp_full_match({text}, '\\s*[+-]?[0-9]+\\s*') "
            + $"THEN error('22P02: invalid input syntax for type {name.ToLowerInvariant()}: \"' || {text} || '\"') ELSE {value} END AS {name})";
    }

    /// <summary>Whether SQL is one text in single quotes.</summary>
    public static bool IsText(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return tokens.Count == 1 && tokens[0].Kind == SqlTokenKind.Text;
    }
}
