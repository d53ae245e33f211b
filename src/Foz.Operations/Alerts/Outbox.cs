using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Storage;

namespace Foz.Operations.Alerts;

/// <summary>
/// Sends the messages of the state, each channel by itself, so that one that hangs delays no other. A message leaves
/// the state once its channel took it: one that a crash interrupts is sent again with the same key. For one thread.
/// </summary>
/// <param name="clock">The time.</param>
sealed class Outbox(TimeProvider clock)
{
    /// <summary>From how many failures on it is an incident that a channel takes no messages.</summary>
    public const int AttemptsAllowed = 6;

    const int SentAtOnceMax = 20;

    static readonly TimeSpan sendTimeout = TimeSpan.FromSeconds(30);
    static readonly TimeSpan retryDelay = TimeSpan.FromSeconds(5);
    static readonly TimeSpan retryDelayMax = TimeSpan.FromMinutes(15);
    static readonly TimeSpan minute = TimeSpan.FromMinutes(1);

    readonly Dictionary<string, Task<List<Attempt>>> working = new(StringComparer.Ordinal);
    readonly Dictionary<string, Queue<DateTimeOffset>> sent = new(StringComparer.Ordinal);

    /// <summary>Begins to send what is due, to channels that are not sending.</summary>
    /// <param name="state">The state.</param>
    /// <param name="settings">The channels.</param>
    /// <param name="write">Writes the message of a notice; null where its incidents are gone.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Begin(
        IncidentState state, AlertSettings settings,
        Func<Notice, RoutedChannel, CancellationToken, Task<AlertMessage?>> write,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var group in state.Outbox.GroupBy(notice => notice.Channel, StringComparer.Ordinal))
        {
            if (working.ContainsKey(group.Key)) continue;
            // A channel that failed is tried by its first message; the others wait for that.
            var due = group.First().NextAt > now ? [] : group.Take(SentAtOnceMax).ToList();
            if (settings.Channels.GetValueOrDefault(group.Key) is not { } channel)
            {
                if (due.Count > 0)
                    working[group.Key] = Task.FromResult(due.Select(notice => new Attempt(
                        notice, new Delivery.Refused($"there is no channel '{group.Key}' in alerts/"))).ToList());
                continue;
            }
            due = [.. due.Take(Allowed(group.Key, channel.PerMinuteMax, now))];
            // A thread of its own: what a channel does before its first pause must not hold the others.
            if (due.Count > 0)
                working[group.Key] = Task.Run(
                    () => SendAsync(due, channel, write, cancellationToken), cancellationToken);
        }
    }

    /// <summary>Takes what was sent, or failed, since.</summary>
    public async Task<IReadOnlyList<Attempt>> TakeAsync()
    {
        var attempts = new List<Attempt>();
        foreach (var (channel, task) in working.Where(entry => entry.Value.IsCompleted).ToList())
        {
            working.Remove(channel);
            attempts.AddRange(await task);
        }
        foreach (var attempt in attempts)
            if (sent.TryGetValue(attempt.Notice.Channel, out var times)) times.Enqueue(clock.GetUtcNow());
        return attempts;
    }

    /// <summary>Notes in the state what became of messages.</summary>
    /// <returns>The state then, and the evidence about channels.</returns>
    public (IncidentState State, IReadOnlyList<Evidence> Evidence) Apply(
        IncidentState state, IReadOnlyList<Attempt> attempts, TimeSpan retryFor)
    {
        var now = clock.GetUtcNow();
        var evidence = new List<Evidence>();
        var outcomes = attempts.ToDictionary(attempt => (attempt.Notice.Channel, attempt.Notice.Key));
        var outbox = new List<Notice>();
        var threads = new Dictionary<(string Incident, string Channel), string>();
        foreach (var notice in state.Outbox)
        {
            if (!outcomes.TryGetValue((notice.Channel, notice.Key), out var attempt))
            {
                outbox.Add(notice);
                continue;
            }
            if (attempt.Delivery is Delivery.Sent sentNow)
            {
                evidence.Add(new(IncidentKind.Channel, notice.Channel, now, IsBroken: false));
                if (sentNow.Thread is { } thread)
                    foreach (var incident in notice.Incidents) threads[(incident, notice.Channel)] = thread;
                continue;
            }
            var (reason, after, isGivenUp) = attempt.Delivery switch
            {
                Delivery.Failed failed => (failed.Reason, failed.After, now - notice.CreatedAt >= retryFor),
                Delivery.Refused refused => (refused.Reason, null, true),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            if (isGivenUp || notice.Attempts + 1 >= AttemptsAllowed)
                evidence.Add(Broken(notice, reason, isGivenUp, now));
            if (!isGivenUp)
                outbox.Add(notice with
                { Attempts = notice.Attempts + 1, NextAt = now + Delay(notice, after), Error = reason });
        }
        var incidents = threads.Count == 0 ? state.Incidents : [.. state.Incidents.Select(WithThreads)];
        return (state with { Outbox = outbox, Incidents = incidents }, evidence);

        Incident WithThreads(Incident incident)
        {
            var notes = incident.Notes.ToDictionary(
                entry => entry.Key,
                entry => threads.TryGetValue((incident.Id, entry.Key), out var thread) && entry.Value.Thread is null
                    ? entry.Value with { Thread = thread }
                    : entry.Value);
            return incident with { Notes = notes };
        }
    }

    static Evidence Broken(Notice notice, string reason, bool isGivenUp, DateTimeOffset now) =>
        new(IncidentKind.Channel, notice.Channel, now, IsBroken: true)
        {
            Text = isGivenUp
                ? $"a message about {notice.Incidents[0]} was given up: {reason}"
                : $"no message was taken in {notice.Attempts + 1} tries: {reason}",
            Command = $"foz alerts test {notice.Channel}",
        };

    static TimeSpan Delay(Notice notice, TimeSpan? asked)
    {
        var delay = retryDelay * Math.Pow(2, Math.Min(notice.Attempts, 20));
        if (delay > retryDelayMax) delay = retryDelayMax;
        return asked > delay ? asked.Value < TimeSpan.FromHours(1) ? asked.Value : TimeSpan.FromHours(1) : delay;
    }

    int Allowed(string channel, int perMinuteMax, DateTimeOffset now)
    {
        if (!sent.TryGetValue(channel, out var times)) sent[channel] = times = new();
        while (times.TryPeek(out var first) && now - first >= minute) times.Dequeue();
        return Math.Max(0, perMinuteMax - times.Count);
    }

    async Task<List<Attempt>> SendAsync(
        List<Notice> notices, RoutedChannel channel,
        Func<Notice, RoutedChannel, CancellationToken, Task<AlertMessage?>> write,
        CancellationToken cancellationToken)
    {
        var attempts = new List<Attempt>();
        foreach (var notice in notices)
        {
            var delivery = await SendAsync(notice, channel, write, cancellationToken);
            attempts.Add(new(notice, delivery));
            Failpoint.Hit("alerts.sent");
            if (delivery is Delivery.Failed) break;
        }
        return attempts;
    }

    async Task<Delivery> SendAsync(
        Notice notice, RoutedChannel channel,
        Func<Notice, RoutedChannel, CancellationToken, Task<AlertMessage?>> write,
        CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(sendTimeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            if (await write(notice, channel, limit.Token) is not { } message) return new Delivery.Sent(Thread: null);
            return await channel.Channel.SendAsync(message, limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Delivery.Failed($"no answer in {sendTimeout.TotalSeconds} seconds", After: null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A channel's own mistake must not stop the others, and its words may hold a secret.
            return new Delivery.Failed($"the channel failed with {e.GetType().Name}", After: null);
        }
    }
}

/// <summary>What became of a message.</summary>
/// <param name="Notice">The message.</param>
/// <param name="Delivery">How it went.</param>
readonly record struct Attempt(Notice Notice, Delivery Delivery);
