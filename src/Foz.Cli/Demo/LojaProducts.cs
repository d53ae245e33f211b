namespace Foz.Cli.Demo;

/// <summary>The products of the shop: one CSV file a month with what was added or changed its price.</summary>
sealed class LojaProducts
{
    public const string Stream = "products";
    public const int ProductCount = 2_000;
    const int CountBefore2024 = 1_400;
    const string Header = "product_id,ean,name,category,brand,price,weight_g,updated_at";

    /// <summary>This month's prices were typed with a decimal comma.</summary>
    const int CommaMonth = 8;

    readonly ulong _seed;
    readonly int[] _priceCents = new int[ProductCount * LojaCalendar.MonthCount];

    /// <summary>Fixes the price of every product in every month.</summary>
    /// <param name="seed">The seed of all that is random.</param>
    public LojaProducts(ulong seed)
    {
        _seed = seed;
        for (var id = 1; id <= ProductCount; id++)
        {
            var random = SplitMix.For(seed, 4, id);
            var (_, _, from, to) = LojaNames.Catalog[id % LojaNames.Catalog.Length];
            var cents = from + random.Skewed(to - from, 2.5);
            for (var month = 0; month < LojaCalendar.MonthCount; month++)
            {
                if (month > 0 && random.OnceIn(15)) cents = (int)(cents * (1.01 + random.Fraction() * 0.06));
                _priceCents[Index(id, month)] = cents / 10 * 10;
            }
        }
    }

    /// <summary>How many products could be bought in a month: those in the file of the month before.</summary>
    public static int CountIn(int month) =>
        CountBefore2024 + (ProductCount - CountBefore2024) * month / LojaCalendar.MonthCount;

    /// <summary>What a product costs in a month.</summary>
    public int PriceCents(int productId, int month) => _priceCents[Index(productId, month)];

    /// <summary>Writes the file of one month.</summary>
    public LojaTally Write(string path, int month)
    {
        var tally = new LojaTally();
        var random = SplitMix.For(_seed, 5, month);
        using var text = LojaText.Create(path);
        text.WriteLine(Header);
        for (var id = 1; id <= CountIn(month + 1); id++)
        {
            var isNew = month == 0 || id > CountIn(month);
            if (!isNew && PriceCents(id, month) == PriceCents(id, month - 1)) continue;
            var hasCategory = WriteProduct(text, id, month, LojaCalendar.Moment(month, ref random));
            tally.Count(Stream, 1, isNew ? 1 : 0, 0);
            tally.Dirt += new LojaDirt
            {
                DecimalCommas = month == CommaMonth ? 1 : 0,
                MissingCategories = isNew && !hasCategory ? 1 : 0,
            };
        }
        return tally;
    }

    bool WriteProduct(StreamWriter text, int id, int month, DateTime updatedAt)
    {
        var random = SplitMix.For(_seed, 6, id);
        var (category, things, _, _) = LojaNames.Catalog[id % LojaNames.Catalog.Length];
        var brand = random.Pick(LojaNames.Brands);
        var name = $"{random.Pick(things)} {brand}";
        if (random.OnceIn(50)) name += "  ";
        if (random.OnceIn(80)) category = "";
        var price = LojaText.Money(PriceCents(id, month));
        if (month == CommaMonth) price = price.Replace('.', ',');
        text.WriteLine($"{id:00000},{Ean(id, ref random)},{LojaText.Quoted(name)},{category},{brand},"
            + $"{LojaText.Quoted(price)},{50 + random.Below(5_000)},{updatedAt:yyyy-MM-dd HH:mm:ss}");
        return category.Length > 0;
    }

    /// <summary>A bar code of thirteen digits with Brazil's prefix; the last is a check digit.</summary>
    static string Ean(int id, ref SplitMix random)
    {
        var digits = $"789{random.Below(100_000):00000}{id:0000}";
        var sum = 0;
        for (var i = 0; i < 12; i++) sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
        return $"{digits}{(10 - sum % 10) % 10}";
    }

    static int Index(int id, int month) => (id - 1) * LojaCalendar.MonthCount + month;
}
