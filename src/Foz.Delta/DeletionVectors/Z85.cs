using System.Buffers.Binary;

namespace Foz.Delta.DeletionVectors;

/// <summary>The text form of bytes that the log uses: 5 characters for 4 bytes (ZeroMQ RFC 32).</summary>
static class Z85
{
    const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    static readonly byte[] Values = MakeValues();

    /// <summary>The text of bytes, padded with zeros to a multiple of 4.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[(bytes.Length + 3) / 4 * 5];
        Span<byte> group = stackalloc byte[4];
        for (int from = 0, to = 0; from < bytes.Length; from += 4, to += 5)
        {
            group.Clear();
            bytes[from..Math.Min(from + 4, bytes.Length)].CopyTo(group);
            var value = BinaryPrimitives.ReadUInt32BigEndian(group);
            for (var i = 4; i >= 0; i--, value /= 85) text[to + i] = Alphabet[(int)(value % 85)];
        }
        return new(text);
    }

    /// <summary>
    /// The bytes of a text, padding included. Some writers do not pad: their last group holds n bytes in n + 1
    /// characters after 4 - n times '#', which begins no full group.
    /// </summary>
    /// <exception cref="FormatException">
    /// The length is no multiple of 5, or a character is none of the alphabet.
    /// </exception>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        if (text.Length % 5 != 0) throw new FormatException($"{text.Length} characters of Z85 are no multiple of 5");
        var bytes = new byte[text.Length / 5 * 4];
        Span<byte> group = stackalloc byte[4];
        for (int from = 0, to = 0; from < text.Length; from += 5, to += 4)
        {
            var characters = text.Slice(from, 5).TrimStart('#');
            var missing = 5 - characters.Length;
            if (missing > 3 || missing > 0 && from + 5 < text.Length) throw Invalid(text.Slice(from, 5));
            var value = ValueOf(characters);
            if (value >> 8 * (4 - missing) != 0) throw Invalid(text.Slice(from, 5));
            BinaryPrimitives.WriteUInt32BigEndian(group, (uint)value);
            group[missing..].CopyTo(bytes.AsSpan(to));
            if (missing > 0) return bytes[..^missing];
        }
        return bytes;
    }

    static ulong ValueOf(ReadOnlySpan<char> characters)
    {
        ulong value = 0;
        foreach (var c in characters)
        {
            var digit = c < Values.Length ? Values[c] : byte.MaxValue;
            if (digit == byte.MaxValue) throw new FormatException($"'{c}' is no character of Z85");
            value = value * 85 + digit;
        }
        return value;
    }

    static FormatException Invalid(ReadOnlySpan<char> group) => new($"'{group}' is no text in Z85");

    static byte[] MakeValues()
    {
        var values = new byte[128];
        values.AsSpan().Fill(byte.MaxValue);
        for (var i = 0; i < Alphabet.Length; i++) values[Alphabet[i]] = (byte)i;
        return values;
    }
}
