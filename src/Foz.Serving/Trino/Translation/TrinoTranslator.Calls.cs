using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sql;
using Foz.Serving.Trino.Functions;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino.Translation;

/// <content>Functions.</content>
sealed partial class TrinoTranslator
{
    static readonly HashSet<string> addedUnits = new(StringComparer.Ordinal)
    {
        "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
    };

    /// <summary>A call of a function whose name is at a token.</summary>
    void VisitCall(int i, string name)
    {
        if (name.StartsWith(ServedFunctions.OwnPrefix, StringComparison.Ordinal))
            throw ServedFunctions.Missing(ServedFunctions.Call, name);
        if (!TrinoFunctions.All.TryGetValue(name, out var function)) return;
        if (function.IsRefused) throw Refused(i, $"the function {name}");
        if (name == "nullif" && seen.PartsOf(i + 1) is [var value, var other] && !seen.IsLiteral(other.Start, other.End)
            && (seen.CanDiffer(value.Start, value.End) || seen.CanDiffer(other.Start, other.End)))
            Replace(i, i + 1, "foz_trino_nullif");
        else if (name is "max" or "max_by" or "greatest" && seen.CanDiffer(i + 2, Tokens.PartnerOf(i + 1)))
            VisitGreatest(i, name);
        else if (!function.IsSpecial)
        {
            if (function.Target != name) Replace(i, i + 1, function.Target);
            if (function.TakesClock) TakeFirst(i, "foz_trino_clock");
        }
        else VisitSpecial(i, name, ArgumentsOf(i), Tokens.PartnerOf(i + 1));
    }

    /// <summary>The greatest of values that can be NaN, which DuckDB takes for the greatest of all.</summary>
    void VisitGreatest(int i, string name)
    {
        var (arguments, close) = (ArgumentsOf(i), Tokens.PartnerOf(i + 1));
        if (name == "greatest") VisitSpecial(i, name, arguments, close);
        if (arguments.Count > 1 && name == "max")
            throw Refused(i, "max of several values that can be NaN, or have NULL inside,");
        var by = name == "max_by" && arguments.Count > 1;
        Edits.Before(Tokens.StartOf(by ? arguments[1] : i), "foz_trino_number(");
        Edits.After(Tokens.EndOf(by ? close - 1 : Tokens.CallEnd(close) - 1), ")");
    }

    void VisitSpecial(int i, string name, List<int> arguments, int close)
    {
        switch (name)
        {
            case "concat":
                Replace(i, i + 1, "");
                foreach (var argument in arguments.Skip(1)) Replace(argument - 1, argument, " || ");
                break;
            case "approx_percentile" when arguments.Count == 3:
                throw Refused(i, "approx_percentile with a weight");
            case "approx_percentile":
                Replace(i, i + 1, "approx_quantile");
                TakeFirst(i, "foz_trino_measure");
                break;
            case "if" when arguments.Count == 2:
                Edits.Before(Tokens.StartOf(close), ", NULL");
                break;
            case "approx_distinct":
                Replace(i, i + 1, "approx_count_distinct");
                if (arguments.Count > 1) Replace(arguments[1] - 1, close, "");
                break;
            case "any_match" or "all_match" or "none_match" when arguments.Count == 2:
                Match(i, name, close);
                break;
            case "greatest" or "least":
                // DuckDB's own leave NULL out.
                Replace(i, i + 2, name == "greatest" ? "foz_trino_array_max([" : "foz_trino_array_min([");
                Replace(close, close + 1, "])");
                break;
            case "substring":
                VisitSubstring(i, close);
                break;
            case "format" when arguments.Count > 0:
                VisitPrintf(i, arguments, close);
                break;
            case "listagg":
                VisitListAggregate(close);
                break;
            case "version":
                Replace(i, close + 1, SqlText.Literal(TrinoVersion.Served));
                break;
            default:
                VisitTime(i, name, arguments, close);
                break;
        }
    }

    /// <summary>Functions of dates and times.</summary>
    void VisitTime(int i, string name, List<int> arguments, int close)
    {
        switch (name)
        {
            case "date":
                Replace(i, i + 2, "CAST(foz_trino_clock(");
                Replace(close, close + 1, ") AS DATE)");
                break;
            case "date_add" when arguments.Count == 3:
                AddToDate(i, arguments);
                break;
            case "date_format" or "date_parse" or "format_datetime" or "parse_datetime" when arguments.Count == 2:
                VisitFormat(i, name, arguments[1], close);
                break;
            case "at_timezone" or "with_timezone":
                VisitZoneCall(i, name, arguments, close);
                break;
            case "from_unixtime" when arguments.Count > 1:
                throw Refused(arguments[1], "from_unixtime with a zone");
            case "from_unixtime":
                Replace(i, i + 1, "to_timestamp");
                break;
            case "to_iso8601":
                Replace(i, i + 1, "foz_trino_iso8601");
                Replace(close, close + 1, TimestampDigits(i + 2, close) is { } digits ? $", {digits})" : ", -1)");
                break;
            case "sequence" when arguments.Count > 0:
                VisitSequence(i, arguments, close);
                break;
            case "current_timezone":
                Replace(i, close + 1, SqlText.Literal(context.TimeZone));
                break;
        }
    }

    /// <summary>Whether elements of a list fulfil something.</summary>
    void Match(int i, string name, int close)
    {
        var (before, after) = name switch
        {
            "any_match" => ("foz_trino_any(list_transform(", "))"),
            "all_match" => ("foz_trino_all(list_transform(", "))"),
            _ => ("(NOT foz_trino_any(list_transform(", ")))"),
        };
        Replace(i, i + 2, before);
        Replace(close, close + 1, after);
    }

    /// <summary><c>substring(x, 2, 3)</c>, <c>substring(x FROM 2 FOR 3)</c>.</summary>
    void VisitSubstring(int i, int close)
    {
        Replace(i, i + 1, "foz_trino_substr");
        for (var at = i + 2; at < close; at++)
            if (Tokens.IsSymbol(at, '(') || Tokens.IsSymbol(at, '[')) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "from") || Tokens.IsWord(at, "for")) Replace(at, at + 1, ", ");
    }

    /// <summary><c>format('%s', x)</c>: in Trino <c>%s</c> takes a value of any type.</summary>
    void VisitPrintf(int i, List<int> arguments, int close)
    {
        Replace(i, i + 1, "printf");
        if (TextOf(arguments[0]) is not { } pattern) return;
        var conversions = Conversion.Matches(pattern).Select(match => match.Groups["letter"].Value)
            .Where(letter => letter != "%").ToList();
        if (conversions.Exists(letter => letter is "n" or "$"))
            throw Refused(arguments[0], $"format with the pattern '{pattern}'");
        for (var n = 1; n <= arguments.Count; n++)
        {
            var (before, after) = (IsText(n - 1) ? " AS VARCHAR)" : "", IsText(n) ? " CAST(" : "");
            if (n == arguments.Count) Replace(close, close + 1, before + ")");
            else Replace(arguments[n] - 1, arguments[n], before + "," + after);
        }

        bool IsText(int argument) =>
            argument > 0 && argument < arguments.Count && conversions.ElementAtOrDefault(argument - 1) == "s";
    }

    [GeneratedRegex(@"%[-#+ 0,(]*[0-9]*(\.[0-9]+)?(?<letter>[a-zA-Z%$])", RegexOptions.ExplicitCapture)]
    private static partial Regex Conversion { get; }

    /// <summary><c>date_add('day', n, x)</c>: the unit is a constant.</summary>
    void AddToDate(int i, List<int> arguments)
    {
        var unit = TextOf(arguments[0])?.ToLowerInvariant().TrimEnd('s')
            ?? throw Refused(i, "date_add with a unit that is no constant");
        if (!addedUnits.Contains(unit)) throw Refused(arguments[0], $"the unit '{unit}'");
        Replace(i, arguments[1], $"foz_trino_add_{unit}(");
    }

    /// <summary>Functions with a pattern of dates, which is to be a constant.</summary>
    void VisitFormat(int i, string name, int format, int close)
    {
        var pattern = format == close - 1 ? TextOf(format) : null;
        if (pattern is null) throw Refused(format, $"{name} with a pattern that is no constant");
        var engine = name is "date_format" or "date_parse"
            ? TrinoDatePattern.OfMySql(pattern)
            : TrinoDatePattern.OfJoda(pattern, isRead: name == "parse_datetime");
        if (engine is null)
            throw new FozException(ErrorKind.Sql, $"{name} with the pattern '{pattern}' is not supported")
            {
                Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(format)), SqlState = "0A000",
            };
        Replace(format, format + 1, SqlText.Literal(engine));
        if (name is "date_format" or "format_datetime")
        {
            Replace(i, i + 1, "strftime");
            TakeFirst(i, "foz_trino_clock");
        }
        else Replace(i, i + 1, name == "parse_datetime" ? "foz_trino_parse_datetime" : "strptime");
    }

    /// <summary>Puts the first argument of a call into another call.</summary>
    void TakeFirst(int i, string function)
    {
        var arguments = ArgumentsOf(i);
        if (arguments.Count == 0 || (Tokens.IsWord(arguments[0], "null") && Tokens.IsSymbol(arguments[0] + 1, ')')))
            return;
        Replace(i + 1, i + 2, $"({function}(");
        var end = arguments.Count > 1 ? arguments[1] - 1 : Tokens.PartnerOf(i + 1);
        Replace(end, end + 1, arguments.Count > 1 ? ")," : "))");
    }

    /// <summary><c>sequence(a, b)</c> of numbers and of dates, whose steps are intervals.</summary>
    void VisitSequence(int i, List<int> arguments, int close)
    {
        var step = arguments.Count > 2 ? arguments[2] : close;
        var spans = Enumerable.Range(step, close - step).Where(at => IsIntervalBefore(at)).Select(at => WordAt(at))
            .ToList();
        var ofDates = arguments.Count == 2 && seen.IsDate(arguments[0], arguments[1] - 1);
        Replace(i, i + 1, spans.Exists(unit => unit is "year" or "month") ? "foz_trino_sequence_months"
            : spans.Count > 0 || ofDates ? "foz_trino_sequence_times" : "foz_trino_sequence");
        if (ofDates) Replace(close, close + 1, ", INTERVAL '1' DAY)");
    }

    /// <summary><c>listagg(x, ',') WITHIN GROUP (ORDER BY y)</c>: DuckDB has the order inside.</summary>
    void VisitListAggregate(int close)
    {
        if (Tokens.IsWord(close + 1, "within") && Tokens.IsWord(close + 2, "group") && Tokens.IsSymbol(close + 3, '('))
            Replace(close, close + 4, " ");
    }

    /// <summary>The text that a token is; null for another one.</summary>
    string? TextOf(int i) => Tokens.KindOf(i) == SqlTokenKind.Text
        ? Tokens.Sql[(Tokens.StartOf(i) + 1)..(Tokens.EndOf(i) - 1)].Replace("''", "'", StringComparison.Ordinal)
        : null;
}
