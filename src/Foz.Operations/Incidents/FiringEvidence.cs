using Foz.Operations.Firings;

namespace Foz.Operations.Incidents;

/// <summary>Reads how firings of schedules ended. A firing can be read twice. For one thread.</summary>
/// <param name="store">The firings.</param>
sealed class FiringEvidence(FiringStore store)
{
    // The exit code of a run in which steps failed.
    const int FailedSteps = 1;

    // Missed times of different schedules are noted for minutes before those of others.
    static readonly TimeSpan slack = TimeSpan.FromHours(1);

    /// <summary>Reads the firings that may have ended since, or that wait for a task whose end no host saw.</summary>
    /// <param name="from">The oldest batch that may have one; null before the first time.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>They, and from where to read the next time.</returns>
    public async Task<(IReadOnlyList<Firing> Ended, string? From)> ReadAsync(
        string? from, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ended = new List<Firing>();
        string? oldestOpen = null;
        foreach (var batch in await store.ListAsync(
            from ?? Firing.BatchOf(now - JournalFeed.Backlog), cancellationToken))
            foreach (var firing in await store.ReadAsync(batch, cancellationToken))
            {
                if (firing.HasEnded || firing.Unknown is not null) ended.Add(firing);
                if (!firing.HasEnded) oldestOpen ??= batch;
            }
        var newest = Firing.BatchOf(now - slack);
        var next = oldestOpen is not null && string.CompareOrdinal(oldestOpen, newest) < 0 ? oldestOpen : newest;
        return (ended, next);
    }

    /// <summary>Returns what a firing shows: how it ended, and whether one of its tasks has an unknown end.</summary>
    /// <param name="firing">The firing.</param>
    /// <param name="state">The incidents: where they explain it, it is no news.</param>
    public static IEnumerable<Evidence> Of(Firing firing, IncidentState state)
    {
        var key = Evidence.KeyOf(IncidentKind.Task, firing.Id);
        if (firing is { Unknown: { } unknown, HasEnded: false })
            yield return new(IncidentKind.Task, firing.Id, firing.StartedAt ?? firing.Due, IsBroken: true)
            {
                Text = $"no host saw the end of {unknown} in {firing.Id}, which waits",
                Command = $"foz schedule show {firing.Id}",
            };
        else if (state.Open.Any(incident => incident.Members.Any(member => member.Key == key)))
            yield return new(
                IncidentKind.Task, firing.Id, firing.EndedAt ?? firing.StartedAt ?? firing.Due, IsBroken: false);
        if (OfEnd(firing, state) is { } end) yield return end;
    }

    static Evidence? OfEnd(Firing firing, IncidentState state)
    {
        if (firing.EndedAt is not { } endedAt || firing.State is FiringState.Canceled) return null;
        if (firing.State is FiringState.Succeeded)
            return new(IncidentKind.Schedule, firing.Schedule, endedAt, IsBroken: false);
        if (firing.State is FiringState.Failed && IsExplained(firing, endedAt, state)) return null;
        var ending = firing.State switch
        {
            FiringState.Missed => firing.Count > 1 ? $"{firing.Count} runs were missed" : "a run was missed",
            FiringState.TimedOut => "a run took too long and was canceled",
            _ => $"a run failed{(firing.ExitCode is { } code ? $" with exit code {code}" : "")}",
        };
        return new(IncidentKind.Schedule, firing.Schedule, endedAt, IsBroken: true)
        {
            Text = $"schedule {firing.Schedule}: {ending} (due {firing.Due.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC)"
                + (firing.Reason is { } reason ? $": {reason}" : ""),
            Command = firing.Attempts > 0 ? $"foz logs {firing.Id}" : $"foz schedule run {firing.Schedule}",
        };
    }

    /// <summary>
    /// Whether something of the run itself was seen broken while it worked. Other runs may fail at the same time: what
    /// is seen of them explains neither failed tasks, nor a command that failed before its steps.
    /// </summary>
    static bool IsExplained(Firing firing, DateTimeOffset endedAt, IncidentState state)
    {
        if (firing.HasTasks || firing.ExitCode != FailedSteps) return false;
        var (from, to) = ((firing.StartedAt ?? firing.Due).AddSeconds(-1), endedAt.AddSeconds(1));
        return state.Open.Any(incident => incident.Members.Any(member =>
            member.Kind is IncidentKind.Step or IncidentKind.Run && member.LastSeen >= from && member.LastSeen <= to));
    }
}
