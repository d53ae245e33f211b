using System.Globalization;

namespace Foz.Connectors.Databases;

/// <summary>Which rows are read.</summary>
/// <param name="Sql">The condition; empty for all rows.</param>
/// <param name="Values">The values of its parameters.</param>
sealed record KeyCondition(string Sql, IReadOnlyList<object> Values)
{
    /// <summary>All rows.</summary>
    public static KeyCondition All { get; } = new("", []);
}

/// <summary>Divides a table by a column of whole numbers.</summary>
static class KeyRanges
{
    /// <summary>Whether a type of .NET is one of whole numbers that a long holds.</summary>
    public static bool IsWhole(Type type) =>
        type == typeof(int) || type == typeof(long) || type == typeof(short) || type == typeof(byte)
            || type == typeof(sbyte)
        || type == typeof(uint) || type == typeof(ushort);

    /// <summary>Ranges that hold every row once, rows without a number too.</summary>
    /// <param name="name">The column in SQL.</param>
    /// <param name="min">Its least number.</param>
    /// <param name="max">Its largest.</param>
    /// <param name="count">How many ranges, at most.</param>
    public static IReadOnlyList<KeyCondition> Divide(string name, long min, long max, int count)
    {
        var width = ((Int128)max - min) / count + 1;
        var ranges = new List<KeyCondition>();
        for (var start = (Int128)min; start <= max; start += width)
        {
            var (isFirst, isLast) = (start == min, start + width > max);
            var (from, to) = (((long)start).ToString(CultureInfo.InvariantCulture),
                (start + width).ToString(CultureInfo.InvariantCulture));
            // Open at both ends: a row may come or change after the ends were determined and before the read.
            ranges.Add(new((isFirst, isLast) switch
            {
                (true, true) => "",
                (true, false) => $"({name} < {to} OR {name} IS NULL)",
                (false, true) => $"{name} >= {from}",
                _ => $"{name} >= {from} AND {name} < {to}",
            }, []));
        }
        return ranges;
    }
}
