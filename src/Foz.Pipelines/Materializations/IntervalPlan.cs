using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>Which intervals of a model are to be run.</summary>
/// <param name="Due">The intervals, in order; each is a batch.</param>
/// <param name="Stale">All times that the step is to fill by now, whether or not this run was asked for them.</param>
/// <param name="Backfill">The backfill that they belong to; null where they belong to none.</param>
sealed record IntervalPlan(IReadOnlyList<Interval> Due, IntervalSet Stale, string? Backfill = null)
{
    const int HashBytes = 3;

    /// <summary>What there is to do, for people; null where that is nothing.</summary>
    public string? Describe() => Due switch
    {
        [] => null,
        [var only] => $"the interval {only}",
        _ => $"{Due.Count} intervals of {new Interval(Due[0].Start, Due[^1].End)}",
    };

    /// <summary>The intervals of a run.</summary>
    /// <param name="strategy">What the model says of its intervals.</param>
    /// <param name="ledger">What is filled.</param>
    /// <param name="request">What the run is asked for; null for what is not filled, and what changed.</param>
    /// <param name="hasNewInputs">Whether the tables that it reads have other rows than for the last batch.</param>
    /// <param name="now">The time.</param>
    public static IntervalPlan Of(
        IncrementalStrategy.Microbatch strategy, IntervalLedger ledger, IntervalRequest? request, bool hasNewInputs,
        DateTimeOffset now)
    {
        var size = strategy.BatchSize;
        var range = new Interval(strategy.Begin, size.Ceiling(now));
        var again = size.Add(range.End, -1 - strategy.Lookback);
        var due = Units(size, range).Where(unit => ledger.Stale.Overlaps(unit)
            || (ledger.All.Missing(unit) is [var missing, ..]
                ? hasNewInputs || missing == unit
                : hasNewInputs && unit.Start >= again)).ToList();
        var stale = IntervalSet.Of([.. ledger.Stale.Items, .. due]);
        return request is null
            ? new(due, stale)
            : Requested(strategy, ledger, request, range, now) with { Stale = stale };
    }

    /// <summary>All of the model's time up to now, as one interval; empty where it has not begun.</summary>
    public static Interval Whole(IncrementalStrategy.Microbatch strategy, DateTimeOffset now) =>
        new(strategy.Begin, strategy.BatchSize.Ceiling(now));

    /// <summary>The intervals of one size in a time.</summary>
    public static IEnumerable<Interval> Units(BatchSize size, Interval range)
    {
        for (var start = range.Start; start < range.End; start = size.Add(start, 1))
            yield return new(start, size.Add(start, 1));
    }

    static IntervalPlan Requested(
        IncrementalStrategy.Microbatch strategy, IntervalLedger ledger, IntervalRequest request, Interval whole,
        DateTimeOffset now)
    {
        var size = strategy.BatchSize;
        var range = new Interval(
            size.Floor(request.Start ?? whole.Start), request.End is { } end ? size.Ceiling(end) : whole.End);
        var windows = Windows(size, range, request.Window);
        if (!request.IsBackfill) return new(windows, IntervalSet.Empty);
        var mark = Mark(range, request.Window);
        var over = range with { End = range.End < now ? range.End : now };
        var open = ledger.Backfills.LastOrDefault(id => id.EndsWith(mark, StringComparison.Ordinal));
        if (open is null || ledger.OfBackfill(open) is not { } done || done.Covers(over))
            return new(
                windows, IntervalSet.Empty,
                now.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + mark);
        return new([.. windows.Where(window => !done.Covers(window))], IntervalSet.Empty, open);
    }

    /// <summary>Times of some length, which begin and end where intervals do.</summary>
    static List<Interval> Windows(BatchSize size, Interval range, TimeSpan? length)
    {
        var windows = new List<Interval>();
        foreach (var unit in Units(size, range))
        {
            if (length is { } window && windows.Count > 0 && unit.End - windows[^1].Start <= window)
                windows[^1] = windows[^1] with { End = unit.End };
            else windows.Add(unit);
        }
        return windows;
    }

    /// <summary>What the id of a backfill ends with: the same for the same range and window.</summary>
    static string Mark(Interval range, TimeSpan? window)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{range.Start:O} {range.End:O} {window}");
        return "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashBytes));
    }
}
