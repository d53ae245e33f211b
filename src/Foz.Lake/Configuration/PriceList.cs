namespace Foz.Lake.Configuration;

/// <summary>What the machine costs, in whatever money: <c>prices:</c> of <c>foz.yml</c>.</summary>
public sealed record PriceList
{
    /// <summary>Its key in <c>foz.yml</c>.</summary>
    public const string Key = "prices";

    const decimal Terabyte = 1_000_000_000_000, SecondsOfHour = 3600, PriceMax = 1_000_000;

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("processor_hour", "the price of an hour of one processor") { Default = "0" },
        new("read_tb", "the price of reading 10^12 bytes, by statements too unless `serve: price_per_tb` says another")
        {
            Default = "0",
        },
        new("written_tb", "the price of writing 10^12 bytes") { Default = "0" },
    ];

    /// <summary>The price of an hour of one processor.</summary>
    public decimal ProcessorHour { get; init; }

    /// <summary>The price of reading 10^12 bytes.</summary>
    public decimal ReadTb { get; init; }

    /// <summary>The price of writing 10^12 bytes.</summary>
    public decimal WrittenTb { get; init; }

    /// <summary>Reads a price list.</summary>
    /// <param name="file">What <c>foz.yml</c> says.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <returns>The list; null where the file has none.</returns>
    public static PriceList? Read(MappingReader file, ErrorList errors)
    {
        if (file.Node(Key) is not { } node) return null;
        var reader = MappingReader.Of(node, file.PlaceOf(Key), $"'{Key}'", errors, Settings);
        var prices = new PriceList
        {
            ProcessorHour = Price("processor_hour"), ReadTb = Price("read_tb"), WrittenTb = Price("written_tb"),
        };
        reader.Finish();
        return prices;

        decimal Price(string key)
        {
            if (reader.Number(key) is not { } price) return 0;
            if (price is >= 0 and <= PriceMax) return price;
            errors.Add(reader.PlaceOf(key), $"'{key}' must be a price from 0 to {PriceMax:N0}, not {price}");
            return 0;
        }
    }

    /// <summary>Returns what work costs.</summary>
    /// <param name="processor">Its processor time.</param>
    /// <param name="bytesRead">Bytes that it read.</param>
    /// <param name="bytesWritten">Bytes that it wrote.</param>
    public decimal Of(TimeSpan processor, long bytesRead, long bytesWritten) => Math.Round(
        (decimal)processor.TotalSeconds / SecondsOfHour * ProcessorHour
            + bytesRead / Terabyte * ReadTb + bytesWritten / Terabyte * WrittenTb,
        9);
}
