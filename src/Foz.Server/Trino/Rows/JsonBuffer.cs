using System.Text.Encodings.Web;
using System.Text.Json;

namespace Foz.Server.Trino.Rows;

/// <summary>JSON that grows.</summary>
sealed class JsonBuffer
{
    const int InitialBytes = 1024;
    const int KeptBytesMax = 1 << 20;

    byte[] bytes = new byte[InitialBytes];

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>Some of the bytes.</summary>
    public ReadOnlySpan<byte> Slice(int start, int end) => bytes.AsSpan(start, end - start);

    /// <summary>All bytes, as memory of their own.</summary>
    public byte[] ToArray() => bytes.AsSpan(0, Length).ToArray();

    /// <summary>Forgets all bytes.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > KeptBytesMax) bytes = new byte[InitialBytes];
    }

    /// <summary>Returns room for so many bytes after the last.</summary>
    public Span<byte> Room(int count)
    {
        var needed = checked(Length + count);
        if (needed > bytes.Length)
            Array.Resize(ref bytes, (int)Math.Min(Math.Max(needed, 2L * bytes.Length), Array.MaxLength));
        return bytes.AsSpan(Length);
    }

    /// <summary>Takes bytes that were written into the room.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Adds one byte.</summary>
    public void Add(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> values)
    {
        values.CopyTo(Room(values.Length));
        Length += values.Length;
    }

    /// <summary>Adds a text of UTF-8 in quotes.</summary>
    public void AddText(ReadOnlySpan<byte> text)
    {
        if (JavaScriptEncoder.UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(text) < 0)
        {
            Add((byte)'"');
            Add(text);
            Add((byte)'"');
            return;
        }

        Add(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping), isQuoted: true);
    }

    /// <summary>Adds a number or another text of ASCII that needs no escapes.</summary>
    public void Add<T>(T value, bool isQuoted, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        const int RoomBytes = 64;
        if (isQuoted) Add((byte)'"');
        value.TryFormat(Room(RoomBytes), out var length, format, System.Globalization.CultureInfo.InvariantCulture);
        Length += length;
        if (isQuoted) Add((byte)'"');
    }

    void Add(JsonEncodedText text, bool isQuoted)
    {
        if (isQuoted) Add((byte)'"');
        Add(text.EncodedUtf8Bytes);
        if (isQuoted) Add((byte)'"');
    }
}
