namespace Foz.Operations.Triggers;

/// <summary>Lets so many calls through in a minute, and as many at once. Safe for use by many threads.</summary>
/// <param name="clock">The time.</param>
sealed class CallRate(TimeProvider clock)
{
    readonly Lock gate = new();
    readonly Dictionary<string, (double Left, long At)> left = new(StringComparer.Ordinal);

    /// <summary>Takes a call.</summary>
    /// <param name="name">What is called.</param>
    /// <param name="callsMax">How many a minute.</param>
    /// <returns>How long to wait until the next is let through; null where this one is.</returns>
    public TimeSpan? Take(string name, int callsMax)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            var (calls, at) = left.GetValueOrDefault(name, (callsMax, now));
            calls = Math.Min(callsMax, calls + clock.GetElapsedTime(at, now).TotalMinutes * callsMax);
            if (calls < 1)
            {
                left[name] = (calls, now);
                return TimeSpan.FromMinutes((1 - calls) / callsMax);
            }
            left[name] = (calls - 1, now);
            return null;
        }
    }
}
