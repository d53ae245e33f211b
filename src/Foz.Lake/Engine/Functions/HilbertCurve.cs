using System.Globalization;
using Foz.DuckDB;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// The Hilbert curve through a grid of several dimensions: cells that are near on the curve are near in every
/// dimension. In SQL it is <c>foz_hilbert(bits, x, y, …)</c> (algorithm of J. Skilling, "Programming the Hilbert
/// curve", 2004).
/// </summary>
static class HilbertCurve
{
    /// <summary>The most dimensions of a grid.</summary>
    public const int DimensionsMax = 8;

    const string Name = "foz_hilbert";
    const int PlaceBits = 63;
    // Finer grids cost more to find a cell in, and distinguish no more files.
    const int CoordinateBitsMax = 8;

    /// <summary>The function as DuckDB registers it.</summary>
    internal static ScalarFunction Function { get; } = new()
    {
        Name = Name,
        Parameters = [LogicalType.Integer],
        VariableParameters = LogicalType.Integer,
        ReturnType = LogicalType.BigInt,
        Body = Run,
    };

    /// <summary>
    /// How many bits each coordinate of a grid has, so that a place on the curve is a positive number of 64 bits.
    /// </summary>
    public static int BitsOf(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, DimensionsMax);
        return Math.Min(CoordinateBitsMax, PlaceBits / dimensions);
    }

    /// <summary>SQL of the place on the curve.</summary>
    /// <param name="coordinates">
    /// SQL of each coordinate, from 0 to below two to the power of <see cref="BitsOf"/>.
    /// </param>
    public static string Sql(IReadOnlyList<string> coordinates) => string.Create(
        CultureInfo.InvariantCulture, $"{Name}({BitsOf(coordinates.Count)}, {string.Join(", ", coordinates)})");

    /// <summary>The place of a cell on the curve.</summary>
    /// <param name="cell">Its coordinates; overwritten.</param>
    /// <param name="bits">The bits of each.</param>
    public static long PlaceOf(Span<int> cell, int bits)
    {
        Transpose(cell, bits);
        var place = 0L;
        for (var bit = bits - 1; bit >= 0; bit--)
            foreach (var coordinate in cell) place = (place << 1) | (uint)((coordinate >> bit) & 1);
        return place;
    }

    /// <summary>Turns coordinates into the bits of the place, of which each coordinate holds every n-th.</summary>
    static void Transpose(Span<int> cell, int bits)
    {
        for (var bit = 1 << (bits - 1); bit > 1; bit >>= 1)
        {
            var below = bit - 1;
            for (var i = 0; i < cell.Length; i++)
            {
                if ((cell[i] & bit) != 0)
                {
                    cell[0] ^= below;
                    continue;
                }
                var swapped = (cell[0] ^ cell[i]) & below;
                cell[0] ^= swapped;
                cell[i] ^= swapped;
            }
        }
        for (var i = 1; i < cell.Length; i++) cell[i] ^= cell[i - 1];
        var gray = 0;
        for (var bit = 1 << (bits - 1); bit > 1; bit >>= 1)
            if ((cell[^1] & bit) != 0) gray ^= bit - 1;
        foreach (ref var coordinate in cell) coordinate ^= gray;
    }

    static void Run(DataChunk arguments, VectorWriter result)
    {
        if (arguments.RowCount == 0) return;
        var places = result.Values<long>();
        var bits = arguments[0].Values<int>()[0];
        Span<int> cell = stackalloc int[arguments.ColumnCount - 1];
        for (var row = 0; row < arguments.RowCount; row++)
        {
            for (var i = 0; i < cell.Length; i++) cell[i] = arguments[i + 1].Values<int>()[row];
            places[row] = PlaceOf(cell, bits);
        }
    }
}
