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
    /// <summary>Whether a type of .NET is one of whole numbers.</summary>
    public static bool IsWhole(Type type) =>
        type == typeof(int) || type == typeof(long) || type == typeof(short) || type == typeof(byte)
            || type == typeof(sbyte)
        || type == typeof(uint) || type == typeof(ushort) || type == typeof(ulong);

    /// <summary>Ranges that hold every row once, rows without a number too.</summary>
    /// <param name="name">The column in SQL.</param>
    /// <param name="min">Its least number.</param>
    /// <param name="max">Its largest.</param>
    /// <param name="count">How many ranges, at most.</param>
    public static IReadOnlyList<KeyCondition> Divide(string name, Int128 min, Int128 max, int count)
    {
        var width = (max - min) / count + 1;
        var ranges = new List<KeyCondition>();
        for (var start = min; start <= max; start += width)
        {
            var (isFirst, isLast) = (start == min, start + width > max);
            var (from, to) = (start.ToString(CultureInfo.InvariantCulture),
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

    /// <summary>Ranges between ends in their order, rows without a value in the first.</summary>
    /// <param name="name">The column in SQL.</param>
    /// <param name="ends">The ends; none for one range of all rows.</param>
    /// <param name="parameter">The parameter of a position, from 1.</param>
    public static IReadOnlyList<KeyCondition> Between(
        string name, IReadOnlyList<object> ends, Func<int, string> parameter) =>
        ends.Count == 0
            ? [KeyCondition.All]
            :
            [
                new($"({name} < {parameter(1)} OR {name} IS NULL)", [ends[0]]),
                .. ends.Zip(ends.Skip(1), (from, to) => new KeyCondition(
                    $"{name} >= {parameter(1)} AND {name} < {parameter(2)}", [from, to])),
                new($"{name} >= {parameter(1)}", [ends[^1]]),
            ];
}
