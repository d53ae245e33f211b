using System.Buffers;
using Foz.Lake.Sql;
using Foz.Serving.Trino.Functions;

namespace Foz.Serving.Trino.Translation;

/// <content>Literals, types and casts.</content>
sealed partial class TrinoTranslator
{
    // Last words of expressions that could be taken for an alias.
    static readonly HashSet<string> tails = new(StringComparer.Ordinal)
    {
        "end", "null", "true", "false", "precision", "zone", "nulls", "first", "last",
    };

    static readonly HashSet<string> units = new(StringComparer.Ordinal)
    {
        "year", "month", "week", "day", "hour", "minute", "second", "millisecond", "years", "months", "days", "hours",
        "minutes", "seconds",
    };

    static readonly Dictionary<string, string> fields = new(StringComparer.Ordinal)
    {
        ["day_of_week"] = "isodow",
        ["dow"] = "isodow",
        ["day_of_month"] = "day",
        ["day_of_year"] = "doy",
        ["year_of_week"] = "isoyear",
        ["yow"] = "isoyear",
    };

    static readonly Dictionary<string, string> types = new(StringComparer.Ordinal)
    {
        ["varbinary"] = "BLOB",
        ["string"] = "VARCHAR",
        ["char"] = "VARCHAR",
        ["varchar"] = "VARCHAR",
        ["int"] = "INTEGER",
        ["real"] = "FLOAT",
        ["time"] = "TIME",
        ["timestamp"] = "TIMESTAMP",
    };

    static readonly SearchValues<char> clockLetters = SearchValues.Create("0123456789:. ");

    static readonly HashSet<string> wholeTypes = new(StringComparer.Ordinal)
    {
        "tinyint", "smallint", "int", "integer", "bigint",
    };

    static readonly HashSet<string> refusedTypes = new(StringComparer.Ordinal)
    {
        "ipaddress", "ipprefix", "hyperloglog", "p4hyperloglog", "qdigest", "tdigest", "setdigest", "geometry",
        "sphericalgeography",
        "color", "joniregexp", "jsonpath", "json2016",
    };

    /// <summary>A word and a text, such as <c>DATE '2024-02-29'</c>.</summary>
    /// <returns>Whether it is one.</returns>
    bool VisitLiteral(int i, string name)
    {
        var text = Tokens.Sql[(Tokens.StartOf(i + 1) + 1)..(Tokens.EndOf(i + 1) - 1)];
        switch (name)
        {
            case "timestamp" or "time" when HasZone(text):
                // Trino takes a space before an offset.
                if (name == "timestamp") VisitZonedLiteral(i, text);
                else Replace(
                    i, i + 2,
                    "CAST('" + text.Replace(" +", "+", StringComparison.Ordinal)
                        .Replace(" -", "-", StringComparison.Ordinal) + "' AS TIMETZ)");
                return true;
            case "json":
                Replace(i, i + 2, $"CAST({SqlText.Literal(TrinoJsonText.Normalized(TextOf(i + 1)!))} AS JSON)");
                return true;
            case "decimal":
                var digits = text.Count(char.IsAsciiDigit);
                var point = text.IndexOf('.', StringComparison.Ordinal);
                var scale = point < 0 ? 0 : text.Length - point - 1;
                Replace(
                    i, i + 2,
                    FormattableString.Invariant(
                        $"CAST('{text}' AS DECIMAL({Math.Max(digits, Math.Max(scale, 1))},{scale}))"));
                return true;
            case "x" when Tokens.TouchesPrevious(i + 1):
                Replace(i, i + 2, $"from_hex('{text.Replace(" ", "", StringComparison.Ordinal)}')");
                return true;
            case "varbinary" or "char" or "real":
                Replace(i, i + 1, types[name]);
                return true;
            case "interval":
                VisitInterval(i, text);
                return true;
            default:
                return name is "date" or "timestamp" or "time" or "bigint" or "integer" or "double" or "boolean"
                    or "varchar" or "uuid"
                    or "smallint" or "tinyint";
        }
    }

    /// <summary>Whether a time ends with its zone: an offset, or letters.</summary>
    static bool HasZone(string text)
    {
        var clock = text.IndexOf(':', StringComparison.Ordinal);
        return clock >= 0 && text.AsSpan(clock).ContainsAnyExcept(clockLetters);
    }

    /// <summary>
    /// An interval, and what it is added to, whose type the sum has: DuckDB makes a timestamp of a date.
    /// </summary>
    void VisitInterval(int i, string text)
    {
        var end = i + 3;
        if (Tokens.IsWord(end, "to"))
        {
            Replace(i, end + 2, CompoundInterval(i, text, Tokens.NameOf(end + 1)));
            end += 2;
        }
        var sign = i - 1;
        if (!(Tokens.IsSymbol(sign, '+') || Tokens.IsSymbol(sign, '-')) || !Tokens.EndsOperand(sign - 1)) return;
        var unit = Tokens.IsWord(sign - 2, "to") ? sign - 3 : sign - 1;
        if (Tokens.KindOf(unit - 1) == SqlTokenKind.Text && Tokens.IsWord(unit - 2, "interval")
            && !intervalChains.Contains(unit - 2))
            return;
        var start = OperandOfChain(sign - 1);
        var isChain = Tokens.IsSymbol(start - 1, '+') || Tokens.IsSymbol(start - 1, '-')
            || Tokens.IsSymbol(start - 1, '*');
        if (start < 0 || isChain || Tokens.IsWord(start, "interval")) return;
        intervalChains.Add(i);
        Edits.Before(Tokens.StartOf(start), Tokens.IsSymbol(sign, '+') ? "foz_trino_plus(" : "foz_trino_minus(");
        Replace(sign, sign + 1, ", ");
        Edits.After(Tokens.EndOf(end - 1), ")");
    }

    /// <summary>The first token of what intervals before are added to.</summary>
    int OperandOfChain(int last)
    {
        while (true)
        {
            var unit = Tokens.IsWord(last - 1, "to") ? last - 2 : last;
            if (!(Tokens.KindOf(unit - 1) == SqlTokenKind.Text && Tokens.IsWord(unit - 2, "interval")
                && intervalChains.Contains(unit - 2)))
                return Tokens.OperandStart(last);
            last = unit - 4;
        }
    }

    /// <summary><c>INTERVAL '1-2' YEAR TO MONTH</c>, <c>INTERVAL '1 02:03:04' DAY TO SECOND</c>.</summary>
    string CompoundInterval(int i, string text, string last)
    {
        var isNegative = text.StartsWith('-');
        var parts = text.TrimStart('-', '+').Split(['-', ' ', ':'], StringSplitOptions.RemoveEmptyEntries);
        string[] all = ["year", "month", "day", "hour", "minute", "second"];
        var first = Array.IndexOf(all, Tokens.NameOf(i + 2));
        if (first < 0 || Array.IndexOf(all, last) - first + 1 != parts.Length
            || !parts.All(p => decimal.TryParse(p, out _)))
            throw Refused(
                i, $"INTERVAL '{text}' {Tokens.NameOf(i + 2).ToUpperInvariant()} TO {last.ToUpperInvariant()}");
        var sum = string.Join(" + ", parts.Select((part, n) => $"INTERVAL '{part}' {all[first + n]}"));
        return isNegative ? $"(-({sum}))" : $"({sum})";
    }

    void VisitCast(int i)
    {
        var close = Tokens.PartnerOf(i + 1);
        var at = AsOf(i, close);
        if (at < 0) return;
        // Trino makes a text of JSON of a text, where DuckDB reads it as JSON.
        if (Tokens.IsWord(at + 1, "json") && close == at + 2)
        {
            Replace(i, i + 1, "foz_trino_to_json");
            Replace(at, close, "");
            return;
        }
        VisitLength(i, at + 1, close);
        VisitOperand(i, at, close);
        VisitType(at + 1, close);
    }

    /// <summary>What is cast, where it becomes a clock's value, or a text that Trino writes otherwise.</summary>
    void VisitOperand(int i, int at, int close)
    {
        var name = WordAt(at + 1);
        var isZoned = Tokens.IsWord(close - 1, "zone") && !Tokens.IsWord(close - 3, "without");
        if (Tokens.IsWord(i + 2, "null") && at == i + 3) return;
        if (name is "date" or "time" or "timestamp" && !isZoned && Tokens.KindOf(i + 2) != SqlTokenKind.Text)
            Operand("foz_trino_clock(", ")");
        else if (name is "varchar")
            Operand("foz_trino_text(", TimestampDigits(i + 2, at) is { } digits ? $", {digits})" : ", -1)");

        // Trino rounds halves away from zero, and reads no fraction out of a text.
        else if (wholeTypes.Contains(name) && close == at + 2
            && !(at == i + 3 && Tokens.KindOf(i + 2) == SqlTokenKind.Number
                && !Tokens.List.TextOf(i + 2).ContainsAnyExceptInRange('0', '9')))
            Operand("foz_trino_whole(", ")");

        void Operand(string before, string after)
        {
            Replace(i + 1, i + 2, "(" + before);
            Replace(at, at + 1, after + " AS");
        }
    }

    /// <summary>
    /// Returns how many digits a constant timestamp has after the second, which determine its type in Trino; null for
    /// other values.
    /// </summary>
    int? TimestampDigits(int start, int end)
    {
        if (end != start + 2 || !Tokens.IsWord(start, "timestamp") || TextOf(start + 1) is not { } text
            || HasZone(text))
            return null;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? 0 : Math.Min(text.TrimEnd().Length - point - 1, 6);
    }

    /// <summary><c>EXTRACT(DAY_OF_WEEK FROM x)</c>.</summary>
    void VisitExtract(int i)
    {
        var field = WordAt(i + 2);
        if (field is "timezone_hour" or "timezone_minute")
            throw Refused(i + 2, $"EXTRACT({field.ToUpperInvariant()} FROM …)");
        if (fields.TryGetValue(field, out var known)) Replace(i + 2, i + 3, known);
        if (!Tokens.IsWord(i + 3, "from")) return;
        Replace(i + 3, i + 4, "FROM foz_trino_clock(");
        var close = Tokens.PartnerOf(i + 1);
        Replace(close, close + 1, "))");
    }

    /// <summary>
    /// <c>varchar(n)</c>, <c>char(n)</c> and <c>timestamp(p)</c> as the type of a cast: DuckDB's types have no lengths.
    /// </summary>
    void VisitLength(int i, int type, int close)
    {
        if (close != type + 4 || !Tokens.IsSymbol(type + 1, '(') || Tokens.KindOf(type + 2) != SqlTokenKind.Number)
            return;
        var length = Tokens.Sql[Tokens.StartOf(type + 2)..Tokens.EndOf(type + 2)];
        var (before, after) = (Tokens.NameOf(type), length) switch
        {
            ("varchar", _) => ("left(", $", {length})"),
            // Spaces at the end mean nothing.
            ("char", _) => ("rtrim(left(", $", {length}))"),
            ("timestamp", "0") => ("date_trunc('second', ", " + INTERVAL '500' MILLISECOND)"),
            ("timestamp", "3") => ("date_trunc('millisecond', ", " + INTERVAL '500' MICROSECOND)"),
            // A day's end is the beginning of the next.
            ("time", "0") =>
                ("CAST(date_trunc('second', DATE '2000-01-01' + ", " + INTERVAL '500' MILLISECOND) AS TIME)"),
            ("time", "3") =>
                ("CAST(date_trunc('millisecond', DATE '2000-01-01' + ", " + INTERVAL '500' MICROSECOND) AS TIME)"),
            _ => ("", ""),
        };
        if (before.Length == 0) return;
        Replace(i, i + 1, before + Tokens.NameOf(i));
        Replace(close, close + 1, ")" + after);
    }

    /// <summary>Writes a type as DuckDB knows it.</summary>
    void VisitType(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (IsDone[i] || Tokens.KindOf(i) != SqlTokenKind.Word) continue;
            var name = Tokens.NameOf(i);
            if (refusedTypes.Contains(name)) throw Refused(i, $"the type {name}");
            var hasDigits = Tokens.IsSymbol(i + 1, '(') && Tokens.KindOf(i + 2) == SqlTokenKind.Number;
            if (name == "array" && Tokens.IsSymbol(i + 1, '(')) VisitArrayType(i);
            else if (name == "decimal" && !hasDigits) Replace(i, i + 1, "DECIMAL(38,0)");
            else if (name == "interval") VisitIntervalType(i);
            else if (types.TryGetValue(name, out var type))
            {
                // Digits and lengths of these say nothing to DuckDB.
                Replace(i, i + 1, type);
                if (hasDigits) Replace(i + 1, Tokens.PartnerOf(i + 1) + 1, "");
            }
        }
    }

    /// <summary><c>array(bigint)</c>.</summary>
    void VisitArrayType(int i)
    {
        var close = Tokens.PartnerOf(i + 1);
        Replace(i, i + 2, "");
        Replace(close, close + 1, "[]");
    }

    /// <summary><c>interval day to second</c>.</summary>
    void VisitIntervalType(int i) => Replace(i, Tokens.IsWord(i + 2, "to") ? i + 4 : i + 1, "INTERVAL");
}
