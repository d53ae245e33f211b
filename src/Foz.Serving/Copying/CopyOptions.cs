namespace Foz.Serving.Copying;

/// <summary>How COPY writes or reads rows.</summary>
public enum CopyFormat
{
    /// <summary>PostgreSQL's text: tabs between columns, <c>\N</c> for NULL.</summary>
    Text,

    /// <summary>Comma-separated values.</summary>
    Csv,

    /// <summary>PostgreSQL's binary format.</summary>
    Binary,
}

/// <summary>The options of COPY (PostgreSQL's documentation, COPY).</summary>
public sealed record CopyOptions
{
    /// <summary>The format.</summary>
    public CopyFormat Format { get; init; }

    /// <summary>Whether the first line has the names of the columns.</summary>
    public bool HasHeader { get; init; }

    /// <summary>What stands between columns.</summary>
    public char Delimiter { get; init; } = '\t';

    /// <summary>The text for NULL.</summary>
    public string Null { get; init; } = "\\N";

    /// <summary>What CSV quotes with.</summary>
    public char Quote { get; init; } = '"';

    /// <summary>What CSV writes before a quote inside of quotes.</summary>
    public char Escape { get; init; } = '"';

    /// <summary>Whether CSV quotes all values but NULL.</summary>
    public bool QuotesAll { get; init; }

    /// <summary>Whether the names of the first line must be those of the columns.</summary>
    public bool HeaderMatches { get; init; }

    /// <summary>Columns in which CSV reads the text for NULL as NULL even in quotes.</summary>
    public IReadOnlyList<string> ForceNull { get; init; } = [];

    /// <summary>Columns of which CSV takes nothing for NULL.</summary>
    public IReadOnlyList<string> ForceNotNull { get; init; } = [];
}
