using System.Collections.Immutable;

namespace Foz.Pipelines.Intervals;

/// <summary>Times that do not touch each other, in order.</summary>
sealed record IntervalSet
{
    IntervalSet(ImmutableArray<Interval> items) => Items = items;

    /// <summary>No time.</summary>
    public static IntervalSet Empty { get; } = new([]);

    /// <summary>The times.</summary>
    public ImmutableArray<Interval> Items { get; }

    /// <summary>All times of some intervals.</summary>
    public static IntervalSet Of(IEnumerable<Interval> intervals)
    {
        var items = ImmutableArray.CreateBuilder<Interval>();
        foreach (var next in intervals.Where(interval => !interval.IsEmpty).OrderBy(interval => interval.Start))
        {
            if (items.Count > 0 && next.Start <= items[^1].End)
                items[^1] = items[^1] with { End = next.End > items[^1].End ? next.End : items[^1].End };
            else items.Add(next);
        }
        return new(items.ToImmutable());
    }

    /// <summary>Whether all of an interval is among them.</summary>
    public bool Covers(Interval interval) => interval.IsEmpty || Missing(interval).IsEmpty;

    /// <summary>Whether a part of an interval is among them.</summary>
    public bool Overlaps(Interval interval) =>
        Items.Any(item => item.Start < interval.End && interval.Start < item.End);

    /// <summary>These times without those of an interval.</summary>
    public IntervalSet Without(Interval interval) => new([.. Items.SelectMany(item => Of([interval]).Missing(item))]);

    /// <summary>The times of an interval that are not among them.</summary>
    public ImmutableArray<Interval> Missing(Interval interval)
    {
        var missing = ImmutableArray.CreateBuilder<Interval>();
        var from = interval.Start;
        foreach (var item in Items)
        {
            if (item.End <= from) continue;
            if (item.Start >= interval.End) break;
            if (item.Start > from) missing.Add(new(from, item.Start));
            from = item.End;
        }
        if (from < interval.End) missing.Add(new(from, interval.End));
        return missing.ToImmutable();
    }
}
