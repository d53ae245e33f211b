using Foz.Lake;

namespace Foz.Pipelines.Projects;

/// <summary>SQL as it stands in a file.</summary>
/// <param name="Text">The SQL.</param>
/// <param name="Start">Where its first character stands.</param>
public sealed record SqlBody(string Text, Place Start)
{
    /// <summary>
    /// Where characters of a text that a template made stand in its file, by their index; null of others.
    /// </summary>
    public Func<int, Place>? Map { get; init; }

    /// <summary>Where a character of the text stands in the file.</summary>
    /// <param name="index">Index of the character; beyond the end counts as the end.</param>
    public Place PlaceOf(int index)
    {
        if (Map is not null) return Map(Math.Clamp(index, 0, Text.Length));
        var before = Text.AsSpan(0, Math.Clamp(index, 0, Text.Length));
        var lineBreaks = before.Count('\n');
        var column = before.Length - before.LastIndexOf('\n');
        return new(Start.File, Start.Line + lineBreaks, lineBreaks == 0 ? Start.Column + before.Length : column);
    }

    /// <summary>Where a line and column of the text stand in the file; both count from 1.</summary>
    public Place PlaceOf(int line, int column) => Map is not null ? Map(IndexOf(line, column)) :
        new(Start.File, Start.Line + line - 1, line == 1 ? Start.Column + column - 1 : column);

    int IndexOf(int line, int column)
    {
        var start = 0;
        for (var i = 1; i < line && Text.IndexOf('\n', start) is >= 0 and var end; i++) start = end + 1;
        return Math.Min(start + column - 1, Text.Length);
    }
}
