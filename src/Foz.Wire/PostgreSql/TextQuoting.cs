using System.Buffers;

namespace Foz.Wire.PostgreSql;

/// <summary>Elements in the text of an array: <c>{1,"a b",NULL}</c>.</summary>
public static class TextQuoting
{
    static readonly SearchValues<byte> ArraySpecial = SearchValues.Create("\"\\{}, \t\n\r\v\f"u8);
    static readonly SearchValues<byte> ArrayEscaped = SearchValues.Create("\"\\"u8);

    /// <summary>Whether an element must be in quotation marks in the text of an array.</summary>
    public static bool NeedsQuotes(ReadOnlySpan<byte> element) =>
        element.IsEmpty
        || element.ContainsAny(ArraySpecial)
        || (element.Length == 4 && (element[0] | 0x20) == 'n' && (element[1] | 0x20) == 'u'
            && (element[2] | 0x20) == 'l' && (element[3] | 0x20) == 'l');

    /// <summary>How many bytes <see cref="Quote"/> makes of an element.</summary>
    public static int QuotedBytes(ReadOnlySpan<byte> element)
    {
        var bytes = element.Length + 2;
        for (var rest = element; rest.IndexOfAny(ArrayEscaped) is >= 0 and var at; rest = rest[(at + 1)..]) bytes++;
        return bytes;
    }

    /// <summary>Puts an element of an array in quotation marks, in place.</summary>
    /// <param name="room">The element, and after it room up to <see cref="QuotedBytes"/> bytes in all.</param>
    /// <param name="elementBytes">How long the element is.</param>
    public static void Quote(Span<byte> room, int elementBytes)
    {
        // From the end: what is read next always lies before what is written.
        var to = room.Length - 1;
        room[to] = (byte)'"';
        for (var from = elementBytes - 1; from >= 0; from--)
        {
            var value = room[from];
            room[--to] = value;
            if (value is (byte)'"' or (byte)'\\') room[--to] = (byte)'\\';
        }

        room[0] = (byte)'"';
    }
}
