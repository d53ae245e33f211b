namespace Foz.Serving.Bounds;

/// <summary>Texts of UTF-8, by characters.</summary>
static class Utf8Text
{
    /// <summary>How many characters a text has.</summary>
    public static int Count(ReadOnlySpan<byte> text)
    {
        var characters = 0;
        foreach (var unit in text)
            if (IsFirst(unit)) characters++;
        return characters;
    }

    /// <summary>The first characters of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="characters">How many it has.</param>
    public static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> text, int most, out int characters)
    {
        characters = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsFirst(text[i])) continue;
            if (characters == most) return text[..i];
            characters++;
        }
        return text;
    }

    /// <summary>How many bytes the character at the start of a text has; 0 for an empty one.</summary>
    public static int LengthOfFirst(ReadOnlySpan<byte> text)
    {
        var length = text.IsEmpty ? 0 : 1;
        while (length > 0 && length < text.Length && !IsFirst(text[length])) length++;
        return length;
    }

    static bool IsFirst(byte unit) => (unit & 0xC0) != 0x80;
}
