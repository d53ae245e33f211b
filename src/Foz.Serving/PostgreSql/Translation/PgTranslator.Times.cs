using Foz.Lake.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Parts of times, and their zones.</content>
sealed partial class PgTranslator
{
    // Zones of the form that POSIX has, which count westwards.
    const int ZoneHoursMax = 12;

    /// <summary><c>extract(field FROM x)</c>, which is numeric.</summary>
    void VisitExtract(int i, int close)
    {
        var from = i + 3;
        if (!Tokens.IsWord(from, "from") || from + 1 >= close) return;
        var (before, after) = PartOf(i + 2, close);
        Replace(i, from + 1, $"({before}");
        Replace(close, close + 1, $"{after})");
    }

    /// <summary><c>date_part('field', x)</c> of a constant field, which is a double.</summary>
    void VisitDateField(int i, int close)
    {
        var (before, after) = PartOf(i + 2, close);
        Replace(i, i + 4, $"CAST({before}");
        Replace(close, close + 1, $"{after} AS DOUBLE)");
    }

    string FieldAt(int i)
    {
        var text = Tokens.List.TextOf(i);
        return (text[0] is '\'' or '"' ? text[1..^1] : text).ToString().ToLowerInvariant();
    }

    /// <summary>Returns the texts before and after a time of which a field is taken.</summary>
    (string Before, string After) PartOf(int token, int close)
    {
        CheckInfinity(token, close);
        var (field, hasAggregate) = (FieldAt(token), HasAggregate(token + 1, close));
        (string, string) OfClock(string part, string type) =>
            hasAggregate
                ? ($"CAST(date_part('{part}', ", $") AS {type}")
                : ($"CAST(date_part('{part}', foz_clock(", $")) AS {type}");
        return field switch
        {
            "second" or "seconds" or "sec" or "secs" or "s" => OfClock("microseconds", "DECIMAL(8,0)) * 0.000001"),
            "millisecond" or "milliseconds" or "msec" or "msecs" or "ms" =>
                OfClock("microseconds", "DECIMAL(8,0)) * 0.001"),
            "hour" or "hours" or "minute" or "minutes" or "microseconds" or "microsecond" =>
                OfClock(field, "DECIMAL(18,0))"),
            // A year of an interval has 365.25 days; a difference of times that aggregates give has none.
            "epoch" => hasAggregate ? ("CAST(epoch_us(", ") AS DECIMAL(18,0)) * 0.000001") : ("foz_epoch(", ")"),
            "year" or "years" or "month" or "months" or "day" or "days" or "week" or "quarter" or "dow" or "isodow"
                or "doy"
                or "isoyear" or "decade" or "century" or "millennium" or "timezone" or "timezone_hour"
                or "timezone_minute" =>
                ($"CAST(date_part('{field}', ", ") AS DECIMAL(18,0))"),
            _ => throw Unsupported($"the field {field} of a time", token),
        };
    }

    /// <summary>Fields of a time that is infinite are infinite numbers, which no numeric of the engine is.</summary>
    void CheckInfinity(int token, int close)
    {
        for (var i = token + 1; i < close; i++)
            if (Tokens.KindOf(i) == SqlTokenKind.Text
                && Tokens.List.TextOf(i).Trim("' +-").Equals("infinity", StringComparison.OrdinalIgnoreCase))
                throw Unsupported("a field of an infinite time", token);
    }

    /// <summary>
    /// <c>date_trunc('field', x)</c>: a date becomes an instant, and a century begins with its year 1.
    /// </summary>
    void VisitDateTrunc(int i, int close)
    {
        if (Tokens.KindOf(i + 2) != SqlTokenKind.Text || ArgumentsOf(i) is not [_, var value]) return;
        var isLong = FieldAt(i + 2) is "century" or "millennium";
        if (!HasAggregate(value, close)) Replace(i, i + 1, isLong ? "foz_trunc_long" : "foz_trunc");
        else if (isLong) Replace(i, i + 1, "foz_trunc_long_of");
    }

    /// <summary>
    /// <c>AT TIME ZONE 'UTC+3'</c>: POSIX counts hours westwards, so that this is three hours earlier than UTC.
    /// </summary>
    void VisitZone(int i)
    {
        var text = i + 3;
        if (!Tokens.IsWord(i + 1, "time") || !Tokens.IsWord(i + 2, "zone") || Tokens.KindOf(text) != SqlTokenKind.Text)
            return;
        var zone = Tokens.List.TextOf(text)[1..^1].ToString();
        if (PosixZone(zone) is { } name) Replace(text, text + 1, $"'{name}'");
        else if (zone.Length > 0 && zone.AsSpan(1).IndexOfAny('+', '-') >= 0 && char.IsAsciiDigit(zone[^1])
            && !zone.StartsWith("Etc/", StringComparison.OrdinalIgnoreCase) && char.IsAsciiLetter(zone[0]))
            throw Unsupported(
                $"the time zone '{zone}'", text,
                "name a zone such as 'America/Sao_Paulo', or write whole hours such as 'UTC+3'");
    }

    /// <summary>The engine's name of a zone such as <c>UTC+3</c>; null for another.</summary>
    static string? PosixZone(string zone)
    {
        var at = zone.AsSpan().IndexOfAny('+', '-');
        if (at is < 0 or > 5 || zone.AsSpan(0, at).ContainsAnyExcept(letters)) return null;
        return int.TryParse(
            zone.AsSpan(at + 1), System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out var hours)
            && hours <= ZoneHoursMax
                ? FormattableString.Invariant($"Etc/GMT{(hours == 0 ? "" : zone[at].ToString() + hours)}")
                : null;
    }

    static readonly System.Buffers.SearchValues<char> letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>
    /// A constant of a date or time that the engine would read otherwise, as it reads it; null where it reads it the
    /// same.
    /// </summary>
    string? TimeConstant(int text, string type)
    {
        if (Tokens.KindOf(text) != SqlTokenKind.Text || type is not ("date" or "timestamp" or "timestamptz"))
            return null;
        var value = Tokens.List.TextOf(text)[1..^1].Trim().ToString();
        if (value.EndsWith("BC", StringComparison.OrdinalIgnoreCase)) throw Unsupported("a date before Christ", text);
        var parts = value.Split('/');
        if (type != "date" || parts.Length != 3
            || parts.Any(part => part.Length is 0 or > 4 || !part.All(char.IsAsciiDigit)))
            return null;
        if (parts[0].Length > 2) return null;
        var numbers = Array.ConvertAll(
            parts, part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture));
        var (month, day) = context.Setting("DateStyle") is { } style
            && style.Contains("DMY", StringComparison.OrdinalIgnoreCase)
            ? (numbers[1], numbers[0])
            : (numbers[0], numbers[1]);
        var year = parts[2].Length > 2 ? numbers[2] : numbers[2] < 70 ? 2000 + numbers[2] : 1900 + numbers[2];
        return FormattableString.Invariant($"'{year:D4}-{month:D2}-{day:D2}'");
    }
}
