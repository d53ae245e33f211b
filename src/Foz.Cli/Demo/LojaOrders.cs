using System.Globalization;

namespace Foz.Cli.Demo;

/// <summary>An order as the shop's application knows it.</summary>
readonly record struct LojaOrder(
    long Id, int CustomerId, string Status, string Channel, DateTime OrderedAt, DateTime UpdatedAt, string Shipping,
    string? Coupon)
{
    /// <summary>
    /// The order as a line of JSON; the coupon is left out where the application did not know it yet.
    /// </summary>
    public string ToJson(bool hasCoupons)
    {
        var coupon = !hasCoupons ? "" : Coupon is null ? ",\"coupon\":null" : $",\"coupon\":\"{Coupon}\"";
        return $"{{\"order_id\":{Id},\"customer_id\":{CustomerId},\"status\":\"{Status}\",\"channel\":\"{Channel}\","
            + $"\"ordered_at\":\"{Local(OrderedAt)}\",\"updated_at\":\"{Local(UpdatedAt)}\","
            + $"\"shipping\":{Shipping}{coupon}}}";
    }

    static string Local(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'-03:00'", CultureInfo.InvariantCulture);
}

/// <summary>
/// The orders of the shop, one file of JSON lines a month, with their items (CSV) and payments (CSV, to become
/// Parquet). Months are written independently of each other, so that they can be at the same time.
/// </summary>
/// <param name="seed">The seed of all random values.</param>
/// <param name="customers">The customers who order.</param>
sealed class LojaOrders(ulong seed, LojaCustomers customers)
{
    public const string Stream = "orders";
    const int OrderCount = 350_000;
    const long FirstId = 1_000_001;
    const int CouponMonth = 12;
    const int MalformedOnceIn = 12_000;

    /// <summary>Orders of the months before Christmas 2024 are restated in this month, when returns came in.</summary>
    public const int CorrectionMonth = 13;

    static readonly string[] Statuses =
    [
        "delivered", "delivered", "delivered", "delivered", "delivered", "delivered", "delivered", "delivered",
        "shipped", "canceled", "delivered", "delivered", "paid", "delivered", "delivered", "returned",
    ];
    static readonly string[] Channels = ["app", "app", "app", "site", "site", "whatsapp", "loja"];
    static readonly string[] Methods = ["pac", "pac", "sedex", "transportadora", "retirada"];

    readonly int[] _starts = LojaCalendar.Spread(OrderCount);

    /// <summary>Writes one month.</summary>
    /// <param name="month">The month.</param>
    /// <param name="ordersPath">Where the orders go.</param>
    /// <param name="items">What takes the items.</param>
    /// <param name="payments">What takes the payments.</param>
    /// <param name="corrections">Takes the lines of orders that are restated later.</param>
    /// <returns>What the month comes to; the corrections included.</returns>
    public LojaTally Write(
        int month, string ordersPath, LojaItems items, LojaPayments payments, List<string> corrections)
    {
        var tally = items.Tally;
        var random = SplitMix.For(seed, 7, month);
        using var text = LojaText.Create(ordersPath);
        for (var index = _starts[month]; index < _starts[month + 1]; index++)
        {
            var order = Create(FirstId + index, month, ref random);
            var line = order.ToJson(hasCoupons: month >= CouponMonth);
            var isMalformed = random.OnceIn(MalformedOnceIn);
            var isTwice = random.OnceIn(350);
            if (isMalformed) text.WriteLine(Break(line, ref random));
            text.WriteLine(line);
            if (isTwice) text.WriteLine(line);

            var isCorrected = month is CorrectionMonth - 3 or CorrectionMonth - 2
                && order.Status == "delivered" && random.OnceIn(40);
            var (netCents, paidCents) = items.Write(order.Id, month, ref random);
            payments.Write(order, paidCents, ref random);
            if (!isCorrected && order.Status is not ("canceled" or "returned")) tally.NetRevenueCents += netCents;
            if (isCorrected) corrections.Add(Correct(order, ref random).ToJson(hasCoupons: true));
            tally.Count(Stream, (isTwice ? 2 : 1) + (isCorrected ? 1 : 0), 1, isMalformed ? 1 : 0);
            tally.Dirt += new LojaDirt
            {
                CouponOrders = order.Coupon is null ? 0 : 1,
                CorrectedOrders = isCorrected ? 1 : 0,
                UnknownCustomers = order.CustomerId > LojaItems.UnknownFrom ? 1 : 0,
            };
        }
        return tally;
    }

    LojaOrder Create(long id, int month, ref SplitMix random)
    {
        var customer = 1 + random.Skewed(customers.CountBefore(month), 1.3);
        var city = customers.CityOf(customer);
        if (random.OnceIn(14_000)) customer += LojaItems.UnknownFrom;
        var ordered = LojaCalendar.Moment(month, ref random);
        var status = random.Pick(Statuses);
        var updated = ordered.AddMinutes(status == "paid" ? random.Below(60) : 600 + random.Below(14_000));
        var method = random.Pick(Methods);
        var cost = method == "retirada" ? 0 : 990 + random.Below(4_000);
        var postcode = LojaPlaces.Postcode(city, ref random);
        if (!random.OnceIn(5)) postcode = $"{postcode[..5]}-{postcode[5..]}";
        var shipping = $"{{\"method\":\"{method}\",\"cost\":{LojaText.Money(cost)},\"cep\":\"{postcode}\","
            + $"\"city\":\"{city.Name}\",\"state\":\"{city.State}\"}}";
        var coupon = month >= CouponMonth && random.OnceIn(5) ? random.Pick(LojaNames.Coupons) : null;
        return new LojaOrder(id, customer, status, random.Pick(Channels), ordered, updated, shipping, coupon);
    }

    static LojaOrder Correct(LojaOrder order, ref SplitMix random) =>
        order with { Status = "returned", UpdatedAt = LojaCalendar.Moment(CorrectionMonth, ref random) };

    static string Break(string line, ref SplitMix random) => random.Below(3) switch
    {
        0 => line[..(line.Length / 4 + random.Below(line.Length / 2))],
        1 => line.Replace(",\"channel\"", "\"channel\"", StringComparison.Ordinal),
        _ => line.Replace('"', '\''),
    };
}
