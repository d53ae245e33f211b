using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Foz.Operations.Firings;

/// <summary>Whole numbers from 0, few of which are apart from others: <c>0-57,60</c> in JSON.</summary>
[JsonConverter(typeof(IndexSetConverter))]
sealed class IndexSet
{
    readonly ImmutableArray<(int From, int To)> ranges;

    IndexSet(ImmutableArray<(int, int)> ranges) => this.ranges = ranges;

    /// <summary>No numbers.</summary>
    public static IndexSet Empty { get; } = new([]);

    /// <summary>How many there are.</summary>
    public int Count => ranges.Sum(range => range.To - range.From + 1);

    /// <summary>The numbers of both.</summary>
    public IndexSet Union(IndexSet other) => other.ranges.Aggregate(this, (all, range) => all.With(range));

    /// <summary>These numbers and another.</summary>
    public IndexSet With(int number) => With((number, number));

    /// <summary>Whether a number is among them.</summary>
    public bool Contains(int number) => ranges.Any(range => range.From <= number && number <= range.To);

    /// <summary>The first number, from one on, that is not among them.</summary>
    public int NextFree(int from)
    {
        foreach (var range in ranges)
            if (range.From <= from && from <= range.To) from = range.To + 1;
        return from;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        ',', ranges.Select(range => range.From == range.To
            ? range.From.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.From}-{range.To}")));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is no such set.</exception>
    public static IndexSet Parse(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split('-'))
        .Aggregate(Empty, (all, ends) => all.With((Number(ends[0]), Number(ends[^1]))));

    IndexSet With((int From, int To) added)
    {
        var kept = ImmutableArray.CreateBuilder<(int From, int To)>(ranges.Length + 1);
        foreach (var range in ranges)
            if (range.To < added.From - 1 || range.From > added.To + 1) kept.Add(range);
            else added = (Math.Min(range.From, added.From), Math.Max(range.To, added.To));
        kept.Add(added);
        kept.Sort();
        return new(kept.ToImmutable());
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>Reads and writes an <see cref="IndexSet"/> as its text.</summary>
sealed class IndexSetConverter : JsonConverter<IndexSet>
{
    public override IndexSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return IndexSet.Parse(reader.GetString() ?? "");
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new JsonException($"'{reader.GetString()}' is no set of numbers", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, IndexSet value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
