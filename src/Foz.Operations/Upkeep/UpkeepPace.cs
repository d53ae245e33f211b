namespace Foz.Operations.Upkeep;

/// <summary>
/// Lets work take what statements and runs leave: it waits for a quiet moment, and where none comes, it rests much
/// longer than it worked. For one thread.
/// </summary>
/// <param name="isQuiet">Whether nothing else works.</param>
/// <param name="clock">The time.</param>
sealed class UpkeepPace(Func<bool> isQuiet, TimeProvider clock)
{
    /// <summary>How many times as long as it worked it rests: a twentieth of one thread is its share.</summary>
    public const int RestFactor = 19;

    /// <summary>How long it waits for a quiet moment at least.</summary>
    public static readonly TimeSpan RestMin = TimeSpan.FromMinutes(1);

    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(1);

    TimeSpan rest = RestMin;

    /// <summary>Waits until work may be done.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (!isQuiet() && clock.GetElapsedTime(since) < rest)
            await Task.Delay(lookInterval, clock, cancellationToken);
    }

    /// <summary>Notes how long a piece of work took.</summary>
    public void Worked(TimeSpan time) => rest = time * RestFactor > RestMin ? time * RestFactor : RestMin;
}
