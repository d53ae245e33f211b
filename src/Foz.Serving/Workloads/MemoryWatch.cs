using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Serving.Workloads;

/// <summary>
/// Ends the largest statement before the process takes half as much memory again as it was given: the engine counts neither what
/// functions make nor what its allocator holds. It does not say what a statement takes, so the growth of the process is shared out
/// equally between those that work at the time, and counts half after a second; who has the most of it is the largest, and of two the
/// newer one. One with a small part of the memory is no cause, and is never ended. What takes its memory and grows no more is left alone, as is what spills.
/// </summary>
/// <param name="memoryBytes">What the process was given.</param>
/// <param name="classes">The classes whose statements are watched.</param>
/// <param name="resident">Bytes of memory that the process takes.</param>
/// <param name="clock">The time.</param>
sealed class MemoryWatch(long memoryBytes, WorkloadClasses classes, Func<long> resident, TimeProvider clock)
{
    // Of the memory that was given: where one begins to look how fast the process grows, and what it may not be about to pass.
    const double LookFrom = 1.1;
    const double Most = 1.3;

    // The part of the memory by which the process must have grown for a statement that is ended.
    const double CausePart = 1 / 32.0;

    /// <summary>How long it takes until a statement that is ended makes no more.</summary>
    static readonly TimeSpan stopping = TimeSpan.FromMilliseconds(250);

    // One that was ended gives its memory back, which lasts as long as the call that it is in. Where others grow meanwhile, there is no time for it.
    static readonly TimeSpan endingMax = TimeSpan.FromSeconds(2);

    StatementRun? ending;
    long endedAt;
    long lookedAt;
    long last;
    double speed;

    /// <summary>Looks at the process, and ends a statement where it must; to be called many times a second, by one thread.</summary>
    public void Look()
    {
        var (bytes, now) = (resident(), clock.GetTimestamp());
        var elapsed = lookedAt == 0 ? TimeSpan.Zero : clock.GetElapsedTime(lookedAt, now);
        var grown = lookedAt == 0 ? 0 : bytes - last;
        (lookedAt, last) = (now, bytes);
        var working = classes.All.SelectMany(known => known.Working).ToList();
        var fading = Math.Pow(0.5, elapsed.TotalSeconds);
        foreach (var run in working) run.Growth = run.Growth * fading + Math.Max(0, grown) / (double)working.Count;
        if (elapsed > TimeSpan.Zero) speed = (speed + Math.Max(0, grown) / elapsed.TotalSeconds) / 2;
        if (bytes < memoryBytes * LookFrom || grown <= 0 || working.Count == 0) return;
        if (bytes + speed * stopping.TotalSeconds < memoryBytes * Most) return;
        if (ending is { HasEnded: false } && clock.GetElapsedTime(endedAt, now) < (bytes < memoryBytes * Most ? endingMax : stopping)) return;
        var largest = working.Where(run => run != ending && run.Growth >= memoryBytes * CausePart)
            .OrderByDescending(run => run.Growth).ThenByDescending(run => run.AskedAt).FirstOrDefault();
        if (largest is null) return;
        (ending, endedAt) = (largest, now);
        largest.Stop(TooLarge(bytes));
    }

    FozException TooLarge(long bytes) => new(
        ErrorKind.Resource,
        string.Create(
            CultureInfo.InvariantCulture,
            $"out of memory: the process takes {new MemorySize(bytes / 1_000_000 * 1_000_000)} of {new MemorySize(memoryBytes)}, and the statement was the one that grew the most"))
    {
        SqlState = "53200", Hint = "let it handle less at a time, or give the process more with `memory:` in foz.yml",
    };
}
