using System.Text;
using Foz.Lake;
using Foz.Wire;

namespace Foz.Serving.Copying;

/// <summary>What is wrong with the rows of a COPY, in PostgreSQL's words.</summary>
static class CopyFaults
{
    const int ShownMax = 100;

    /// <summary>A row does not have the form that the COPY has.</summary>
    public static FozException Format(string message) => new(ErrorKind.Data, message) { SqlState = "22P04" };

    /// <summary>A value is none of its type.</summary>
    public static FozException Invalid(string type, ReadOnlySpan<byte> value) =>
        new(ErrorKind.Data, $"invalid input syntax for type {type}: \"{Text(value)}\"")
        {
            SqlState = type.StartsWith("time", StringComparison.Ordinal) || type == "date" ? "22007" : "22P02",
        };

    /// <summary>A number is not one of its type.</summary>
    public static FozException OutOfRange(string type, ReadOnlySpan<byte> value) =>
        new(ErrorKind.Data, $"value \"{Text(value)}\" is out of range for type {type}") { SqlState = "22003" };

    /// <summary>Bytes are no text.</summary>
    public static FozException Encoding(ReadOnlySpan<byte> bytes)
    {
        var first = bytes.IndexOf((byte)0);
        if (first < 0)
            for (first =
                0; Rune.DecodeFromUtf8(bytes[first..], out _, out var length) == System.Buffers.OperationStatus.Done;)
                first += length;
        return new(ErrorKind.Data, $"invalid byte sequence for encoding \"UTF8\": 0x{bytes[first]:x2}")
        {
            SqlState = "22021",
        };
    }

    /// <summary>An error with the row and value that it is of.</summary>
    public static FozException In(string context, Exception error) => error switch
    {
        FozException known => new(known.Kind, known.Message, known)
        {
            SqlState = known.SqlState, Hint = known.Hint, Context = context,
        },
        _ => new(ErrorKind.Data, "incorrect binary data format", error as WireException)
        {
            SqlState = "22P03", Context = context,
        },
    };

    /// <summary>A value in quotes, cut off where it is long.</summary>
    public static string Quoted(ReadOnlySpan<byte> value)
    {
        var text = Text(value);
        return text.Length > ShownMax ? $"\"{text[..ShownMax]}...\"" : $"\"{text}\"";
    }

    static string Text(ReadOnlySpan<byte> value) => System.Text.Encoding.UTF8.GetString(value);
}
