using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Operations.Budgets;

/// <summary>
/// Counts what a run reads and writes, and stops it when it passes a limit: the steps that work end without a commit,
/// and no other starts. Steps that committed before stay done. Safe for use by many threads.
/// </summary>
public sealed class RunBudget : IRunBudget, IDisposable
{
    static readonly TimeSpan lookInterval = TimeSpan.FromMilliseconds(250);

    readonly BudgetLimits limits;
    readonly TimeProvider clock;
    readonly long startedAt;
    readonly ITimer timer;
    readonly CancellationTokenSource passed = new();
    readonly Lock gate = new();
    readonly HashSet<WorkMeter> working = [];
    long rowsCharged;
    long bytesCharged;
    bool isDisposed;

    /// <summary>Begins to count, and to measure the time.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="clock">The time.</param>
    public RunBudget(BudgetLimits limits, TimeProvider clock)
    {
        (this.limits, this.clock, startedAt) = (limits, clock, clock.GetTimestamp());
        timer = clock.CreateTimer(_ => Look(), state: null, lookInterval, lookInterval);
    }

    /// <inheritdoc/>
    public CancellationToken Passed => passed.Token;

    /// <inheritdoc/>
    public FozException? Error { get; private set; }

    /// <inheritdoc/>
    public void Follow(WorkMeter meter)
    {
        lock (gate) working.Add(meter);
    }

    /// <inheritdoc/>
    public void Charge(WorkMeter meter, long rows, long bytes)
    {
        lock (gate)
        {
            working.Remove(meter);
            rowsCharged += rows;
            bytesCharged += bytes;
        }
        Look();
        if (Error is { } error) throw error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            isDisposed = true;
            passed.Dispose();
        }
    }

    void Look()
    {
        lock (gate)
        {
            if (Error is not null || isDisposed || FindPassed() is not { } what) return;
            Error = new(ErrorKind.Resource, $"the run was stopped: {what}")
            {
                Hint = "what it committed stays; foz retry does the rest, within the budget that is then given",
            };
            // What waits for the token may take this lock.
            _ = passed.CancelAsync();
        }
    }

    string? FindPassed()
    {
        var (rows, bytes) = (rowsCharged, bytesCharged);
        foreach (var meter in working)
        {
            var progress = meter.Progress;
            rows += progress.Rows ?? 0;
            bytes += progress.Bytes ?? 0;
        }
        return rows > limits.RowsMax ? Text($"its budget is {limits.RowsMax:N0} rows, and it came to {rows:N0}")
            : bytes > limits.BytesMax ? Text($"its budget is {limits.BytesMax:N0} bytes, and it came to {bytes:N0}")
            : limits.TimeMax is { } time && clock.GetElapsedTime(startedAt) > time
                ? $"its budget is {Duration.Describe(time)}, which have passed"
                : null;
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
