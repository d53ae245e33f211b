using System.Text.Json.Serialization;

namespace Foz.Cli.Demo;

/// <summary>
/// What the generated files of the shop hold, and the dirt planted in them: what a right ingestion, right models and
/// right checks come to.
/// </summary>
public sealed record LojaFacts
{
    /// <summary>The version of the generator that wrote the files; another version writes them again.</summary>
    public required int Version { get; init; }

    /// <summary>The seed of all that is random.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The files with their lengths in bytes, by path relative to the data folder.</summary>
    public required IReadOnlyDictionary<string, long> Files { get; init; }

    /// <summary>Rows that can be read, duplicates included: what arrives in bronze, by stream.</summary>
    public required IReadOnlyDictionary<string, long> Rows { get; init; }

    /// <summary>Rows that remain when the last one of each key is taken: what arrives in silver, by stream.</summary>
    public required IReadOnlyDictionary<string, long> DistinctRows { get; init; }

    /// <summary>Lines that cannot be read, by stream: what arrives in the tables of rejected rows.</summary>
    public required IReadOnlyDictionary<string, long> MalformedRows { get; init; }

    /// <summary>The other planted dirt.</summary>
    public required LojaDirt Dirt { get; init; }

    /// <summary>
    /// Quantity times price less discount over the distinct items with a positive quantity of orders whose last status
    /// is neither <c>canceled</c> nor <c>returned</c>, in cents.
    /// </summary>
    public required long NetRevenueCents { get; init; }
}

/// <summary>Counts of rows that can be read and yet are wrong, over distinct rows.</summary>
public sealed record LojaDirt
{
    /// <summary>Customers whose CPF has wrong check digits.</summary>
    public long InvalidCpfs { get; init; }

    /// <summary>Customers without an e-mail address.</summary>
    public long MissingEmails { get; init; }

    /// <summary>Rows of customers, restated ones included, whose postcode lost its leading zero.</summary>
    public long ShortPostcodes { get; init; }

    /// <summary>Rows of customers that restate an address.</summary>
    public long MovedCustomers { get; init; }

    /// <summary>Products without a category.</summary>
    public long MissingCategories { get; init; }

    /// <summary>Rows of products whose price has a decimal comma.</summary>
    public long DecimalCommas { get; init; }

    /// <summary>Orders of customers that do not exist.</summary>
    public long UnknownCustomers { get; init; }

    /// <summary>Orders that a later file restates.</summary>
    public long CorrectedOrders { get; init; }

    /// <summary>Orders with a coupon; the field appears in January 2025.</summary>
    public long CouponOrders { get; init; }

    /// <summary>Items of products that do not exist.</summary>
    public long UnknownProducts { get; init; }

    /// <summary>Items with a negative quantity.</summary>
    public long NegativeQuantities { get; init; }

    /// <summary>Counts of two parts together.</summary>
    public static LojaDirt operator +(LojaDirt a, LojaDirt b) => new()
    {
        InvalidCpfs = a.InvalidCpfs + b.InvalidCpfs,
        MissingEmails = a.MissingEmails + b.MissingEmails,
        ShortPostcodes = a.ShortPostcodes + b.ShortPostcodes,
        MovedCustomers = a.MovedCustomers + b.MovedCustomers,
        MissingCategories = a.MissingCategories + b.MissingCategories,
        DecimalCommas = a.DecimalCommas + b.DecimalCommas,
        UnknownCustomers = a.UnknownCustomers + b.UnknownCustomers,
        CorrectedOrders = a.CorrectedOrders + b.CorrectedOrders,
        CouponOrders = a.CouponOrders + b.CouponOrders,
        UnknownProducts = a.UnknownProducts + b.UnknownProducts,
        NegativeQuantities = a.NegativeQuantities + b.NegativeQuantities,
    };
}

/// <summary>What one part of the files comes to.</summary>
sealed class LojaTally
{
    public Dictionary<string, long> Rows { get; } = [];
    public Dictionary<string, long> DistinctRows { get; } = [];
    public Dictionary<string, long> MalformedRows { get; } = [];
    public LojaDirt Dirt { get; set; } = new();
    public long NetRevenueCents { get; set; }

    /// <summary>Counts rows of a stream.</summary>
    public void Count(string stream, long rows, long distinctRows, long malformedRows)
    {
        Add(Rows, stream, rows);
        Add(DistinctRows, stream, distinctRows);
        Add(MalformedRows, stream, malformedRows);
    }

    /// <summary>Adds what another part comes to.</summary>
    public void Add(LojaTally other)
    {
        foreach (var (stream, rows) in other.Rows) Add(Rows, stream, rows);
        foreach (var (stream, rows) in other.DistinctRows) Add(DistinctRows, stream, rows);
        foreach (var (stream, rows) in other.MalformedRows) Add(MalformedRows, stream, rows);
        Dirt += other.Dirt;
        NetRevenueCents += other.NetRevenueCents;
    }

    static void Add(Dictionary<string, long> counts, string stream, long rows) =>
        counts[stream] = counts.GetValueOrDefault(stream) + rows;
}

/// <summary>How the facts are written next to the files.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LojaFacts))]
sealed partial class LojaFactsJson : JsonSerializerContext;
