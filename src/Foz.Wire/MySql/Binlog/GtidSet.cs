using System.Collections.Immutable;
using System.Globalization;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Transactions of MySQL, as intervals of numbers by server. It does not change.</summary>
public sealed class GtidSet : IEquatable<GtidSet>
{
    const int UuidBytes = 16, IntervalBytes = 2 * sizeof(ulong);

    readonly ImmutableSortedDictionary<Guid, ImmutableArray<Interval>> intervals;

    GtidSet(ImmutableSortedDictionary<Guid, ImmutableArray<Interval>> intervals) => this.intervals = intervals;

    /// <summary>Gets the set without any transaction.</summary>
    public static GtidSet Empty { get; } = new(ImmutableSortedDictionary<Guid, ImmutableArray<Interval>>.Empty);

    /// <summary>Gets whether it has none.</summary>
    public bool IsEmpty => intervals.IsEmpty;

    /// <summary>Reads a set such as <c>3e11fa47-…:1-5:7,…</c>, as the server writes it.</summary>
    /// <returns>False where the text is none.</returns>
    public static bool TryParse(string text, out GtidSet set)
    {
        set = Empty;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var items = part.Split(':', StringSplitOptions.TrimEntries);
            if (items.Length < 2 || !Guid.TryParseExact(items[0], "D", out var server)) return false;
            foreach (var item in items.AsSpan(1))
            {
                var dash = item.IndexOf('-', StringComparison.Ordinal);
                if (!TryNumber(dash < 0 ? item : item[..dash], out var first)) return false;
                var last = first;
                if (dash >= 0 && !TryNumber(item[(dash + 1)..], out last) || last < first) return false;
                set = set.Add(server, first, last);
            }
        }

        return true;
    }

    /// <summary>Reads the fields of a <see cref="BinlogEventType.PreviousGtids"/>.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static GtidSet Read(BinlogEvent data)
    {
        var fields = data.Fields();
        var set = Empty;
        for (var servers = fields.ReadUInt64(); servers > 0; servers--)
        {
            var server = new Guid(fields.ReadBytes(UuidBytes), bigEndian: true);
            for (var count = fields.ReadUInt64(); count > 0; count--)
            {
                var (first, end) = (fields.ReadUInt64(), fields.ReadUInt64());
                if (first == 0 || end <= first || end > long.MaxValue)
                    throw fields.Fault($"has the interval from {first} to {end}");
                set = set.Add(server, first, end - 1);
            }
        }

        return set;
    }

    /// <summary>Returns the set with a transaction more.</summary>
    public GtidSet Add(Guid server, ulong number) => Add(server, number, number);

    /// <summary>Returns whether all transactions of another set are in this one.</summary>
    public bool Contains(GtidSet other) => other.intervals.All(
        of => intervals.TryGetValue(of.Key, out var own)
            && of.Value.All(i => own.Any(o => o.First <= i.First && i.Last <= o.Last)));

    /// <summary>Writes the set as a client sends it.</summary>
    internal byte[] Encode()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Span<byte> uuid = stackalloc byte[UuidBytes];
        writer.Write((ulong)intervals.Count);
        foreach (var (server, own) in intervals)
        {
            server.TryWriteBytes(uuid, bigEndian: true, out _);
            writer.Write(uuid);
            writer.Write((ulong)own.Length);
            foreach (var interval in own)
            {
                writer.Write(interval.First);
                writer.Write(interval.Last + 1);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <inheritdoc/>
    public bool Equals(GtidSet? other) => other is not null && Contains(other) && other.Contains(this);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GtidSet);

    /// <inheritdoc/>
    public override int GetHashCode() => intervals.Count;

    /// <summary>Returns the set as MySQL writes it.</summary>
    public override string ToString() => string.Join(
        ',', intervals.Select(of => $"{of.Key:D}:{string.Join(':', of.Value.Select(i => i.ToString()))}"));

    static bool TryNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number is > 0 and < long.MaxValue;

    GtidSet Add(Guid server, ulong first, ulong last)
    {
        var joined = new Interval(first, last);
        var own = ImmutableArray.CreateBuilder<Interval>();
        foreach (var interval in intervals.GetValueOrDefault(server, []))
        {
            if (interval.Last + 1 < joined.First || joined.Last + 1 < interval.First) own.Add(interval);
            else joined = new(Math.Min(interval.First, joined.First), Math.Max(interval.Last, joined.Last));
        }

        own.Add(joined);
        own.Sort((a, b) => a.First.CompareTo(b.First));
        return new(intervals.SetItem(server, own.ToImmutable()));
    }

    readonly record struct Interval(ulong First, ulong Last)
    {
        public override string ToString() => First == Last
            ? First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
    }
}
