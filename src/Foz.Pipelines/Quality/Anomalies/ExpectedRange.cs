namespace Foz.Pipelines.Quality.Anomalies;

/// <summary>A number that was measured before.</summary>
/// <param name="At">When.</param>
/// <param name="Value">The number.</param>
readonly record struct PastValue(DateTimeOffset At, double Value);

/// <summary>Between which numbers a next one would be nothing unusual.</summary>
/// <param name="Middle">What it most often is about.</param>
/// <param name="Low">The least.</param>
/// <param name="High">The most.</param>
readonly record struct ExpectedRange(double Middle, double Low, double High)
{
    /// <summary>Makes the median absolute deviation of normal values their standard deviation.</summary>
    const double DeviationOfNormal = 1.4826;

    /// <summary>Changes that are small beside the number itself are none, even where it never changed.</summary>
    const double SmallPart = 0.05;

    /// <summary>From how many values of one weekday on that day is looked at by itself.</summary>
    const int WeekdayValuesMin = 4;

    /// <summary>
    /// From how many values of a weekday on its regularity counts, and how much more regular it must be.
    /// </summary>
    const int RegularValuesMin = 8, RegularPart = 4;

    /// <summary>How many of the last values count.</summary>
    const int ValuesMax = 100;

    /// <summary>Whether a number is within.</summary>
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>
    /// Learns the range from numbers: their median, and around it a multiple of their median absolute deviation, which
    /// a few outliers do not move. Where enough of them are of the same weekday, those alone are asked.
    /// </summary>
    /// <param name="past">What was measured before, oldest first.</param>
    /// <param name="at">When the next number is of.</param>
    /// <param name="deviations">How many deviations are nothing unusual.</param>
    /// <param name="valuesMin">How many numbers are needed.</param>
    /// <param name="floor">The least deviation, where numbers hardly differ.</param>
    /// <returns>Null where too few were measured.</returns>
    public static ExpectedRange? Learn(
        IReadOnlyList<PastValue> past, DateTimeOffset at, double deviations, int valuesMin, double floor)
    {
        var recent = past.Where(value => double.IsFinite(value.Value)).TakeLast(ValuesMax).ToList();
        if (recent.Count < valuesMin) return null;
        var ofDay = recent.Where(value => value.At.UtcDateTime.DayOfWeek == at.UtcDateTime.DayOfWeek).ToList();
        var all = Of(recent, deviations, floor);
        if (ofDay.Count < WeekdayValuesMin || ofDay.Count == recent.Count) return all;
        var day = Of(ofDay, deviations, floor);
        // A few values are alike by chance: a day is a season of its own where it is far from the others, or for long
        // has been far more regular.
        var isRegular = ofDay.Count >= RegularValuesMin && (day.High - day.Low) * RegularPart < all.High - all.Low;
        return isRegular || !all.Contains(day.Middle) ? day : all;
    }

    static ExpectedRange Of(List<PastValue> values, double deviations, double floor)
    {
        var middle = Median([.. values.Select(value => value.Value)]);
        var deviation = Median([.. values.Select(value => Math.Abs(value.Value - middle))]) * DeviationOfNormal;
        var width = deviations * Math.Max(deviation, Math.Max(floor, SmallPart * Math.Abs(middle)));
        return new(middle, middle - width, middle + width);
    }

    static double Median(double[] values)
    {
        Array.Sort(values);
        var half = values.Length / 2;
        return values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }
}
