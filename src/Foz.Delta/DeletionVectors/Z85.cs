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

    /// <summary>The bytes of a text, padding included.</summary>
    /// <exception cref="FormatException">The length is no multiple of 5, or a character is none of the alphabet.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        if (text.Length % 5 != 0) throw new FormatException($"{text.Length} characters of Z85 are no multiple of 5");
        var bytes = new byte[text.Length / 5 * 4];
        for (int from = 0, to = 0; from < text.Length; from += 5, to += 4)
        {
            ulong value = 0;
            foreach (var c in text.Slice(from, 5))
            {
                var digit = c < Values.Length ? Values[c] : byte.MaxValue;
                if (digit == byte.MaxValue) throw new FormatException($"'{c}' is no character of Z85");
                value = value * 85 + digit;
            }
            if (value > uint.MaxValue) throw new FormatException($"{text.Slice(from, 5)} is beyond 4 bytes of Z85");
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(to), (uint)value);
        }
        return bytes;
    }

    static byte[] MakeValues()
    {
        var values = new byte[128];
        values.AsSpan().Fill(byte.MaxValue);
        for (var i = 0; i < Alphabet.Length; i++) values[Alphabet[i]] = (byte)i;
        return values;
    }
}
