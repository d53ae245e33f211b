using System.Globalization;

namespace Foz.Lake.Configuration;

/// <summary>An amount of memory, written as DuckDB has it: <c>512MB</c>, <c>2GB</c>, <c>1.5GiB</c>.</summary>
/// <param name="Bytes">How many bytes; never negative.</param>
public readonly record struct MemorySize(long Bytes)
{
    /// <summary>Units, the longest first: KB, MB, GB and TB are powers of 1000, KiB to TiB powers of 1024.</summary>
    static readonly (string Name, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("B", 1),
    ];

    /// <summary>Reads a number with a unit, whatever the unit's case.</summary>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string text, out MemorySize size)
    {
        size = default;
        var trimmed = text.AsSpan().Trim();
        foreach (var (name, bytes) in Units)
        {
            if (!trimmed.EndsWith(name, StringComparison.OrdinalIgnoreCase)) continue;
            if (!decimal.TryParse(
                trimmed[..^name.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var number))
            {
                return false;
            }
            if (number > long.MaxValue / bytes) return false;
            size = new((long)(number * bytes));
            return true;
        }
        return false;
    }

    /// <summary>The shortest text that reads as the same size.</summary>
    public override string ToString()
    {
        var bytes = Bytes;
        if (bytes == 0) return "0B";
        var (name, size) = Units.Where(u => bytes % u.Bytes == 0).MaxBy(u => u.Bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{name}");
    }
}
