using System.Collections;
using Foz.DuckDB;

namespace Foz.Serving.Trino.Functions;

/// <summary>
/// Whether values are equal as Trino has it: what a NULL inside of an array, a row or a map decides is unknown.
/// </summary>
static class TrinoEquality
{
    /// <summary>Whether two values of one type are equal; null where that is unknown.</summary>
    public static bool? Of(object? left, object? right)
    {
        if (left is null || right is null) return null;
        return (left, right) switch
        {
            (double a, double b) => a == b,
            (float a, float b) => a == b,
            (string a, string b) => a.Equals(b, StringComparison.Ordinal),
            (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
            (StructValue a, StructValue b) =>
                OfAll([.. a.Select(field => field.Value)], [.. b.Select(field => field.Value)]),
            (MapValue a, MapValue b) => OfMaps(a, b),
            (IEnumerable a, IEnumerable b) => OfAll([.. a.Cast<object?>()], [.. b.Cast<object?>()]),
            _ => left.Equals(right),
        };
    }

    /// <summary>Whether a value is equal to one of a list; null where that is unknown.</summary>
    public static bool? OfAny(object? value, IReadOnlyList<object?> list)
    {
        bool? any = false;
        foreach (var other in list)
            switch (Of(value, other))
            {
                case true: return true;
                case null: any = null; break;
            }
        return any;
    }

    static bool? OfAll(List<object?> left, List<object?> right)
    {
        if (left.Count != right.Count) return false;
        bool? all = true;
        for (var i = 0; i < left.Count; i++)
            switch (Of(left[i], right[i]))
            {
                case false: return false;
                case null: all = null; break;
            }
        return all;
    }

    static bool? OfMaps(MapValue left, MapValue right)
    {
        if (left.Count != right.Count) return false;
        bool? all = true;
        foreach (var (key, value) in left)
        {
            var found = right.Where(entry => Of(entry.Key, key) is true).ToList();
            if (found.Count == 0) return false;
            switch (Of(value, found[0].Value))
            {
                case false: return false;
                case null: all = null; break;
            }
        }
        return all;
    }
}
