using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Serving.Workloads;

/// <summary>
/// Ends the largest statement when the process is about to take more memory than it was given: the engine counts
/// neither what functions make nor what its allocator holds. It does not say what a statement takes, so the growth of
/// the process is shared out equally between those that work at the time, and counts half after a second; who has the
/// most of it is the largest, and of two the newer one. One with a small part of the memory is no cause, and is never
/// ended. What takes its memory and grows no more is left alone, as is what spills.
/// </summary>
/// <param name="memoryBytes">What the process was given.</param>
/// <param name="enginesBytes">What the engines have of it: the limit of what they count.</param>
/// <param name="classes">The classes whose statements are watched.</param>
/// <param name="resident">Bytes of memory that the process takes.</param>
/// <param name="clock">The time.</param>
sealed class MemoryWatch(
    long memoryBytes, long enginesBytes, WorkloadClasses classes, Func<long> resident, TimeProvider clock)
{
    // Of the memory that was given: where one begins to look how fast the process grows, and how much further it may be
    // about to grow.
    const double CalmPart = 1.05;
    const double OverPart = 0.05;

    // What the process takes beside its engines; of a small memory it is a large part.
    const long RuntimeBytes = 180_000_000;

    // The part of the memory by which the process must have grown for a statement that is ended.
    const double CausePart = 1 / 32.0;

    /// <summary>How long it takes until a statement that is ended makes no more.</summary>
    static readonly TimeSpan stopping = TimeSpan.FromMilliseconds(250);

    // One that was ended gives its memory back when the call that it is in returns; where the process has too much
    // already, the next is ended sooner.
    static readonly TimeSpan endingMax = TimeSpan.FromSeconds(2);
    static readonly TimeSpan endingMin = TimeSpan.FromMilliseconds(60);

    readonly double calm = Math.Max(memoryBytes * CalmPart, enginesBytes + RuntimeBytes);

    WorkloadRun? ending;
    long endedAt;
    long lookedAt;
    long last;
    double speed;

    /// <summary>
    /// Looks at the process, and ends a statement where it must; to be called many times a second while a statement
    /// works, by one thread.
    /// </summary>
    /// <returns>Whether a statement works.</returns>
    public bool Look()
    {
        var working = classes.All.SelectMany(known => known.Working).ToList();
        Look(working);
        return working.Count > 0;
    }

    /// <summary>
    /// Starts again after a while without looks: how the process grew meanwhile is no statement's doing.
    /// </summary>
    public void Forget() => (lookedAt, speed) = (0, 0);

    void Look(List<WorkloadRun> working)
    {
        var (bytes, now) = (resident(), clock.GetTimestamp());
        var elapsed = lookedAt == 0 ? TimeSpan.Zero : clock.GetElapsedTime(lookedAt, now);
        var grown = lookedAt == 0 ? 0 : bytes - last;
        (lookedAt, last) = (now, bytes);
        var fading = Math.Pow(0.5, elapsed.TotalSeconds);
        foreach (var run in working) run.Growth = run.Growth * fading + Math.Max(0, grown) / (double)working.Count;
        if (elapsed > TimeSpan.Zero) speed = (speed + Math.Max(0, grown) / elapsed.TotalSeconds) / 2;
        var most = calm + memoryBytes * OverPart;
        if (bytes < calm || grown <= 0 || working.Count == 0) return;
        if (bytes + speed * stopping.TotalSeconds < most) return;
        if (ending is { HasEnded: false }
            && clock.GetElapsedTime(endedAt, now) < (bytes < most ? endingMax : endingMin))
            return;
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
            $"out of memory: the process takes {new MemorySize(bytes / 1_000_000 * 1_000_000)} of "
                + $"{new MemorySize(memoryBytes)}, and the statement was the one that grew the most"))
    {
        SqlState = "53200", Hint = "let it handle less at a time, or give the process more with `memory:` in foz.yml",
    };
}
