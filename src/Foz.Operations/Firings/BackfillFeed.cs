namespace Foz.Operations.Firings;

/// <summary>
/// Makes the firings of backfills, a few ahead of those that work, and notes those that ended: functions of the states,
/// so that a change that another host came before is made again.
/// </summary>
static class BackfillFeed
{
    static readonly TimeSpan kept = TimeSpan.FromDays(30);

    /// <summary>Adds the firings that come next to those that are pending; ends backfills that have no more.</summary>
    /// <param name="known">The states.</param>
    /// <param name="open">The firings that have not ended.</param>
    /// <param name="commandOf">A schedule's command; null where it is off or has tasks, or there is none.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The states then: the same object where nothing is new.</returns>
    public static ScheduleStates Feed(
        ScheduleStates known, IReadOnlyCollection<Firing> open, Func<string, IReadOnlyList<string>?> commandOf,
        DateTimeOffset now)
    {
        if (known.Backfills.Count == 0) return known;
        var made = new List<Firing>();
        var after = known.Backfills.Where(backfill => backfill.EndedAt is not { } end || now - end < kept)
            .Select(backfill => backfill.IsActive && commandOf(backfill.Schedule) is { } command
                ? Feed(backfill, [.. open.Concat(known.Pending).Where(backfill.Has)], command, made, now)
                : backfill)
            .ToList();
        return made.Count == 0 && after.SequenceEqual(known.Backfills)
            ? known
            : known with { Backfills = after, Pending = [.. known.Pending, .. made] };
    }

    /// <summary>Notes how firings of backfills ended.</summary>
    public static ScheduleStates Note(ScheduleStates known, IReadOnlyList<Firing> ended) => known with
    {
        Backfills = [.. known.Backfills.Select(backfill => ended.Where(backfill.Has).Aggregate(backfill, Note))],
    };

    static Backfill Note(Backfill backfill, Firing ended)
    {
        var number = ended.Number!.Value;
        return ended.State is FiringState.Succeeded ? backfill with { Done = backfill.Done.With(number) }
            // One that was canceled with its backfill is to do when that goes on.
            : backfill.CanceledBy is not null || backfill.Done.Contains(number) || ended.Key != backfill.KeyOfRound
                ? backfill
            : backfill with { Failed = backfill.Failed.With(number) };
    }

    static Backfill Feed(
        Backfill backfill, List<Firing> open, IReadOnlyList<string> command, List<Firing> made, DateTimeOffset now)
    {
        var taken = open.Aggregate(
            backfill.Done.Union(backfill.Failed), (all, firing) => all.With(firing.Number!.Value));
        var ahead = 2 * backfill.RunsMax - open.DistinctBy(firing => firing.Id).Count();
        var (number, before) = (taken.NextFree(0), made.Count);
        for (; ahead > 0 && number < backfill.Count; ahead--, number = taken.NextFree(number + 1))
            made.Add(backfill.FiringOf(number, command));
        return open.Count == 0 && made.Count == before && number >= backfill.Count
            ? backfill with { EndedAt = now }
            : backfill;
    }
}
