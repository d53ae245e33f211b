using System.Globalization;

namespace Foz.Delta.Schema;

/// <summary>The length that a text column of Spark's type <c>char</c> or <c>varchar</c> has.</summary>
/// <param name="LengthMax">Characters at most.</param>
/// <param name="IsPadded">Whether shorter texts are filled with blanks, as <c>char</c> has it.</param>
public readonly record struct TextLength(int LengthMax, bool IsPadded)
{
    /// <summary>Key of a column's metadata that holds Spark's own name of its type.</summary>
    public const string TypeKey = "__CHAR_VARCHAR_TYPE_STRING";

    /// <summary>The length of a text column; null where it has none.</summary>
    public static TextLength? Of(StructField field) =>
        field.Metadata.GetString(TypeKey) is { } type ? Parse(type) : null;

    /// <summary>The length in <c>char(5)</c> or <c>varchar(5)</c>; null where the text is neither.</summary>
    public static TextLength? Parse(string type)
    {
        var name = type.Trim().ToLowerInvariant();
        var open = name.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || !name.EndsWith(')')) return null;
        var isLength = int.TryParse(name.AsSpan()[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var length);
        return (isLength, name[..open].TrimEnd()) switch
        {
            (true, "char" or "character") => new(length, IsPadded: true),
            (true, "varchar") => new(length, IsPadded: false),
            _ => null,
        };
    }

    /// <summary>As Spark writes it.</summary>
    public override string ToString() => $"{(IsPadded ? "char" : "varchar")}({LengthMax})";
}
