using System.Globalization;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>The size that a table's files should have.</summary>
static class TargetSize
{
    const string Property = "delta.targetFileSize";

    /// <summary>
    /// What the property <c>delta.targetFileSize</c> says; without it <see cref="WriteOptions.FileBytesDefault"/>.
    /// </summary>
    public static long Of(TableSnapshot table) =>
        table.State.Metadata.Configuration.Find(Property) is { } text ? Parse(text) ?? WriteOptions.FileBytesDefault
        : WriteOptions.FileBytesDefault;

    /// <summary>
    /// A size as Spark writes it, such as <c>128mb</c>, in units of powers of 1024; null if it is none.
    /// </summary>
    public static long? Parse(string text)
    {
        var word = text.Trim().ToLowerInvariant().TrimEnd('b');
        var shift = word is [.., var unit] ? unit switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 } : 0;
        var number = shift > 0 ? word[..^1].TrimEnd() : word;
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            && count <= long.MaxValue >> shift
            ? count << shift
            : null;
    }
}
