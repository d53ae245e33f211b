using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Trino.Translation;

/// <content>
/// Values of <c>timestamp with time zone</c>. In Trino each has its own zone, in DuckDB none has one. Those of columns
/// are in UTC. Where a statement gives a value another zone, what is computed of it is computed with the clock there;
/// where the zone itself would have to be kept, the statement is refused.
/// </content>
sealed partial class TrinoTranslator
{
    static readonly HashSet<string> utcNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "UTC", "Z", "+00:00", "-00:00", "Etc/UTC", "Etc/Zulu", "Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal",
        "GMT", "Etc/GMT",
    };

    // What these give of a value has no zone.
    static readonly HashSet<string> zoneless = new(StringComparer.Ordinal)
    {
        "year", "quarter", "month", "week", "week_of_year", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
        "doy", "year_of_week",
        "yow", "hour", "minute", "second", "millisecond", "last_day_of_month", "date", "date_format", "format_datetime",
        "extract",
    };

    /// <summary>
    /// A value that a statement gives a zone: its tokens, the zone, and how it is written as an instant and as its
    /// clock.
    /// </summary>
    readonly record struct ZonedValue(int Start, int End, string Zone, string What, Action<bool> Write);

    /// <summary><c>current_timestamp</c>, <c>now()</c>: in the session's zone.</summary>
    void VisitNow(int i)
    {
        var end = Tokens.IsSymbol(i + 1, '(') ? Tokens.PartnerOf(i + 1) + 1 : i + 1;
        void Write(bool isClock) =>
            Replace(
                i, end,
                isClock ? $"timezone({SqlText.Literal(context.TimeZone)}, current_timestamp)" : "current_timestamp");
        if (utcNames.Contains(context.TimeZone)) Write(isClock: false);
        else Place(new(i, end, context.TimeZone, What: "", Write));
    }

    /// <summary><c>TIMESTAMP '2024-02-29 10:00:00 America/Sao_Paulo'</c>.</summary>
    void VisitZonedLiteral(int i, string text)
    {
        var clock = text.IndexOf(':', StringComparison.Ordinal);
        var at = text.AsSpan(clock).IndexOfAnyExcept(clockLetters) + clock;
        var (local, zone) = (text[..at].TrimEnd(), text[at..].Trim());
        var instant = $"CAST('{local}{(zone[0] is '+' or '-' ? "" : " ")}{zone}' AS TIMESTAMPTZ)";
        void Write(bool isClock) => Replace(i, i + 2, isClock ? $"CAST('{local}' AS TIMESTAMP)" : instant);
        if (utcNames.Contains(zone)) Write(isClock: false);
        else Place(new(i, i + 2, zone, $"a timestamp of the zone {zone}", Write));
    }

    /// <summary><c>x AT TIME ZONE 'America/Sao_Paulo'</c>.</summary>
    void VisitAtTimeZone(int i)
    {
        var zone = TextOf(i + 3) ?? throw Refused(i, "AT TIME ZONE with a zone that is no constant");
        var start = OperandStart(i - 1);
        void Write(bool isClock)
        {
            Edits.Before(Tokens.StartOf(start), isClock ? $"timezone({SqlText.Literal(zone)}, CAST(" : "CAST(");
            Replace(i, i + 4, isClock ? " AS TIMESTAMPTZ))" : " AS TIMESTAMPTZ)");
        }

        if (utcNames.Contains(zone)) Write(isClock: false);
        else Place(new(start, i + 4, zone, "AT TIME ZONE of a zone that is kept", Write));
    }

    /// <summary><c>at_timezone(x, 'z')</c>: the same instant; <c>with_timezone(x, 'z')</c>: the same clock.</summary>
    void VisitZoneCall(int i, string name, List<int> arguments, int close)
    {
        if (arguments.Count != 2) return;
        var zone = arguments[1] == close - 1 ? TextOf(arguments[1]) : null;
        if (zone is null) throw Refused(arguments[1], $"{name} with a zone that is no constant");
        var literal = SqlText.Literal(zone);
        void Write(bool isClock)
        {
            var (before, after) = (name, isClock) switch
            {
                ("at_timezone", true) => ($"timezone({literal}, CAST(", " AS TIMESTAMPTZ))"),
                ("at_timezone", false) => ("CAST(", " AS TIMESTAMPTZ)"),
                (_, true) => ("CAST(", " AS TIMESTAMP)"),
                _ => ($"timezone({literal}, CAST(", " AS TIMESTAMP))"),
            };
            Replace(i, i + 2, before);
            Replace(arguments[1] - 1, close + 1, after);
        }

        if (utcNames.Contains(zone)) Write(isClock: false);
        else Place(new(i, close + 1, zone, $"{name} of a zone that is kept", Write));
    }

    /// <summary>Writes a zoned value as what is around it takes it.</summary>
    void Place(ZonedValue value)
    {
        var (start, end) = (value.Start, value.End);
        var isGrown = Grow(ref start, ref end);
        if (TakesClock(start, end))
        {
            value.Write(true);
            return;
        }

        // A session's own moment is given as the instant that it is.
        if (!IsCompared(start, end) && value.What.Length > 0)
            throw new FozException(ErrorKind.Sql, $"{value.What} is not supported here")
            {
                Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(value.Start)), SqlState = "0A000",
                Hint = "cast it to timestamp, or compare it",
            };
        value.Write(isGrown);
        if (isGrown) Wrap(start, end, $"timezone({SqlText.Literal(value.Zone)}, ");
    }

    /// <summary>
    /// Takes what gives a value of the same zone into the value: an interval that is added, <c>date_trunc</c>,
    /// <c>date_add</c>.
    /// </summary>
    /// <returns>Whether there was some.</returns>
    bool Grow(ref int start, ref int end)
    {
        var isGrown = false;
        while (true)
        {
            var isShifted = (Tokens.IsSymbol(end, '+') || Tokens.IsSymbol(end, '-'))
                && Tokens.IsWord(end + 1, "interval");
            if (isShifted) end = OperandEnd(end + 1);
            else if (Tokens.IsSymbol(start - 1, '(') && Tokens.PartnerOf(start - 1) == end && !Tokens.IsName(start - 2))
                (start, end) = (start - 1, end + 1);
            else if (Tokens.IsSymbol(start - 1, ',') && CallOf(start) is var call && call >= 0
                && WordAt(call) is "date_trunc" or "date_add" && Tokens.PartnerOf(call + 1) == end)
                (start, end) = (call, end + 1);
            else return isGrown;
            isGrown = true;
        }
    }

    /// <summary>Whether what is around tokens takes the clock of their value.</summary>
    bool TakesClock(int start, int end)
    {
        var call = CallOf(start);
        if (call < 0) return false;
        if (WordAt(call) is "cast" or "try_cast")
            return Tokens.IsWord(end, "as") && !Tokens.IsWord(Tokens.PartnerOf(call + 1) - 1, "zone")
                && WordAt(end + 1) is "date" or "time" or "timestamp";
        return zoneless.Contains(WordAt(call)) && (Tokens.IsSymbol(start - 1, '(') || Tokens.IsWord(start - 1, "from"))
            && (Tokens.IsSymbol(end, ')') || Tokens.IsSymbol(end, ','));
    }

    /// <summary>Whether tokens are compared with something: an instant is all that is needed then.</summary>
    bool IsCompared(int start, int end) =>
        IsComparing(start - 1) || IsComparing(end)
        || Tokens.IsWord(start - 1, "between") || Tokens.IsWord(end, "between")
        || (Tokens.IsWord(start - 1, "and") && IsBetweenBefore(start - 1));

    bool IsComparing(int i) => (Tokens.IsSymbol(i, '=') || Tokens.IsSymbol(i, '<') || Tokens.IsSymbol(i, '>'))
        && !(Tokens.IsSymbol(i, '>') && Tokens.IsSymbol(i - 1, '-') && Tokens.TouchesPrevious(i));

    bool IsBetweenBefore(int and)
    {
        for (var at = and - 1; at >= 0 && !Tokens.IsOpening(at); at--)
        {
            if (Tokens.IsClosing(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "between")) return true;
            else if (Tokens.IsWord(at, "and") || Tokens.IsWord(at, "or") || Tokens.IsWord(at, "where")) return false;
        }
        return false;
    }

    /// <summary>The name of the call in whose parentheses a token stands; −1 for none.</summary>
    int CallOf(int i) =>
        Tokens.OpeningOf(i) is > 0 and var open && Tokens.IsSymbol(open, '(') && Tokens.IsName(open - 1)
            ? open - 1
            : -1;
}
