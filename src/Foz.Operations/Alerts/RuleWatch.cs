using System.Globalization;
using Foz.Lake.Tables;
using Foz.Operations.Incidents;
using Foz.Operations.Schedules;

namespace Foz.Operations.Alerts;

/// <summary>Looks at rules when they are due, and says what it saw. For one thread.</summary>
/// <param name="host">What is measured of the host.</param>
/// <param name="hooks">Reads rows.</param>
/// <param name="clock">The time.</param>
sealed class RuleWatch(IHostFacts host, AlertHooks hooks, TimeProvider clock)
{
    /// <summary>How many bad rows of a condition are counted; more are said to be more.</summary>
    public const int RowsMax = 5;

    // A condition that takes minutes does not hold up the others.
    const int QueriesMax = 4;

    static readonly TimeSpan queryTimeout = TimeSpan.FromMinutes(5);

    readonly Dictionary<string, (string Trigger, DateTimeOffset At)> looked = new(StringComparer.Ordinal);
    readonly Queue<AlertRule.Sql> queries = new();
    IReadOnlyList<AlertRule> known = [];
    readonly Dictionary<string, Task<Evidence?>> asking = new(StringComparer.Ordinal);

    /// <summary>Looks at the rules that are due.</summary>
    /// <param name="settings">The rules.</param>
    /// <param name="facts">What the project says of its tables.</param>
    /// <param name="finished">When tables were made last.</param>
    /// <param name="open">The open incidents: what no rule asks for any more holds.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<Evidence>> LookAsync(
        AlertSettings settings, TableFacts facts, IReadOnlyDictionary<string, DateTimeOffset> finished,
        IEnumerable<Incident> open, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var found = new List<Evidence>();
        if (!ReferenceEquals(settings.Rules, known)) found.AddRange(Removed(settings, now));
        var tables = settings.Rules.Where(rule => rule is AlertRule.Freshness or AlertRule.FinishedBy).ToList();
        // Rules of tables are looked at together, as a table is late if it is by any of them.
        if (facts.IsKnown && IsDue("tables", AllTables, now)) found.AddRange(Late(tables, facts, finished, open, now));
        foreach (var rule in settings.Rules.Where(rule => IsOwn(rule) && IsDue(rule.Name, rule.Trigger, now)))
            if (rule is AlertRule.Sql sql) Enqueue(sql);
            else found.Add(await OfHostAsync(rule, now, cancellationToken));
        foreach (var answer in asking.Where(query => query.Value.IsCompleted).ToList())
        {
            asking.Remove(answer.Key);
            if (await answer.Value is { } evidence) found.Add(evidence);
        }
        while (asking.Count < QueriesMax && queries.TryDequeue(out var next))
            asking[next.Name] = Task.Run(() => AskAsync(next, cancellationToken), cancellationToken);
        return found;
    }

    static readonly ScheduleTrigger AllTables =
        new ScheduleTrigger.Every(TimeSpan.FromSeconds(30), DateTimeOffset.UnixEpoch);

    static bool IsOwn(AlertRule rule) => rule is not (AlertRule.Freshness or AlertRule.FinishedBy);

    static Evidence Of(AlertRule rule, DateTimeOffset at, bool isBroken) => new(
        rule is AlertRule.Sql ? IncidentKind.Condition : IncidentKind.Host, rule.Name, at, isBroken)
    {
        Severity = rule.Severity, Command = rule.Command,
    };

    List<Evidence> Removed(AlertSettings settings, DateTimeOffset now)
    {
        var names = settings.Rules.Select(rule => rule.Name).ToHashSet(StringComparer.Ordinal);
        var removed = known.Where(rule => IsOwn(rule) && !names.Contains(rule.Name))
            .Select(rule => Of(rule, now, isBroken: false)).ToList();
        known = settings.Rules;
        return removed;
    }

    bool IsDue(string name, ScheduleTrigger trigger, DateTimeOffset now)
    {
        if (looked.TryGetValue(name, out var last) && last.Trigger == trigger.Text && last.At <= now
            && !DueTimes.Between(trigger, last.At, now).Any())
            return false;
        // A time of a cron expression that passed before the first look is not due again.
        var isFirst = !looked.ContainsKey(name) && trigger is ScheduleTrigger.Cron;
        looked[name] = (trigger.Text, now);
        return !isFirst;
    }

    void Enqueue(AlertRule.Sql rule)
    {
        // One that takes longer than its interval is not asked twice at once.
        if (!asking.ContainsKey(rule.Name) && !queries.Any(waiting => waiting.Name == rule.Name))
            queries.Enqueue(rule);
    }

    async Task<Evidence?> AskAsync(AlertRule.Sql rule, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(queryTimeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            if (rule.User is null && hooks.HasUsers())
                return Failed(rule, "it must state 'user', as the project has users");
            var rows = await hooks.ReadAsync(new(rule.Query, rule.User, RowsMax + 1), limit.Token);
            var count = rows.Rows.Count > RowsMax ? $"more than {RowsMax}" : $"{rows.Rows.Count}";
            return Of(rule, clock.GetUtcNow(), rows.Rows.Count > 0) with
            {
                Text = rule.Description ?? (rows.Rows.Count == 1 ? "a row breaks it" : $"{count} rows break it"),
                BadRows = new(Table: null, rule.Query),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return Failed(rule, $"it took longer than {queryTimeout.TotalMinutes} minutes");
        }
        catch (Exception e) when (DeltaErrors.Find(e) is { } error)
        {
            return Failed(rule, IncidentBook.Line(error.Message));
        }
    }

    /// <summary>A condition that cannot be asked is as bad as one that does not hold.</summary>
    Evidence Failed(AlertRule rule, string reason) =>
        Of(rule, clock.GetUtcNow(), isBroken: true) with { Text = $"the rule cannot be looked at: {reason}" };

    async Task<Evidence> OfHostAsync(AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var text = rule switch
            {
                AlertRule.Room room => host.RoomOf(room.Of) is var (free, all) && IsShort(room, free, all)
                    ? $"{(room.Of is HostRoom.Disk ? "the disk of the lake" : "memory")} has "
                        + $"{Size(free)} of {Size(all)} left"
                    : null,
                AlertRule.Filling filling => await host.ForetellDiskAsync(cancellationToken) is { } forecast
                    && forecast.FullAt - now < filling.Within ? forecast.Describe(now) : null,
                AlertRule.Certificate certificate => host.CertificateEndsAt() is { } end
                    && end - now < TimeSpan.FromDays(certificate.DaysMin)
                    ? $"the certificate of serve.tls ends at {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                    : null,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            return Of(rule, now, text is not null) with { Text = text ?? "" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException
            or System.Security.Cryptography.CryptographicException)
        {
            return Failed(rule, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException && DeltaErrors.Find(e) is { } error)
        {
            return Failed(rule, IncidentBook.Line(error.Message));
        }
    }

    static bool IsShort(AlertRule.Room room, long free, long all) =>
        free < (room.BytesMin ?? (long)(all * room.ShareMin!.Value));

    static string Size(long bytes) => string.Create(
        CultureInfo.InvariantCulture, $"{bytes / 1_000_000_000.0:0.##} GB");

    static List<Evidence> Late(
        List<AlertRule> rules, TableFacts facts, IReadOnlyDictionary<string, DateTimeOffset> finished,
        IEnumerable<Incident> open, DateTimeOffset now)
    {
        var wanted = new Dictionary<string, Evidence>(StringComparer.OrdinalIgnoreCase);
        foreach (var rule in rules)
            foreach (var table in facts.Names.Where(name => facts.IsMeant(name, TablesOf(rule))))
            {
                var at = finished.TryGetValue(table, out var last) ? last : (DateTimeOffset?)null;
                var text = WhyLate(rule, at, now);
                if (text is null && wanted.ContainsKey(table)) continue;
                if (wanted.TryGetValue(table, out var other) && other.IsBroken) continue;
                wanted[table] = new(IncidentKind.Late, table, now, text is not null)
                {
                    Text = text ?? "", Table = table, Severity = rule.Severity,
                    Command = rule.Command ?? $"foz run +{table}",
                };
            }
        foreach (var member in open.SelectMany(incident => incident.Members))
            if (member.Kind is IncidentKind.Late && !wanted.ContainsKey(member.Subject))
                wanted[member.Subject] = new(IncidentKind.Late, member.Subject, now, IsBroken: false);
        return [.. wanted.Values];
    }

    static IReadOnlyList<string> TablesOf(AlertRule rule) => rule switch
    {
        AlertRule.Freshness freshness => freshness.Tables,
        AlertRule.FinishedBy finishedBy => finishedBy.Tables,
        _ => [],
    };

    /// <summary>Why a table is late by a rule; null where it is not.</summary>
    internal static string? WhyLate(AlertRule rule, DateTimeOffset? finishedAt, DateTimeOffset now)
    {
        switch (rule)
        {
            case AlertRule.Freshness { LateAfter: var after }:
                return finishedAt is { } at && now - at <= after ? null
                    : $"it {Last(finishedAt)}, and may be {Foz.Lake.Configuration.Duration.Describe(after)} old";
            case AlertRule.FinishedBy due:
                var local = TimeZoneInfo.ConvertTime(now, due.TimeZone);
                var day = DateOnly.FromDateTime(local.DateTime);
                if (TimeOnly.FromDateTime(local.DateTime) < due.By) day = day.AddDays(-1);
                // On a free day, the last business day counts: it is asked for until the next.
                if (due.Calendar is { } calendar) day = calendar.Nearest(day, isForward: false) ?? day;
                return finishedAt >= Moment(day, due.From, due.TimeZone) ? null
                    : $"it was not finished by {due.By:HH:mm} of {day:yyyy-MM-dd} ({due.TimeZone.Id}): "
                        + $"it {Last(finishedAt)}";
            default: return null;
        }
    }

    static string Last(DateTimeOffset? finishedAt) => finishedAt is { } at
        ? $"was made last at {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
        : "was never made";

    static DateTimeOffset Moment(DateOnly day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(time);
        // As cron has it: a time that the clocks pass over comes when they have moved.
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }
}
