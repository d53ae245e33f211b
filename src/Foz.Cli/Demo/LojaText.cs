using System.IO.Compression;
using System.Text;

namespace Foz.Cli.Demo;

/// <summary>Text as the shop's systems export it.</summary>
static class LojaText
{
    /// <summary>A file of UTF-8 lines, compressed where its name says so.</summary>
    public static StreamWriter Create(string path, bool hasByteOrderMark = false)
    {
        Stream file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        if (path.EndsWith(".gz", StringComparison.Ordinal)) file = new GZipStream(file, CompressionLevel.Fastest);
        return new StreamWriter(file, new UTF8Encoding(hasByteOrderMark), 1 << 16) { NewLine = "\n" };
    }

    /// <summary>A field of a CSV file, in quotes where it needs them.</summary>
    public static string Quoted(string field) =>
        field.AsSpan().ContainsAny(",\"\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    /// <summary>An amount of money.</summary>
    public static string Money(long cents) => $"{cents / 100}.{cents % 100:00}";
}
