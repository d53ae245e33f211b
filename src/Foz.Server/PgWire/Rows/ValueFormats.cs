namespace Foz.Server.PgWire.Rows;

/// <summary>The context on which the formats of a column's values depend.</summary>
/// <param name="Scale">Decimals of a DECIMAL; 0 for other types.</param>
/// <param name="Zone">The clock that instants are written by.</param>
sealed record FormatContext(int Scale, ClockZone Zone);

/// <summary>
/// How one value is written. Implemented by structs without fields, so that each column's loop is compiled for its own.
/// </summary>
/// <typeparam name="T">The value as it lies in a vector.</typeparam>
interface IValueFormat<in T>
    where T : unmanaged
{
    /// <summary>The most bytes of a value.</summary>
    static abstract int BytesMax { get; }

    /// <summary>Whether every value has <see cref="BytesMax"/> bytes.</summary>
    static abstract bool IsFixed { get; }

    /// <summary>Writes a value into room for <see cref="BytesMax"/> bytes.</summary>
    /// <returns>How many bytes it took.</returns>
    static abstract int Write(T value, FormatContext context, Span<byte> destination);
}
