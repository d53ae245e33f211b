using Foz.DuckDB;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// <c>trim</c>, <c>ltrim</c> and <c>rtrim</c> in the place of DuckDB's own, with the same results: those look every
/// character of a text up, which takes a third of the time in which a model with one trimmed column is read and
/// written. These look at the ends, and pass texts on unchanged where none is cut.
/// </summary>
static class TrimFunctions
{
    /// <summary>The functions as DuckDB registers them.</summary>
    public static IReadOnlyList<ScalarFunction> All { get; } =
    [
        .. Both("trim", fromStart: true, fromEnd: true), .. Both("ltrim", fromStart: true, fromEnd: false),
        .. Both("rtrim", fromStart: false, fromEnd: true),
    ];

    /// <summary>
    /// What is cut where it is not said: Unicode's category of spaces, which has neither tabs nor ends of lines.
    /// </summary>
    static ReadOnlySpan<byte> Spaces =>
        " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"u8;

    /// <summary>Returns the one that cuts spaces, and the one that gets the characters to cut.</summary>
    static IEnumerable<ScalarFunction> Both(string name, bool fromStart, bool fromEnd)
    {
        foreach (LogicalType[] parameters in (LogicalType[][])[
            [LogicalType.Varchar], [LogicalType.Varchar, LogicalType.Varchar],
        ])
            yield return new()
            {
                Name = name,
                Parameters = parameters,
                ReturnType = LogicalType.Varchar,
                TakesNulls = true,
                Body = (arguments, result) => Trim(arguments, result, fromStart, fromEnd),
            };
    }

    static void Trim(DataChunk arguments, VectorWriter result, bool fromStart, bool fromEnd)
    {
        var isGiven = arguments.ColumnCount > 1;
        var texts = arguments[0];
        var others = arguments[isGiven ? 1 : 0];
        var all = texts.AllBytes;
        var isWhole = !isGiven || others.Validity.IsAllValid;
        for (var row = 0; row < arguments.RowCount && isWhole; row++)
            isWhole = texts.IsNull(row)
                || Cut(all[row], isGiven ? others.Bytes(row) : Spaces, fromStart, fromEnd).Length == all[row].Length;
        if (isWhole)
        {
            result.Share(texts);
            return;
        }
        for (var row = 0; row < arguments.RowCount; row++)
            if (texts.IsNull(row) || others.IsNull(row)) result.SetNull(row);
            else result.SetBytes(row, Cut(all[row], isGiven ? others.Bytes(row) : Spaces, fromStart, fromEnd));
    }

    /// <summary>A text without those characters at its ends that are cut.</summary>
    static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, ReadOnlySpan<byte> characters, bool fromStart, bool fromEnd)
    {
        while (fromStart && !text.IsEmpty)
        {
            var length = 1;
            while (length < text.Length && IsInside(text[length])) length++;
            if (characters.IndexOf(text[..length]) < 0) break;
            text = text[length..];
        }
        while (fromEnd && !text.IsEmpty)
        {
            var start = text.Length - 1;
            while (start > 0 && IsInside(text[start])) start--;
            if (characters.IndexOf(text[start..]) < 0) break;
            text = text[..start];
        }
        return text;
    }

    /// <summary>Whether a byte of UTF-8 is none that begins a character.</summary>
    static bool IsInside(byte unit) => (unit & 0xC0) == 0x80;
}
