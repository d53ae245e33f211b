using System.Text.RegularExpressions;
using Foz.Core.Engine;

namespace Foz.Core.Serving.Trino;

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
        if (!function.IsSpecial)
        {
            if (function.Target != name) Replace(i, i + 1, function.Target);
            return;
        }
        VisitSpecial(i, name, ArgumentsOf(i), Tokens.PartnerOf(i + 1));
    }

    void VisitSpecial(int i, string name, List<int> arguments, int close)
    {
        switch (name)
        {
            case "concat":
                Replace(i, i + 1, "");
                foreach (var argument in arguments.Skip(1)) Replace(argument - 1, argument, " || ");
                break;
            case "date":
                Replace(i, i + 1, "CAST");
                Edits.Before(Tokens.StartOf(close), " AS DATE");
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
            case "date_add" when arguments.Count == 3:
                AddToDate(i, arguments);
                break;
            case "date_format" or "date_parse" or "format_datetime" or "parse_datetime" when arguments.Count == 2:
                VisitFormat(i, name, arguments[1], close);
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
            case "current_timezone":
                Replace(i, close + 1, SqlText.Literal(timeZone));
                break;
            case "version":
                Replace(i, close + 1, SqlText.Literal(TrinoService.Version));
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
        var conversions = Conversion.Matches(pattern).Select(match => match.Groups["letter"].Value).Where(letter => letter != "%").ToList();
        if (conversions.Exists(letter => letter is "n" or "$")) throw Refused(arguments[0], $"format with the pattern '{pattern}'");
        for (var n = 1; n <= arguments.Count; n++)
        {
            var (before, behind) = (IsText(n - 1) ? " AS VARCHAR)" : "", IsText(n) ? " CAST(" : "");
            if (n == arguments.Count) Replace(close, close + 1, before + ")");
            else Replace(arguments[n] - 1, arguments[n], before + "," + behind);
        }

        bool IsText(int argument) => argument > 0 && argument < arguments.Count && conversions.ElementAtOrDefault(argument - 1) == "s";
    }

    [GeneratedRegex(@"%[-#+ 0,(]*[0-9]*(\.[0-9]+)?(?<letter>[a-zA-Z%$])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Conversion { get; }

    /// <summary><c>date_add('day', n, x)</c>: the unit is a constant.</summary>
    void AddToDate(int i, List<int> arguments)
    {
        var unit = TextOf(arguments[0])?.ToLowerInvariant().TrimEnd('s') ?? throw Refused(i, "date_add with a unit that is no constant");
        if (!addedUnits.Contains(unit)) throw Refused(arguments[0], $"the unit '{unit}'");
        Replace(i, arguments[1], $"foz_trino_add_{unit}(");
    }

    /// <summary>Functions with a pattern of dates, which is to be a constant.</summary>
    void VisitFormat(int i, string name, int format, int close)
    {
        var pattern = format == close - 1 ? TextOf(format) : null;
        if (pattern is null) throw Refused(format, $"{name} with a pattern that is no constant");
        var engine = name is "date_format" or "date_parse" ? TrinoDatePattern.OfMySql(pattern) : TrinoDatePattern.OfJoda(pattern, isRead: name == "parse_datetime");
        if (engine is null)
            throw new FozException(ErrorKind.Sql, $"{name} with the pattern '{pattern}' is not supported")
            {
                Place = EngineErrors.PlaceAt(Tokens.Sql, Tokens.StartOf(format)), SqlState = "0A000",
            };
        Replace(format, format + 1, SqlText.Literal(engine));
        Replace(i, i + 1, name is "date_format" or "format_datetime" ? "strftime" : "strptime");
        if (name != "parse_datetime") return;
        Edits.Before(Tokens.StartOf(i), "CAST(");
        Edits.After(Tokens.EndOf(close), " AS TIMESTAMPTZ)");
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
