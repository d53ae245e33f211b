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
        var isLength = int.TryParse(
            name.AsSpan()[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var length);
        return (isLength, name[..open].TrimEnd()) switch
        {
            (true, "char" or "character") => new(length, IsPadded: true),
            (true, "varchar") => new(length, IsPadded: false),
            _ => null,
        };
    }

    /// <summary>
    /// Returns the type of a column by Spark's own name of it, with a <see cref="SizedTextType"/> wherever a text has a
    /// length, in structs, lists and maps too; null where the column has no such name, or one that is no type.
    /// </summary>
    public static DeltaType? TypeOf(StructField field)
    {
        if (field.Metadata.GetString(TypeKey) is not { } text) return null;
        try
        {
            return TypeText.ParseSized(text);
        }
        catch (DeltaException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether readers fill a text with blanks somewhere in a column of a type that <see cref="TypeOf"/> returns.
    /// </summary>
    public static bool IsPaddedIn(DeltaType? sized) => sized switch
    {
        SizedTextType text => text.Length.IsPadded,
        StructType parent => parent.Fields.Any(field => IsPaddedIn(field.Type)),
        ArrayType array => IsPaddedIn(array.Element),
        MapType map => IsPaddedIn(map.Key) || IsPaddedIn(map.Value),
        _ => false,
    };

    /// <summary>
    /// A part of a type: the field of a struct by its place, the element of a list, the key or the value of a map.
    /// </summary>
    public static DeltaType? Part(DeltaType? sized, int place) => sized switch
    {
        StructType parent when place < parent.Fields.Length => parent.Fields[place].Type,
        ArrayType array => array.Element,
        MapType map => place == 0 ? map.Key : map.Value,
        _ => null,
    };

    /// <summary>As Spark writes it.</summary>
    public override string ToString() => $"{(IsPadded ? "char" : "varchar")}({LengthMax})";
}

/// <summary>
/// A text with a length, in the type that <see cref="TextLength.TypeOf"/> returns; no type of a table's schema.
/// </summary>
/// <param name="Length">The length.</param>
public sealed record SizedTextType(TextLength Length) : DeltaType;
