using Foz.DuckDB;
using Foz.Lake.Engine;

namespace Foz.Serving.Bounds;

/// <summary>
/// <c>levenshtein</c> and <c>damerau_levenshtein</c> in the place of DuckDB's own, with the same results: these stop
/// while they work, which for two long texts is as much as one's length times the other's.
/// </summary>
static class BoundedDistances
{
    /// <summary>The functions for an instance.</summary>
    public static IEnumerable<ScalarFunction> Of(EngineInstance instance)
    {
        foreach (var name in (string[])["levenshtein", "editdist3"])
            yield return Function(name, static (arguments, row, _) => Levenshtein(arguments, row));
        var bound = new CallBound("damerau_levenshtein", instance);
        yield return Function("damerau_levenshtein", (arguments, row, _) => Damerau(arguments, row, bound));
    }

    static ScalarFunction Function(string name, Func<DataChunk, int, bool, long> distance) => new()
    {
        Name = name, Parameters = [LogicalType.Varchar, LogicalType.Varchar], ReturnType = LogicalType.BigInt,
        IsInterruptible = true,
        Body = (arguments, result) =>
        {
            var results = result.Values<long>();
            for (var row = 0; row < arguments.RowCount; row++)
                if (!arguments[0].IsNull(row) && !arguments[1].IsNull(row))
                    results[row] = distance(arguments, row, true);
        },
    };

    static long Levenshtein(DataChunk arguments, int row)
    {
        var one = arguments[0].Bytes(row);
        var other = arguments[1].Bytes(row);
        if (one.Length < other.Length)
        {
            var swapped = one;
            one = other;
            other = swapped;
        }
        if (other.IsEmpty) return one.Length;
        var last = new int[other.Length + 1];
        for (var j = 0; j <= other.Length; j++) last[j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            arguments.ThrowIfInterrupted();
            var (diagonal, left, unit) = (last[0], i, one[i - 1]);
            last[0] = i;
            for (var j = 1; j < last.Length; j++)
            {
                var above = last[j];
                left = Math.Min(Math.Min(left, above) + 1, diagonal + (other[j - 1] == unit ? 0 : 1));
                (last[j], diagonal) = (left, above);
            }
        }
        return last[^1];
    }

    /// <summary>
    /// The distance that counts two neighbours that changed their places as one edit, even where others came between
    /// them.
    /// </summary>
    static long Damerau(DataChunk arguments, int row, CallBound bound)
    {
        var one = arguments[0].Bytes(row);
        var other = arguments[1].Bytes(row);
        if (one.IsEmpty || other.IsEmpty) return Math.Max(one.Length, other.Length);
        var (width, most) = (other.Length + 2, one.Length + other.Length);
        bound.Check((Int128)(one.Length + 2) * width * sizeof(int));
        var distances = new int[(one.Length + 2) * width];
        distances[0] = most;
        for (var i = 0; i <= one.Length; i++) (distances[(i + 1) * width], distances[(i + 1) * width + 1]) = (most, i);
        for (var j = 0; j <= other.Length; j++) (distances[j + 1], distances[width + j + 1]) = (most, j);
        Span<int> lastRowOf = stackalloc int[256];
        lastRowOf.Clear();
        for (var i = 1; i <= one.Length; i++)
        {
            arguments.ThrowIfInterrupted();
            var lastMatch = 0;
            for (var j = 1; j <= other.Length; j++)
            {
                var (i1, j1) = (lastRowOf[other[j - 1]], lastMatch);
                var isSame = one[i - 1] == other[j - 1];
                if (isSame) lastMatch = j;
                var edited = Math.Min(
                    distances[i * width + j] + (isSame ? 0 : 1),
                    Math.Min(distances[(i + 1) * width + j], distances[i * width + j + 1]) + 1);
                distances[(i + 1) * width + j + 1] = Math.Min(
                    edited, distances[i1 * width + j1] + (i - i1 - 1) + 1 + (j - j1 - 1));
            }
            lastRowOf[one[i - 1]] = i;
        }
        return distances[^1];
    }
}
