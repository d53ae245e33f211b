using Foz.Core.Engine;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>A value that a statement gives to a column, as SQL of the column's type.</summary>
static class AssignedValue
{
    /// <summary>The cast of a value to a column's type. A text with a fraction is no whole number: the engine would round it.</summary>
    /// <param name="value">The value, as SQL that has no other result when it is computed again.</param>
    /// <param name="type">The column's type.</param>
    /// <param name="isText">Whether the value is a text.</param>
    public static string Cast(string value, DeltaType type, bool isText)
    {
        var name = PhysicalColumns.LogicalTypeName(type);
        return isText && type is PrimitiveType
        {
            Kind: PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer or PrimitiveKind.Long,
        }
            ? $"CAST(CASE WHEN NOT regexp_full_match({value}, '\\s*[+-]?[0-9]+\\s*') "
                + $"THEN error('22P02: invalid input syntax for type {name.ToLowerInvariant()}: \"' || {value} || '\"') ELSE {value} END AS {name})"
            : $"CAST({value} AS {name})";
    }

    /// <summary>Whether SQL is one text in single quotes.</summary>
    public static bool IsText(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return tokens.Count == 1 && tokens[0].Kind == SqlTokenKind.Text;
    }
}
