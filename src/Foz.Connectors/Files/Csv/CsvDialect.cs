using System.Text;
using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files.Csv;

/// <summary>How the fields of a CSV file are separated.</summary>
public sealed record CsvDialect
{
    /// <summary>The most bytes that a row may have, in our own reader and in the engine's.</summary>
    public const int RowBytesMax = 8 << 20;

    /// <summary>
    /// The dialect of files that are written here: every field in quotes, unless it is null or a number.
    /// </summary>
    public static CsvDialect Canonical { get; } = new() { Delimiter = (byte)',' };

    /// <summary>What stands between fields.</summary>
    public required byte Delimiter { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>
    /// The names of columns that no row names, in their order; those that are missing are named by their position.
    /// </summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What stands around a field that holds delimiters or ends of lines; null where nothing does.</summary>
    public byte? Quote { get; init; } = (byte)'"';

    /// <summary>The character before a quote inside of quotes.</summary>
    public byte? Escape { get; init; } = (byte)'"';

    /// <summary>
    /// Gets the character that makes the next one text outside of quotes too; null where there is none.
    /// </summary>
    public byte? LooseEscape => Escape == Quote ? null : Escape;

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
            var known = DotNetName(name);
            return CodePagesEncodingProvider.Instance.GetEncoding(known) ?? Encoding.GetEncoding(known);
        }
        // UTF-7 is known and refused: it hides characters from programs that search for them.
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw settings.Wrong(
                "encoding", $"an encoding such as utf-8, latin1, windows-1252 or utf-16, not '{name}'");
        }
    }

    /// <summary>
    /// The name that .NET has for an encoding, for those that Python, iconv and others call otherwise.
    /// </summary>
    static string DotNetName(string name)
    {
        var plain = name.ToLowerInvariant().Replace('_', '-');
        if (plain.StartsWith("cp", StringComparison.Ordinal)
            && int.TryParse(plain.AsSpan(2).TrimStart('-'), out var page))
            return page is >= 1250 and <= 1258 or 874 ? $"windows-{page}" : $"ibm{page:000}";
        return plain switch
        {
            "mac-roman" or "macroman" => "macintosh",
            "utf-16-le" or "utf16le" or "utf-16le" => "utf-16LE",
            "utf-16-be" or "utf16be" or "utf-16be" => "utf-16BE",
            "utf-32-le" or "utf-32le" => "utf-32LE",
            "utf-32-be" or "utf-32be" => "utf-32BE",
            "latin-1" => "latin1",
            _ => name,
        };
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
