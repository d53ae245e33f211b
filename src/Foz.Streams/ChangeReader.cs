using System.Collections.Concurrent;
using Foz.Connectors.Changes;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.Streams;
using Foz.Streams.Batches;
using Foz.Streams.Reading;

namespace Foz.Streams;

/// <summary>
/// Reads the logs of sources for runs. A log that one run of the process follows is not read by another: that one waits
/// until it has what was committed before. Safe for use by many threads.
/// </summary>
public sealed class ChangeReader : IChangeReader
{
    /// <summary>
    /// How often is looked whether users ask for something, and a source without changes hears how far it was read.
    /// </summary>
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(15);

    static readonly TimeSpan retryInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How much time is at least between two batches, so that many small transactions are one.</summary>
    static readonly TimeSpan batchInterval = TimeSpan.FromMilliseconds(50);

    static readonly ChangeLimits limits = new() { IdleMax = TimeSpan.FromMilliseconds(500) };

    readonly ConcurrentDictionary<(string, string?, string), SourceReading> followed = [];

    /// <summary>Gets the reader of all runs of this process.</summary>
    public static ChangeReader OfProcess { get; } = new();

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<TableName, StepResult>> ReadAsync(
        ChangeWork work, CancellationToken cancellationToken)
    {
        var results = work.Streams.ToDictionary(stream => stream.Table, stream => new StepResult
        {
            Step = stream.Table, IsStream = true, Outcome = Outcome.Skipped,
        });
        if (await IsStoppedAsync(work, cancellationToken))
        {
            work.Warn(new($"{work.Source.Name} is stopped: its changes are not read")
            {
                Hint = $"foz stream start {work.Source.Name}",
            });
            return results;
        }
        do
            while (followed.TryGetValue(KeyOf(work), out var other))
            {
                if (!await other.WaitAsync(cancellationToken))
                {
                    // It has ended: the next one reads, or this one.
                    await Task.Delay(retryInterval, work.Lake.Clock, cancellationToken);
                    continue;
                }
                foreach (var fault in other.Faults) results[fault.Step] = fault;
                return results;
            }
        while (!await TryTakeAsync(work, cancellationToken));
        await using var reading = new SourceReading(work);
        await reading.OpenAsync(cancellationToken);
        await reading.CatchUpAsync(cancellationToken);
        foreach (var (table, result) in reading.TakeResults()) results[table] = result;
        return results;
    }

    /// <inheritdoc/>
    public async Task FollowAsync(
        ChangeWork work, Func<IReadOnlyDictionary<TableName, StepResult>, Task> committed,
        CancellationToken cancellationToken)
    {
        await using var reading = new SourceReading(work);
        followed[KeyOf(work)] = reading;
        try
        {
            await work.TakeAsync(cancellationToken);
            if (await IsStoppedAsync(work, cancellationToken)) return;
            await reading.OpenAsync(cancellationToken);
            await committed(reading.TakeResults());
            var lookedAt = work.Lake.Clock.GetTimestamp();
            var readAt = lookedAt;
            while (true)
            {
                var early = batchInterval - work.Lake.Clock.GetElapsedTime(readAt);
                var hasChanges = await reading.ReadBatchAsync(
                    limits with { WaitMax = early > TimeSpan.Zero ? early : TimeSpan.Zero }, cancellationToken);
                readAt = work.Lake.Clock.GetTimestamp();
                if (hasChanges) await committed(reading.TakeResults());
                if (reading.IsKeepAsked) await reading.KeepPositionAsync(cancellationToken);
                if (work.Lake.Clock.GetElapsedTime(lookedAt) < lookInterval) continue;
                // The next run does what needs an opening.
                if (await reading.TakeAskedAsync(cancellationToken)) return;
                await reading.KeepPositionAsync(cancellationToken);
                lookedAt = work.Lake.Clock.GetTimestamp();
            }
        }
        finally
        {
            followed.TryRemove(KeyValuePair.Create(KeyOf(work), reading));
        }
    }

    /// <summary>Takes the log, unless another task of the process begins to follow it meanwhile.</summary>
    async Task<bool> TryTakeAsync(ChangeWork work, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var taking = work.TakeAsync(ending.Token);
        while (await Task.WhenAny(taking, Task.Delay(retryInterval, work.Lake.Clock, CancellationToken.None)) != taking)
            if (followed.ContainsKey(KeyOf(work))) await ending.CancelAsync();
        try
        {
            await taking;
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    static Task<bool> IsStoppedAsync(ChangeWork work, CancellationToken cancellationToken) =>
        new ChangeBatchLog(work.Lake.Store, work.Project.Environment ?? "", work.Source.Name)
            .IsStoppedAsync(cancellationToken);

    static (string, string?, string) KeyOf(ChangeWork work) =>
        (work.Lake.Root, work.Project.Environment, work.Source.Name);
}
