using System.Buffers.Binary;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// An array in binary form: dimensions, whether it holds nulls, the type of its elements, a length and a lower bound
/// a dimension, then the elements, row-major, each with its length in front, -1 for null.
/// </summary>
public ref struct BinaryArray
{
    /// <summary>The most dimensions that PostgreSQL has.</summary>
    public const int DimensionsMax = 6;

    const int BoundBytes = 2 * sizeof(int);

    readonly ReadOnlySpan<byte> bounds;
    PayloadReader reader;
    int elementsLeft;

    /// <summary>Starts at an array.</summary>
    /// <exception cref="WireException">It is cut short or malformed.</exception>
    public BinaryArray(ReadOnlySpan<byte> value)
    {
        reader = new PayloadReader(value);
        var dimensions = reader.ReadInt32();
        if (dimensions is < 0 or > DimensionsMax)
            throw WireException.Malformed($"an array of {dimensions} dimensions");
        reader.ReadInt32();
        ElementOid = reader.ReadOid();
        bounds = reader.ReadBytes(dimensions * BoundBytes);
        var elementCount = dimensions == 0 ? 0L : 1L;
        for (var dimension = 0; dimension < dimensions; dimension++)
        {
            elementCount *= Length(dimension);
            if (Length(dimension) < 0 || elementCount * sizeof(int) > value.Length)
                throw WireException.Malformed($"an array of {elementCount} elements in {value.Length} bytes");
        }

        ElementCount = elementsLeft = (int)elementCount;
    }

    /// <summary>Type of the elements.</summary>
    public uint ElementOid { get; }

    /// <summary>How many dimensions there are; 0 where the array is empty.</summary>
    public readonly int Dimensions => bounds.Length / BoundBytes;

    /// <summary>How many elements there are in all dimensions.</summary>
    public int ElementCount { get; }

    /// <summary>The length of a dimension, counted from 0, outermost first.</summary>
    public readonly int Length(int dimension) =>
        BinaryPrimitives.ReadInt32BigEndian(bounds[(dimension * BoundBytes)..]);

    /// <summary>Reads the next element.</summary>
    /// <param name="element">The element; empty where it is null.</param>
    /// <param name="isNull">Whether it is null.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="WireException">The array ends early or late.</exception>
    public bool TryReadElement(out ReadOnlySpan<byte> element, out bool isNull)
    {
        element = [];
        isNull = false;
        if (elementsLeft == 0)
        {
            reader.End();
            return false;
        }

        elementsLeft--;
        var length = reader.ReadInt32();
        isNull = length == -1;
        if (!isNull) element = reader.ReadBytes(length);
        return true;
    }
}
