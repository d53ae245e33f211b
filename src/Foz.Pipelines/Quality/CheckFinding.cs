using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Quality;

/// <summary>Makes results of what was counted or measured for a check.</summary>
static class CheckFinding
{
    /// <summary>The result of a check.</summary>
    /// <param name="check">The check; no SQL check.</param>
    /// <param name="value">What <see cref="CheckSql.Counts"/> gave for it.</param>
    /// <param name="rows">How many rows were looked at.</param>
    /// <param name="now">When that was.</param>
    public static CheckResult Of(CheckDefinition check, object? value, long rows, DateTimeOffset now) => check switch
    {
        CheckDefinition.Statistic statistic => OfNumber(
            // A number that is none is within no limits, as an infinite one is.
            check, Number(value), statistic.From, statistic.To, rows, Text,
            isAlwaysOutside: static number => !double.IsFinite(number)),
        CheckDefinition.RowCountTo other => OfNumber(
            check, Number(value) is { } others and > 0 ? rows / others : rows == 0 ? 1 : double.PositiveInfinity,
            other.RatioMin, other.RatioMax, rows, ratio => $"{Text(ratio)} of the rows of {other.To} ({value:N0})",
            isAlwaysOutside: static _ => false),
        CheckDefinition.RowCount { Where: null } =>
            new(check, Violations(value), rows) { Actual = CheckResult.Rows(rows) },
        CheckDefinition.Freshness freshness => OfAge(freshness, Number(value), rows, now),
        _ => new(check, Violations(value), rows),
    };

    /// <summary>The result of a number with limits; where there is none there is nothing to judge.</summary>
    static CheckResult OfNumber(
        CheckDefinition check, double? number, decimal? from, decimal? to, long rows, Func<double, string> text,
        Func<double, bool> isAlwaysOutside)
    {
        if (number is not { } known) return new(check, 0, rows);
        var isOutside = isAlwaysOutside(known) || known < (double?)from || known > (double?)to;
        var limits = (from, to) switch
        {
            ({ } min, { } max) when min == max => $"{min}",
            ({ } min, { } max) => $"{min} to {max}",
            ({ } min, null) => $"at least {min}",
            var (_, max) => $"at most {max}",
        };
        return new(check, isOutside ? 1 : 0, rows) { Actual = text(known), Expected = limits };
    }

    static CheckResult OfAge(CheckDefinition.Freshness check, double? newest, long rows, DateTimeOffset now)
    {
        // A table without rows has no news either.
        if (newest is not { } seconds) return new(check, 1, rows) { Actual = "no instant at all" };
        var age = now - DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return new(check, age > check.AgeMax ? 1 : 0, rows)
        {
            Actual = $"the newest is {Duration.Describe(age)} old",
            Expected = $"at most {Duration.Describe(check.AgeMax)}",
        };
    }

    static long Violations(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    static double? Number(object? value) =>
        value is null ? null : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    static string Text(double number) => Math.Abs(number) is >= 1e-4 and < 1e15
        ? Math.Round(number, 6).ToString("0.######", CultureInfo.InvariantCulture)
        : number.ToString("G6", CultureInfo.InvariantCulture);
}
