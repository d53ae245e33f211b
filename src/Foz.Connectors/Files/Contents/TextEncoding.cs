using System.Text.Unicode;

namespace Foz.Connectors.Files.Contents;

/// <summary>Which encoding bytes probably are in that are not UTF-8.</summary>
static class TextEncoding
{
    /// <summary>The fault of bytes that are not UTF-8, with the setting that reads them.</summary>
    public static string Fault(ReadOnlySpan<byte> text) => $"bytes that are not UTF-8: set encoding: {Likely(text)}";

    /// <summary>The name of the encoding.</summary>
    /// <param name="text">Bytes that are not UTF-8.</param>
    public static string Likely(ReadOnlySpan<byte> text) =>
        text.Count((byte)0) > text.Length / 4 ? text.IndexOf((byte)0) % 2 == 0 ? "utf-16be" : "utf-16le"
        // Controls in latin1, which no text has; in windows-1252 quotes, dashes and the euro.
        : text.IndexOfAnyInRange((byte)0x80, (byte)0x9F) >= 0 ? "windows-1252" : "latin1";

    /// <summary>Whether the beginning of a text is UTF-8: a character at its end may be cut.</summary>
    public static bool IsUtf8Start(ReadOnlySpan<byte> text)
    {
        for (var cut = 0; cut <= Math.Min(3, text.Length); cut++)
            if (Utf8.IsValid(text[..^cut])) return true;
        return false;
    }
}
