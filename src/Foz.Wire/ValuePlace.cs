namespace Foz.Wire;

/// <summary>Where a value is among bytes.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Length">How many bytes it has; -1 for null.</param>
public readonly record struct ValuePlace(int Start, int Length)
{
    /// <summary>Gets whether it is null.</summary>
    public bool IsNull => Length < 0;

    /// <summary>Returns its bytes.</summary>
    /// <param name="bytes">The bytes that it is among.</param>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes) => bytes.Slice(Start, Length);
}
