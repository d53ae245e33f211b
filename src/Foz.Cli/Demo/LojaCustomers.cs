using System.Globalization;
using System.Text;

namespace Foz.Cli.Demo;

/// <summary>The customers of the shop: one CSV file a month with those who registered or moved in it.</summary>
/// <param name="seed">The seed of all random values.</param>
sealed class LojaCustomers(ulong seed)
{
    public const string Stream = "customers";
    const int CustomerCount = 60_000;
    const int CountBefore2024 = 20_000;
    const int InvalidCpfOnceIn = 500;
    const int MissingEmailOnceIn = 40;
    const string Header = "customer_id,name,cpf,email,phone,birth_date,cep,city,state,created_at,updated_at";

    /// <summary>This month's file comes from an old desktop program: with byte-order mark and CRLF.</summary>
    const int DesktopMonth = 4;

    readonly int[] _registered = LojaCalendar.Spread(CustomerCount - CountBefore2024);

    /// <summary>How many customers had registered when a month began.</summary>
    public int CountBefore(int month) => CountBefore2024 + _registered[month];

    /// <summary>Where a customer lived when registering.</summary>
    public City CityOf(int customerId)
    {
        var random = SplitMix.For(seed, 1, customerId);
        return LojaPlaces.Pick(ref random);
    }

    /// <summary>Writes the file of one month.</summary>
    public LojaTally Write(string path, int month)
    {
        var tally = new LojaTally();
        var random = SplitMix.For(seed, 2, month);
        using var text = LojaText.Create(path, hasByteOrderMark: month == DesktopMonth);
        if (month == DesktopMonth) text.NewLine = "\r\n";
        text.WriteLine(Header);
        var first = month == 0 ? 1 : CountBefore(month) + 1;
        for (var id = first; id <= CountBefore(month + 1); id++)
        {
            WriteCustomer(text, tally, id, movedAt: null);
            tally.Count(Stream, 0, 1, 0);
        }
        for (var moved = CountBefore(month) / 250; moved > 0; moved--)
        {
            var id = 1 + random.Below(CountBefore(month));
            WriteCustomer(text, tally, id, LojaCalendar.Moment(month, ref random));
            tally.Dirt += new LojaDirt { MovedCustomers = 1 };
        }
        return tally;
    }

    void WriteCustomer(StreamWriter text, LojaTally tally, int id, DateTime? movedAt)
    {
        var random = SplitMix.For(seed, 1, id);
        var home = LojaPlaces.Pick(ref random);
        var name = $"{random.Pick(LojaNames.FirstNames)} {random.Pick(LojaNames.LastNames)}";
        if (random.OnceIn(2)) name += $" {random.Pick(LojaNames.LastNames)}";
        var isCpfInvalid = random.OnceIn(InvalidCpfOnceIn);
        var cpf = Cpf.Create(ref random, isCpfInvalid);
        var email = random.OnceIn(MissingEmailOnceIn) ? "" : Email(name, id);
        var phone = Phone(home, ref random);
        var birth = random.OnceIn(20)
            ? ""
            : new DateOnly(1940, 1, 1).AddDays(random.Below(24_000)).ToString("yyyy-MM-dd");
        if (random.OnceIn(12)) name = name.ToUpper(CultureInfo.InvariantCulture);

        var createdAt = CreatedAt(id);
        var address = SplitMix.For(seed ^ (ulong)(movedAt?.Ticks ?? 0), 3, id);
        var city = movedAt is null ? home : LojaPlaces.Pick(ref address);
        var postcode = Postcode(city, ref address, out var isShort);
        var isTwice = movedAt is null && address.OnceIn(400);
        var line = $"{id},{LojaText.Quoted(name)},{cpf},{email},{phone},{birth},{postcode},{city.Name},{city.State},"
            + $"{createdAt:yyyy-MM-dd HH:mm:ss},{movedAt ?? createdAt:yyyy-MM-dd HH:mm:ss}";
        text.WriteLine(line);
        if (isTwice) text.WriteLine(line);

        tally.Count(Stream, isTwice ? 2 : 1, 0, 0);
        tally.Dirt += new LojaDirt
        {
            InvalidCpfs = isCpfInvalid && movedAt is null ? 1 : 0,
            MissingEmails = email.Length == 0 && movedAt is null ? 1 : 0,
            ShortPostcodes = isShort ? isTwice ? 2 : 1 : 0,
        };
    }

    DateTime CreatedAt(int id)
    {
        var random = SplitMix.For(seed, 8, id);
        if (id <= CountBefore2024) return LojaCalendar.Moment(-1 - random.Below(12), ref random);
        var month = Array.BinarySearch(_registered, id - CountBefore2024);
        return LojaCalendar.Moment(month >= 0 ? month - 1 : ~month - 1, ref random);
    }

    static string Postcode(City city, ref SplitMix random, out bool isShort)
    {
        var digits = LojaPlaces.Postcode(city, ref random);
        isShort = digits[0] == '0' && random.OnceIn(15);
        return isShort ? digits[1..] : random.OnceIn(4) ? digits : $"{digits[..5]}-{digits[5..]}";
    }

    static string Phone(City city, ref SplitMix random)
    {
        var (prefix, line) = (90000 + random.Below(10000), random.Below(10000));
        return random.Below(3) switch
        {
            0 => $"({city.AreaCode}) {prefix}-{line:0000}",
            1 => $"+55 {city.AreaCode} {prefix}-{line:0000}",
            _ => $"{city.AreaCode}{prefix}{line:0000}",
        };
    }

    static string Email(string name, int id)
    {
        var words = name.Split(' ');
        return $"{Ascii(words[0])}.{Ascii(words[^1])}{id}@exemplo.com.br";
    }

    static string Ascii(string word) => string.Concat(word
        .Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetter).Select(char.ToLowerInvariant));
}
