namespace Foz.Lake.Configuration;

/// <summary>What reading costs, as services that are paid by what they scan count it.</summary>
/// <param name="PerTb">The price of 10^12 bytes, in whatever money.</param>
public sealed record QueryPrice(decimal PerTb)
{
    /// <summary>Bytes for which a statement is charged at least where they are not set.</summary>
    public const long BytesMinDefault = 10_000_000;

    const long Megabyte = 1_000_000;
    const decimal Terabyte = 1_000_000_000_000;

    /// <summary>Bytes for which a statement that reads any file is charged at least.</summary>
    public long BytesMin { get; init; } = BytesMinDefault;

    /// <summary>What a statement costs: whole megabytes are charged, nothing where it reads no file.</summary>
    /// <param name="bytes">The bytes that it read; null where it read no file.</param>
    public decimal Of(long? bytes) => bytes is not { } read
        ? 0
        : Math.Round((Math.Max(read, BytesMin) + Megabyte - 1) / Megabyte * Megabyte * PerTb / Terabyte, 9);
}
