using System.Collections.Immutable;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Batches;

/// <summary>Which intervals a step's batches have filled.</summary>
sealed class IntervalLedger
{
    readonly List<FilledInterval> filled = [];

    /// <summary>Reads the ledger from manifests.</summary>
    /// <param name="done">
    /// The manifests of all batches that are done, oldest first; a folded one may be the first.
    /// </param>
    public IntervalLedger(IEnumerable<StepManifest> done)
    {
        StepManifest? last = null;
        foreach (var manifest in done)
        {
            last = manifest;
            // What was there before is not there any more.
            if (manifest.Replaces is true) filled.Clear();
            filled.AddRange(manifest.Filled);
            if (manifest.Interval is not { } interval) continue;
            // Of a time that was not over, rows came later.
            var end = manifest.CreatedAt < interval.End ? manifest.CreatedAt : interval.End;
            if (end > interval.Start) filled.Add(new(interval.Start, end, manifest.Backfill));
        }
        All = IntervalSet.Of(filled.Select(item => new Interval(item.Start, item.End)));
        Stale = IntervalSet.Of(last?.Stale ?? []);
    }

    /// <summary>
    /// The times whose rows are there; of one that was not over when it was filled, the part that was.
    /// </summary>
    public IntervalSet All { get; }

    /// <summary>
    /// The times that are filled from older inputs than the last batch, and that are to be filled again.
    /// </summary>
    public IntervalSet Stale { get; }

    /// <summary>The backfills that the ledger knows of, oldest first.</summary>
    public IEnumerable<string> Backfills => filled.Select(item => item.Backfill).OfType<string>().Distinct();

    /// <summary>The intervals that a backfill has filled.</summary>
    public IntervalSet OfBackfill(string id) =>
        IntervalSet.Of(filled.Where(item => item.Backfill == id).Select(item => new Interval(item.Start, item.End)));

    /// <summary>The ledger in as few entries as possible.</summary>
    public ImmutableArray<FilledInterval> Fold() =>
    [
        .. filled.GroupBy(item => item.Backfill)
            .SelectMany(group => IntervalSet.Of(group.Select(item => new Interval(item.Start, item.End))).Items
                .Select(interval => new FilledInterval(interval.Start, interval.End, group.Key)))
            .OrderBy(item => item.Start),
    ];
}
