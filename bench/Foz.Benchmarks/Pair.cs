using System.Diagnostics;
using System.Globalization;

namespace Foz.Benchmarks;

/// <summary>
/// Two ways to do the same work, timed in turns so that a noisy machine affects both in the same way.
/// </summary>
static class Pair
{
    /// <summary>Runs both in turns after one round that is not counted.</summary>
    /// <param name="rounds">How many rounds are counted.</param>
    /// <param name="ours">The first way.</param>
    /// <param name="theirs">The second way.</param>
    /// <param name="prepare">Work before each round that is not timed; null for none.</param>
    /// <returns>Medians in milliseconds, and the median of the ratios round by round.</returns>
    public static async Task<(double OursMs, double TheirsMs, double Ratio)> RunAsync(
        int rounds, Func<Task> ours, Func<Task> theirs, Action? prepare = null)
    {
        var (a, b) = (new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            prepare?.Invoke();
            var first = await TimeAsync(ours);
            var second = await TimeAsync(theirs);
            if (round < 0) continue;
            a.Add(first);
            b.Add(second);
            Console.Error.WriteLine(Text($"  {first:0} ms against {second:0} ms: {first / second:0.00}×"));
        }
        return (Median(a), Median(b), Median([.. a.Zip(b, (x, y) => x / y)]));
    }

    public static async Task<double> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return watch.Elapsed.TotalMilliseconds;
    }

    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1
            ? sorted[sorted.Count / 2]
            : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }

    public static string Ms(double ms) => Text($"{ms:#,0.#} ms");

    public static string Times(double ratio) => Text($"{ratio:0.00}×");

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
