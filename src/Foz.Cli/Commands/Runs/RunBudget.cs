using System.CommandLine;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Commands.Runs;

/// <summary>
/// Stops a run whose steps together read or write more rows, or read more bytes, than they may. What they have
/// committed stays. Safe for use by many threads.
/// </summary>
sealed class RunBudget : IAsyncDisposable
{
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(500);

    readonly long rowsMax;
    readonly long bytesMax;
    readonly Lock gate = new();
    readonly Dictionary<TableName, WorkMeter> working = [];
    readonly CancellationTokenSource stop;
    readonly CancellationTokenSource ended = new();
    readonly Task watching;
    long rows;
    long bytes;
    string? excess;

    /// <summary>Watches a run.</summary>
    /// <param name="rowsMax">The most rows.</param>
    /// <param name="bytesMax">The most bytes.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels the run as well.</param>
    public RunBudget(long rowsMax, long bytesMax, TimeProvider clock, CancellationToken cancellationToken)
    {
        (this.rowsMax, this.bytesMax) = (rowsMax, bytesMax);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        watching = rowsMax == long.MaxValue && bytesMax == long.MaxValue
            ? Task.CompletedTask
            : WatchAsync(clock);
    }

    /// <summary>Gets what is canceled when the run has used up what it may.</summary>
    public CancellationToken Stopped => stop.Token;

    /// <summary>Returns the options of commands.</summary>
    public static (Option<long?> Rows, Option<string?> Bytes) Options() => (
        new("--rows-max")
        {
            Description = "Stop the run when its steps have read or written more rows than this", HelpName = "number",
        },
        new("--bytes-max")
        {
            Description = "Stop the run when its steps have read more bytes than this, such as 10GB",
            HelpName = "size",
        });

    /// <summary>Reads the values of options.</summary>
    /// <exception cref="FozException">One has no meaning.</exception>
    public static (long Rows, long Bytes) Of(long? rows, string? bytes)
    {
        if (rows is < 1)
            throw CommandContext.Unreadable(
                "--rows-max", rows.Value.ToString(CultureInfo.InvariantCulture), "1 or more");
        if (bytes is null) return (rows ?? long.MaxValue, long.MaxValue);
        return long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var plain) && plain > 0
            ? (rows ?? long.MaxValue, plain)
            : MemorySize.TryParse(bytes, out var size) && size.Bytes > 0
                ? (rows ?? long.MaxValue, size.Bytes)
                : throw CommandContext.Unreadable("--bytes-max", bytes, "write 500MB or 10GB");
    }

    /// <summary>Counts what an event reports.</summary>
    public void Note(RunEvent what)
    {
        lock (gate)
            switch (what)
            {
                case RunEvent.StepStarted started:
                    working[started.Step] = started.Meter;
                    break;
                case RunEvent.StepFinished { Result: var step }:
                    working.Remove(step.Step);
                    rows += Math.Max(step.RowsWritten, step.Read.Rows ?? 0);
                    bytes += step.Read.Bytes ?? 0;
                    break;
            }
        Check();
    }

    /// <summary>Reports that the run was stopped, if it was.</summary>
    /// <exception cref="FozException">It has used up what it may.</exception>
    public void ThrowIfExceeded()
    {
        if (excess is { } reason)
            throw new FozException(ErrorKind.Resource, $"the run was stopped: {reason}")
            {
                Hint = "what its steps have committed stays; allow more, or select fewer steps",
            };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await watching;
        ended.Dispose();
        stop.Dispose();
    }

    async Task WatchAsync(TimeProvider clock)
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(interval, clock, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Check();
        }
    }

    void Check()
    {
        lock (gate)
        {
            if (excess is not null) return;
            var (allRows, allBytes) = (rows, bytes);
            foreach (var progress in working.Values.Select(meter => meter.Progress))
            {
                allRows += progress.Rows ?? 0;
                allBytes += progress.Bytes ?? 0;
            }
            excess = allRows > rowsMax
                ? string.Create(
                    CultureInfo.InvariantCulture, $"its steps read or wrote {allRows:N0} rows, of {rowsMax:N0} at most")
                : allBytes > bytesMax
                    ? $"its steps read {new MemorySize(allBytes)}, of {new MemorySize(bytesMax)} at most"
                    : null;
        }
        if (excess is not null) stop.Cancel();
    }
}
