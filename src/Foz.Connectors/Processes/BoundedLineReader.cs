using System.Text;

namespace Foz.Connectors.Processes;

/// <summary>A line of text.</summary>
/// <param name="Text">The line, without its end; its beginning where it was longer than it may be.</param>
/// <param name="IsCut">Whether it was.</param>
public readonly record struct BoundedLine(string Text, bool IsCut);

/// <summary>Reads lines within a limit of memory for each.</summary>
/// <param name="reader">Where from.</param>
/// <param name="charsMax">How long a line may be.</param>
/// <param name="passesRest">
/// Whether the rest of a longer line is skipped; otherwise it is returned as soon as it is too long.
/// </param>
public sealed class BoundedLineReader(TextReader reader, int charsMax, bool passesRest)
{
    const int BufferChars = 8 << 10;

    readonly char[] buffer = new char[BufferChars];
    readonly StringBuilder line = new();
    int start;
    int end;

    /// <summary>The next line; null at the end.</summary>
    public async ValueTask<BoundedLine?> ReadAsync()
    {
        line.Clear();
        var isCut = false;
        while (true)
        {
            if (start == end)
            {
                (start, end) = (0, await ReadBufferAsync());
                if (end == 0) return line.Length == 0 && !isCut ? null : new(line.ToString(), isCut);
            }
            var rest = buffer.AsMemory(start, end - start);
            var lineEnd = rest.Span.IndexOf('\n');
            var piece = lineEnd < 0 ? rest : rest[..lineEnd];
            var room = charsMax - line.Length;
            isCut |= piece.Length > room;
            line.Append(piece.Span[..Math.Min(room, piece.Length)]);
            start += lineEnd < 0 ? piece.Length : lineEnd + 1;
            if (isCut && !passesRest) return new(line.ToString(), isCut);
            if (lineEnd < 0) continue;
            if (line.Length > 0 && line[^1] == '\r') line.Length--;
            return new(line.ToString(), isCut);
        }
    }

    async ValueTask<int> ReadBufferAsync()
    {
        try
        {
            return await reader.ReadAsync(buffer);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe is gone with the program.
            return 0;
        }
    }
}
