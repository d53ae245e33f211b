using System.Globalization;

namespace Foz.Operations.Exports;

/// <summary>
/// Cron expressions that mean the same to Foz, Airflow, Dagster and Argo: five fields, lists, ranges and intervals of
/// numbers. What these tools read differently has no portable form.
/// </summary>
static class PortableCron
{
    const int Saturday = 6, Sunday = 7;

    static readonly string[] months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    static readonly string[] days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    static readonly Dictionary<string, string> words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@hourly"] = "0 * * * *", ["@daily"] = "0 0 * * *", ["@midnight"] = "0 0 * * *", ["@weekly"] = "0 0 * * 0",
        ["@monthly"] = "0 0 1 * *", ["@yearly"] = "0 0 1 1 *", ["@annually"] = "0 0 1 1 *",
    };

    /// <summary>Returns the portable form of an expression; null with the reason where it has none.</summary>
    public static (string? Portable, string Reason) Of(string expression)
    {
        var fields = words.GetValueOrDefault(expression.Trim(), expression)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5) return (null, "it has seconds, or a word of Foz's own");
        string?[] portable =
        [
            Field(fields[0], 0, 59, []), Field(fields[1], 0, 23, []), Field(fields[2], 1, 31, []),
            Field(fields[3], 1, 12, months), Field(fields[4], 0, Sunday, days),
        ];
        if (portable.Contains(null)) return (null, "other tools read L, W, # and ranges over the end differently");
        return portable[2] != "*" && portable[4] != "*"
            ? (null, "it limits days of the month and of the week: for Foz both must hold, for others one of them")
            : (string.Join(' ', portable), "");
    }

    /// <summary>Returns the numbers of a field, <c>*</c> for all of them; null where it has something else.</summary>
    static string? Field(string text, int first, int last, string[] names)
    {
        if (text is "*" or "?") return "*";
        var found = new SortedSet<int>();
        foreach (var item in text.Split(','))
        {
            if (item.Split('/') is not [var range, .. { Length: <= 1 } steps]) return null;
            var step = 1;
            if (steps is [var written] && (!TryNumber(written, [], 0, out step) || step == 0)) return null;
            var (from, to) = (first, last == Sunday ? Saturday : last);
            if (range is not "*")
            {
                if (range.Split('-') is not [var begin, .. { Length: <= 1 } ends]
                    || !TryNumber(begin, names, first, out from)) return null;
                if (ends is [var end]) to = TryNumber(end, names, first, out var given) ? given : -1;
                else if (steps.Length == 0) to = from;
            }
            if (from < first || to > last || from > to) return null;
            for (var number = from; number <= to; number += step) found.Add(last == Sunday ? number % Sunday : number);
        }
        return found.Count == (last == Sunday ? last : last - first + 1) ? "*" : string.Join(',', found);
    }

    static bool TryNumber(string text, string[] names, int first, out int number)
    {
        var name = Array.FindIndex(names, known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        number = name + first;
        return name >= 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
