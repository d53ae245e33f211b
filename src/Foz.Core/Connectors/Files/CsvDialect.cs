using System.Text;
using Foz.Core.Configuration;

namespace Foz.Core.Connectors.Files;

/// <summary>How the fields of a CSV file are told apart.</summary>
sealed record CsvDialect
{
    /// <summary>The most bytes that a row may have, in our own reader and in the engine's.</summary>
    public const int RowBytesMax = 8 << 20;

    /// <summary>The dialect of files that are written here: every field in quotes, unless it is null or a number.</summary>
    public static CsvDialect Canonical { get; } = new() { Delimiter = (byte)',' };

    /// <summary>What stands between fields.</summary>
    public required byte Delimiter { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>The names of columns that no row names, in their order; those that are missing are named by their position.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What stands around a field that holds delimiters or ends of lines; null where nothing does.</summary>
    public byte? Quote { get; init; } = (byte)'"';

    /// <summary>What stands in front of a quote inside of quotes.</summary>
    public byte? Escape { get; init; } = (byte)'"';

    /// <summary>Fields without quotes that are null, besides the empty one.</summary>
    public IReadOnlyList<string> NullValues { get; init; } = [];

    /// <summary>Lines to pass over at the start of a file.</summary>
    public int SkipRows { get; init; }

    /// <summary>The encoding; null for UTF-8, or UTF-16 where a byte-order mark says so.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>The dialect that a stream is set to.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static CsvDialect Read(Settings settings, FileFormat format)
    {
        var quote = OptionalCharacter(settings, "quote", (byte)'"');
        return new()
        {
            Delimiter = OptionalCharacter(settings, "delimiter", (byte)(format == FileFormat.Tsv ? '\t' : ','))
                ?? throw settings.Wrong("delimiter", "one character"),
            HasHeader = settings.Flag("header", otherwise: true),
            Quote = quote,
            Escape = OptionalCharacter(settings, "escape", quote),
            NullValues = settings.Texts("null_values"),
            SkipRows = settings.Integer("skip_rows") switch
            {
                null => 0,
                >= 0 and <= int.MaxValue and var rows => (int)rows,
                _ => throw settings.Wrong("skip_rows", "a number of lines, 0 or more"),
            },
            Encoding = ReadEncoding(settings),
        };
    }

    /// <summary>The encoding that a stream is set to; null for UTF-8.</summary>
    /// <exception cref="FozException">It is not known.</exception>
    public static Encoding? ReadEncoding(Settings settings)
    {
        var name = settings.Text("encoding");
        if (name is null || name.ToLowerInvariant() is "utf-8" or "utf8") return null;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            throw settings.Wrong(
                "encoding", $"an encoding such as utf-8, latin1, windows-1252 or utf-16, not '{name}'");
        }
    }

    static byte? OptionalCharacter(Settings settings, string name, byte? otherwise) => settings.Text(name) switch
    {
        null => otherwise,
        "" => null,
        "\\t" or "tab" => (byte)'\t',
        [var c] when char.IsAscii(c) && c is not ('\r' or '\n') => (byte)c,
        var text => throw settings.Wrong(name, $"one ASCII character (tab for a tabulator), not '{text}'"),
    };
}
