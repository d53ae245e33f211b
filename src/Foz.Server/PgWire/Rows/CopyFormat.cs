using System.Collections.Immutable;

namespace Foz.Server.PgWire.Rows;

/// <summary>The three formats of COPY.</summary>
enum CopyKind
{
    /// <summary>Values as text, divided by tabs.</summary>
    Text,

    /// <summary>Comma-separated values.</summary>
    Csv,

    /// <summary>Values in binary form.</summary>
    Binary,
}

/// <summary>How a COPY is written (PostgreSQL documentation, COPY).</summary>
sealed record CopyFormat
{
    /// <summary>The format.</summary>
    public required CopyKind Kind { get; init; }

    /// <summary>What divides values.</summary>
    public required byte Delimiter { get; init; }

    /// <summary>What stands for NULL.</summary>
    public required byte[] Null { get; init; }

    /// <summary>What values of CSV are quoted with.</summary>
    public byte Quote { get; init; } = (byte)'"';

    /// <summary>What stands before a quote in a value of CSV.</summary>
    public byte Escape { get; init; } = (byte)'"';

    /// <summary>Whether the names of the columns come first.</summary>
    public bool HasHeader { get; init; }

    /// <summary>The columns, by number, of which every value is quoted.</summary>
    public ImmutableHashSet<int> Quoted { get; init; } = [];

    /// <summary>Whether the delimiter may stand in the text of a number or time.</summary>
    public bool IsDelimiterUnusual =>
        Delimiter is not ((byte)'\t' or (byte)',' or (byte)';' or (byte)'|' or (byte)'~' or (byte)'^');

    /// <summary>PostgreSQL's own choices for a format.</summary>
    public static CopyFormat Of(CopyKind kind) => new()
    {
        Kind = kind,
        Delimiter = kind is CopyKind.Csv ? (byte)',' : (byte)'\t',
        Null = kind is CopyKind.Csv ? [] : "\\N"u8.ToArray(),
    };
}
