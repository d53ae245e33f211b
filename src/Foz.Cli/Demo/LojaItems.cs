namespace Foz.Cli.Demo;

/// <summary>The items of a month's orders: a CSV file.</summary>
sealed class LojaItems : IDisposable
{
    public const string Stream = "order_items";

    /// <summary>Customers and products with an id above do not exist.</summary>
    public const int UnknownFrom = 90_000;

    const string Header = "order_id,item,product_id,quantity,unit_price,discount,gift_message";
    const int UnterminatedMonth = 14;

    static readonly int[] Counts = [1, 1, 2, 2, 3, 3, 3, 4, 4, 6];
    static readonly int[] Quantities = [1, 1, 1, 1, 1, 1, 2, 2, 3, 4];

    readonly LojaProducts _products;
    readonly StreamWriter _text;
    bool _isUnterminatedDue;

    /// <summary>Starts the file of a month.</summary>
    public LojaItems(LojaProducts products, string path, int month)
    {
        (_products, _isUnterminatedDue) = (products, month == UnterminatedMonth);
        _text = LojaText.Create(path);
        _text.WriteLine(Header);
    }

    /// <summary>What the month comes to.</summary>
    public LojaTally Tally { get; } = new();

    /// <summary>Writes the items of one order.</summary>
    /// <returns>
    /// Their sum without and with what dirt hides, in cents: net revenue, and what the customer paid.
    /// </returns>
    public (long NetCents, long PaidCents) Write(long orderId, int month, ref SplitMix random)
    {
        var (net, paid) = (0L, 0L);
        var count = random.Pick(Counts);
        for (var item = 1; item <= count; item++)
        {
            var product = 1 + random.Skewed(LojaProducts.CountIn(month), 1.8);
            long price = _products.PriceCents(product, month);
            var quantity = random.Pick(Quantities);
            var discount = random.OnceIn(10) ? price * quantity * (5 + random.Below(4) * 5) / 100 : 0;
            var isUnknown = random.OnceIn(25_000);
            var isNegative = !isUnknown && random.OnceIn(18_000);
            var gift = random.OnceIn(100) ? random.Pick(LojaNames.GiftMessages) : "";
            var total = price * quantity - discount;
            paid += total;
            if (!isNegative) net += total;

            if (isUnknown) product += UnknownFrom;
            if (isNegative) quantity = -quantity;
            var start = $"{orderId},{item},{product:00000},{quantity},{LojaText.Money(price)},";
            WriteLines(start, $"{LojaText.Money(discount)},{LojaText.Quoted(gift)}", ref random);
            Tally.Dirt += new LojaDirt { UnknownProducts = isUnknown ? 1 : 0, NegativeQuantities = isNegative ? 1 : 0 };
        }
        return (net, paid);
    }

    void WriteLines(string start, string end, ref SplitMix random)
    {
        var malformed = 0;
        if (random.OnceIn(50_000))
        {
            _text.WriteLine(start + "0.00");
            malformed++;
        }
        if (random.OnceIn(60_000))
        {
            _text.WriteLine($"{start}0.00,,BRL");
            malformed++;
        }
        if (_isUnterminatedDue)
        {
            _text.WriteLine($"{start}0.00,\"Feliz aniversário");
            _isUnterminatedDue = false;
            malformed++;
        }
        _text.WriteLine(start + end);
        var isTwice = random.OnceIn(400);
        if (isTwice) _text.WriteLine(start + end);
        Tally.Count(Stream, isTwice ? 2 : 1, 1, malformed);
    }

    /// <inheritdoc/>
    public void Dispose() => _text.Dispose();
}
